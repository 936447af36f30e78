"""SunSpec on strangers' servers: encoded and read again by pysunspec2, served by pyModbusTCP and libmodbus."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sunspec2.modbus.client as sunspec_client

from controllers.modbus import ModbusPlant, connection_of, open_plants
from controllers.profiles import load_all, load_devices
from controllers.reading import DeviceReader
from controllers.sunspec import discover
from controllers.telemetry import read_telemetry
from dash_app.domain.dispatch import Mode, Order, ReadBack, Refused, Unverified
from dash_app.domain.errors import BadAnswer, DeviceRefused, WrongDevice
from tests.fakes.payloads import a_step
from tests.fakes.strangers import STRANGERS
from tests.fakes.sunspec_plant import SunSpecPlant

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ORDER = Order.of(recommendation_id="r", project_id="p", device_id="d", step=a_step(), payload_digest="d")
FILE = """\
profile: {profile}
device: {{id: ess1, host: 127.0.0.1, port: {port}, timeout_s: 0.5}}
identity: [{{sunspec: 1.Mn, equals: Sloth}}, {{sunspec: 1.Md, equals: "S-1*"}}]
"""
POWER = "setpoint: {min: -5000, max: 4000}\n"


@contextmanager
def running(
    folder: Path, profile: str, plant: SunSpecPlant, server: str = "libmodbus", more: str = POWER
) -> Iterator[ModbusPlant]:
    with STRANGERS[server](plant.bank) as served:
        path = folder / "devices.yaml"
        path.write_text(FILE.format(profile=profile, port=served.port) + more)
        (told,) = load_devices(path)
        driver = ModbusPlant(told, lambda: NOW, sleep=lambda _: None)
        yield driver
        driver.close()


@pytest.mark.parametrize("server", STRANGERS)
def test_every_reading_is_scaled_by_the_factors_of_the_device(tmp_path: Path, server: str) -> None:
    with running(tmp_path, "sunspec-battery", SunSpecPlant(), server) as driver:
        telemetry = driver.read()
    assert (telemetry.soc, telemetry.mode, telemetry.pv_kw) == (pytest.approx(0.555), Mode.LOCAL, 1.234)
    assert (telemetry.grid_kw, telemetry.battery_kw) == (-3.21, 0.0)
    assert (telemetry.max_charge_kw, telemetry.max_discharge_kw) == (5.0, 4.0)
    assert driver.reader.serial == "S-4711"


@pytest.mark.parametrize("server", STRANGERS)
def test_timer_then_set_point_then_enable(tmp_path: Path, server: str) -> None:
    plant = SunSpecPlant()
    with running(tmp_path, "sunspec-battery", plant, server) as driver:
        assert driver.hold(ORDER, -2.5) == ReadBack(setpoint_kw=-2.5)
        assert driver.read().battery_kw == -2.5
    named = {
        plant.addr(model, point): point
        for model, point in (
            (704, "WSetRvrtTms"), (704, "WSetRvrt"), (704, "WSetEnaRvrt"), (704, "WSetMod"), (704, "WSet"),
            (704, "WSetEna"), (715, "ControllerHb"),
        )
    }  # fmt: skip
    assert [named[addr] for addr, _ in plant.bank.writes] == list(named.values())
    assert (plant.value(704, "WSet"), plant.value(704, "WSetRvrtTms"), plant.value(704, "WSetEna")) == (-2500, 60, 1)
    assert plant.value(715, "ControllerHb") == 42


def test_an_independent_client_reads_the_set_point_that_was_written(tmp_path: Path) -> None:
    plant = SunSpecPlant()
    with running(tmp_path, "sunspec-battery", plant, "pyModbusTCP") as driver:
        driver.hold(ORDER, 1.25)
        port = load_all(tmp_path / "devices.yaml")[0].device.port
        other: Any = sunspec_client.SunSpecModbusClientDeviceTCP(slave_id=1, ipaddr="127.0.0.1", ipport=port, timeout=2)
        other.scan()
        controls = other.models[704][0]
        assert (controls.WSet.cvalue, controls.WSetEna.value, controls.WSetRvrtTms.value) == (1250, 1, 60)
        other.close()


@pytest.mark.parametrize("server", STRANGERS)
@pytest.mark.parametrize("setpoint_kw", [-2.5, 3.999, 0.0])
def test_two_limits_that_meet_leave_one_power(tmp_path: Path, server: str, setpoint_kw: float) -> None:
    plant = SunSpecPlant(without=(701, 702, 704, 713, 715))
    with running(tmp_path, "sunspec-battery-classic", plant, server) as driver:
        result = driver.hold(ORDER, setpoint_kw)
        assert isinstance(result, ReadBack) and abs(result.setpoint_kw - setpoint_kw) <= 0.00025
        assert driver.read().battery_kw == pytest.approx(setpoint_kw, abs=0.005)
        assert (driver.read().soc, driver.read().mode) == (pytest.approx(0.555), Mode.REMOTE)
    percent = plant.value(124, "OutWRte")
    assert percent == round(setpoint_kw / 5 * 10_000) == -plant.value(124, "InWRte")
    timer, power, enable = (plant.addr(124, name) for name in ("InOutWRte_RvrtTms", "OutWRte", "StorCtl_Mod"))
    assert [(addr, len(words)) for addr, words in plant.bank.writes] == [(timer, 1), (power, 2), (enable, 1)]


def test_release_disables(tmp_path: Path) -> None:
    plant = SunSpecPlant()
    with running(tmp_path, "sunspec-battery", plant) as driver:
        driver.hold(ORDER, 2.0)
        driver.release()
        assert (driver.read().mode, driver.read().battery_kw) == (Mode.LOCAL, 0.0)
    assert (plant.value(704, "WSet"), plant.value(704, "WSetEna")) == (0, 0)


def test_keeping_alive_writes_the_timer_again_and_the_power_it_found(tmp_path: Path) -> None:
    plant = SunSpecPlant()
    with running(tmp_path, "sunspec-battery", plant) as driver:
        driver.hold(ORDER, 2.0)
        plant.bank.writes.clear()
        driver.keep_alive()
    assert plant.bank.writes[0] == (plant.addr(704, "WSetRvrtTms"), (0, 60))
    assert (plant.addr(704, "WSet"), (0, 2000)) in plant.bank.writes
    assert plant.value(715, "ControllerHb") == 43


def test_keeping_alive_never_writes_a_power_that_is_not_ours(tmp_path: Path) -> None:
    plant = SunSpecPlant()
    with running(tmp_path, "sunspec-battery", plant) as driver:
        driver.keep_alive()
        assert plant.addr(704, "WSet") not in {addr for addr, _ in plant.bank.writes}
        driver.hold(ORDER, 2.0)
        plant.put(704, "WSet", 3999)
        plant.bank.writes.clear()
        with pytest.raises(BadAnswer, match=r"not refreshed: sent 2\.0 kW, the device holds 3\.999 kW"):
            driver.keep_alive()
        assert plant.value(704, "WSet") == 3999
        driver.release()
        plant.bank.writes.clear()
        driver.keep_alive()
        assert plant.addr(704, "WSet") not in {addr for addr, _ in plant.bank.writes}


def test_a_timer_that_does_not_run_is_no_verified_write_and_the_device_is_made_safe(tmp_path: Path) -> None:
    plant = SunSpecPlant()
    follow = plant.bank.follow

    def without_timer(unit: int) -> None:
        follow(unit)
        plant.put(704, "WSetRvrtRem", 0)

    plant.bank.follow = without_timer
    with running(tmp_path, "sunspec-battery", plant) as driver:
        result = driver.hold(ORDER, 2.0)
    assert result == Unverified(setpoint_kw=2.0, why="the device's own timer does not run")
    assert (plant.value(704, "WSet"), plant.value(704, "WSetEna")) == (0, 0)


@pytest.mark.parametrize("base", [0, 40000, 50000])
def test_the_models_are_found_at_each_of_the_three_places(tmp_path: Path, base: int) -> None:
    with running(tmp_path, "sunspec-battery", SunSpecPlant(base=base)) as driver:
        assert driver.read().soc == pytest.approx(0.555)
        assert driver.reader.models == (1, 103, 120, 124, 160, 203, 701, 702, 704, 713, 715)


def test_what_the_device_does_not_implement_is_unknown(tmp_path: Path) -> None:
    plant = SunSpecPlant(m713={"SoC": None}, m160={"DCW_SF": None, "N": 0, "module": []}, without=(203,))
    with running(tmp_path, "sunspec-battery", plant) as driver:
        telemetry = driver.read()
        assert (telemetry.soc, telemetry.pv_kw, telemetry.grid_kw) == (None, None, None)
        assert isinstance(driver.hold(ORDER, 1.0), Refused)
    assert plant.bank.writes == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"m715": {"LocRemCtl": 1}}, "does not allow control: local control at the device is 1"),
        ({"without": (704,)}, "has no 704.WSet"),
        ({"m702": {"WDisChaRteMax": 90, "WChaRteMax": 90}}, r"1 kW is outside -0\.9\.\.0\.9 kW"),
    ],
)
def test_what_forbids_control_refuses_before_anything_is_sent(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    plant = SunSpecPlant(**changes)
    with running(tmp_path, "sunspec-battery", plant) as driver:
        answer = driver.hold(ORDER, 1.0)
    assert isinstance(answer, Refused) and re.search(says, answer.why)
    assert plant.bank.writes == []


def test_the_percentage_is_of_what_the_device_says_now(tmp_path: Path) -> None:
    plant = SunSpecPlant(without=(701, 702, 704, 713, 715))
    with running(tmp_path, "sunspec-battery-classic", plant) as driver:
        driver.hold(ORDER, 1.0)
        assert plant.value(124, "OutWRte") == 2000
        plant.put(124, "WChaMax", 1000)
        driver.hold(ORDER, 1.0)
        assert plant.value(124, "OutWRte") == 1000
        plant.put(124, "WChaMax", 0)
        assert isinstance(driver.hold(ORDER, 1.0), Refused)


@pytest.mark.parametrize(
    ("named", "says"),
    [({"Mn": "Sloths", "Md": "S-10"}, "holds Sloths, not Sloth"), ({"Mn": "Sloth", "Md": "T-10"}, "T-10")],
)
def test_another_maker_or_model_is_another_device(tmp_path: Path, named: dict[str, str], says: str) -> None:
    with running(tmp_path, "sunspec-battery", SunSpecPlant(m1=named)) as driver, pytest.raises(WrongDevice, match=says):
        driver.read()


def test_a_meter_and_a_pv_inverter_of_their_own_complete_the_battery_s_readings(tmp_path: Path) -> None:
    battery, meter = SunSpecPlant(without=(203, 160)), SunSpecPlant(m203={"W": 100, "W_SF": 1})
    with STRANGERS["pyModbusTCP"](battery.bank) as first, STRANGERS["libmodbus"](meter.bank) as second:
        path = tmp_path / "devices.yaml"
        path.write_text(
            "devices:\n"
            f"  - {{profile: sunspec-battery, device: {{id: a, project: p, host: 127.0.0.1, port: {first.port}}},\n"
            "     setpoint: {min: -5000, max: 4000}}\n"
            f"  - {{profile: sunspec-meter, device: {{id: b, project: p, host: 127.0.0.1, port: {second.port}}}}}\n"
        )
        (driver,) = open_plants(load_all(path), lambda: NOW)
        assert (driver.read().grid_kw, driver.read().pv_kw) == (1.0, None)
        driver.close()
    with STRANGERS["pyModbusTCP"](battery.bank) as first:
        path.write_text(path.read_text().replace(str(load_all(path)[0].device.port), str(first.port)))
        (driver,) = open_plants(load_all(path), lambda: NOW)
        assert driver.read().grid_kw is None
        driver.close()


@pytest.mark.parametrize("vendor", ["fronius-gen24"])
def test_a_read_only_example_reads_its_strings_and_cannot_be_controlled(tmp_path: Path, vendor: str) -> None:
    modules = [{"ID": number, "DCW": watts} for number, watts in enumerate((1200, 300, 0, 800), start=1)]
    plant = SunSpecPlant(m1={"Mn": "Fronius"}, m160={"DCW_SF": 0, "N": 4, "module": modules})
    with STRANGERS["libmodbus"](plant.bank) as served:
        path = tmp_path / "devices.yaml"
        path.write_text(f"profile: {vendor}\ndevice: {{id: a, host: 127.0.0.1, port: {served.port}}}\n")
        (told,) = load_all(path)
        telemetry = read_telemetry(reader := DeviceReader(told, connection_of(told)), NOW)
        reader.link.close()
    assert (telemetry.pv_kw, telemetry.battery_kw, telemetry.soc) == (1.5, 0.8, pytest.approx(0.555))
    assert not told.tried_on_hardware and open_plants([told], lambda: NOW) == ()


def _refuse(addr: int, count: int) -> tuple[int, ...]:
    raise DeviceRefused(f"{count} registers at {addr}", exception_code=2)


def test_a_device_without_models_or_with_models_that_never_end_is_a_bad_answer() -> None:
    with pytest.raises(BadAnswer, match="no SunSpec device"):
        discover(_refuse)
    with pytest.raises(BadAnswer, match="do not end"):
        discover(lambda addr, count: (0x5375, 0x6E53) if addr == 40000 else (900, 0))


def test_a_device_that_ends_right_behind_the_last_id_is_understood() -> None:
    words = {40000: 0x5375, 40001: 0x6E53, 40002: 713, 40003: 1, 40004: 5, 40005: 0xFFFF}

    def read(addr: int, count: int) -> tuple[int, ...]:
        return tuple(words[place] for place in range(addr, addr + count)) if addr + count <= 40006 else _refuse(addr, 1)

    assert discover(read).starts == {713: 40002}

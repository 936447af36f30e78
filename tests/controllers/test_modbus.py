"""The driver on a stranger's server: exact registers, their order, limits, identity and refusals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant, open_plants
from controllers.profiles import load_devices
from controllers.release import release_devices
from dash_app.domain.dispatch import Mode, Order, ReadBack, Refused, Unreachable, Unverified
from dash_app.domain.errors import NotFound, WrongDevice
from tests.fakes.devices import a_device, devices_file
from tests.fakes.modbus_double import ModbusDouble
from tests.fakes.payloads import a_step

ORDER = Order.of(recommendation_id="r", project_id="monash", device_id="d", step=a_step(), payload_digest="d")
NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


@pytest.fixture
def double() -> Iterator[ModbusDouble]:
    with ModbusDouble() as running:
        yield running


@pytest.fixture
def plant(double: ModbusDouble, tmp_path: Path) -> Iterator[ModbusPlant]:
    made = ModbusPlant(a_device(tmp_path, double.port), lambda: NOW, sleep=lambda _: None)
    yield made
    made.close()


def test_watchdog_then_set_point_then_enable(plant: ModbusPlant, double: ModbusDouble) -> None:
    plant.hold(ORDER, -2.5)
    assert double.handler.writes == [(13, (60,)), (10, (0xFFFF, 0xF63C)), (12, (1,))]


def test_release_writes_zero_then_disables(plant: ModbusPlant, double: ModbusDouble) -> None:
    plant.release()
    assert double.handler.writes == [(10, (0, 0)), (12, (0,))]


def test_keeping_alive_writes_the_watchdog_only(plant: ModbusPlant, double: ModbusDouble) -> None:
    plant.keep_alive()
    assert double.handler.writes == [(13, (60,))]


def test_every_reading_stands_in_its_place(plant: ModbusPlant) -> None:
    telemetry = plant.read()
    assert (telemetry.soc, telemetry.mode, telemetry.boot_count, telemetry.uptime_s) == (0.5, Mode.LOCAL, 3, 600)
    assert (telemetry.pv_kw, telemetry.grid_kw, telemetry.load_kw) == (12.0, 18.0, 30.0)
    assert (telemetry.max_charge_kw, telemetry.max_discharge_kw, telemetry.at) == (75.0, 75.0, NOW)


def test_unknown_values_are_none_not_numbers(plant: ModbusPlant, double: ModbusDouble) -> None:
    double.handler.units[1].set_input_registers(2, [0xFFFF])
    double.handler.units[3].set_input_registers(4, [0x8000, 0])
    telemetry = plant.read()
    assert (telemetry.soc, telemetry.grid_kw) == (None, None)


def test_without_a_known_state_of_charge_nothing_is_sent(plant: ModbusPlant, double: ModbusDouble) -> None:
    double.handler.units[1].set_input_registers(2, [0xFFFF])
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Refused) and "unknown" in answer.why
    assert double.handler.writes == []


def test_the_device_s_own_limit_registers_count(plant: ModbusPlant, double: ModbusDouble) -> None:
    double.handler.set_input(1, 7, 4_000)
    assert isinstance(plant.hold(ORDER, 5.0), Refused)
    assert double.handler.writes == []
    assert plant.hold(ORDER, 4.0) == ReadBack(setpoint_kw=4.0)


def test_an_edge_of_the_corridor_refuses_what_goes_further(plant: ModbusPlant, double: ModbusDouble) -> None:
    double.handler.units[1].set_input_registers(2, [950])
    assert isinstance(plant.hold(ORDER, -5.0), Refused)
    assert plant.hold(ORDER, 5.0) == ReadBack(setpoint_kw=5.0)


def test_a_stuck_register_is_unverified(plant: ModbusPlant, double: ModbusDouble) -> None:
    double.handler.stuck = True
    answer = plant.hold(ORDER, 5.0)
    assert answer == Unverified(setpoint_kw=5.0, why="sent 5.0 kW, the device holds 0.0 kW")


@pytest.mark.parametrize("code", [1, 2, 3, 4, 6])
def test_a_modbus_exception_is_a_refusal_with_its_code(plant: ModbusPlant, double: ModbusDouble, code: int) -> None:
    double.handler.refuse = code
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Refused) and f"exception {code}" in answer.why


def test_another_device_at_the_address_gets_no_write(plant: ModbusPlant, double: ModbusDouble) -> None:
    plant.read()
    plant.close()
    double.handler.units[1].set_holding_registers(0, [0x1234])
    with pytest.raises(WrongDevice, match="register 0 holds 4660, not 47735"):
        plant.read()
    assert isinstance(plant.hold(ORDER, 5.0), Unreachable)
    with pytest.raises(WrongDevice):
        plant.release()
    assert double.handler.writes == []


def test_a_maker_who_counts_charging_positive_is_converted(double: ModbusDouble, tmp_path: Path) -> None:
    device = a_device(tmp_path, double.port, ("sign: discharge_positive", "sign: charge_positive"))
    plant = ModbusPlant(device, lambda: NOW)
    assert plant.hold(ORDER, -2.5) == ReadBack(setpoint_kw=-2.5)
    assert (10, (0, 2500)) in double.handler.writes
    assert (plant.read().battery_kw, plant.read().setpoint_kw) == (-2.5, -2.5)
    plant.close()


def test_an_opposite_that_stands_elsewhere_is_never_written(double: ModbusDouble, tmp_path: Path) -> None:
    apart = a_device(tmp_path, double.port, ("addr: 10, write_fc", "opposite: {addr: 13}, addr: 10, write_fc"))
    plant = ModbusPlant(apart, lambda: NOW)
    answer = plant.hold(ORDER, 1.0)
    plant.close()
    assert isinstance(answer, Refused) and "does not stand right behind it" in answer.why
    assert double.handler.writes == []


def test_devices_behind_one_endpoint_share_its_one_connection(double: ModbusDouble, tmp_path: Path) -> None:
    path = devices_file(tmp_path, double.port)
    text = path.read_text()
    path.write_text(text + text.split("devices:\n")[1].replace("monash-ess1", "monash-ess2"))
    one, other = open_plants(load_devices(path), lambda: NOW)
    assert one._link is other._link
    assert other.read().soc == one.read().soc
    one.close()


def test_release_without_store_and_dispatcher_goes_to_the_device_itself(double: ModbusDouble, tmp_path: Path) -> None:
    path = devices_file(tmp_path, double.port)
    assert release_devices(path, "monash", lambda: NOW) == {"monash-ess1": ""}
    assert double.handler.writes == [(10, (0, 0)), (12, (0,))]
    with pytest.raises(NotFound, match="no device of project nowhere"):
        release_devices(path, "nowhere", lambda: NOW)


def test_a_release_that_cannot_be_made_says_why(tmp_path: Path) -> None:
    outcome = release_devices(devices_file(tmp_path, 1), None, lambda: NOW)
    assert "does not accept a connection" in outcome["monash-ess1"]

"""The plant's SunSpec image as an independent SunSpec client sees it, held against the generic registers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from pyModbusTCP.client import ModbusClient
from sunspec2.modbus.client import SunSpecModbusClientDeviceTCP

from slothbox.battery import BatterySpec
from slothbox.plant.registers import Unit
from slothbox.plant.server import PlantServer
from slothbox.plant.site import Plant, PlantSite
from slothbox.plant.sunspec_map import BASE, MODELS, image_words, layout
from tests.slothbox.plant_bench import SPEC, Bench, client, int32, served, words

HOME = PlantSite(
    project_id="home",
    device_id="home-ess1",
    battery=BatterySpec(
        capacity_kwh=6.4,
        charge_kw=5.0,
        discharge_kw=5.0,
        charge_efficiency=0.9,
        discharge_efficiency=0.9,
        soc_min=0.1,
        soc_max=0.9,
    ),
    pv_rating_kw=4.0,
)


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def plant(bench: Bench) -> Plant:
    return bench.plant()


@pytest.fixture
def server(plant: Plant) -> Iterator[PlantServer]:
    with served(plant) as running:
        yield running


@pytest.fixture
def battery(server: PlantServer) -> Iterator[ModbusClient]:
    with client(server, unit=1) as wire:
        yield wire


@contextmanager
def scanned(server: PlantServer) -> Iterator[Any]:
    device = SunSpecModbusClientDeviceTCP(slave_id=126, ipaddr="127.0.0.1", ipport=server.port, timeout=2)
    device.scan()
    try:
        yield device
    finally:
        device.close()


def value(device: Any, model: int, point: str) -> Any:
    (found,) = device.models[model]
    found.read()
    return getattr(found, point).cvalue


def test_a_stranger_s_client_finds_every_model_and_who_it_is(server: PlantServer) -> None:
    with scanned(server) as device:
        assert [model for model in device.models if isinstance(model, int)] == list(MODELS)
        assert [value(device, 1, name) for name in ("Mn", "SN")] == ["SlothBox", "bench-ess1"]


def test_every_model_says_the_same_as_the_generic_registers(
    bench: Bench, server: PlantServer, battery: ModbusClient
) -> None:
    assert battery.write_multiple_registers(10, [*words(-9_000), 1, 60])
    bench.clock.pass_s(36)
    generic_w = int32(battery.read_input_registers(0, 2))
    soc = battery.read_input_registers(2, 1)[0] / 10
    with client(server, unit=3) as meter:
        grid_w = int32(meter.read_input_registers(4, 2))
    assert (generic_w, grid_w) == (-9_000, 29_000)
    with scanned(server) as device:
        assert value(device, 802, "W") == pytest.approx(generic_w, abs=10)
        assert value(device, 203, "W") == pytest.approx(grid_w, abs=100)
        assert value(device, 103, "W") == value(device, 701, "W") == pytest.approx(10_000 + generic_w, abs=100)
        for model, point in ((124, "ChaState"), (713, "SoC"), (802, "SoC")):
            assert value(device, model, point) == pytest.approx(soc, abs=0.1)
        (strings,) = device.models[160]
        strings.read()
        assert [(one.IDStr.cvalue, one.DCW.cvalue) for one in strings.module] == [("PV", 10_000), ("Battery", 9_000)]
        assert (value(device, 124, "ChaSt"), value(device, 802, "ChaSt")) == (4, 4)
        assert value(device, 203, "TotWhImp") == pytest.approx(29_000 * 36 / 3600, abs=1)
        assert value(device, 103, "WH") == pytest.approx(10_000 * 36 / 3600, abs=1)
        assert value(device, 715, "DERHb") == value(device, 802, "Hb") == 36


def test_ratings_are_those_of_the_battery(server: PlantServer) -> None:
    with scanned(server) as device:
        for model, charge, discharge in (
            (120, "MaxChaRte", "MaxDisChaRte"),
            (702, "WChaRteMaxRtg", "WDisChaRteMaxRtg"),
            (802, "WChaRteMax", "WDisChaRteMax"),
        ):
            ratings = (value(device, model, charge), value(device, model, discharge))
            assert ratings == pytest.approx((SPEC.charge_kw * 1000, SPEC.discharge_kw * 1000), rel=0.01)
        for model, point in ((120, "WHRtg"), (713, "WHRtg"), (802, "WHRtg")):
            assert value(device, model, point) == pytest.approx(SPEC.capacity_kwh * 1000, rel=0.01)
        assert value(device, 121, "WMax") == value(device, 702, "WMax") == 50_000


def test_a_home_is_told_to_the_watt(bench: Bench) -> None:
    bench.measured.load, bench.measured.pv = 1.234, 0.5
    with served(bench.plant(site=HOME)) as server:
        bench.clock.pass_s(1)
        with scanned(server) as device:
            assert value(device, 802, "W") == 734
            assert value(device, 713, "WHRtg") == 6_400


def test_a_set_point_by_timer_value_enable_is_held_and_reverts_by_itself(
    bench: Bench, server: PlantServer, battery: ModbusClient
) -> None:
    with scanned(server) as device:
        (controls,) = device.models[704]
        controls.read()
        for name, told in (("WSetRvrtTms", 60), ("WSet", -7_000), ("WSetEna", 1)):
            getattr(controls, name).cvalue = told
            getattr(controls, name).write()
        bench.clock.pass_s(30)
        assert value(device, 802, "W") == -7_000
        assert battery.read_holding_registers(10, 4) == [*words(-7_000), 1, 60]
        bench.clock.pass_s(30)
        controls.read()
        assert controls.WSetEna.cvalue == 0
        assert battery.read_input_registers(4, 1) == [3]


def test_one_write_may_carry_the_whole_set_point(bench: Bench, server: PlantServer, battery: ModbusClient) -> None:
    first = layout()[704, "WSetEna"].address
    with client(server, unit=126) as wire:
        assert wire.write_multiple_registers(first, [1, 1, *words(4_000), 0, 0, 0, 0, 0, 0, 30])
        assert battery.read_holding_registers(10, 4) == [*words(4_000), 1, 30]
        assert not wire.write_multiple_registers(first, [1, 1, *words(50_001), 0, 0, 0, 0, 0, 0, 30])
        assert wire.last_except == 3
    assert battery.read_holding_registers(10, 4) == [*words(4_000), 1, 30]


@pytest.mark.parametrize(
    ("mod", "out_rate", "in_rate", "power_w"),
    [(2, 20, 100, 10_000), (2, -40, 100, -20_000), (1, 100, -60, 30_000), (3, 0, 0, 0), (0, 0, 0, 20_000)],
)
def test_storage_control_bounds_the_battery_s_own_rule_and_ends_by_itself(
    bench: Bench, server: PlantServer, mod: int, out_rate: int, in_rate: int, power_w: int
) -> None:
    """The load asks for 20 kW beyond the sun; shares are of 50 kW, and a negative one forces the other direction."""
    with scanned(server) as device:
        (storage,) = device.models[124]
        storage.read()
        told = (("InOutWRte_RvrtTms", 60), ("OutWRte", out_rate), ("InWRte", in_rate), ("StorCtl_Mod", mod))
        for name, told_value in told:
            getattr(storage, name).cvalue = told_value
            getattr(storage, name).write()
        bench.clock.pass_s(59)
        assert value(device, 802, "W") == power_w
        bench.clock.pass_s(2)
        assert value(device, 802, "W") == 20_000
        assert value(device, 124, "StorCtl_Mod") == 0


def test_the_arrays_are_limited_and_freed_again(bench: Bench, server: PlantServer) -> None:
    with scanned(server) as device:
        (controls,) = device.models[704]
        controls.read()
        for name, told in (("WMaxLimPctRvrtTms", 60), ("WMaxLimPct", 10.0), ("WMaxLimPctEna", 1)):
            getattr(controls, name).cvalue = told
            getattr(controls, name).write()
        bench.clock.pass_s(1)
        strings = device.models[160][0]
        strings.read()
        assert strings.module[0].DCW.cvalue == 4_000, "10 % of 40 kW"
        bench.clock.pass_s(60)
        strings.read()
        assert strings.module[0].DCW.cvalue == 10_000


@pytest.mark.parametrize(
    ("key", "raw", "code"),
    [
        ((802, "SoC"), [1], 2),
        ((124, "WChaMax"), [1], 2),
        ((704, "WSet"), [0], 2),
        ((124, "OutWRte"), [10_001], 3),
        ((124, "StorCtl_Mod"), [4], 3),
        ((704, "WSetEna"), [2], 3),
        ((704, "WSetMod"), [0], 3),
    ],
)
def test_what_may_not_be_written_is_refused_and_changes_nothing(
    server: PlantServer, plant: Plant, key: tuple[int, str], raw: list[int], code: int
) -> None:
    before = plant.holding(Unit.SUNSPEC)
    with client(server, unit=126) as wire:
        assert not wire.write_multiple_registers(layout()[key].address, raw)
        assert wire.last_except == code
    assert plant.holding(Unit.SUNSPEC) == before


def test_what_is_not_known_is_not_implemented(plant: Plant, server: PlantServer) -> None:
    plant.faults.all_unknown = True
    with scanned(server) as device:
        for model, point in ((802, "W"), (802, "SoC"), (103, "W"), (203, "W"), (713, "SoC"), (124, "ChaSt")):
            assert value(device, model, point) is None


def test_a_frozen_image_stands_still_with_its_heartbeat(bench: Bench, plant: Plant, server: PlantServer) -> None:
    plant.faults.frozen = True
    with scanned(server) as device:
        before = value(device, 802, "Hb"), value(device, 802, "W")
        assert plant.write(Unit.BATTERY, 10, [*words(-9_000), 1]) is None
        bench.clock.pass_s(10)
        assert (value(device, 802, "Hb"), value(device, 802, "W")) == before
        plant.faults.frozen = False
        assert (value(device, 802, "Hb"), value(device, 802, "W")) == (10, -9_000)


def test_a_reboot_ends_every_control_and_a_stranger_has_another_serial_number(
    plant: Plant, server: PlantServer
) -> None:
    with scanned(server) as device:
        (storage,) = device.models[124]
        storage.read()
        storage.StorCtl_Mod.cvalue = 3
        storage.StorCtl_Mod.write()
        plant.reboot()
        assert value(device, 124, "StorCtl_Mod") == 0
        plant.faults.stranger = True
        assert value(device, 1, "SN") == "stranger"


def test_the_image_is_one_block_without_gaps() -> None:
    addresses = sorted(image_words({}))
    assert addresses == list(range(BASE, BASE + len(addresses)))
    assert [point.model for point in layout().values() if point.name == "ID"] == list(MODELS)


def test_nothing_written_to_the_image_leaves_the_limits(plant: Plant) -> None:
    for watts in (-50_000, 50_000, -50_001, 50_001, 2**31 - 1, -(2**31)):
        plant.write(Unit.SUNSPEC, layout()[704, "WSet"].address, words(watts))
        assert abs(plant.battery.setpoint_w) <= 50_000

"""Every register of the plant's map, as an independent Modbus client sees it."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyModbusTCP.client import ModbusClient

from slothbox.plant.server import PlantServer
from slothbox.plant.site import PlantSite
from tests.slothbox.plant_bench import NOON, Bench, client, int32, served, words


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def server(bench: Bench, tmp_path: Path) -> Iterator[PlantServer]:
    with served(bench.plant(boots=7), tmp_path / "writes.jsonl") as running:
        yield running


@pytest.fixture
def battery(server: PlantServer) -> Iterator[ModbusClient]:
    with client(server, unit=1) as wire:
        yield wire


def refused_with(wire: ModbusClient) -> int:
    return int(wire.last_except)


def test_the_battery_says_who_it_is_and_how_often_it_was_started(battery: ModbusClient) -> None:
    assert battery.read_holding_registers(0, 3) == [0xBA77, 1, 7]


def test_a_fresh_battery_is_in_its_own_mode_with_nothing_asked_of_it(battery: ModbusClient) -> None:
    assert battery.read_holding_registers(10, 6) == [0, 0, 0, 0, 0, 1]


def test_the_whole_map_can_be_read_at_once(battery: ModbusClient) -> None:
    assert len(battery.read_holding_registers(0, 16)) == 16
    assert len(battery.read_input_registers(0, 13)) == 13


def test_the_battery_reports_charge_mode_limits_temperature_and_uptime(bench: Bench, battery: ModbusClient) -> None:
    bench.clock.pass_s(70_000)
    registers = battery.read_input_registers(0, 13)
    assert registers[4] == 1
    assert int32(registers[5:7]) == 50_000
    assert int32(registers[7:9]) == 50_000
    assert 250 <= registers[10] <= 370
    assert int32(registers[11:13]) == 70_000


def test_the_state_of_charge_is_in_tenths_of_a_percent(battery: ModbusClient) -> None:
    assert battery.read_input_registers(2, 1) == [500]


@pytest.mark.parametrize("power_w", [50_000, -50_000, 0, 12_345, -1])
def test_a_set_point_inside_the_limits_is_taken_and_read_back(battery: ModbusClient, power_w: int) -> None:
    assert battery.write_multiple_registers(10, words(power_w))
    assert int32(battery.read_holding_registers(10, 2)) == power_w


@pytest.mark.parametrize("power_w", [50_001, -50_001, 2**31 - 1, -(2**31)])
def test_a_set_point_beyond_the_limits_is_refused_and_changes_nothing(battery: ModbusClient, power_w: int) -> None:
    assert battery.write_multiple_registers(10, words(5_000))
    assert not battery.write_multiple_registers(10, words(power_w))
    assert refused_with(battery) == 3
    assert int32(battery.read_holding_registers(10, 2)) == 5_000


def test_a_write_over_several_registers_is_taken_whole_or_not_at_all(battery: ModbusClient) -> None:
    assert not battery.write_multiple_registers(10, [*words(5_000), 2])
    assert refused_with(battery) == 3
    assert battery.read_holding_registers(10, 3) == [0, 0, 0]
    assert battery.write_multiple_registers(10, [*words(5_000), 1, 60, 9])
    assert battery.read_holding_registers(10, 6) == [*words(5_000), 1, 60, 9, 2]


@pytest.mark.parametrize("address", [0, 1, 2, 3, 9, 15, 16, 500])
def test_what_may_only_be_read_or_is_not_there_refuses_writes(battery: ModbusClient, address: int) -> None:
    assert not battery.write_single_register(address, 1)
    assert refused_with(battery) == 2


@pytest.mark.parametrize("value", [2, 255, 0xFFFF])
def test_remote_enable_is_either_0_or_1(battery: ModbusClient, value: int) -> None:
    assert not battery.write_single_register(12, value)
    assert refused_with(battery) == 3


def test_registers_that_are_not_there_cannot_be_read(battery: ModbusClient) -> None:
    assert battery.read_holding_registers(16, 1) is None
    assert refused_with(battery) == 2
    assert battery.read_input_registers(13, 1) is None
    assert refused_with(battery) == 2


def test_there_are_no_coils(battery: ModbusClient) -> None:
    assert battery.read_coils(0, 1) is None
    assert refused_with(battery) == 1


def test_a_unit_that_is_not_there_is_reported_like_a_gateway_does(server: PlantServer) -> None:
    with client(server, unit=9) as wire:
        assert wire.read_holding_registers(0, 1) is None
        assert refused_with(wire) == 11


def test_a_set_point_moves_power_meter_and_state_of_charge(
    bench: Bench, server: PlantServer, battery: ModbusClient
) -> None:
    battery.write_multiple_registers(10, [*words(36_000), 1])
    bench.clock.pass_s(100)
    assert int32(battery.read_input_registers(0, 2)) == 36_000
    assert battery.read_input_registers(2, 1) == [490]
    with client(server, unit=3) as meter:
        assert int32(meter.read_input_registers(4, 2)) == 30_000 - 10_000 - 36_000


def test_the_meter_balances_to_the_watt(bench: Bench, server: PlantServer, battery: ModbusClient) -> None:
    bench.measured.load, bench.measured.pv = 17.3456, 3.2104
    battery.write_multiple_registers(10, [*words(-7_777), 1])
    bench.clock.pass_s(61)
    measured_w = {}
    for unit, address in ((1, 0), (2, 0), (3, 4), (4, 0)):
        with client(server, unit=unit) as wire:
            measured_w[unit] = int32(wire.read_input_registers(address, 2))
    assert measured_w[4] == 17_346
    assert measured_w[4] == measured_w[2] + measured_w[1] + measured_w[3]


def test_in_its_own_mode_the_battery_keeps_the_grid_at_zero(
    bench: Bench, server: PlantServer, battery: ModbusClient
) -> None:
    bench.clock.pass_s(1)
    assert int32(battery.read_input_registers(0, 2)) == 20_000
    with client(server, unit=3) as meter:
        assert int32(meter.read_input_registers(4, 2)) == 0


def test_every_write_is_in_the_plants_own_log(server: PlantServer, battery: ModbusClient, tmp_path: Path) -> None:
    battery.write_multiple_registers(10, [*words(-1_000), 1])
    battery.write_single_register(12, 5)
    rows = [json.loads(line) for line in (tmp_path / "writes.jsonl").read_text().splitlines()]
    assert [(row["address"], row["values"], row["refused"]) for row in rows] == [
        (10, [*words(-1_000), 1], 0),
        (12, [5], 3),
    ]
    assert rows[0] | {"time": ""} == {
        "time": "",
        "project": "bench",
        "unit": 1,
        "address": 10,
        "values": [*words(-1_000), 1],
        "refused": 0,
        "setpoint_w": -1_000,
        "mode": 2,
    }
    assert rows[0]["time"] == NOON.isoformat()


def test_mbpoll_reads_the_same_values(server: PlantServer, battery: ModbusClient) -> None:
    battery.write_multiple_registers(10, words(-12_345))
    address = ["-0", "-1", "-p", str(server.port), "127.0.0.1"]
    set_point = subprocess.run(
        ["mbpoll", "-m", "tcp", "-a", "1", "-t", "4:int", "-B", "-r", "10", "-c", "1", *address],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert "[10]: \t-12345" in set_point.stdout
    charge = subprocess.run(
        ["mbpoll", "-m", "tcp", "-a", "1", "-t", "3", "-r", "2", "-c", "1", *address],
        capture_output=True,
        text=True,
        timeout=10,
        check=True,
    )
    assert "[2]: \t500" in charge.stdout


def test_an_unmeasured_load_reads_as_unknown_and_so_does_the_meter(bench: Bench, server: PlantServer) -> None:
    bench.measured.load = None
    bench.clock.pass_s(61)
    with client(server, unit=4) as load, client(server, unit=3) as meter, client(server, unit=1) as battery:
        assert load.read_input_registers(0, 2) == [0xFFFF, 0xFFFF]
        assert meter.read_input_registers(4, 2) == [0x8000, 0]
        assert int32(battery.read_input_registers(0, 2)) == 0


def test_a_limit_on_the_arrays_cuts_their_power_and_the_meter_sees_it(bench: Bench, server: PlantServer) -> None:
    with client(server, unit=2) as pv, client(server, unit=3) as meter, client(server, unit=1) as battery:
        battery.write_multiple_registers(10, [0, 0, 1])
        assert int32(pv.read_input_registers(0, 2)) == 10_000
        assert pv.write_multiple_registers(40, [150, 0, 1])
        bench.clock.pass_s(1)
        assert int32(pv.read_input_registers(0, 2)) == 6_000
        assert int32(meter.read_input_registers(4, 2)) == 24_000


def test_a_limit_ends_by_itself_after_its_revert_time(bench: Bench, server: PlantServer) -> None:
    with client(server, unit=2) as pv:
        pv.write_multiple_registers(40, [0, 30, 1])
        bench.clock.pass_s(29)
        assert int32(pv.read_input_registers(0, 2)) == 0
        bench.clock.pass_s(2)
        assert int32(pv.read_input_registers(0, 2)) == 10_000
        assert pv.read_holding_registers(40, 3) == [0, 30, 0]


@pytest.mark.parametrize("control", [[1001, 0, 1], [500, 0, 2]])
def test_an_impossible_limit_is_refused(server: PlantServer, control: list[int]) -> None:
    with client(server, unit=2) as pv:
        assert not pv.write_multiple_registers(40, control)
        assert refused_with(pv) == 3
        assert pv.read_holding_registers(40, 3) == [1000, 0, 0]


def test_meter_and_load_cannot_be_written(server: PlantServer) -> None:
    for unit in (3, 4):
        with client(server, unit=unit) as wire:
            assert not wire.write_single_register(0, 1)
            assert refused_with(wire) == 2


def test_a_site_without_arrays_produces_nothing() -> None:
    bench = Bench()
    bench.measured.pv = 0.0
    bare = PlantSite(project_id="bare", device_id="bare-1", battery=bench.plant().site.battery, pv_rating_kw=0.0)
    with served(bench.plant(site=bare)) as server, client(server, unit=2) as pv:
        assert pv.read_input_registers(0, 2) == [0, 0]

"""Every fault switch does what it says, over the wire; and the wire from another process switches it."""

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyModbusTCP.client import ModbusClient

from slothbox.plant.control import switch
from slothbox.plant.faults import Faults
from slothbox.plant.server import PlantServer
from slothbox.plant.site import Plant
from tests.slothbox.plant_bench import Bench, client, int32, on_its_thread, served, words


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
    with client(server, unit=1, timeout_s=0.2) as wire:
        yield wire


def test_a_mute_plant_does_nothing_and_says_nothing(plant: Plant, battery: ModbusClient) -> None:
    plant.faults.mute = True
    assert battery.read_holding_registers(0, 1) is None
    assert not battery.write_multiple_registers(10, words(5_000))
    assert plant.battery.setpoint_w == 0


def test_a_lost_acknowledgement_leaves_the_write_done(plant: Plant, battery: ModbusClient) -> None:
    plant.faults.lose_acks = 1
    assert not battery.write_multiple_registers(10, words(5_000))
    assert int32(battery.read_holding_registers(10, 2)) == 5_000
    assert battery.write_multiple_registers(10, words(6_000))


def test_a_delay_keeps_the_answer_back(plant: Plant, server: PlantServer) -> None:
    plant.faults.delay_s = 0.2
    with client(server, unit=1) as wire:
        started_s = time.monotonic()
        assert wire.read_holding_registers(0, 1) == [0xBA77]
        assert time.monotonic() - started_s >= 0.2


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6])
def test_writes_can_be_refused_with_any_exception_code(plant: Plant, battery: ModbusClient, code: int) -> None:
    plant.faults.write_exception = code
    assert not battery.write_multiple_registers(10, words(5_000))
    assert battery.last_except == code
    assert battery.read_holding_registers(10, 2) == [0, 0]


def test_a_stuck_set_point_is_acknowledged_and_ignored(plant: Plant, battery: ModbusClient) -> None:
    assert battery.write_multiple_registers(10, words(5_000))
    plant.faults.stuck = True
    assert battery.write_multiple_registers(10, words(9_000))
    assert int32(battery.read_holding_registers(10, 2)) == 5_000


def test_a_deaf_battery_reads_back_right_and_keeps_to_its_own_rule(
    bench: Bench, plant: Plant, battery: ModbusClient
) -> None:
    plant.faults.deaf = True
    assert battery.write_multiple_registers(10, [*words(-9_000), 1])
    bench.clock.pass_s(1)
    assert int32(battery.read_holding_registers(10, 2)) == -9_000
    assert int32(battery.read_input_registers(0, 2)) == 20_000


def test_a_clamped_set_point_is_cut_without_a_word(bench: Bench, plant: Plant, battery: ModbusClient) -> None:
    plant.faults.clamp_kw = 2.0
    assert battery.write_multiple_registers(10, [*words(-9_000), 1])
    bench.clock.pass_s(1)
    assert int32(battery.read_holding_registers(10, 2)) == -2_000
    assert int32(battery.read_input_registers(0, 2)) == -2_000


def test_frozen_telemetry_stands_still_with_its_uptime_and_thaws(
    bench: Bench, plant: Plant, battery: ModbusClient
) -> None:
    plant.faults.frozen = True
    before = battery.read_input_registers(0, 13)
    battery.write_multiple_registers(10, [*words(-9_000), 1])
    bench.clock.pass_s(100)
    assert battery.read_input_registers(0, 13) == before
    plant.faults.frozen = False
    assert int32(battery.read_input_registers(0, 2)) == -9_000
    assert int32(battery.read_input_registers(11, 2)) == 100


def test_an_unknown_state_of_charge_reads_as_ffff(plant: Plant, battery: ModbusClient) -> None:
    plant.faults.soc_unknown = True
    assert battery.read_input_registers(2, 1) == [0xFFFF]


def test_a_reboot_drops_the_connection_and_counts(server: PlantServer, battery: ModbusClient) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=2) as other:
        assert battery.write_multiple_registers(10, [*words(5_000), 1])
        on_its_thread(server, server.reboot)
        assert other.recv(1) == b""
    battery.close()
    assert battery.read_holding_registers(2, 1) == [2]
    assert battery.read_holding_registers(10, 6) == [0, 0, 0, 0, 0, 1]


def test_switches_come_as_words() -> None:
    faults = Faults()
    faults.set("stuck", "on")
    faults.set("delay_s", "0.5")
    faults.set("lose_acks", "3")
    assert (faults.stuck, faults.delay_s, faults.lose_acks) == (True, 0.5, 3)
    faults.set("delay_s", "off")
    assert (faults.stuck, faults.delay_s) == (True, 0.0)
    faults.set("clear", "on")
    assert faults == Faults()


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("stuk", "on", "there are mute, lose_acks"),
        ("stuck", "perhaps", "is on or off"),
        ("delay_s", "soon", "takes off or a number"),
        ("delay_s", "-1", "at least 0"),
        ("delay_s", "nan", "at least 0"),
    ],
)
def test_a_switch_that_is_not_understood_changes_nothing(name: str, text: str, complaint: str) -> None:
    faults = Faults()
    with pytest.raises(ValueError, match=complaint):
        faults.set(name, text)
    assert faults == Faults()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no json",
        b"[]",
        b'{"project": "nowhere", "fault": "stuck"}',
        b'{"project": "bench", "fault": "soc", "value": "2"}',
    ],
)
def test_a_line_that_is_not_understood_is_answered_by_an_error(server: PlantServer, line: bytes) -> None:
    assert "error" in switch({"bench": server}, line)


def test_a_line_sets_the_state_of_charge(plant: Plant, server: PlantServer) -> None:
    switch({"bench": server}, b'{"project": "bench", "fault": "soc", "value": "0.98"}')
    assert plant.soc == 0.98


def test_a_taken_port_is_replaced_by_a_free_one(tmp_path: Path, server: PlantServer) -> None:
    bench = Bench()
    with served(bench.plant(), preferred_port=server.port) as second:
        assert second.port not in (0, server.port)

"""Every fault switch does what it says, over the wire; and the wire from another process switches it."""

import socket
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from pyModbusTCP.client import ModbusClient

from slothbox.cli import main
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
        ("stuk", "on", "there are mute, drop"),
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


def test_a_dropped_connection_leaves_the_write_undone(plant: Plant, battery: ModbusClient) -> None:
    assert battery.read_holding_registers(0, 1) == [0xBA77]
    plant.faults.drop = 1
    assert not battery.write_multiple_registers(10, words(5_000))
    assert not battery.is_open
    assert battery.read_holding_registers(10, 2) == [0, 0]


@pytest.mark.parametrize("code", [1, 2, 4, 6])
def test_reads_can_be_refused_and_writes_still_work(plant: Plant, battery: ModbusClient, code: int) -> None:
    plant.faults.read_exception = code
    assert battery.read_input_registers(0, 2) is None
    assert battery.last_except == code
    assert battery.write_single_register(14, 7)


def test_half_a_write_changes_the_high_word_only(plant: Plant, battery: ModbusClient) -> None:
    plant.faults.half_write = True
    assert battery.write_multiple_registers(10, words(-5_000))
    assert battery.read_holding_registers(10, 2) == [0xFFFF, 0]


def test_exchanged_words_read_back_right_and_are_obeyed_wrong(
    bench: Bench, plant: Plant, battery: ModbusClient
) -> None:
    plant.faults.word_swap = True
    assert battery.write_multiple_registers(10, [*words(-9_000), 1])
    bench.clock.pass_s(1)
    assert int32(battery.read_holding_registers(10, 2)) == -9_000
    assert int32(battery.read_input_registers(0, 2)) == -50_000, "0xDCD8FFFF W, cut to what the battery can"


def test_everything_can_be_unknown_at_once(plant: Plant, server: PlantServer, battery: ModbusClient) -> None:
    plant.faults.all_unknown = True
    assert battery.read_input_registers(0, 3) == [0x8000, 0, 0xFFFF]
    for unit, address, unknown in ((2, 0, [0xFFFF] * 2), (3, 4, [0x8000, 0]), (4, 0, [0xFFFF] * 2)):
        with client(server, unit) as meter:
            assert meter.read_input_registers(address, 2) == unknown


def test_another_device_answers_at_the_same_address(plant: Plant, battery: ModbusClient) -> None:
    plant.faults.stranger = True
    assert battery.read_holding_registers(0, 1) == [0x0BAD]


def test_a_late_watchdog_acts_later_than_it_was_set(bench: Bench, plant: Plant, battery: ModbusClient) -> None:
    plant.faults.late_watchdog_s = 20
    assert battery.write_multiple_registers(10, [*words(5_000), 1, 60])
    bench.clock.pass_s(79)
    assert battery.read_input_registers(4, 1) == [2]
    bench.clock.pass_s(1)
    assert battery.read_input_registers(4, 1) == [3]


def test_a_reboot_may_keep_the_control_registers(server: PlantServer, plant: Plant, battery: ModbusClient) -> None:
    assert battery.write_multiple_registers(10, [*words(5_000), 1, 60])
    assert "error" not in switch({"bench": server}, b'{"project": "bench", "fault": "soc", "value": "0.5"}')
    on_its_thread(server, lambda: server.reboot(kept=True))
    battery.close()
    assert battery.read_holding_registers(2, 1) == [2]
    assert battery.read_holding_registers(10, 6) == [*words(5_000), 1, 60, 0, 2]


def test_one_connection_too_many_is_closed_and_the_first_one_stays(plant: Plant, server: PlantServer) -> None:
    plant.faults.max_connections = 1
    with client(server, unit=1) as first, client(server, unit=1) as second:
        assert first.read_holding_registers(0, 1) == [0xBA77]
        assert second.read_holding_registers(0, 1) is None
        assert first.read_holding_registers(0, 1) == [0xBA77]
        first.close()
        assert second.read_holding_registers(0, 1) == [0xBA77]


def test_every_fault_is_listed_with_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["faults", "list"]) == 0
    printed = capsys.readouterr().out
    for name in [fault.name for fault in fields(Faults)] + ["reboot", "soc", "clear"]:
        (line,) = [line for line in printed.splitlines() if line.split()[0] == name]
        assert len(line.split()) > 3


@pytest.mark.parametrize("value", ["kept", "on"])
def test_a_reboot_comes_as_a_line(server: PlantServer, value: str) -> None:
    before = server.plant.boots
    order = f'{{"project": "bench", "fault": "reboot", "value": "{value}"}}'.encode()
    assert "error" not in switch({"bench": server}, order)
    assert server.plant.boots == before + 1
    assert "error" in switch({"bench": server}, order.replace(value.encode(), b"perhaps"))

"""The wire to a stranger's server misbehaves: what is believed, and what the device ends up with."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant
from dash_app.domain.dispatch import Order, ReadBack, Refused, Unreachable, Unverified
from dash_app.domain.errors import DeviceError, DeviceUnreachable
from tests.fakes.bench_clock import SleepyClock
from tests.fakes.devices import a_device
from tests.fakes.fault_proxy import STORMS, FaultProxy, answering, flipped, late, reads_of, writes_to
from tests.fakes.generic_battery import generic_battery
from tests.fakes.payloads import a_step
from tests.fakes.register_bank import HOLDING, INPUT, Bank
from tests.fakes.strangers import Libmodbus

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ORDER = Order.of(recommendation_id="r", project_id="monash", device_id="d", step=a_step(), payload_digest="d")
TIMEOUT = ("timeout_s: 0.4", "timeout_s: 0.25")
SETPOINT, ENABLE, WATCHDOG = 10, 12, 13
BATTERY_INPUTS = (4, 0)


@pytest.fixture
def bank() -> Bank:
    return generic_battery()


@pytest.fixture
def clock() -> SleepyClock:
    return SleepyClock()


@pytest.fixture
def proxy(bank: Bank) -> Iterator[FaultProxy]:
    with Libmodbus(bank) as served, FaultProxy(served.port) as made:
        yield made


@pytest.fixture
def plant(proxy: FaultProxy, clock: SleepyClock, tmp_path: Path) -> Iterator[ModbusPlant]:
    made = ModbusPlant(a_device(tmp_path, proxy.port, TIMEOUT), lambda: NOW, sleep=clock.sleep)
    assert made.hold(ORDER, 1.0) == ReadBack(setpoint_kw=1.0)
    yield made
    made.close()


def holds_w(bank: Bank) -> int:
    return bank.get32(1, HOLDING, SETPOINT)


def powers(bank: Bank) -> set[int]:
    """Return every set-point that ever stood in the device, W."""
    both = (words for addr, words in bank.writes if addr == SETPOINT)
    return {int.from_bytes(struct.pack(">2H", *words), "big", signed=True) for words in both}


@pytest.mark.parametrize("where", [SETPOINT, ENABLE], ids=["set-point", "enable"])
@pytest.mark.parametrize("storm", STORMS)
def test_one_broken_answer_to_a_write_is_settled_by_looking(
    plant: ModbusPlant, proxy: FaultProxy, bank: Bank, storm: str, where: int
) -> None:
    proxy.wrong, proxy.times, proxy.matches = STORMS[storm], 1, writes_to(where)
    assert plant.hold(ORDER, 5.0) == ReadBack(setpoint_kw=5.0)
    assert (holds_w(bank), powers(bank)) == (5000, {1000, 5000})
    assert plant.hold(ORDER, -2.0) == ReadBack(setpoint_kw=-2.0)


@pytest.mark.parametrize("storm", STORMS)
def test_a_storm_is_over_in_one_slot(plant: ModbusPlant, proxy: FaultProxy, bank: Bank, storm: str) -> None:
    proxy.wrong, proxy.times = STORMS[storm], 3
    first = plant.hold(ORDER, 5.0)
    assert isinstance(first, ReadBack | Unverified | Unreachable)
    assert not isinstance(first, ReadBack) or holds_w(bank) == 5000
    assert powers(bank) <= {1000, 5000, 0}
    proxy.times = 0
    assert plant.hold(ORDER, 6.0) == ReadBack(setpoint_kw=6.0)
    assert holds_w(bank) == 6000


def test_what_comes_too_late_is_never_taken_for_the_next_answer(
    plant: ModbusPlant, proxy: FaultProxy, bank: Bank
) -> None:
    proxy.wrong, proxy.times, proxy.matches = late(0.4), 1, reads_of(*BATTERY_INPUTS)
    with pytest.raises(DeviceUnreachable):
        plant.read()
    bank.put(1, INPUT, 2, [700])
    connections = proxy.connections
    assert plant.read().soc == 0.7
    assert proxy.connections == connections + 1


WRONG_ECHOES = {
    "another address": struct.pack(">BHH", 16, 20, 2),
    "another count": struct.pack(">BHH", 16, 10, 1),
    "another function": struct.pack(">BHH", 6, 10, 2),
    "a read's answer": struct.pack(">BB2H", 3, 4, 0, 5000),
}


@pytest.mark.parametrize("echo", WRONG_ECHOES)
def test_a_wrong_echo_is_no_acknowledgement(plant: ModbusPlant, proxy: FaultProxy, bank: Bank, echo: str) -> None:
    proxy.wrong, proxy.times, proxy.matches = answering(WRONG_ECHOES[echo]), 1, writes_to(SETPOINT)
    assert plant.hold(ORDER, 5.0) == ReadBack(setpoint_kw=5.0)
    assert holds_w(bank) == 5000


@pytest.mark.parametrize(
    ("function", "addr", "byte", "bit"),
    [(4, 2, 2, 1), (4, 2, 3, 7), (4, 5, 2, 7), (4, 5, 4, 0)],
    ids=["state of charge, high byte", "state of charge, low byte", "charging limit", "charging limit, low word"],
)
def test_a_flipped_bit_of_what_decides_is_not_acted_upon(
    plant: ModbusPlant, proxy: FaultProxy, bank: Bank, function: int, addr: int, byte: int, bit: int
) -> None:
    bank.writes.clear()
    proxy.wrong, proxy.times = flipped(byte, bit), 1
    proxy.matches = lambda pdu: pdu[0] == function and int.from_bytes(pdu[1:3], "big") == addr
    answer = plant.hold(ORDER, 5.0)
    if addr == 5 and byte == 4:
        assert answer == ReadBack(setpoint_kw=5.0), "256 W of 75 kW decide nothing"
        return
    assert isinstance(answer, Refused) and "two readings in a row differ" in answer.why
    assert bank.writes == []
    assert plant.hold(ORDER, 5.0) == ReadBack(setpoint_kw=5.0)


def test_a_flipped_bit_of_the_read_back_is_not_called_read_back(
    plant: ModbusPlant, proxy: FaultProxy, bank: Bank
) -> None:
    proxy.wrong, proxy.times, proxy.matches = flipped(4, 6), 1, reads_of(3, SETPOINT)
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Unverified) and "the device holds" in answer.why
    assert (holds_w(bank), bank.get(1, HOLDING, ENABLE, 1)) == (0, [0])


@pytest.mark.parametrize("code", [1, 2, 3, 4])
def test_an_exception_that_means_stop_is_not_repeated_and_says_what_the_device_holds(
    plant: ModbusPlant, bank: Bank, code: int
) -> None:
    asked: list[int] = []
    allowed = bank.refuse

    def refuse(unit: int, addr: int, values: object) -> int:
        asked.append(addr)
        return code if addr == SETPOINT else allowed(unit, addr, values)  # type: ignore[arg-type]

    bank.refuse = refuse
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Refused)
    assert f"exception {code}" in answer.why and "the device holds 1.0 kW" in answer.why
    assert asked == [WATCHDOG, SETPOINT]


@pytest.mark.parametrize("code", [5, 6])
def test_a_busy_device_is_asked_again_after_a_pause(
    plant: ModbusPlant, bank: Bank, clock: SleepyClock, code: int
) -> None:
    left = [2]
    allowed = bank.refuse

    def refuse(unit: int, addr: int, values: object) -> int:
        if addr == SETPOINT and left[0]:
            left[0] -= 1
            return code
        return allowed(unit, addr, values)  # type: ignore[arg-type]

    bank.refuse = refuse
    assert plant.hold(ORDER, 5.0) == ReadBack(setpoint_kw=5.0)
    assert clock.slept == [0.3, 0.3]


def test_a_device_that_stays_busy_is_a_refusal_that_says_so(plant: ModbusPlant, bank: Bank) -> None:
    bank.refuse = lambda unit, addr, values: 6 if addr == SETPOINT else 0
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Refused) and answer.why.endswith("exception 6, 3 times")
    assert holds_w(bank) == 1000


def test_half_a_write_gets_a_safe_value_at_once(plant: ModbusPlant, bank: Bank) -> None:
    plant.hold(ORDER, -1.0)
    followed = bank.follow
    halves = [1]

    def follow(unit: int) -> None:
        if halves[0] and bank.writes[-1][0] == SETPOINT:
            halves[0] -= 1
            bank.put(1, HOLDING, SETPOINT, [0xFFFF])
        followed(unit)

    bank.follow = follow
    bank.writes.clear()
    answer = plant.hold(ORDER, 5.0)
    assert answer == Unverified(setpoint_kw=5.0, why="sent 5.0 kW, the device holds -60.536 kW")
    assert [addr for addr, _ in bank.writes] == [WATCHDOG, SETPOINT, ENABLE, SETPOINT, ENABLE]
    assert (holds_w(bank), bank.get32(1, INPUT, 0)) == (0, 0)


@pytest.mark.parametrize(("held_w", "believed"), [(4999, True), (4998, False), (3000, False)])
def test_a_silent_clamp_is_accepted_inside_the_tolerance_only_and_shows_the_real_value(
    plant: ModbusPlant, bank: Bank, held_w: int, believed: bool
) -> None:
    followed = bank.follow

    def follow(unit: int) -> None:
        if holds_w(bank) > held_w:
            bank.put32(1, HOLDING, SETPOINT, held_w)
        followed(unit)

    bank.follow = follow
    answer = plant.hold(ORDER, 5.0)
    if believed:
        assert answer == ReadBack(setpoint_kw=held_w / 1000)
    else:
        assert isinstance(answer, Unverified) and f"the device holds {held_w / 1000} kW" in answer.why


def test_an_exchanged_device_is_noticed_on_the_next_connection(
    plant: ModbusPlant, proxy: FaultProxy, bank: Bank
) -> None:
    other = generic_battery()
    other.put(1, HOLDING, 0, [0x1234])
    with Libmodbus(other) as stranger:
        proxy.upstream = stranger.port
        plant.close()
        assert isinstance(plant.hold(ORDER, 5.0), Unreachable)
        with pytest.raises(DeviceError, match="holds 4660, not 47735"):
            plant.release()
    assert other.writes == []

"""Commissioning on a stranger's server: what passes, and every wrong map that must not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.commissioning import Commissioning, Finding
from controllers.modbus import ModbusPlant
from tests.fakes.bench_clock import SleepyClock
from tests.fakes.devices import a_device
from tests.fakes.generic_battery import generic_battery
from tests.fakes.register_bank import HOLDING, INPUT, Bank
from tests.fakes.strangers import Libmodbus

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ALL = ["identity", "readings", "charging", "discharging", "release", "own timer"]


def falls_back(bank: Bank, after_s: float) -> Callable[[float], None]:
    """Return what makes the battery go back to itself once it has been silent for so long since its last write."""
    written_at = [0.0, 0]

    def on_sleep(now_s: float) -> None:
        if len(bank.writes) != written_at[1]:
            written_at[:] = [now_s, len(bank.writes)]
        if now_s - written_at[0] >= after_s:
            bank.put(1, HOLDING, 12, [0])
            bank.follow(1)
            bank.put(1, INPUT, 4, [3])

    return on_sleep


@contextmanager
def walking(folder: Path, bank: Bank, *changes: tuple[str, str]) -> Iterator[tuple[ModbusPlant, SleepyClock]]:
    clock = SleepyClock(on_sleep=falls_back(bank, 60))
    with Libmodbus(bank) as served:
        device = a_device(folder, served.port, *changes)
        plant = ModbusPlant(device, lambda: NOW, sleep=clock.sleep, monotonic=clock.monotonic)
        yield plant, clock
        plant.close()


def walk(plant: ModbusPlant, clock: SleepyClock, **more: object) -> list[Finding]:
    made = Commissioning(plant, lambda: NOW, sleep=clock.sleep, monotonic=clock.monotonic, **more)  # type: ignore[arg-type]
    return list(made.walk())


def test_a_battery_that_does_what_it_is_told_passes_every_step(tmp_path: Path) -> None:
    bank = generic_battery()
    with walking(tmp_path, bank) as (plant, clock):
        findings = walk(plant, clock)
    assert [finding.what for finding in findings] == ALL
    assert all(finding.passed for finding in findings)
    assert findings[-1].seen == "fell back by itself after 61 s"
    powers = {words for addr, words in bank.writes if addr == 10}
    assert powers == {(0xFFFF, 0x10000 - 4500), (0, 4500), (0, 0)}
    assert bank.get(1, HOLDING, 12, 1) == [0]


def test_the_power_to_try_may_be_chosen_and_the_timer_left_out(tmp_path: Path) -> None:
    bank = generic_battery()
    with walking(tmp_path, bank) as (plant, clock):
        findings = walk(plant, clock, power_kw=6.0, with_timer=False)
    assert [finding.what for finding in findings] == ALL[:-1]
    assert (0, 6000) in {words for _, words in bank.writes}


def swap_words(bank: Bank) -> None:
    def follow(_: int) -> None:
        high, low = bank.get(1, HOLDING, 10, 2) or (0, 0)
        enabled = bank.get(1, HOLDING, 12, 1) == [1]
        bank.put(1, INPUT, 0, [low, high] if enabled else [0, 0])
        bank.put(1, INPUT, 4, [2 if enabled else 1])

    bank.follow = follow


def deaf(bank: Bank) -> None:
    bank.follow = lambda _: None


def turned_round(bank: Bank) -> None:
    followed = bank.follow

    def follow(unit: int) -> None:
        followed(unit)
        bank.put32(1, INPUT, 0, -bank.get32(1, INPUT, 0))

    bank.follow = follow


def clamped(bank: Bank) -> None:
    followed = bank.follow

    def follow(unit: int) -> None:
        if abs(bank.get32(1, HOLDING, 10)) > 1000:
            bank.put32(1, HOLDING, 10, 1000)
        followed(unit)

    bank.follow = follow


@pytest.mark.parametrize(
    ("wrong", "changes", "step", "says"),
    [
        (swap_words, (), "charging", "the meter shows"),
        (deaf, (), "charging", "the meter shows 0 kW"),
        (turned_round, (), "charging", "the sign is the wrong way round"),
        (clamped, (), "charging", "Unverified: sent -4.5 kW, the device holds 1.0 kW"),
        (lambda _: None, (("scale: 1, sign", "scale: 10, sign"),), "charging", "the meter shows -0.45 kW"),
        (lambda _: None, (("equals: 0xBA77", "equals: 1"),), "identity", "register 0 holds 47735, not 1"),
        (lambda bank: bank.put(1, INPUT, 2, [0xFFFF]), (), "readings", "state of charge is unknown"),
        (lambda bank: bank.put(1, INPUT, 2, [950]), (), "readings", "does not allow both ways"),
        (lambda bank: bank.put(1, INPUT, 4, [2]), (), "readings", "somebody else commands it"),
        (lambda bank: bank.put32(1, INPUT, 5, 2000), (), "charging", "cannot be told from none"),
    ],
)
def test_a_wrong_map_or_an_unfit_device_stops_the_walk_and_is_given_back(
    tmp_path: Path, wrong: Callable[[Bank], None], changes: tuple[tuple[str, str], ...], step: str, says: str
) -> None:
    bank = generic_battery()
    wrong(bank)
    with walking(tmp_path, bank, *changes) as (plant, clock):
        findings = walk(plant, clock)
    assert (findings[-1].what, findings[-1].passed) == (step, False)
    assert says in findings[-1].seen
    assert bank.get(1, HOLDING, 12, 1) == [0]
    assert step not in ("identity", "readings") or bank.writes == []


def test_a_device_that_never_falls_back_by_itself_does_not_pass(tmp_path: Path) -> None:
    bank = generic_battery()
    with walking(tmp_path, bank) as (plant, clock):
        clock.on_sleep = lambda _: None
        findings = walk(plant, clock)
    assert (findings[-1].what, findings[-1].passed) == ("own timer", False)
    assert findings[-1].seen == "still commanded after 90 s of silence"
    assert bank.get(1, HOLDING, 12, 1) == [0]

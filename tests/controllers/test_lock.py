"""Locked until commissioned on that serial number; what it held is kept before the first take-over and put back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.commissioned import Commissioned
from controllers.descriptions import DeviceDescription
from controllers.kept import KeptRegisters
from controllers.modbus import ModbusPlant
from controllers.profiles import load_devices
from dash_app.device_wiring import loop_rules
from dash_app.domain.dispatch import Order, ReadBack, Refused
from dash_app.domain.errors import ConfigError, OutOfLimits
from tests.fakes.devices import a_device, devices_file
from tests.fakes.generic_battery import generic_battery
from tests.fakes.payloads import a_step
from tests.fakes.register_bank import HOLDING, Bank
from tests.fakes.strangers import Libmodbus

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ORDER = Order.of(recommendation_id="r", project_id="monash", device_id="d", step=a_step(), payload_digest="d")
NUMBERED = ("    watchdog:", "    serial: {addr: 20, length: 4}\n    watchdog:")


def number(bank: Bank, text: str) -> None:
    padded = text.ljust(8, "\0").encode()
    bank.put(1, HOLDING, 20, [int.from_bytes(padded[at : at + 2], "big") for at in range(0, 8, 2)])


@pytest.fixture
def bank() -> Bank:
    made = generic_battery()
    number(made, "SN-7")
    return made


@pytest.fixture
def record(tmp_path: Path) -> Commissioned:
    return Commissioned(tmp_path / "commissioned.jsonl")


@pytest.fixture
def device(bank: Bank, tmp_path: Path) -> Iterator[DeviceDescription]:
    with Libmodbus(bank) as served:
        yield a_device(tmp_path, served.port, NUMBERED)


@pytest.fixture
def plant(device: DeviceDescription, record: Commissioned, tmp_path: Path) -> Iterator[ModbusPlant]:
    made = ModbusPlant(device, lambda: NOW, lock=record.why_locked, keep=KeptRegisters(tmp_path / "kept").keep)
    yield made
    made.close()


def passed(record: Commissioned, device: DeviceDescription, serial: str = "SN-7") -> None:
    record.passed(device, serial, who="ada", at=NOW, found="everything")


def test_what_has_not_been_commissioned_is_read_but_never_written(plant: ModbusPlant, bank: Bank) -> None:
    assert plant.read().soc == 0.5
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Refused) and "devices commission monash-ess1" in answer.why
    with pytest.raises(OutOfLimits, match="is locked"):
        plant.keep_alive()
    plant.release()
    assert bank.writes == []


def test_commissioned_on_this_serial_number_it_is_written(
    plant: ModbusPlant, record: Commissioned, device: DeviceDescription
) -> None:
    passed(record, device)
    assert plant.hold(ORDER, 5.0) == ReadBack(setpoint_kw=5.0)
    plant.keep_alive()


def test_another_serial_number_at_the_address_is_locked(
    plant: ModbusPlant, record: Commissioned, device: DeviceDescription, bank: Bank
) -> None:
    passed(record, device)
    number(bank, "SN-8")
    answer = plant.hold(ORDER, 5.0)
    assert isinstance(answer, Refused) and "'SN-7' was commissioned, this one is 'SN-8'" in answer.why
    assert bank.writes == []


def test_a_changed_description_is_locked_and_a_changed_address_is_not(
    record: Commissioned, device: DeviceDescription, tmp_path: Path
) -> None:
    passed(record, device)
    assert record.why_locked(a_device(tmp_path, 1999, NUMBERED, ("timeout_s: 0.4", "timeout_s: 1")), "SN-7") == ""
    other = a_device(tmp_path, 1502, NUMBERED, ("word_order: big", "word_order: little"))
    assert "its description was changed after 2026-11-03" in record.why_locked(other, "SN-7")


def test_how_often_it_is_written_is_no_new_description(
    record: Commissioned, device: DeviceDescription, tmp_path: Path
) -> None:
    passed(record, device)
    paced = ("    arm: [", "    pacing: {ramp_kw_per_s: 5, writes_per_day: 100}\n    arm: [")
    other = a_device(tmp_path, 1502, NUMBERED, paced)
    assert record.why_locked(other, "SN-7") == ""
    rules = loop_rules(tmp_path / "devices.yaml")
    assert (rules("monash-ess1").ramp_kw_per_s, rules("monash-ess1").writes_per_day) == (5, 100)
    assert rules("monash-ess1").frozen_after_s == 30
    assert rules("another") == loop_rules(None)("monash-ess1")


def test_the_lock_outlives_the_process(record: Commissioned, device: DeviceDescription, tmp_path: Path) -> None:
    passed(record, device)
    assert Commissioned(tmp_path / "commissioned.jsonl").why_locked(device, "SN-7") == ""


def test_a_simulated_device_is_never_locked_and_stands_on_this_machine(tmp_path: Path, record: Commissioned) -> None:
    simulated = ("unit: 1, max", "simulated: true, unit: 1, max")
    assert record.why_locked(a_device(tmp_path, 1502, simulated), "") == ""
    elsewhere = devices_file(
        tmp_path, 1502, simulated, ("allow_hosts: [127.0.0.1]", "allow_hosts: [10.0.0.0/8]"), ("127.0.0.1", "10.0.0.7")
    )
    with pytest.raises(ConfigError, match=r"devices.yaml:3 .*simulated: only a device on this machine"):
        load_devices(elsewhere)


def test_what_it_held_is_kept_before_the_first_write_and_once(
    plant: ModbusPlant, record: Commissioned, device: DeviceDescription, bank: Bank, tmp_path: Path
) -> None:
    passed(record, device)
    bank.put(1, HOLDING, 10, [0, 1234, 0, 7])
    plant.hold(ORDER, 5.0)
    plant.hold(ORDER, 6.0)
    kept = KeptRegisters(tmp_path / "kept").kept(device, "SN-7")
    assert kept == {10: (0, 1234), 12: (0,), 13: (7,)}
    assert (tmp_path / "kept" / "monash-ess1.json").stat().st_mode & 0o777 == 0o600
    assert KeptRegisters(tmp_path / "kept").kept(device, "SN-8") == {}


def test_what_was_kept_is_put_back_with_the_enable_last(
    plant: ModbusPlant, record: Commissioned, device: DeviceDescription, bank: Bank, tmp_path: Path
) -> None:
    passed(record, device)
    bank.put(1, HOLDING, 10, [0, 1234, 0, 7])
    plant.hold(ORDER, 5.0)
    bank.writes.clear()
    plant.put_back(KeptRegisters(tmp_path / "kept").kept(device, "SN-7"))
    assert bank.writes == [(10, (0, 0)), (12, (0,)), (10, (0, 1234)), (13, (7,))]
    assert bank.get(1, HOLDING, 10, 4) == [0, 1234, 0, 7]


def test_what_cannot_be_kept_is_not_taken_over(device: DeviceDescription, bank: Bank, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a file where the folder should be")
    plant = ModbusPlant(device, lambda: NOW, keep=KeptRegisters(tmp_path / "kept").keep)
    answer = plant.hold(ORDER, 5.0)
    plant.close()
    assert isinstance(answer, Refused) and "could not be kept" in answer.why
    assert bank.writes == []

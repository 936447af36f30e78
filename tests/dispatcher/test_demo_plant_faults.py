"""Our driver on the demo's plant, in its own process, while that plant misbehaves on purpose."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant
from dash_app.domain.dispatch import Mode, Order, ReadBack, Refused, Unverified
from dash_app.domain.errors import DeviceUnreachable
from tests.contract.test_plant import demo_plant
from tests.fakes.payloads import a_step


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("plant")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[ModbusPlant]:
    with demo_plant(folder) as plant:
        assert isinstance(plant, ModbusPlant)
        yield plant


@pytest.fixture
def plant(running: ModbusPlant, folder: Path) -> Iterator[ModbusPlant]:
    yield running
    fault(folder, "clear")
    running.release()


@pytest.fixture
def order(plant: ModbusPlant) -> Order:
    step = a_step(soc_min=0.0, soc_max=1.0)
    return Order.of(recommendation_id="r", project_id="monash", device_id="d", step=step, payload_digest="d")


def fault(folder: Path, *words: str) -> None:
    command = [sys.executable, "-m", "slothbox", "fault", "--state-dir", str(folder), "--site", "monash", *words]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def test_a_stuck_register_is_never_called_read_back(plant: ModbusPlant, order: Order, folder: Path) -> None:
    plant.hold(order, 3.0)
    fault(folder, "stuck")
    answer = plant.hold(order, 9.0)
    assert isinstance(answer, Unverified) and "the device holds 3.0 kW" in answer.why


def test_a_silent_plant_costs_seconds_not_minutes(plant: ModbusPlant, order: Order, folder: Path) -> None:
    plant.hold(order, 3.0)
    fault(folder, "mute")
    began = time.monotonic()
    with pytest.raises(DeviceUnreachable):
        plant.read()
    assert time.monotonic() - began < 4.0
    fault(folder, "clear")
    assert plant.read().setpoint_kw == 3.0


@pytest.mark.parametrize("lost", ["1", "2"])
def test_after_a_lost_acknowledgement_looking_decides(
    plant: ModbusPlant, order: Order, folder: Path, lost: str
) -> None:
    fault(folder, "lose_acks", lost)
    answer = plant.hold(order, 4.0)
    fault(folder, "clear")
    found = plant.read()
    assert answer == ReadBack(setpoint_kw=4.0) if lost == "1" else isinstance(answer, Unverified | ReadBack)
    assert not isinstance(answer, ReadBack) or (found.setpoint_kw, found.mode) == (4.0, Mode.REMOTE)


def test_an_exception_is_a_refusal(plant: ModbusPlant, order: Order, folder: Path) -> None:
    fault(folder, "write_exception", "3")
    answer = plant.hold(order, 4.0)
    assert isinstance(answer, Refused) and "exception 3" in answer.why


def test_a_silent_clamp_is_not_believed(plant: ModbusPlant, order: Order, folder: Path) -> None:
    fault(folder, "clamp_kw", "2")
    answer = plant.hold(order, 9.0)
    assert isinstance(answer, Unverified) and "2.0 kW" in answer.why


def test_an_unknown_state_of_charge_refuses_control(plant: ModbusPlant, order: Order, folder: Path) -> None:
    fault(folder, "soc_unknown")
    assert plant.read().soc is None
    assert isinstance(plant.hold(order, 4.0), Refused)


def test_a_reboot_is_seen_in_the_boot_counter(plant: ModbusPlant, order: Order, folder: Path) -> None:
    before = plant.read().boot_count
    plant.hold(order, 4.0)
    fault(folder, "reboot")
    with pytest.raises(DeviceUnreachable):
        plant.read()
    after = plant.read()
    assert before is not None and after.boot_count == before + 1
    assert after.mode is not Mode.REMOTE

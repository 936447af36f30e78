"""The shipped SunSpec profiles on the demo's plant: an image of the standard by somebody else, over one battery."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant, open_plants
from controllers.profiles import load_all
from dash_app.domain.dispatch import Mode, Order, ReadBack
from tests.contract.test_plant import demo_plant
from tests.fakes.payloads import a_step

UNIT = 126
SETTLES_WITHIN_S = 10.0
PROFILES = ("sunspec-battery", "sunspec-battery-classic")


def now() -> datetime:
    return datetime.now(tz=UTC)


def settled(measured_kw: Callable[[], float | None], wanted_kw: float) -> bool:
    """Return whether the meter shows a power within a few seconds: the plant moves once a second."""
    until = time.monotonic() + SETTLES_WITHIN_S
    while time.monotonic() < until:
        found = measured_kw()
        if found is not None and abs(found - wanted_kw) <= 0.1:
            return True
        time.sleep(0.1)
    return False


@pytest.fixture(scope="module")
def generic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModbusPlant]:
    folder = tmp_path_factory.mktemp("plant")
    half_full = ["fault", "--state-dir", str(folder), "--site", "monash", "soc", "0.5"]
    with demo_plant(folder) as plant:
        assert isinstance(plant, ModbusPlant)
        subprocess.run([sys.executable, "-m", "slothbox", *half_full], check=True, stdout=subprocess.DEVNULL)
        yield plant


@pytest.fixture(params=PROFILES)
def plant(request: pytest.FixtureRequest, generic: ModbusPlant, tmp_path: Path) -> Iterator[ModbusPlant]:
    path = tmp_path / "devices.yaml"
    path.write_text(
        f"profile: {request.param}\n"
        f"device: {{id: hybrid, host: 127.0.0.1, port: {generic.description.device.port}, unit: {UNIT}}}\n"
        "setpoint: {min: -75000, max: 75000}\n"
    )
    (driver,) = open_plants(load_all(path), now)
    yield driver
    driver.release()
    driver.close()


@pytest.fixture
def order() -> Order:
    step = a_step(soc_min=0.0, soc_max=1.0)
    return Order.of(recommendation_id="r", project_id="p", device_id="d", step=step, payload_digest="d")


@pytest.mark.parametrize("setpoint_kw", [7.5, -7.5])
def test_both_ways_of_commanding_reach_the_one_battery(
    plant: ModbusPlant, generic: ModbusPlant, order: Order, setpoint_kw: float
) -> None:
    result = plant.hold(order, setpoint_kw)
    assert isinstance(result, ReadBack) and result.setpoint_kw == pytest.approx(setpoint_kw, abs=0.01)
    assert plant.read().mode is Mode.REMOTE
    for reader in (plant, generic):
        assert settled(lambda reader=reader: reader.read().battery_kw, setpoint_kw)


def test_the_readings_are_those_of_the_generic_battery(plant: ModbusPlant, generic: ModbusPlant) -> None:
    ours, theirs = plant.read(), generic.read()
    assert ours.soc == pytest.approx(theirs.soc, abs=0.01)
    assert ours.max_charge_kw == pytest.approx(theirs.max_charge_kw, rel=0.01)
    assert plant.reader.serial != ""


def test_a_release_gives_the_battery_back(plant: ModbusPlant, generic: ModbusPlant, order: Order) -> None:
    assert isinstance(plant.hold(order, 7.5), ReadBack)
    plant.keep_alive()
    assert settled(lambda: generic.read().battery_kw, 7.5)
    plant.release()
    assert plant.read().mode is Mode.LOCAL and generic.read().mode is Mode.LOCAL

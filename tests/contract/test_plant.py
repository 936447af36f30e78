"""The Plant port's promises, held by the fake, by our Modbus driver on a stranger's server, and on the demo's plant."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant, open_plants
from controllers.profiles import load_devices
from dash_app.domain.dispatch import Mode, Order, ReadBack, Refused, Unreachable
from dash_app.domain.errors import DeviceUnreachable
from dash_app.domain.ports import Plant
from tests.fakes.devices import a_device
from tests.fakes.generic_battery import generic_battery
from tests.fakes.modbus_double import ModbusDouble
from tests.fakes.payloads import a_step
from tests.fakes.plant import FakePlant
from tests.fakes.strangers import Libmodbus

START_WITHIN_S = 60


def now() -> datetime:
    return datetime.now(tz=UTC)


@contextmanager
def fake_plant(_: Path) -> Iterator[Plant]:
    yield FakePlant(now)


@contextmanager
def strangers_server(folder: Path) -> Iterator[Plant]:
    with ModbusDouble() as double:
        plant = ModbusPlant(a_device(folder, double.port), now)
        yield plant
        plant.close()


@contextmanager
def libmodbus_server(folder: Path) -> Iterator[Plant]:
    with Libmodbus(generic_battery()) as served:
        plant = ModbusPlant(a_device(folder, served.port), now)
        yield plant
        plant.close()


@contextmanager
def demo_plant(folder: Path) -> Iterator[Plant]:
    command = [sys.executable, "-m", "slothbox", "plant", "--state-dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_WITHIN_S
        while not (folder / "plant.json").exists():
            assert process.poll() is None and time.monotonic() < deadline, "the demo's plant did not start"
            time.sleep(0.05)
        plants = open_plants(load_devices(folder / "devices.yaml"), now)
        yield next(plant for plant in plants if plant.project_id == "monash")
        for plant in plants:
            plant.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)


MAKERS: dict[str, Callable[[Path], AbstractContextManager[Plant]]] = {
    "fake": fake_plant,
    "pyModbusTCP": strangers_server,
    "libmodbus": libmodbus_server,
    "slothbox": demo_plant,
}


@pytest.fixture(params=MAKERS, scope="module")
def plant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    folder = tmp_path_factory.mktemp(request.param)
    with MAKERS[request.param](folder) as made:
        yield made
    shutil.rmtree(folder)


@pytest.fixture
def order(plant: Plant) -> Order:
    step = a_step(power_min_kw=-20.0, power_max_kw=20.0, soc_min=0.0, soc_max=1.0)
    return Order.of(
        recommendation_id="r", project_id=plant.project_id, device_id=plant.device_id, step=step, payload_digest="d"
    )


def test_a_held_set_point_is_read_back_and_seen_in_the_telemetry(plant: Plant, order: Order) -> None:
    assert plant.hold(order, 7.5) == ReadBack(setpoint_kw=7.5)
    telemetry = plant.read()
    assert (telemetry.setpoint_kw, telemetry.mode) == (7.5, Mode.REMOTE)
    assert telemetry.device_id == plant.device_id and telemetry.at.tzinfo is not None


def test_charging_is_negative(plant: Plant, order: Order) -> None:
    assert plant.hold(order, -3.0) == ReadBack(setpoint_kw=-3.0)
    assert plant.read().setpoint_kw == -3.0


def test_a_value_outside_the_band_is_refused_before_anything_is_sent(plant: Plant, order: Order) -> None:
    plant.hold(order, 1.0)
    assert isinstance(plant.hold(order, 20.5), Refused)
    assert plant.read().setpoint_kw == 1.0


def test_keeping_alive_changes_nothing(plant: Plant, order: Order) -> None:
    plant.hold(order, 2.0)
    plant.keep_alive()
    assert plant.read().setpoint_kw == 2.0


def test_release_gives_the_device_back_and_may_be_repeated(plant: Plant, order: Order) -> None:
    plant.hold(order, 2.0)
    plant.release()
    plant.release()
    telemetry = plant.read()
    assert (telemetry.mode, telemetry.setpoint_kw) == (Mode.LOCAL, 0.0)


def test_the_readings_are_in_our_units(plant: Plant) -> None:
    telemetry = plant.read()
    assert telemetry.soc is not None and 0 <= telemetry.soc <= 1
    assert telemetry.load_kw is not None and telemetry.load_kw >= 0
    assert telemetry.max_charge_kw is not None and 0 < telemetry.max_charge_kw < 1000
    assert telemetry.boot_count is not None


def test_a_closed_connection_opens_again(plant: Plant, order: Order) -> None:
    plant.close()
    assert plant.hold(order, 4.0) == ReadBack(setpoint_kw=4.0)
    plant.release()


@pytest.mark.parametrize("maker", ["fake", "pyModbusTCP"])
def test_a_plant_that_is_gone_is_unreachable_and_says_so(maker: str, tmp_path: Path) -> None:
    with MAKERS[maker](tmp_path) as made:
        if isinstance(made, FakePlant):
            made.unreachable = True
        else:
            made = ModbusPlant(a_device(tmp_path, 1), now)
        order = Order.of(recommendation_id="r", project_id="p", device_id="d", step=a_step(), payload_digest="d")
        assert isinstance(made.hold(order, 1.0), Unreachable)
        for call in (made.read, made.keep_alive, made.release):
            with pytest.raises(DeviceUnreachable):
                call()

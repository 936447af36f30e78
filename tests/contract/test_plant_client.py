"""What our client reads and writes, on every independent server alike; mbpoll says what is really in the registers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.modbus import ModbusPlant
from controllers.points import Table
from dash_app.domain.dispatch import Mode, Order, ReadBack, Refused
from dash_app.domain.errors import DeviceRefused
from tests.contract.test_plant import demo_plant
from tests.fakes import mbpoll_judge
from tests.fakes.devices import a_device
from tests.fakes.generic_battery import generic_battery
from tests.fakes.payloads import a_step
from tests.fakes.strangers import STRANGERS


def now() -> datetime:
    return datetime.now(tz=UTC)


@contextmanager
def stranger(name: str, folder: Path) -> Iterator[ModbusPlant]:
    with STRANGERS[name](generic_battery()) as served:
        plant = ModbusPlant(a_device(folder, served.port), now)
        yield plant
        plant.close()


@contextmanager
def slothbox(_: str, folder: Path) -> Iterator[ModbusPlant]:
    with demo_plant(folder) as plant:
        assert isinstance(plant, ModbusPlant)
        yield plant


SERVERS: dict[str, Callable[[str, Path], AbstractContextManager[ModbusPlant]]] = {
    "pyModbusTCP": stranger,
    "libmodbus": stranger,
    "slothbox": slothbox,
}


@pytest.fixture(scope="module", params=SERVERS)
def plant(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ModbusPlant]:
    with SERVERS[request.param](request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def order(plant: ModbusPlant) -> Order:
    step = a_step(power_min_kw=-20.0, power_max_kw=20.0, soc_min=0.0, soc_max=1.0)
    return Order.of(recommendation_id="r", project_id="p", device_id="d", step=step, payload_digest="d")


def judged(plant: ModbusPlant, addr: int, count: int, table: str = "holding") -> tuple[int, ...]:
    """Return what mbpoll reads; our own connection is closed for a server that serves one."""
    plant.close()
    return mbpoll_judge.registers(plant.description.device.port, table, addr, count)


@pytest.mark.parametrize(
    ("setpoint_kw", "words"), [(5.0, (0, 5000)), (-2.5, (0xFFFF, 0xF63C)), (0.0, (0, 0)), (-0.001, (0xFFFF, 0xFFFF))]
)
def test_what_is_read_back_is_what_mbpoll_finds(
    plant: ModbusPlant, order: Order, setpoint_kw: float, words: tuple[int, ...]
) -> None:
    assert plant.hold(order, setpoint_kw) == ReadBack(setpoint_kw=setpoint_kw)
    assert judged(plant, 10, 4) == (*words, 1, 60)


def test_after_a_release_mbpoll_finds_nothing_enabled(plant: ModbusPlant, order: Order) -> None:
    plant.hold(order, 5.0)
    plant.release()
    assert judged(plant, 10, 3) == (0, 0, 0)


def test_what_somebody_else_writes_is_seen(plant: ModbusPlant, order: Order) -> None:
    plant.hold(order, 5.0)
    plant.close()
    mbpoll_judge.write(plant.description.device.port, 12, 0)
    assert plant.read().mode is Mode.LOCAL
    plant.release()


def test_the_readings_are_those_that_mbpoll_finds(plant: ModbusPlant) -> None:
    telemetry = plant.read()
    permille = judged(plant, 2, 1, "input")[0]
    high, low = judged(plant, 5, 2, "input")
    assert telemetry.soc == pytest.approx(permille / 1000, abs=0.01)
    assert telemetry.max_charge_kw == (high * 65536 + low) / 1000


def test_a_register_that_is_not_there_is_refused_with_its_code(plant: ModbusPlant) -> None:
    with pytest.raises(DeviceRefused) as refused:
        plant.reader.link.read(Table.HOLDING, 5000, 1, unit=1)
    assert refused.value.exception_code == 2


def test_a_value_beyond_the_limits_of_the_device_is_refused_by_us_and_changes_nothing(
    plant: ModbusPlant, order: Order
) -> None:
    assert plant.hold(order, 3.0) == ReadBack(setpoint_kw=3.0)
    assert isinstance(plant.hold(order, 500.0), Refused)
    assert judged(plant, 10, 2) == (0, 3000)
    plant.release()


def test_a_reading_costs_few_requests(plant: ModbusPlant, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[object, ...]] = []
    read = plant.reader.link.read
    plant.read()

    def counted(table: Table, addr: int, count: int, *, unit: int) -> tuple[int, ...]:
        asked.append((table, unit, addr, count))
        return read(table, addr, count, unit=unit)

    monkeypatch.setattr(plant.reader.link, "read", counted)
    plant.read()
    assert len(asked) <= 8 < len(load_points(plant))
    assert len(set(asked)) == len(asked)


def load_points(plant: ModbusPlant) -> list[object]:
    """Return what one reading is made of."""
    told = plant.description
    control = [told.setpoint, told.setpoint.verify.telemetry, told.setpoint.max_from, told.setpoint.min_from]
    rest = [told.soc, told.mode, told.reboot_marker, told.uptime, told.meters.pv, told.meters.grid, told.meters.load]
    return [point for point in (*control, *rest) if point is not None]

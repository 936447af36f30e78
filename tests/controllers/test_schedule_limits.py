"""Whatever a schedule, a law or a mistake asks for: the plant's own log shows nothing outside any limit."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from controllers.law import setpoint_kw
from controllers.modbus import ModbusPlant
from dash_app.domain.dispatch import NoControl, Order, ReadBack, Refused
from dash_app.domain.schedule import Intent
from tests.fakes.devices import a_device
from tests.fakes.generic_battery import generic_battery
from tests.fakes.payloads import a_step
from tests.fakes.register_bank import INPUT, Bank
from tests.fakes.strangers import Libmodbus

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
SETPOINT = 10
ROUNDS = 120


@pytest.fixture
def bank() -> Bank:
    return generic_battery()


@pytest.fixture
def plant(bank: Bank, tmp_path: Path) -> Iterator[ModbusPlant]:
    with Libmodbus(bank) as served:
        made = ModbusPlant(a_device(tmp_path, served.port), lambda: NOW)
        yield made
        made.close()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_schedule_writes_a_register_outside_the_limits(plant: ModbusPlant, bank: Bank, seed: int) -> None:
    chance = random.Random(seed)
    sent = refused = 0
    for _ in range(ROUNDS):
        soc, most_w, least_w = chance.uniform(0, 1), chance.randrange(75_000), chance.randrange(75_000)
        bank.put(1, INPUT, 2, [round(soc * 1000)])
        bank.put32(1, INPUT, 7, most_w)
        bank.put32(1, INPUT, 5, least_w)
        low, high = sorted((chance.uniform(-90, 90), chance.uniform(-90, 90)))
        step = a_step(
            intent=chance.choice(list(Intent)),
            target_kw=chance.uniform(0, 100),
            power_min_kw=low,
            power_max_kw=high,
            soc_min=chance.uniform(0, 0.5),
            soc_max=chance.uniform(0.5, 1),
        )
        wanted = setpoint_kw(step, plant.read()) if chance.random() < 0.6 else chance.uniform(-120, 120)
        if isinstance(wanted, NoControl):
            continue
        bank.writes.clear()
        order = Order.of(recommendation_id="r", project_id="p", device_id="d", step=step, payload_digest="d")
        result = plant.hold(order, wanted)
        powers = [
            int.from_bytes(bytes(b for word in words for b in divmod(word, 256)), "big", signed=True)
            for addr, words in bank.writes
            if addr == SETPOINT
        ]
        assert isinstance(result, ReadBack | Refused)
        assert bool(powers) == isinstance(result, ReadBack)
        sent, refused = sent + len(powers), refused + (not powers)
        known_soc = round(soc * 1000) / 1000
        for watts in powers:
            assert max(-least_w, low * 1000) - 0.01 <= watts <= min(most_w, high * 1000) + 0.01
            assert watts <= 0 or known_soc > step.soc_min
            assert watts >= 0 or known_soc < step.soc_max
    assert sent > 20 and refused > 20

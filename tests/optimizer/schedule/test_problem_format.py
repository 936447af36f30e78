"""The page about the format keeps step with the reader, and its examples cost what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from optimizer.schedule import reading
from optimizer.schedule.devices import reading as devices
from optimizer.schedule.problem import Problem
from optimizer.schedule.solve import solve_schedule

PAGE = (Path(__file__).parents[3] / "docs" / "problem-format.md").read_text()
EXAMPLES = [json.loads(text) for text in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


def test_every_key_that_is_read_stands_on_the_page() -> None:
    sets = [
        *(reading.KEYS, reading.GRID_KEYS, reading.BATTERY_KEYS, reading.TARGET_KEYS, reading.DEMAND_KEYS),
        *(reading.FLEXIBLE_KEYS, devices.VEHICLE_KEYS, devices.DEFERRABLE_KEYS, devices.HEAT_PUMP_KEYS),
        *(devices.GENERATOR_KEYS, devices.CAPACITY_KEYS, devices.DIMMING_KEYS, devices.RESERVE_KEYS),
    ]
    told = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    assert set().union(*sets) - told == set()


@pytest.mark.parametrize("raw", EXAMPLES)
def test_an_example_of_the_page_costs_what_it_says(raw: dict) -> None:
    assert solve_schedule(Problem.from_json(raw)).objective == pytest.approx(raw["expected"]["objective"])


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2

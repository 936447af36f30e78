"""The page about the format keeps step with the reader, and its examples cost what it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

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


WEAR = "degradation_cost_per_kwh_discharged"
TARGET = {"after_step": 0, "min": 0.7}
BARE: dict[str, Any] = {
    "steps": 2,
    "dt_h": 0.5,
    "load_kw": [10.0, 20.0],
    "pv_kw": [0.0, 0.0],
    "import_price": [0.2, 0.4],
    "export_price": [0.1, 0.3],
    "grid": {"import_limit_kw": None, "export_limit_kw": None},
}
CLEAN = {"co2_kg_per_kwh": [0.5, 0.1]}
FLEXIBLE = {"id": "f", "energy_kwh": 4.0, "max_kw": 6.0, "start_step": 0, "end_step": 2}
CELL = {
    "capacity_kwh": 10.0,
    "charge_kw": 8.0,
    "discharge_kw": 8.0,
    "eta_charge": 1.0,
    "eta_discharge": 1.0,
    "soc_min": 0.0,
    "soc_max": 1.0,
    "soc_init": 0.5,
}
BY_HAND: list[tuple[str, dict[str, Any], float]] = [
    ("half hours: 5 kWh at 0.2 and 10 kWh at 0.4", {}, 5.0),
    ("money counts half", {"energy_weight": 0.5}, 2.5),
    ("a kg costs 2: 5 x 0.5 x 2 and 10 x 0.1 x 2 on top", {**CLEAN, "co2_price_per_kg": 2.0}, 5.0 + 5.0 + 2.0),
    ("CO2 alone: 2.5 kg and 1 kg", {**CLEAN, "co2_price_per_kg": 1.0, "energy_weight": 0.0}, 3.5),
    ("surplus is sold: 15 kWh at 0.1", {"pv_kw": [40.0, 20.0]}, -1.5),
    ("a limit on export that curtailment keeps", {"pv_kw": [40.0, 20.0], "curtailment": True}, -1.5),
    ("nothing is sold below 0", {"pv_kw": [40.0, 20.0], "curtailment": True, "export_price": [-0.1, 0.3]}, 0.0),
    ("a peak of 20 kW, or the 25 that are paid already", {"demand_charge": {"price_per_kw": 1.0}}, 25.0),
    ("", {"demand_charge": {"price_per_kw": 1.0, "already_incurred_kw": 25.0}}, 30.0),
    ("4 kWh: 3 at 0.2, 1 at 0.4", {"flexible_loads": [FLEXIBLE]}, 6.0),
    ("only in step 1, at 0.4", {"flexible_loads": [{**FLEXIBLE, "start_step": 1, "max_kw": 8.0}]}, 6.6),
    ("5 kWh out: 4 at 0.4 (8 kW), 1 at 0.2, and charging first gives nothing more", {"battery": CELL}, 3.2),
    ("as full at the end: 4 in at 0.2, 4 out at 0.4", {"battery": {**CELL, "soc_end_min": 0.5}}, 4.2),
    ("the same at a wear of 0.1", {"battery": {**CELL, "soc_end_min": 0.5}, WEAR: 0.1}, 4.6),
    ("a target of 0.7 after step 0: 2 in; then 4 out", {"battery": {**CELL, "soc_targets": [TARGET]}}, 3.8),
    ("of 5 kWh 2.5 are left after a step, 1.25 after two", {"battery": {**CELL, "self_discharge_per_h": 0.75}}, 4.5),
    ("two batteries: 5 and 5 out, 2 in step 0 and 8 in step 1", {"batteries": {"a": CELL, "b": CELL}}, 1.4),
]


@pytest.mark.parametrize(("changes", "wanted"), [(changes, wanted) for _, changes, wanted in BY_HAND])
def test_every_key_counts_as_it_does_by_hand(changes: dict[str, Any], wanted: float) -> None:
    assert solve_schedule(Problem.from_json(BARE | changes)).objective == pytest.approx(wanted)

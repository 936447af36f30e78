"""Devices: what is wrong is refused before any solve with its key, and a plan that breaks a rule is caught."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dash_app.domain.errors import InvalidProblem, PlanRejected
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan
from tests.optimizer.schedule.test_devices import CAR, GENSET, LOSSLESS, PLAIN, PUMP, WASH

HEATED = {**PUMP, "heat_init_kwh": 6.0}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"vehicles": [{**CAR, "colour": 1}]}, "vehicles[0].colour: this key is not known"),
    ({"vehicles": [{**CAR, "id": 3}]}, "vehicles[0].id: a text"),
    ({"vehicles": [{**CAR, "depart_step": 5}]}, "vehicles[0]: arrive_step 0, depart_step 5 of 4 steps"),
    ({"vehicles": [{**CAR, "arrive_step": 4}]}, "vehicles[0]: arrive_step 4"),
    ({"vehicles": [{**CAR, "margin_steps": -1}]}, "vehicles[0].margin_steps"),
    ({"vehicles": [{**CAR, "capacity_kwh": 0}]}, "vehicles[0].capacity_kwh"),
    ({"vehicles": [{**CAR, "charge_kw": math.nan}]}, "vehicles[0].charge_kw: nan"),
    ({"vehicles": [{**CAR, "discharge_kw": math.inf}]}, "vehicles[0].discharge_kw: inf"),
    ({"vehicles": [{**CAR, "min_kw": 12.0}]}, "vehicles[0].min_kw: 12 lies outside"),
    ({"vehicles": [{**CAR, "soc_target": 1.1}]}, "vehicles[0].soc_target"),
    ({"vehicles": [{**CAR, "eta_charge": 0}]}, "vehicles[0].eta_charge"),
    ({"vehicles": [CAR, CAR]}, "vehicles[1]: the id 'car' is used twice"),
    ({"vehicles": [CAR], "generators": [{**GENSET, "id": "car"}]}, "generators[0]: the id 'car' is used twice"),
    ({"deferrable_loads": [{**WASH, "min_run_steps": 0}]}, "deferrable_loads[0].min_run_steps: 0"),
    ({"deferrable_loads": [{**WASH, "max_starts": 1.5}]}, "deferrable_loads[0].max_starts: a whole number"),
    ({"deferrable_loads": [{**WASH, "min_kw": 3.0}]}, "deferrable_loads[0].min_kw"),
    ({"deferrable_loads": [{**WASH, "start_step": 3, "end_step": 2}]}, "deferrable_loads[0]: start_step 3"),
    ({"heat_pumps": [PUMP]}, "heat_pumps[0].heat_init_kwh: this key is missing"),
    ({"heat_pumps": [{**HEATED, "cop": [3.0]}]}, "heat_pumps[0].cop: 1 values for 4 steps"),
    ({"heat_pumps": [{**HEATED, "cop": [3.0, 3.0, math.nan, 3.0]}]}, "heat_pumps[0].cop[2]"),
    ({"heat_pumps": [{**HEATED, "heat_min_kwh": 13}]}, "heat_pumps[0].heat_min_kwh: 13"),
    ({"heat_pumps": [{**HEATED, "loss_per_h": 2}]}, "heat_pumps[0].loss_per_h"),
    ({"generators": [{**GENSET, "cost_per_start": -1}]}, "generators[0].cost_per_start"),
    ({"generators": [{**GENSET, "min_kw": 11}]}, "generators[0].min_kw"),
    ({"capacity_charges": [{"price_per_kw": -1}]}, "capacity_charges[0].price_per_kw"),
    ({"capacity_charges": [{"price_per_kw": 1, "windows": [[3, 2]]}]}, "capacity_charges[0].windows[0]: 3..2"),
    ({"capacity_charges": [{"price_per_kw": 1, "windows": [3]}]}, "capacity_charges[0].windows[0]: a pair"),
    (
        {"capacity_charges": [{"price_per_kw": 1, "averaging_steps": 2, "averaging_offset": 2}]},
        "capacity_charges[0].averaging_offset",
    ),
    ({"reserve": {"energy_kwh": 5.0}}, "reserve: a battery is needed"),
    ({"reserve": {"energy_kwh": -5.0}, "battery": LOSSLESS}, "reserve.energy_kwh[0]"),
    ({"reserve": {"energy_kwh": [1.0]}, "battery": LOSSLESS}, "reserve.energy_kwh: 1 values"),
    ({"battery": {**LOSSLESS, "ramp_kw_per_step": -1}}, "battery.ramp_kw_per_step"),
    ({"battery": {**LOSSLESS, "switching_cost": math.nan}}, "battery.switching_cost"),
    ({"batteries": {"a": {**LOSSLESS, "switching_cost": -1}}}, "batteries.a.switching_cost"),
    ({"grid": {**PLAIN["grid"], "ramp_kw_per_step": -1}}, "grid.ramp_kw_per_step"),
    ({"dimming": [{"start_step": 0, "end_step": 9}]}, "dimming[0]: start_step 0, end_step 9"),
    ({"dimming": [{"start_step": 0, "end_step": 1, "limit_kw": -1}]}, "dimming[0].limit_kw"),
    ({"fees_per_kwh": [0.1]}, "fees_per_kwh: 1 values for 4 steps"),
    ({"levies_per_kwh": "much"}, "levies_per_kwh: a number"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[words for _, words in WRONG])
def test_a_device_that_is_wrong_is_refused_with_its_key(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidProblem) as caught:
        Problem.from_json({**PLAIN, **changes})
    assert words in str(caught.value)


FULL = {
    **PLAIN,
    "load_kw": [8.0, 2.0, 8.0, 2.0],
    "co2_kg_per_kwh": [0.3] * 4,
    "battery": {**LOSSLESS, "ramp_kw_per_step": 15.0, "switching_cost": 0.05},
    "vehicles": [{**CAR, "min_kw": 2.0, "discharge_kw": 3.0}],
    "deferrable_loads": [{**WASH, "min_run_steps": 2}],
    "heat_pumps": [{**HEATED, "min_kw": 0.5}],
    "generators": [{**GENSET, "min_kw": 1.0, "cost_per_start": 0.1, "co2_kg_per_kwh": 0.5}],
    "capacity_charges": [{"price_per_kw": 0.3, "averaging_steps": 2}],
    "reserve": {"energy_kwh": 2.0, "power_kw": 1.0},
    "dimming": [{"start_step": 1, "end_step": 2, "limit_kw": 20.0}],
}
PROBLEM = Problem.from_json(FULL)
GOOD = solve_schedule(PROBLEM)


def moved(device: str, series: str, step: int, change: float) -> Solution:
    """Return the good plan with one value of one device moved."""
    assert GOOD.flows is not None
    values = GOOD.flows.devices[device][series].copy()
    values[step] += change
    inner = {**GOOD.flows.devices[device], series: values}
    return replace(GOOD, flows=replace(GOOD.flows, devices={**GOOD.flows.devices, device: inner}))


def test_a_plan_with_everything_passes() -> None:
    check_plan(PROBLEM, GOOD)


@pytest.mark.parametrize(
    ("device", "series", "words"),
    [
        ("car", "charge_kw", "balance"),
        ("car", "stored_kwh", "storage of car"),
        ("wash", "power_kw", "balance"),
        ("wash", "on", "wash"),
        ("hp", "power_kw", "balance"),
        ("hp", "heat_kwh", "heat of hp"),
        ("hp", "on", "on of hp"),
        ("gen", "power_kw", "balance"),
        ("gen", "on", "on of gen"),
    ],
)
def test_a_moved_value_of_a_device_is_caught(device: str, series: str, words: str) -> None:
    for step in range(4):
        with pytest.raises(PlanRejected, match=words):
            check_plan(PROBLEM, moved(device, series, step, 1e-3))


def test_a_plan_that_forgets_a_device_or_makes_one_up_is_caught() -> None:
    assert GOOD.flows is not None
    less = {name: series for name, series in GOOD.flows.devices.items() if name != "hp"}
    for devices in (less, {**GOOD.flows.devices, "x": {"on": np.zeros(4)}}):
        with pytest.raises(PlanRejected, match=r"balance|devices"):
            check_plan(PROBLEM, replace(GOOD, flows=replace(GOOD.flows, devices=devices)))


STRICTER: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({"vehicles": [CAR]}, {"vehicles": [{**CAR, "soc_target": 0.6}]}, "step 3: soc_target of car"),
    ({"vehicles": [CAR]}, {"vehicles": [{**CAR, "margin_steps": 1}]}, "step 2: soc_target of car"),
    ({"vehicles": [CAR]}, {"vehicles": [{**CAR, "arrive_step": 2}]}, "step 1: charge_kw of car"),
    ({"vehicles": [CAR]}, {"vehicles": [{**CAR, "min_kw": 5.0}]}, "step 3: min_kw of car"),
    ({"vehicles": [CAR]}, {"vehicles": [{**CAR, "soc_max": 0.45}]}, "step 3: soc_max of car"),
    (
        {"deferrable_loads": [WASH]},
        {"deferrable_loads": [{**WASH, "min_run_steps": 2}]},
        "step 1: min_run_steps of wash|step 3: wash starts",
    ),
    ({"deferrable_loads": [WASH]}, {"deferrable_loads": [{**WASH, "max_starts": 1}]}, "max_starts of wash: 2 of 1"),
    ({"deferrable_loads": [WASH]}, {"deferrable_loads": [{**WASH, "end_step": 3}]}, "step 3: window of wash"),
    ({"deferrable_loads": [WASH]}, {"deferrable_loads": [{**WASH, "energy_kwh": 5.0}]}, "energy_kwh of wash"),
    (
        {"deferrable_loads": [{**WASH, "min_run_steps": 2}]},
        {"deferrable_loads": [{**WASH, "ran_steps": 1, "min_run_steps": 2}]},
        "step 0: min",
    ),
    ({"heat_pumps": [HEATED]}, {"heat_pumps": [{**HEATED, "heat_max_kwh": 5.0}]}, "step 1: heat_max_kwh of hp"),
    ({"heat_pumps": [HEATED]}, {"heat_pumps": [{**HEATED, "heat_min_kwh": 1.0}]}, "step 0: heat_min_kwh of hp"),
    ({"heat_pumps": [HEATED]}, {"heat_pumps": [{**HEATED, "heat_end_min_kwh": 1.0}]}, "heat_end_min_kwh of hp"),
    ({"heat_pumps": [HEATED]}, {"heat_pumps": [{**HEATED, "max_kw": 3.0}]}, "step 1: max_kw of hp"),
    ({"heat_pumps": [HEATED]}, {"heat_pumps": [{**HEATED, "cop": 2.9}]}, "step 1: heat of hp"),
    ({"heat_pumps": [HEATED]}, {"heat_pumps": [{**HEATED, "loss_per_h": 0.1}]}, "step 0: heat of hp"),
    ({"generators": [GENSET]}, {"generators": [{**GENSET, "cost_per_kwh": 0.26}]}, "objective"),
    ({"generators": [GENSET]}, {"generators": [{**GENSET, "cost_per_start": 0.1}]}, "objective"),
    ({"generators": [GENSET]}, {"generators": [{**GENSET, "min_kw": 9.0}]}, "step 0: min_kw of gen"),
    ({"capacity_charges": [{"price_per_kw": 1.0}]}, {"capacity_charges": [{"price_per_kw": 2.0}]}, "objective"),
    ({"battery": LOSSLESS}, {"battery": {**LOSSLESS, "ramp_kw_per_step": 9.0}}, "ramp_kw_per_step of battery"),
    ({"battery": LOSSLESS}, {"battery": {**LOSSLESS, "switching_cost": 0.1}}, "objective"),
    ({"battery": LOSSLESS}, {"battery": LOSSLESS, "reserve": {"energy_kwh": 19.0}}, "energy_kwh of reserve"),
    ({"battery": LOSSLESS}, {"battery": LOSSLESS, "reserve": {"power_kw": 19.0}}, "power_kw of reserve"),
    ({"vehicles": [CAR]}, {"vehicles": [CAR], "dimming": [{"start_step": 1, "end_step": 2}]}, r"step 1: dimming\[0\]"),
    ({"vehicles": [CAR]}, {"vehicles": [CAR], "grid": {**PLAIN["grid"], "ramp_kw_per_step": 9.0}}, "ramp_kw_per_step"),
]


@pytest.mark.parametrize(("given", "stricter", "words"), STRICTER)
def test_a_plan_for_other_rules_is_caught(given: dict[str, Any], stricter: dict[str, Any], words: str) -> None:
    raw = {**PLAIN, "load_kw": [8.0] * 4}
    plan = solve_schedule(Problem.from_json({**raw, **given}))
    check_plan(Problem.from_json({**raw, **given}), plan)
    with pytest.raises(PlanRejected, match=words):
        check_plan(Problem.from_json({**raw, **stricter}), plan)

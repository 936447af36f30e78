"""The validator: it passes every good plan and catches every perturbed one, naming the step and the rule."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dash_app.domain.errors import PlanRejected
from optimizer.schedule import validator
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan
from tests.optimizer.schedule.problems import EXAMPLE, changed

RAW = changed(
    EXAMPLE,
    curtailment=True,
    co2_kg_per_kwh=[0.1, 0.5],
    co2_limit_kg=30.0,
    flexible_loads=[{"id": "ev", "energy_kwh": 6.0, "max_kw": 4.0, "start_step": 0, "end_step": 2}],
)
PROBLEM = Problem.from_json(RAW)
GOOD = solve_schedule(PROBLEM)


def perturbed(series: str, step: int, change: float, key: str | None = None) -> Solution:
    """Return the good solution with one value of one series moved."""
    assert GOOD.flows is not None
    value = getattr(GOOD.flows, series)
    moved = (value if key is None else value[key]).copy()
    moved[step] += change
    return replace(GOOD, flows=replace(GOOD.flows, **{series: moved if key is None else {**value, key: moved}}))


def test_a_good_plan_passes() -> None:
    assert GOOD.status is Status.OPTIMAL
    check_plan(PROBLEM, GOOD)


@pytest.mark.parametrize(
    ("series", "key", "step", "change", "words"),
    [
        ("import_kw", None, 0, 1e-3, "step 0: balance"),
        ("export_kw", None, 1, 1e-3, "step 1: balance"),
        ("curtailed_kw", None, 1, 1e-3, "step 1: balance"),
        ("charge_kw", "battery", 0, -1e-3, "step 0: balance"),
        ("stored_kwh", "battery", 0, 1e-3, "step 0: storage of battery"),
        ("stored_kwh", "battery", 1, -1e-3, "step 1: storage of battery"),
        ("flexible_kw", "ev", 1, 1e-3, "step 1: balance"),
        ("import_kw", None, 0, np.nan, "step 0: import_kw"),
        ("export_kw", None, 0, -1.0, "step 0: export_kw"),
        ("charge_kw", "battery", 0, np.inf, "step 0: charge_kw of battery"),
    ],
)
def test_a_moved_value_is_caught(series: str, key: str | None, step: int, change: float, words: str) -> None:
    with pytest.raises(PlanRejected, match=words):
        check_plan(PROBLEM, perturbed(series, step, change, key))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"grid__import_limit_kw": 40.0}, "step 0: import_limit"),
        ({"grid__export_limit_kw": 1.0}, "step 1: export_limit"),
        ({"battery__charge_kw": 45.0}, "step 0: charge_kw of battery"),
        ({"battery__discharge_kw": 45.0}, "step 1: discharge_kw of battery"),
        ({"battery__soc_max": 0.5}, "step 0: soc_max of battery"),
        ({"battery__soc_min": 0.2, "battery__soc_init": 0.1}, "step 1: soc_min of battery"),
        ({"battery__soc_end_min": 0.2}, "step 1: soc_end_min of battery"),
        ({"battery__soc_targets": [{"after_step": 0, "min": 0.1, "max": 0.5}]}, "step 0: soc_targets of battery"),
        ({"battery__eta_charge": 0.9}, "step 0: storage of battery"),
        ({"co2_limit_kg": 2.0}, "co2_limit_kg"),
        ({"pv_kw": [1.0, 0.0]}, "step 0: balance"),
        ({"import_price": [0.2, 0.4]}, "objective"),
        ({"degradation_cost_per_kwh_discharged": 0.1}, "objective"),
        ({"demand_charge": {"price_per_kw": 1.0}}, "objective"),
        ({"flexible_loads": [{**RAW["flexible_loads"][0], "energy_kwh": 5.0}]}, "energy_kwh of ev"),
        ({"flexible_loads": [{**RAW["flexible_loads"][0], "max_kw": 3.0}]}, "step 0: max_kw of ev"),
        ({"flexible_loads": None}, "flexible_kw: the plan names"),
        ({"steps": 3, "load_kw": [0] * 3, "pv_kw": [0] * 3}, "import_kw: 2 values for 3 steps"),
    ],
)
def test_a_plan_for_other_limits_is_caught(changes: dict[str, Any], words: str) -> None:
    if changes.get("steps"):
        changes = {**changes, **{name: [0.1] * 3 for name in ("import_price", "export_price", "co2_kg_per_kwh")}}
        changes["flexible_loads"] = RAW["flexible_loads"]
    with pytest.raises(PlanRejected, match=words.replace("[", r"\[")):
        check_plan(Problem.from_json(changed(RAW, **changes)), GOOD)


def test_flows_in_both_directions_are_caught() -> None:
    assert GOOD.flows is not None
    moved = replace(GOOD.flows, import_kw=GOOD.flows.import_kw + 1.0, export_kw=GOOD.flows.export_kw + 1.0)
    with pytest.raises(PlanRejected, match="import and export in one step"):
        check_plan(PROBLEM, replace(GOOD, flows=moved))


def test_charging_and_discharging_at_once_is_caught() -> None:
    lossless = Problem.from_json(changed(RAW, battery__eta_charge=1.0, battery__eta_discharge=1.0))
    good = solve_schedule(lossless)
    assert good.flows is not None
    both = {
        name: {"battery": getattr(good.flows, name)["battery"] + [0.0, 1.0]} for name in ("charge_kw", "discharge_kw")
    }
    room = replace(lossless, storages=(replace(lossless.storages[0], discharge_kw=60.0),))
    with pytest.raises(PlanRejected, match="step 1: charge and discharge of battery"):
        check_plan(room, replace(good, flows=replace(good.flows, **both)))


def test_a_status_without_a_plan_is_no_plan() -> None:
    with pytest.raises(PlanRejected, match="infeasible"):
        check_plan(PROBLEM, Solution(status=Status.INFEASIBLE))


def test_the_validator_does_not_know_the_model() -> None:
    tree = ast.parse(Path(validator.__file__).read_text())
    known = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not known & {f"optimizer.schedule.{name}" for name in ("model", "compiled", "highs", "exact", "relax")}
    assert "cvxpy" not in known

"""Input: what is wrong is refused before any solve, with the key; what contradicts is named, with the smallest room."""

from __future__ import annotations

import math
from typing import Any

import pytest

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.schedule.problems import EXAMPLE, changed

LOAD = {"id": "ev", "energy_kwh": 5.0, "max_kw": 11.0, "start_step": 0, "end_step": 2}
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"colour": "red"}, "colour: this key is not known"),
    ({"grid": {"import_limit_kw": 1, "export_limit_kw": 1, "fuse": 1}}, "grid.fuse"),
    ({"battery__colour": 1}, "battery.colour"),
    ({"load_kw": None}, "load_kw: this key is missing"),
    ({"battery__capacity_kwh": None}, "battery.capacity_kwh: this key is missing"),
    ({"grid__import_limit_kw": "much"}, "grid.import_limit_kw"),
    ({"grid__import_limit_kw": -1}, "grid.import_limit_kw[0]"),
    ({"grid__export_limit_kw": [1, 2, 3]}, "grid.export_limit_kw: 3 values for 2 steps"),
    ({"load_kw": [1.0]}, "load_kw: 1 values for 2 steps"),
    ({"load_kw": [1.0, math.nan]}, "load_kw[1]"),
    ({"load_kw": [1.0, math.inf]}, "load_kw[1]"),
    ({"load_kw": [1.0, -2.0]}, "load_kw[1]: -2"),
    ({"load_kw": [1.0, True]}, "load_kw[1]"),
    ({"load_kw": [1.0, 10**400]}, "load_kw[1]"),
    ({"pv_kw": [0.0, -0.1]}, "pv_kw[1]"),
    ({"import_price": [0.1, "a"]}, "import_price[1]"),
    ({"export_price": 0.1}, "export_price: a list"),
    ({"steps": 0}, "steps: 0"),
    ({"steps": 1.5}, "steps: a whole number"),
    ({"dt_h": 0}, "dt_h"),
    ({"curtailment": 1}, "curtailment"),
    ({"battery": []}, "battery: an object"),
    ({"battery__capacity_kwh": 0}, "battery.capacity_kwh"),
    ({"battery__charge_kw": -1}, "battery.charge_kw"),
    ({"battery__eta_charge": 0}, "battery.eta_charge"),
    ({"battery__eta_discharge": 1.01}, "battery.eta_discharge"),
    ({"battery__soc_min": 0.95}, "battery.soc_min: 0.95 is above soc_max"),
    ({"battery__soc_init": 1.5}, "battery.soc_init"),
    ({"battery__soc_end_min": -0.5}, "battery.soc_end_min"),
    ({"battery__self_discharge_per_h": 2}, "battery.self_discharge_per_h"),
    ({"battery__soc_targets": [{"after_step": 2, "min": 0.5}]}, "battery.soc_targets[0].after_step"),
    ({"battery__soc_targets": [{"after_step": 0}]}, "battery.soc_targets[0].min"),
    ({"battery__soc_targets": [{"after_step": 0, "min": 0.5, "max": 0.4}]}, "battery.soc_targets[0].max"),
    ({"battery__soc_targets": {"after_step": 0}}, "battery.soc_targets: a list"),
    ({"batteries": {"a": EXAMPLE["battery"]}}, "battery, batteries"),
    ({"battery": None, "batteries": {"a": {**EXAMPLE["battery"], "charge_kw": -2}}}, "batteries.a.charge_kw"),
    ({"energy_weight": -1}, "energy_weight"),
    ({"degradation_cost_per_kwh_discharged": -0.1}, "degradation_cost_per_kwh_discharged"),
    ({"co2_price_per_kg": 0.1}, "co2_kg_per_kwh: needed"),
    ({"co2_limit_kg": 5}, "co2_kg_per_kwh: needed"),
    ({"co2_kg_per_kwh": [0.1, -0.1]}, "co2_kg_per_kwh[1]"),
    ({"demand_charge": {"price_per_kw": -1}}, "demand_charge.price_per_kw"),
    ({"demand_charge": {}}, "demand_charge.price_per_kw: this key is missing"),
    ({"flexible_loads": [{**LOAD, "end_step": 3}]}, "flexible_loads[0]"),
    ({"flexible_loads": [{**LOAD, "id": 3}]}, "flexible_loads[0].id"),
    ({"flexible_loads": [LOAD, LOAD]}, "'ev' is used twice"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG, ids=[words for _, words in WRONG])
def test_wrong_input_is_refused_before_any_solve_with_its_key(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidProblem) as caught:
        Problem.from_json(changed(EXAMPLE, **changes))
    assert words in str(caught.value)


def test_keys_that_say_nothing_to_the_solver_are_let_through() -> None:
    raw = changed(EXAMPLE, id="a", title="b", note="c", convention="d", expected={"objective": 3.975}, verified_by="e")
    assert Problem.from_json(raw).steps == 2


def test_no_limit_is_said_with_null_and_no_end_with_null() -> None:
    raw = changed(EXAMPLE)
    raw["grid"]["import_limit_kw"] = None
    raw["battery"]["soc_end_min"] = None
    problem = Problem.from_json(raw)
    assert math.isinf(problem.import_limit_kw[0]) and problem.storages[0].soc_end_min is None


def conflicts(**changes: Any) -> dict[str, float]:
    solution: Solution = solve_schedule(Problem.from_json(changed(EXAMPLE, **changes)))
    assert (solution.status, solution.flows, solution.objective) == (Status.INFEASIBLE, None, None)
    return {conflict.key: conflict.relax_by for conflict in solution.conflicts}


def test_a_target_out_of_reach_names_itself_and_the_power_that_is_too_small() -> None:
    # 10 kWh + 0.95 x 50 kWh = 57.5 kWh of the 70 kWh wanted
    found = conflicts(battery__soc_targets=[{"after_step": 0, "min": 0.7}])
    assert found == pytest.approx({"battery.soc_targets[0].min": 0.125, "battery.charge_kw": 12.5 / 0.95})


def test_an_end_above_the_ceiling_names_both() -> None:
    found = conflicts(battery__soc_end_min=0.95, battery__soc_init=0.9)
    assert found == pytest.approx({"battery.soc_end_min": 0.05, "battery.soc_max": 0.05})


def test_a_load_above_the_import_limit_names_the_limit() -> None:
    found = conflicts(battery=None, grid__import_limit_kw=25.0)
    assert found == pytest.approx({"grid.import_limit_kw": 15.0})


def test_a_co2_limit_that_cannot_be_kept_is_named() -> None:
    found = conflicts(battery=None, co2_kg_per_kwh=[0.1, 0.5], co2_limit_kg=8.0)
    assert found == pytest.approx({"co2_limit_kg": 12.0})


def test_a_flexible_load_without_time_names_its_energy_and_its_power() -> None:
    found = conflicts(flexible_loads=[{**LOAD, "energy_kwh": 30.0}])
    assert found == pytest.approx({"flexible_loads[0].energy_kwh": 8.0, "flexible_loads[0].max_kw": 4.0})


def test_two_contradictions_at_once_are_both_named_because_neither_is_enough_alone() -> None:
    raw = changed(
        EXAMPLE, flexible_loads=[{**LOAD, "energy_kwh": 30.0}], battery__soc_end_min=0.95, battery__soc_init=0.9
    )
    solution = solve_schedule(Problem.from_json(raw))
    assert not any(conflict.alone for conflict in solution.conflicts)
    groups = {conflict.key.split(".")[0] for conflict in solution.conflicts}
    assert groups == {"battery", "flexible_loads[0]"}


def test_giving_way_by_what_is_named_is_enough_and_by_less_is_not() -> None:
    target = {"after_step": 0, "min": 0.7}
    room = conflicts(battery__soc_targets=[target])["battery.soc_targets[0].min"]
    for share, status in ((1.0, Status.OPTIMAL), (0.99, Status.INFEASIBLE)):
        raw = changed(EXAMPLE, battery__soc_targets=[{**target, "min": 0.7 - share * room}])
        assert solve_schedule(Problem.from_json(raw)).status is status


def test_a_plan_that_would_have_to_burn_energy_names_the_export_limit() -> None:
    raw: dict[str, Any] = {
        "load_kw": [0, 0],
        "pv_kw": [12, 12],
        "grid__export_limit_kw": 10.0,
        "battery__soc_init": 0.9,
    }
    found = conflicts(**raw, battery__soc_end_min=0.9)
    assert found["grid.export_limit_kw"] == pytest.approx(2.0)

"""A first step that is partly over counts for what is left of it: in the model, the validator and the baselines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import InvalidProblem, PlanRejected
from optimizer.baseline import money_of, self_consumption, without_battery
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan, objective_of
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_problem, second_formulation

shares = st.floats(0.05, 1.0)
seeds = st.integers(0, 10_000)


def shortened(raw: dict[str, Any], first_h: float) -> Problem:
    return replace(Problem.from_json(raw), first_h=first_h)


def solved(problem: Problem) -> tuple[Solution, Flows]:
    solution = solve_schedule(problem)
    assert solution.status is Status.OPTIMAL and solution.flows is not None
    return solution, solution.flows


def stored_by_hand(raw: dict[str, Any], first_h: float, charge_kw: list[float], discharge_kw: list[float]) -> list:
    """Return the stored energy step by step, in plain arithmetic."""
    battery = raw["battery"]
    stored, series = battery["soc_init"] * battery["capacity_kwh"], []
    for place, (charge, discharge) in enumerate(zip(charge_kw, discharge_kw, strict=True)):
        hours = raw["dt_h"] if place else first_h
        stored *= (1 - battery.get("self_discharge_per_h", 0.0)) ** hours
        stored += hours * (battery["eta_charge"] * charge - discharge / battery["eta_discharge"])
        series.append(stored)
    return series


def cost_by_hand(raw: dict[str, Any], first_h: float, flows: Flows, *, co2_price: float) -> float:
    """Return imports minus exports plus wear, CO2 and the demand charge, in plain arithmetic."""
    cost, co2 = 0.0, raw.get("co2_kg_per_kwh", [0.0] * raw["steps"])
    discharge_kw = flows.discharge_kw["battery"]
    for place in range(raw["steps"]):
        hours = raw["dt_h"] if place else first_h
        cost += hours * (raw["import_price"][place] + co2_price * co2[place]) * flows.import_kw[place]
        cost -= hours * raw["export_price"][place] * flows.export_kw[place]
        cost += hours * raw["degradation_cost_per_kwh_discharged"] * discharge_kw[place]
    demand = raw.get("demand_charge", {"price_per_kw": 0.0, "already_incurred_kw": 0.0})
    return cost + demand["price_per_kw"] * max(demand["already_incurred_kw"], *flows.import_kw)


def test_half_a_first_step_takes_half_the_energy() -> None:
    # 50 kW for half an hour: 23.75 kWh stored for 2.50; 22.5625 come back, 17.4375 of the 40 kWh are bought at 0.40
    solution, flows = solved(shortened(EXAMPLE, 0.5))
    assert flows.charge_kw["battery"] == pytest.approx([50.0, 0.0])
    assert flows.stored_kwh["battery"] == pytest.approx([33.75, 10.0])
    assert solution.objective == pytest.approx(2.5 + 17.4375 * 0.4)


@pytest.mark.parametrize("first_h", [0.0, -0.1, 1.01, float("nan")])
def test_a_first_step_is_longer_than_nothing_and_no_longer_than_the_others(first_h: float) -> None:
    with pytest.raises(InvalidProblem, match="first_h"):
        shortened(EXAMPLE, first_h)


def test_the_command_knows_no_first_h() -> None:
    with pytest.raises(InvalidProblem, match="first_h: this key is not known"):
        Problem.from_json({**EXAMPLE, "first_h": 0.5})


@pytest.mark.parametrize("seed", range(30))
def test_a_second_formulation_finds_the_same_optimum(seed: int) -> None:
    rng = np.random.default_rng(1000 + seed)
    raw = random_problem(rng, hard_prices=seed % 2 == 1)
    first_h = float(rng.uniform(0.05, 1.0)) * raw["dt_h"]
    solution, wanted = solve_schedule(shortened(raw, first_h)), second_formulation(raw, first_h)
    assert (solution.status is Status.INFEASIBLE) == (wanted is None)
    if wanted is not None:
        assert solution.objective == pytest.approx(wanted, rel=1e-6, abs=1e-7)


@settings(max_examples=40, deadline=None)
@given(seed=seeds, share=shares)
def test_model_validator_and_baselines_agree_with_plain_arithmetic(seed: int, share: float) -> None:
    raw = random_problem(np.random.default_rng(seed))
    raw["grid"] = {"import_limit_kw": None, "export_limit_kw": None}
    raw["battery"] |= {"soc_targets": [], "soc_end_min": None}
    raw.pop("co2_limit_kg", None)
    first_h = share * raw["dt_h"]
    problem = shortened(raw, first_h)
    solution, plan = solved(problem)
    check_plan(problem, solution)
    co2_price = raw.get("co2_price_per_kg", 0.0)
    assert solution.objective == pytest.approx(cost_by_hand(raw, first_h, plan, co2_price=co2_price), abs=1e-6)
    for flows in (plan, self_consumption(problem), without_battery(problem)):
        charge, discharge = flows.charge_kw["battery"].tolist(), flows.discharge_kw["battery"].tolist()
        assert flows.stored_kwh["battery"] == pytest.approx(stored_by_hand(raw, first_h, charge, discharge), abs=1e-9)
        assert objective_of(problem, flows) == pytest.approx(cost_by_hand(raw, first_h, flows, co2_price=co2_price))
        money = money_of(problem, flows)
        assert money.cost == pytest.approx(cost_by_hand(raw, first_h, flows, co2_price=0.0))
        hours = [first_h] + [raw["dt_h"]] * (raw["steps"] - 1)
        assert money.import_kwh == pytest.approx(sum(h * kw for h, kw in zip(hours, flows.import_kw, strict=True)))
        for load in problem.flexible_loads:
            taken = sum(h * kw for h, kw in zip(hours, flows.flexible_kw[load.load_id], strict=True))
            assert taken == pytest.approx(load.energy_kwh, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(seed=seeds, hard=st.booleans())
def test_a_first_step_of_full_length_changes_nothing(seed: int, hard: bool) -> None:
    raw = random_problem(np.random.default_rng(seed), hard_prices=hard)
    plain, whole = solve_schedule(Problem.from_json(raw)), solve_schedule(shortened(raw, raw["dt_h"]))
    assert whole.status is plain.status
    if plain.flows is not None and whole.flows is not None:
        assert whole.objective == pytest.approx(plain.objective, rel=1e-12, abs=1e-12)
        assert whole.flows.battery_kw == pytest.approx(plain.flows.battery_kw, abs=1e-6)


def test_a_plan_for_whole_steps_is_caught_where_a_part_is_over() -> None:
    whole = Problem.from_json(EXAMPLE)
    with pytest.raises(PlanRejected, match="step 0: storage of battery"):
        check_plan(replace(whole, first_h=0.9), solve_schedule(whole))


def test_a_target_out_of_reach_in_the_rest_names_the_power_that_would_do() -> None:
    # a tenth of an hour: 10 kWh + 4.75 kWh of the 57.5 kWh that a whole hour could reach
    raw = changed(EXAMPLE, battery__soc_targets=[{"after_step": 0, "min": 0.575}])
    raw["grid"] = {"import_limit_kw": None, "export_limit_kw": None}
    solution = solve_schedule(shortened(raw, 0.1))
    found = {conflict.key: conflict.relax_by for conflict in solution.conflicts}
    assert found == pytest.approx({"battery.soc_targets[0].min": 0.4275, "battery.charge_kw": 450.0})


def test_equal_plans_do_not_avoid_the_short_first_step() -> None:
    # a flat price and 10 kW of surplus throughout; 9 kWh of room: half an hour, then 4 kWh more
    raw = changed(EXAMPLE, steps=4, load_kw=[0] * 4, pv_kw=[10] * 4, import_price=[0.3] * 4, export_price=[0.1] * 4)
    raw = changed(raw, battery__soc_max=0.19, battery__eta_charge=1.0, battery__soc_end_min=0.19)
    _, flows = solved(shortened(raw, 0.5))
    assert flows.charge_kw["battery"] == pytest.approx([10.0, 4.0, 0.0, 0.0])

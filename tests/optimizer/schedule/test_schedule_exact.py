"""The optimum: solved by hand, by a second formulation, and by what must hold for every problem."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.schedule.exact import directions_by_price
from optimizer.schedule.model import Model, Shape
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan, objective_of
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_battery, random_problem, second_formulation

LOSSLESS = changed(EXAMPLE, battery__eta_charge=1.0, battery__eta_discharge=1.0)


def solved(raw: dict[str, Any]) -> Solution:
    return solve_schedule(Problem.from_json(raw))


def plan_of(raw: dict[str, Any]) -> Flows:
    solution = solved(raw)
    assert solution.status is Status.OPTIMAL and solution.flows is not None
    return solution.flows


def test_the_example_costs_what_it_costs_by_hand() -> None:
    answer = solved(EXAMPLE).as_json()
    assert answer["objective"] == pytest.approx(3.975, abs=1e-9)
    assert answer["charge_kw"] == pytest.approx([50.0, 0.0])
    assert answer["discharge_kw"] == pytest.approx([0.0, 45.125])
    assert answer["export_kw"] == pytest.approx([0.0, 5.125])
    assert answer["stored_kwh"] == pytest.approx([57.5, 10.0])
    assert (answer["status"], answer["gap"], answer["conflicts"]) == ("optimal", 0.0, [])


def test_without_a_battery_the_load_is_bought() -> None:
    assert solved(changed(EXAMPLE, battery=None)).objective == pytest.approx(40 * 0.4)


def test_wear_above_the_spread_leaves_the_battery_alone() -> None:
    # 0.95 x 0.95 x 0.4 - 0.1 = 0.261 per kWh bought, 0.289 per kWh discharged
    raw = changed(EXAMPLE, degradation_cost_per_kwh_discharged=0.3)
    assert solved(raw).objective == pytest.approx(16.0)
    assert plan_of(raw).battery_kw == pytest.approx([0.0, 0.0])


def test_a_flexible_load_runs_where_power_is_cheap() -> None:
    load = {"id": "ev", "energy_kwh": 15.0, "max_kw": 11.0, "start_step": 0, "end_step": 2}
    raw = changed(EXAMPLE, battery=None, flexible_loads=[load])
    assert plan_of(raw).flexible_kw["ev"] == pytest.approx([11.0, 4.0])
    assert solved(raw).objective == pytest.approx(1.1 + 44 * 0.4)


def test_a_demand_charge_levels_the_import_and_counts_what_is_incurred_already() -> None:
    # lossless: 40 kWh spread over two steps at equal price peak at 20 kW; 10 per kW
    raw = changed(LOSSLESS, import_price=[0.4, 0.4], export_price=[0, 0], demand_charge={"price_per_kw": 10.0})
    assert solved(raw).objective == pytest.approx(16.0 + 200.0)
    incurred = changed(raw, demand_charge={"price_per_kw": 10.0, "already_incurred_kw": 30.0})
    assert solved(incurred).objective == pytest.approx(16.0 + 300.0)


def test_a_co2_limit_shifts_the_import_into_the_clean_step() -> None:
    # lossless, equal prices: each kWh out of step 1 into step 0 saves 0.4 kg; 40 x 0.5 = 20 kg -> 8 kg needs 30 kWh
    raw = changed(LOSSLESS, import_price=[0.1, 0.1], export_price=[0, 0], co2_kg_per_kwh=[0.1, 0.5], co2_limit_kg=8.0)
    raw = changed(raw, degradation_cost_per_kwh_discharged=0.01)
    plan = plan_of(raw)
    assert plan.import_kw == pytest.approx([30.0, 10.0])


def test_co2_alone_is_minimised_and_money_decides_among_equals() -> None:
    # steps 0 and 1 are equally clean, step 1 is cheaper; step 2 is dirty: charge in step 1
    raw = changed(
        LOSSLESS,
        steps=3,
        load_kw=[0, 0, 40],
        pv_kw=[0, 0, 0],
        import_price=[0.3, 0.1, 0.2],
        export_price=[0, 0, 0],
        co2_kg_per_kwh=[0.1, 0.1, 0.9],
        co2_price_per_kg=1.0,
        energy_weight=0.0,
    )
    assert solved(raw).objective == pytest.approx(4.0)
    assert plan_of(raw).import_kw == pytest.approx([0.0, 40.0, 0.0])


def test_a_soc_target_is_reached_and_an_upper_one_is_kept() -> None:
    targets = [{"after_step": 0, "min": 0.2, "max": 0.3}]
    assert plan_of(changed(EXAMPLE, battery__soc_targets=targets)).stored_kwh["battery"][0] == pytest.approx(30.0)


def test_self_discharge_acts_on_the_old_content_only() -> None:
    raw = changed(EXAMPLE, battery__self_discharge_per_h=0.5, battery__soc_min=0.0, battery__soc_end_min=0.0)
    # nothing is worth buying for half of it: 0.95 x 0.5 x 0.95 x 0.4 = 0.1805 > 0.1: it is, and step 0 keeps 5 of 10
    plan = plan_of(raw)
    assert plan.stored_kwh["battery"][0] == pytest.approx(0.5 * 10 + 0.95 * 50)
    assert plan.discharge_kw["battery"][1] == pytest.approx(0.5 * (5 + 47.5) * 0.95)


def test_several_batteries_share_the_work_and_the_better_one_goes_first() -> None:
    good, bad = (
        {**EXAMPLE["battery"], "eta_charge": 1.0, "eta_discharge": 1.0},
        {**EXAMPLE["battery"], "charge_kw": 5.0},
    )
    raw = changed(EXAMPLE, battery=None, batteries={"good": good, "bad": bad}, export_price=[0.0, 0.0])
    answer = solved(raw).as_json()
    assert answer["charge_kw"]["good"] == pytest.approx([40.0, 0.0])
    assert answer["charge_kw"]["bad"] == pytest.approx([0.0, 0.0])
    assert answer["objective"] == pytest.approx(4.0)
    assert set(answer["duals"]["stored_energy"]) == {"good", "bad"}


def test_curtailment_is_used_only_where_it_is_allowed() -> None:
    raw = changed(EXAMPLE, battery=None, pv_kw=[50.0, 0.0], grid__export_limit_kw=20.0)
    assert solved(raw).status is Status.INFEASIBLE
    assert plan_of(changed(raw, curtailment=True)).curtailed_kw == pytest.approx([30.0, 0.0])


def test_a_negative_price_never_makes_the_battery_charge_and_discharge_at_once() -> None:
    raw = changed(EXAMPLE, import_price=[-0.5, -0.5], export_price=[-0.6, -0.6], battery__soc_init=0.9)
    plan = plan_of(raw)
    assert np.minimum(plan.charge_kw["battery"], plan.discharge_kw["battery"]).max() == 0.0


def test_export_worth_more_than_import_never_makes_the_grid_flow_both_ways() -> None:
    raw = changed(
        EXAMPLE,
        import_price=[0.1, 0.1],
        export_price=[0.9, 0.9],
        grid={"import_limit_kw": None, "export_limit_kw": None},
    )
    solution = solved(raw)
    assert solution.flows is not None and np.minimum(solution.flows.import_kw, solution.flows.export_kw).max() == 0.0
    assert solution.objective == pytest.approx(
        second_formulation(changed(raw, grid__import_limit_kw=300.0, grid__export_limit_kw=300.0)) or 0.0
    )


def test_energy_is_not_burnt_to_keep_an_export_limit() -> None:
    # 12 kW surplus, 10 kW may go out: a full, lossy battery could only help by charging and discharging at once
    raw = changed(EXAMPLE, load_kw=[0, 0], pv_kw=[12, 12], grid__export_limit_kw=10.0, battery__soc_init=0.9)
    raw = changed(raw, battery__eta_charge=0.5, battery__eta_discharge=0.5, battery__soc_end_min=0.9)
    assert solved(raw).status is Status.INFEASIBLE
    assert second_formulation(raw) is None


def test_convex_prices_need_no_binaries_and_others_only_where_they_are() -> None:
    assert not directions_by_price(Problem.from_json(EXAMPLE)).grid
    assert not directions_by_price(Problem.from_json(EXAMPLE)).battery
    hard = directions_by_price(Problem.from_json(changed(EXAMPLE, export_price=[0.2, 0.1], import_price=[0.1, -0.1])))
    assert (hard.grid, hard.battery) == (frozenset({0, 1}), frozenset({1}))


@pytest.mark.parametrize("steps", [(), (0,)])
def test_the_model_is_compiled_once_because_it_is_dpp(steps: tuple[int, ...]) -> None:
    raw = changed(
        EXAMPLE,
        curtailment=True,
        demand_charge={"price_per_kw": 1.0},
        co2_kg_per_kwh=[0.1, 0.1],
        co2_limit_kg=9.0,
        flexible_loads=[{"id": "a", "energy_kwh": 1, "max_kw": 1, "start_step": 0, "end_step": 2}],
    )
    assert Model(Shape.of(Problem.from_json(raw), steps, steps)).problem().is_dcp(dpp=True)


def test_a_second_problem_of_the_same_shape_is_not_answered_with_the_numbers_of_the_first() -> None:
    assert solved(EXAMPLE).objective == pytest.approx(3.975)
    assert solved(changed(EXAMPLE, load_kw=[0.0, 0.0])).objective == pytest.approx(5.0 - 45.125 * 0.2)
    assert solved(EXAMPLE).objective == pytest.approx(3.975)


@pytest.mark.parametrize("seed", range(60))
def test_a_second_formulation_finds_the_same_optimum(seed: int) -> None:
    raw = random_problem(np.random.default_rng(seed), steps=24 if seed >= 54 else 6, hard_prices=seed % 2 == 1)
    solution, wanted = solved(raw), second_formulation(raw)
    if wanted is None:
        assert solution.status is Status.INFEASIBLE
    else:
        assert solution.status is Status.OPTIMAL
        assert solution.objective == pytest.approx(wanted, rel=1e-6, abs=1e-7)


def test_equal_plans_end_the_same_way_and_early() -> None:
    # a flat price and more sun than the battery can take: the surplus of the first hours is stored
    raw = changed(EXAMPLE, steps=6, load_kw=[0, 0, 0, 0, 20, 20], pv_kw=[10] * 4 + [0] * 2)
    raw = changed(raw, import_price=[0.3] * 6, export_price=[0.1] * 6, battery__soc_max=0.3, battery__eta_charge=1.0)
    plan = plan_of(raw)
    assert plan.charge_kw["battery"] == pytest.approx([10, 10, 0, 0, 0, 0])
    assert plan.discharge_kw["battery"] == pytest.approx([0, 0, 0, 0, 19, 0])


def test_the_same_problem_gets_the_same_plan_whatever_was_solved_before() -> None:
    raw = changed(random_problem(np.random.default_rng(11), steps=24), import_price=[0.3] * 24, export_price=[0.1] * 24)
    first = plan_of(raw)
    solved(changed(raw, load_kw=[5.0] * 24, pv_kw=[20.0] * 12 + [0.0] * 12))
    again = plan_of(raw)
    assert again.battery_kw == pytest.approx(first.battery_kw, abs=1e-9)


def test_choosing_among_ties_costs_nothing() -> None:
    rng = np.random.default_rng(7)
    raw = random_problem(rng, steps=24)
    raw["import_price"], raw["export_price"] = [0.3] * 24, [0.1] * 24
    solution, wanted = solved(raw), second_formulation(raw)
    assert wanted is not None and solution.objective == pytest.approx(wanted, rel=1e-9)


@pytest.mark.parametrize("seed", range(6))
def test_more_stored_energy_or_a_wider_limit_is_worth_what_the_duals_say(seed: int) -> None:
    raw = random_problem(np.random.default_rng(100 + seed), steps=5)
    raw["battery"] |= {"self_discharge_per_h": 0.0, "eta_discharge": 1.0}
    raw["grid"] = {"import_limit_kw": [18.0] * 5, "export_limit_kw": [12.0] * 5}
    raw |= {"curtailment": True, "load_kw": (0.5 * np.array(raw["load_kw"])).tolist()}
    raw.pop("flexible_loads", None)
    solution = solved(raw)
    assert solution.status is Status.OPTIMAL and solution.duals is not None and solution.objective is not None
    for step in range(5):
        # dt x 1 kW less load in a step and the same kWh less stored before: moves energy through time at no loss
        for name, values in (
            ("import_limit_kw", solution.duals.import_limit),
            ("export_limit_kw", solution.duals.export_limit),
        ):
            assert values[step] >= 0
            assert values[step] == pytest.approx(slope(raw, f"grid__{name}", step), abs=1e-5)
    assert (solution.duals.stored_energy["battery"] >= -1e-9).all()


def slope(raw: dict[str, Any], path: str, step: int) -> float:
    """Return by how much the objective falls per unit when one value of a list grows: the mean of both sides."""
    group, key = path.split("__")
    objectives = []
    for change in (-1e-4, 1e-4):
        values = list(raw[group][key])
        values[step] += change
        objectives.append(solved(changed(raw, **{path: values})).objective or 0.0)
    return (objectives[0] - objectives[1]) / 2e-4


def test_the_dual_of_stored_energy_is_what_one_more_kwh_saves() -> None:
    raw = changed(EXAMPLE, load_kw=[0.0, 80.0])
    solution = solved(raw)
    assert solution.duals is not None
    # 0.95 of a stored kWh replaces imports at 0.4
    assert solution.duals.stored_energy["battery"] == pytest.approx([0.38, 0.38])
    more = solved(changed(raw, battery__soc_init=0.11))
    assert (solution.objective or 0) - (more.objective or 0) == pytest.approx(0.38)


def test_the_dual_of_the_peak_adds_up_to_the_price_of_a_kilowatt() -> None:
    raw = changed(LOSSLESS, import_price=[0.4, 0.4], export_price=[0, 0], demand_charge={"price_per_kw": 10.0})
    solution = solved(raw)
    assert solution.duals is not None
    assert (solution.duals.peak >= 0).all()
    assert solution.duals.peak.sum() == pytest.approx(10.0)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), hard=st.booleans())
def test_every_plan_costs_at_most_what_standing_still_costs(seed: int, hard: bool) -> None:
    raw = random_problem(np.random.default_rng(seed), hard_prices=hard)
    raw |= {
        "grid": {"import_limit_kw": None, "export_limit_kw": None},
        "battery": {**raw["battery"], "soc_end_min": None},
    }
    raw["battery"] |= {"self_discharge_per_h": 0.0, "soc_targets": []}
    for key in ("flexible_loads", "co2_limit_kg"):
        raw.pop(key, None)
    problem = Problem.from_json(raw)
    solution = solve_schedule(problem)
    net = problem.load_kw - problem.pv_kw
    zeros = {"battery": np.zeros(problem.steps)}
    still = Flows(
        import_kw=np.maximum(net, 0),
        export_kw=np.maximum(-net, 0),
        curtailed_kw=np.zeros(problem.steps),
        charge_kw=zeros,
        discharge_kw=zeros,
    )
    assert solution.status is Status.OPTIMAL and solution.objective is not None
    assert solution.objective <= objective_of(problem, still) + 1e-6


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), factor=st.floats(1e-4, 1e4))
def test_prices_in_another_currency_scale_the_objective(seed: int, factor: float) -> None:
    raw = random_problem(np.random.default_rng(seed))
    scaled = changed(
        raw,
        import_price=(factor * np.array(raw["import_price"])).tolist(),
        export_price=(factor * np.array(raw["export_price"])).tolist(),
        degradation_cost_per_kwh_discharged=factor * raw["degradation_cost_per_kwh_discharged"],
    )
    if "demand_charge" in raw:
        scaled["demand_charge"]["price_per_kw"] *= factor
    if "co2_price_per_kg" in raw:
        scaled["co2_price_per_kg"] *= factor
    one, other = solved(raw), solved(scaled)
    assert one.status is other.status
    if one.objective is not None and other.objective is not None:
        assert other.objective == pytest.approx(factor * one.objective, rel=1e-6, abs=1e-7 * factor)


def test_the_best_plan_so_far_keeps_every_rule_and_names_its_gap() -> None:
    rng = np.random.default_rng(5)
    raw = changed(random_problem(rng, steps=192, hard_prices=True), battery=None, co2_limit_kg=None)
    raw["batteries"] = {name: {**random_battery(rng), "soc_targets": []} for name in "abc"}
    raw |= {"demand_charge": {"price_per_kw": 2.0}, "grid": {"import_limit_kw": 100, "export_limit_kw": 100}}
    solution = solve_schedule(Problem.from_json(raw), time_limit_s=1.0)
    assert solution.status is Status.TIME_LIMIT
    assert solution.gap is None or solution.gap > 1e-9
    if solution.flows is not None:
        check_plan(Problem.from_json(raw), solution)


def test_a_time_limit_is_kept_and_called_by_its_name() -> None:
    raw = random_problem(np.random.default_rng(3), steps=192, hard_prices=True)
    solution = solve_schedule(Problem.from_json(raw), time_limit_s=1e-6)
    assert solution.status is Status.TIME_LIMIT
    assert solution.solve_ms < 5000
    assert (solution.flows is None) == (solution.gap is None)

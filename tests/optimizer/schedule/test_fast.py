"""Without binaries: plans that keep every rule, a gap that is true, and the exact answer where nothing else will do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.schedule.dynamic_programme import applies_to, solve_recursion
from optimizer.schedule.exact import directions_by_price
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule, solve_schedule_fast
from optimizer.schedule.validator import check_plan
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_problem, second_formulation

DEARER_EXPORT = changed(EXAMPLE, export_price=[0.2, 0.5])


def fast(raw: dict[str, Any]) -> Solution:
    return solve_schedule_fast(Problem.from_json(raw))


def hard_problem(seed: int, steps: int) -> dict[str, Any]:
    """Return a random problem of one battery with prices below 0 and export above import."""
    raw = random_problem(np.random.default_rng(seed), steps=steps, hard_prices=True)
    for key in ("demand_charge", "flexible_loads", "co2_limit_kg"):
        raw.pop(key, None)
    return raw


def test_export_above_import_by_hand() -> None:
    # 50 kW charged at 0.1 come back as 45.125 kW: 40 kW of load come first, 5.125 kW are sold at 0.5
    solution = fast(DEARER_EXPORT)
    assert solution.status is Status.FEASIBLE
    assert solution.objective == pytest.approx(5.0 - 5.125 * 0.5)
    assert solution.gap == pytest.approx(0.0, abs=1e-6)
    assert solution.as_json()["status"] == "feasible"


def test_paid_to_import_it_charges_and_never_both_ways() -> None:
    raw = changed(EXAMPLE, import_price=[-0.2, 0.1], export_price=[-0.3, 0.0])
    solution = fast(raw)
    assert solution.flows is not None
    assert solution.flows.charge_kw["battery"] == pytest.approx([50.0, 0.0])
    assert np.minimum(solution.flows.import_kw, solution.flows.export_kw).max() == 0.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_the_bound_and_the_plan_enclose_the_optimum_of_a_second_formulation(seed: int) -> None:
    raw = hard_problem(seed, 6)
    problem, best = Problem.from_json(raw), second_formulation(raw)
    solution = fast(raw)
    if best is None:
        assert solution.status is Status.INFEASIBLE
        return
    if solution.status is Status.OPTIMAL:
        assert solution.objective == pytest.approx(best, rel=1e-6, abs=1e-6)
        return
    assert solution.status is Status.FEASIBLE and solution.objective is not None and solution.gap is not None
    way = solve_recursion(problem)
    assert way is not None
    assert way.bound <= best + 1e-6 <= solution.objective + 2e-6
    assert solution.objective - best <= solution.gap * max(abs(solution.objective), abs(way.bound), 1e-9) + 1e-6
    check_plan(problem, solution)


@pytest.mark.parametrize("seed", range(12))
def test_over_a_day_the_gap_is_at_most_one_in_ten_thousand(seed: int) -> None:
    rng = np.random.default_rng(seed)
    price = rng.uniform(0.1, 0.4, 48)
    raw = changed(
        EXAMPLE,
        steps=48,
        dt_h=0.5,
        load_kw=rng.uniform(5, 40, 48).tolist(),
        pv_kw=(rng.uniform(0, 60, 48) * (rng.random(48) < 0.4)).tolist(),
        import_price=(price - (0.3 if seed % 2 else 0.0)).tolist(),
        export_price=(price + (-0.31 if seed % 2 else 0.03)).tolist(),
        curtailment=seed > 1,
        battery__self_discharge_per_h=0.001 if seed % 3 else 0.0,
        battery__soc_init=0.3,
        battery__soc_end_min=0.5,
    )
    solution = fast(raw)
    assert solution.status is Status.FEASIBLE and solution.gap is not None
    assert solution.gap <= 1e-4


def test_where_the_prices_need_no_binaries_the_answer_is_exact() -> None:
    assert fast(EXAMPLE).status is Status.OPTIMAL
    assert fast(EXAMPLE).objective == pytest.approx(3.975)


def test_what_the_recursion_does_not_cover_is_solved_exactly() -> None:
    raw = changed(DEARER_EXPORT, demand_charge={"price_per_kw": 1.0})
    assert not applies_to(Problem.from_json(raw))
    assert directions_by_price(Problem.from_json(raw)).grid
    assert fast(raw).status is Status.OPTIMAL
    assert fast(raw).objective == pytest.approx(solve_schedule(Problem.from_json(raw)).objective)


def test_what_has_no_plan_names_its_conflict() -> None:
    solution = fast(changed(DEARER_EXPORT, load_kw=[0.0, 900.0]))
    assert solution.status is Status.INFEASIBLE
    assert "grid.import_limit_kw" in {conflict.key for conflict in solution.conflicts}


def test_an_export_dearer_than_import_without_any_limit_is_bounded_and_solved() -> None:
    # never import and export at once: what can be sold is the PV and what the battery holds
    raw = changed(DEARER_EXPORT, grid={"import_limit_kw": None, "export_limit_kw": None})
    exact = solve_schedule(Problem.from_json(raw))
    assert exact.status is Status.OPTIMAL and exact.objective == pytest.approx(5.0 - 5.125 * 0.5)
    assert fast(raw).objective == pytest.approx(exact.objective)

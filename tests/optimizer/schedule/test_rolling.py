"""The rolling path: the same optimum, the same choice among ties and true duals, whatever was solved before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.schedule.compiled import Compiled
from optimizer.schedule.exact import preferences
from optimizer.schedule.highs import Answer, Matrices, Outcome, solve_matrices
from optimizer.schedule.model import Shape
from optimizer.schedule.problem import Problem
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_battery, random_problem


def answers(compiled: Compiled, problem: Problem) -> tuple[Answer | None, Answer, Matrices]:
    """Return what the rolling path and the cold path say."""
    matrices, secondary = compiled.matrices(problem), preferences(compiled, problem)
    rolling = compiled.resident.solve(matrices, secondary, 60.0)
    return rolling, solve_matrices(replace(matrices, resident=None), secondary=secondary, time_limit_s=60.0), matrices


def a_day(first_step: int, seed: int = 1, **changes: Any) -> Problem:
    """Return 48 half hours that begin at `first_step` of a fixed series of prices, with slightly new forecasts."""
    steps, rng = 48, np.random.default_rng(7)
    price, load = rng.uniform(0.1, 0.4, 200), rng.uniform(5, 30, 200)
    news = np.random.default_rng(seed)
    return Problem.from_json(
        changed(
            EXAMPLE,
            steps=steps,
            dt_h=0.5,
            load_kw=(load[first_step : first_step + steps] * news.uniform(0.97, 1.03, steps)).tolist(),
            pv_kw=[0.0] * steps,
            import_price=price[first_step : first_step + steps].tolist(),
            export_price=(0.4 * price[first_step : first_step + steps]).tolist(),
            battery__soc_init=float(news.uniform(0.3, 0.6)),
            **changes,
        )
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_both_paths_reach_the_same_optimum_on_random_problems(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw = random_problem(rng, steps=8)
    compiled = Compiled(Shape.of(Problem.from_json(raw)), Problem.from_json(raw))
    for _ in range(4):
        raw = {**raw, "load_kw": rng.uniform(0, 30, 8).tolist(), "import_price": rng.uniform(0.3, 0.5, 8).tolist()}
        raw["battery"] = {**random_battery(rng), "soc_targets": raw["battery"].get("soc_targets", [])}
        rolling, cold, matrices = answers(compiled, Problem.from_json(raw))
        if cold.outcome is Outcome.INFEASIBLE:
            assert rolling is None
        else:
            assert rolling is not None
            assert matrices.cost @ rolling.plans[0] == pytest.approx(matrices.cost @ cold.plans[0], rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("demand", [None, {"price_per_kw": 5.0, "already_incurred_kw": 10.0}])
def test_a_moving_horizon_has_the_plan_of_the_cold_path(
    demand: dict[str, float] | None,
) -> None:
    extra: dict[str, Any] = {"demand_charge": demand} if demand else {}
    compiled = Compiled(Shape.of(a_day(0, **extra)), a_day(0, **extra))
    for first in range(10):
        rolling, cold, _ = answers(compiled, a_day(first, seed=first, **extra))
        assert rolling is not None
        assert rolling.plans[0] == pytest.approx(cold.plans[0], abs=1e-6)


def test_the_duals_prove_the_optimum() -> None:
    # strong duality: what the rows and the variables' own bounds give adds up to the cost of the plan
    compiled = Compiled(Shape.of(a_day(0)), a_day(0))
    for first in range(5):
        rolling, _, matrices = answers(compiled, a_day(first, seed=first))
        assert rolling is not None and rolling.row_dual is not None
        assert np.all(rolling.row_dual[matrices.equalities :] <= 1e-9)
        reduced = matrices.cost - matrices.a.T @ rolling.row_dual
        assert np.all(reduced >= -1e-7), "every variable of the model is bounded by 0 from below and by rows only"
        assert matrices.right @ rolling.row_dual == pytest.approx(matrices.cost @ rolling.plans[0], rel=1e-7)


def test_the_basis_moves_with_the_horizon() -> None:
    compiled = Compiled(Shape.of(a_day(0)), a_day(0))
    answers(compiled, a_day(0))
    cold_steps: list[int] = []
    moved_steps: list[int] = []
    for first in range(1, 6):
        matrices = compiled.matrices(a_day(first, seed=first))
        fresh = Compiled(Shape.of(a_day(0)), a_day(0))
        for resident, counts in ((compiled.resident, moved_steps), (fresh.resident, cold_steps)):
            assert resident.solve(matrices, [], 60.0) is not None
            counts.append(resident.iterations)
    assert sum(moved_steps) < 0.5 * sum(cold_steps)


def test_an_infeasible_problem_is_left_to_the_cold_path_and_the_next_one_is_solved() -> None:
    good = Problem.from_json(EXAMPLE)
    compiled = Compiled(Shape.of(good), good)
    impossible = Problem.from_json(changed(EXAMPLE, load_kw=[0.0, 900.0]))
    assert answers(compiled, impossible)[0] is None
    rolling, _, matrices = answers(compiled, good)
    assert rolling is not None and matrices.cost @ rolling.plans[0] == pytest.approx(3.975)


def test_another_battery_in_the_same_shape_is_another_matrix() -> None:
    compiled = Compiled(Shape.of(a_day(0)), a_day(0))
    for eta in (0.95, 0.8, 0.99):
        rolling, cold, matrices = answers(
            compiled, a_day(3, battery__eta_charge=eta, battery__self_discharge_per_h=0.01)
        )
        assert rolling is not None
        assert matrices.cost @ rolling.plans[0] == pytest.approx(matrices.cost @ cold.plans[0], rel=1e-9)

"""Money against CO2: the ends are the two optima, and between them no plan is better in both."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.commands import optimise
from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.pareto import pareto_front
from optimizer.schedule.problem import Problem
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_problem

# lossless, 40 kWh in step 1: cheap and dirty at 0.1 and 0.5 kg in step 0, dear and clean at 0.4 and 0.1 kg in step 1
HAND: dict[str, Any] = changed(
    EXAMPLE,
    battery__eta_charge=1.0,
    battery__eta_discharge=1.0,
    export_price=[0.0, 0.0],
    co2_kg_per_kwh=[0.5, 0.1],
)


def test_the_front_runs_from_the_cheapest_to_the_cleanest_plan_in_equal_parts() -> None:
    front = pareto_front(Problem.from_json(HAND), points=5)
    # 40 kWh bought in step 0: 4.00 and 20 kg; all bought in step 1: 16.00 and 4 kg; each quarter 3.00 for 4 kg
    assert [point.co2_kg for point in front] == pytest.approx([20, 16, 12, 8, 4], abs=1e-4)
    assert [point.cost for point in front] == pytest.approx([4, 7, 10, 13, 16], abs=1e-4)


def test_where_cheap_is_clean_the_front_is_one_plan() -> None:
    front = pareto_front(Problem.from_json(changed(HAND, co2_kg_per_kwh=[0.1, 0.5])))
    assert [(point.cost, point.co2_kg) for point in front] == [(pytest.approx(4.0), pytest.approx(4.0))]


def test_a_limit_on_co2_bounds_the_front() -> None:
    front = pareto_front(Problem.from_json(changed(HAND, co2_limit_kg=12.0)), points=5)
    assert [point.co2_kg for point in front] == pytest.approx([12, 10, 8, 6, 4], abs=1e-4)


def test_a_generator_burns_and_costs_on_the_front_too() -> None:
    # 0.25 per kWh and 0.3 kg stand between buying in step 0 and in step 1
    raw = {**HAND, "generators": [{"id": "g", "max_kw": 60, "cost_per_kwh": 0.25, "co2_kg_per_kwh": 0.3}]}
    front = pareto_front(Problem.from_json(raw), points=5)
    assert (front[0].cost, front[-1].cost) == (pytest.approx(4.0), pytest.approx(16.0, abs=1e-4))
    assert [point.co2_kg for point in front] == pytest.approx([20, 16, 12, 8, 4], abs=1e-4)
    assert front[2].cost == pytest.approx(10.0, abs=1e-4)


def test_no_plan_is_no_front_and_without_intensities_there_is_none() -> None:
    assert pareto_front(Problem.from_json(changed(HAND, battery=None, grid__import_limit_kw=10.0))) == ()
    with pytest.raises(InvalidProblem, match="co2_kg_per_kwh"):
        pareto_front(Problem.from_json(EXAMPLE))
    with pytest.raises(InvalidProblem, match=r"points: 4 lies outside 5\.\.9"):
        pareto_front(Problem.from_json(HAND), points=4)


def test_the_command_writes_the_front_beside_the_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(HAND))
    parser = argparse.ArgumentParser()
    optimise.add_arguments(parser)
    assert optimise.run(parser.parse_args([str(file), "--front", "5"])) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["objective"] == pytest.approx(4.0)
    assert [plan["co2_kg"] for plan in answer["front"]] == pytest.approx([20, 16, 12, 8, 4], abs=1e-4)
    assert {plan["status"] for plan in answer["front"]} == {"optimal"}
    assert optimise.run(parser.parse_args([str(file), "--front", "3"])) == 2
    assert "front" not in json.loads(capsys.readouterr().out)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10_000), points=st.integers(5, 9))
def test_every_front_falls_is_convex_and_ends_at_both_optima(seed: int, points: int) -> None:
    rng = np.random.default_rng(seed)
    raw = random_problem(rng, steps=8)
    raw |= {
        "grid": {"import_limit_kw": None, "export_limit_kw": None},
        "co2_kg_per_kwh": rng.uniform(0, 0.5, 8).tolist(),
    }
    raw["battery"] |= {"soc_targets": [], "soc_end_min": None}
    for key in ("co2_limit_kg", "co2_price_per_kg"):
        raw.pop(key, None)
    problem = Problem.from_json(raw)
    front = pareto_front(problem, points=points)
    assert 1 <= len(front) <= points
    cost, co2 = np.array([p.cost for p in front]), np.array([p.co2_kg for p in front])
    assert (np.diff(cost) >= -1e-6).all() and (np.diff(co2) < 0).all()
    assert cost[0] == pytest.approx(solve_schedule(problem).objective, rel=1e-6, abs=1e-5)
    clean = replace(problem, energy_weight=0.0, co2_price_per_kg=1.0, degradation_cost_per_kwh_discharged=0.0)
    assert co2[-1] == pytest.approx(solve_schedule(replace(clean, demand_charge=None)).objective, abs=1e-5)
    prices = [(b.cost - a.cost) / (a.co2_kg - b.co2_kg) for a, b in pairwise(front)]
    assert all(later >= earlier - 1e-3 * (1 + abs(earlier)) for earlier, later in pairwise(prices[:-1]))

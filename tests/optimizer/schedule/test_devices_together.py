"""All devices at once, in any combination: a plan that the validator passes, or a reason that is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.schedule.model import Model, Shape
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan
from tests.optimizer.schedule.problems import random_problem

N = 6
seeds = st.integers(0, 100_000)
LISTS = ("vehicles", "deferrable_loads", "heat_pumps", "generators", "capacity_charges", "dimming")


def crowded(rng: np.random.Generator) -> dict[str, Any]:
    """Return a random problem with each device and rule in it or not."""
    raw = random_problem(rng, steps=N, hard_prices=bool(rng.random() < 0.2))
    raw["grid"] = {"import_limit_kw": 60.0, "export_limit_kw": 60.0}
    dt = raw["dt_h"]
    arrive = int(rng.integers(0, 2))
    every: dict[str, Any] = {
        "vehicles": [
            {
                "id": "car",
                "capacity_kwh": 20.0,
                "charge_kw": 11.0,
                "soc_init": 0.5,
                "arrive_step": arrive,
                "soc_target": float(rng.uniform(0.4, 0.6)),
                "depart_step": N - 1,
                "margin_steps": 1,
                "discharge_kw": float(rng.choice([0.0, 5.0])),
                "min_kw": float(rng.choice([0.0, 1.4])),
            }
        ],
        "deferrable_loads": [
            {
                "id": "w",
                "energy_kwh": 4 * dt,
                "max_kw": 3.0,
                "min_kw": 2.0,
                "start_step": 1,
                "min_run_steps": 2,
                "max_starts": int(rng.integers(1, 3)),
            }
        ],
        "heat_pumps": [
            {
                "id": "hp",
                "max_kw": 4.0,
                "min_kw": float(rng.choice([0.0, 1.0])),
                "cop": 3.0,
                "loss_per_h": 0.02,
                "heat_load_kw": rng.uniform(0, 6, N).tolist(),
                "heat_max_kwh": 30.0,
                "heat_init_kwh": 10.0,
            }
        ],
        "generators": [
            {
                "id": "g",
                "max_kw": 10.0,
                "min_kw": float(rng.choice([0.0, 3.0])),
                "cost_per_kwh": 0.25,
                "cost_per_start": float(rng.choice([0.0, 0.2])),
                "co2_kg_per_kwh": 0.6,
            }
        ],
        "capacity_charges": [{"price_per_kw": 0.4, "averaging_steps": 2, "windows": [[1, 4]]}],
        "dimming": [{"start_step": 2, "end_step": 4, "limit_kw": float(rng.uniform(0, 20))}],
        "reserve": {"energy_kwh": float(rng.uniform(0, 1)), "power_kw": 1.0},
    }
    for rule, value in (("switching_cost", 0.05), ("ramp_kw_per_step", 12.0)):
        if rng.random() < 0.4:
            raw["battery"][rule] = value
    return raw | {key: value for key, value in every.items() if rng.random() < 0.5}


def solved(raw: dict[str, Any]) -> Solution:
    return solve_schedule(Problem.from_json(raw), time_limit_s=20.0)


@settings(max_examples=12, deadline=None)
@given(seed=seeds)
def test_any_combination_ends_in_a_plan_that_passes_or_in_reasons(seed: int) -> None:
    raw = crowded(np.random.default_rng(seed))
    solution = solved(raw)
    assert solution.status in (Status.OPTIMAL, Status.INFEASIBLE)
    if solution.status is Status.OPTIMAL:
        check_plan(Problem.from_json(raw), solution)
    else:
        assert solution.conflicts


@settings(max_examples=6, deadline=None)
@given(seed=seeds)
def test_cvxpy_alone_finds_the_cost_that_the_validator_finds(seed: int) -> None:
    raw = crowded(np.random.default_rng(seed))
    problem, every = Problem.from_json(raw), tuple(range(N))
    model = Model(Shape.of(problem, every, every))
    model.set_values(problem)
    alone = model.problem()
    alone.solve(solver="HIGHS", highs_options={"mip_rel_gap": 1e-9, "mip_abs_gap": 1e-9})
    solution = solved(raw)
    assert (solution.status is Status.OPTIMAL) == (alone.status == "optimal")
    if solution.objective is not None:
        assert solution.objective == pytest.approx(alone.value, rel=1e-6, abs=1e-6)


@settings(max_examples=6, deadline=None)
@given(seed=seeds, drop=st.sampled_from(["reserve", "dimming", "capacity_charges"]))
def test_a_rule_less_is_never_dearer(seed: int, drop: str) -> None:
    raw = crowded(np.random.default_rng(seed))
    bound, free = solved(raw), solved({key: value for key, value in raw.items() if key != drop})
    if bound.objective is not None:
        assert free.objective is not None
        assert free.objective <= bound.objective + 1e-6 * (1 + abs(bound.objective))


@settings(max_examples=6, deadline=None)
@given(seed=seeds, relaxed=st.booleans())
def test_giving_way_by_what_is_named_is_enough_and_by_less_is_not(seed: int, relaxed: bool) -> None:
    rng = np.random.default_rng(seed)
    target = float(rng.uniform(0.8, 1.0))
    car = {"id": "car", "capacity_kwh": 20.0, "charge_kw": 5.0, "soc_init": 0.1, "soc_target": target, "depart_step": 2}
    raw = random_problem(rng, steps=N) | {"vehicles": [car], "grid": {"import_limit_kw": None, "export_limit_kw": None}}
    for key in ("co2_limit_kg", "co2_price_per_kg", "co2_kg_per_kwh"):
        raw.pop(key, None)
    raw["battery"] |= {"soc_targets": [], "soc_end_min": None}
    solution = solved(raw)
    assert solution.status is Status.INFEASIBLE
    [conflict] = solution.conflicts
    assert conflict.key == "vehicles[0].soc_target"
    assert conflict.relax_by == pytest.approx(target - 0.1 - 10.0 * raw["dt_h"] / 20.0)
    share = 1.0 if relaxed else 0.99
    eased = {**car, "soc_target": target - share * conflict.relax_by - (1e-9 if relaxed else 0.0)}
    assert solved(raw | {"vehicles": [eased]}).status is (Status.OPTIMAL if relaxed else Status.INFEASIBLE)

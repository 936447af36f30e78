"""Round-off is taken away within a tolerance and refused beyond it; what a device is told is a plain number."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import PlanRejected
from dash_app.domain.schedule import Step
from dash_app.domain.time import TimeGrid
from optimizer.schedule.compiled import compiled_for
from optimizer.schedule.exact import flows_of
from optimizer.schedule.highs import solve_matrices
from optimizer.schedule.intents import build_steps
from optimizer.schedule.model import Shape
from optimizer.schedule.problem import Problem
from optimizer.schedule.rounding import check_claim, without_round_off
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator_steps import check_steps
from tests.optimizer.schedule.problems import EXAMPLE
from tests.optimizer.schedule.test_schedule_properties import SITE

many = settings(max_examples=60, deadline=None)
PROBLEM = Problem.from_json(EXAMPLE)


@many
@given(values=st.lists(st.floats(-10, 60), min_size=1, max_size=4), most=st.floats(0, 50))
@example(values=[-0.0], most=5.0)
@example(values=[5.0000001], most=5.0)
@example(values=[-1e-6], most=0.0)
@example(values=[5.0000011], most=5.0)
@example(values=[-1.1e-6], most=5.0)
def test_a_value_is_moved_by_no_more_than_the_tolerance_or_refused(values: list[float], most: float) -> None:
    given_kw = np.array(values)
    if any(value < -1e-6 or value > most + 1e-6 for value in values):
        with pytest.raises(PlanRejected, match="step"):
            without_round_off("charge_kw", given_kw, most)
        return
    made = without_round_off("charge_kw", given_kw, most)
    assert np.max(np.abs(made - given_kw)) <= 1e-6
    assert np.all(made >= 0) and np.all(made <= most)
    assert not np.any(np.signbit(made))


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(bad: float) -> None:
    with pytest.raises(PlanRejected, match="finite"):
        without_round_off("charge_kw", np.array([1.0, bad]), 5.0)


@many
@given(
    series=st.sampled_from(["charge_kw", "discharge_kw"]), step=st.integers(0, 1), off=st.floats(-1.0, 1.0, width=32)
)
@example(series="charge_kw", step=0, off=1e-7)
@example(series="discharge_kw", step=0, off=-1e-7)
@example(series="charge_kw", step=1, off=-0.5)
def test_a_solver_whose_numbers_leave_their_limits_is_never_believed(series: str, step: int, off: float) -> None:
    # the plan: charge 50 (its limit) and 0, discharge 0 and 45.125 (limit 50)
    compiled = compiled_for(Shape.of(PROBLEM), PROBLEM)
    plan = solve_matrices(compiled.matrices(PROBLEM), time_limit_s=60.0).plans[0].copy()
    variable = getattr(compiled.model, series)[0]
    at = compiled.program.cost_of({variable: np.arange(2) == step}) > 0
    plan[at] += off
    moved = float(plan[at][0])
    if moved < -1e-6 or moved > 50.0 + 1e-6:
        with pytest.raises(PlanRejected, match=f"step {step}: {series} of battery"):
            flows_of(compiled, PROBLEM, plan)
    else:
        made = getattr(flows_of(compiled, PROBLEM, plan), series)["battery"][step]
        assert 0.0 <= made <= 50.0 and abs(made - moved) <= 1e-6


def test_a_plan_that_costs_more_than_the_solver_claims_is_refused() -> None:
    check_claim(3.975, 3.975 + 1e-6)
    with pytest.raises(PlanRejected, match=r"claims 3\.975, its plan costs 3\.98"):
        check_claim(3.975, 3.98)


def an_hourly_plan() -> tuple[list[Step], object]:
    flows = solve_schedule(PROBLEM).flows
    assert flows is not None
    grid = TimeGrid(start=datetime(2026, 6, 1, tzinfo=UTC), step=timedelta(hours=1), steps=2)
    named = {name: {"b": getattr(flows, name)["battery"]} for name in ("charge_kw", "discharge_kw", "stored_kwh")}
    flows = replace(flows, **named)
    return list(build_steps(flows, battery=BATTERY, grid=grid, soc_now=0.1)), flows


BATTERY = replace(
    SITE.battery,
    capacity_kwh=100.0,
    charge_kw=50.0,
    discharge_kw=50.0,
    soc_min=0.1,
    soc_max=0.9,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
)


def test_the_steps_of_a_plan_can_be_told_to_the_battery() -> None:
    steps, flows = an_hourly_plan()
    check_steps(steps, flows, BATTERY)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"battery_kw": -50.002}, "power"),
        ({"power_min_kw": -50.0000001}, "band"),
        ({"battery_kw": -0.0}, "battery_kw: -0.0 is no number"),
        ({"target_kw": math.nan}, "target_kw: nan is no number"),
        ({"soc_end": 0.95}, "soc_end"),
        ({"soc_end": 0.5}, "soc_end: 0.5, planned is 0.575"),
        ({"battery_kw": -49.9}, "battery_kw: -49.9, planned is -50"),
        ({"grid_kw": 49.9}, "grid_kw: 49.9, planned is 50"),
        ({"soc_max": 1.1}, "corridor"),
    ],
)
def test_a_step_that_says_otherwise_is_refused(changes: dict[str, float], words: str) -> None:
    steps, flows = an_hourly_plan()
    with pytest.raises(PlanRejected, match=f"step 0: {words}"):
        check_steps([replace(steps[0], **changes), steps[1]], flows, BATTERY)


def test_a_plan_without_all_its_steps_is_refused() -> None:
    steps, flows = an_hourly_plan()
    with pytest.raises(PlanRejected, match="1 of 2"):
        check_steps(steps[:1], flows, BATTERY)

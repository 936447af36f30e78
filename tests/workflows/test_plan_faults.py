"""Plans that must never be: an optimum that is none, numbers beyond round-off, an answer to a question of the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import PlanRejected, SolverFailed
from dash_app.domain.recommendation import Recommendation, State
from dash_app.domain.schedule import Objective
from dash_app.workflows.compute import Ahead, Known, look_ahead, plan_ahead
from dash_app.workflows.plan import make_recommendation
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule
from tests.fakes.payloads import a_telemetry
from tests.workflows.test_plan import Bench, silent


@pytest.fixture(scope="module")
def expected() -> tuple[Known, Ahead]:
    """Return what is known, and the horizon as it is expected."""
    known = Bench().known()
    return known, look_ahead(known)


@pytest.fixture(scope="module")
def good(expected: tuple[Known, Ahead]) -> Solution:
    """Return the optimum of that horizon."""
    caught: list[Solution] = []

    def solve(problem: Problem) -> Solution:
        caught.append(solve_schedule(problem))
        return caught[0]

    plan_ahead(*expected, silent, solve)
    return caught[0]


def perturbed(solution: Solution, series: str, step: int, off: float) -> Solution:
    """Return a solution still called optimal, with one value moved."""
    assert solution.flows is not None
    value = getattr(solution.flows, series)
    by_battery = isinstance(value, dict)
    moved = (value["ess1"] if by_battery else value).copy()
    moved[step] += off
    return replace(solution, flows=replace(solution.flows, **{series: {"ess1": moved} if by_battery else moved}))


SERIES = [
    *("import_kw", "export_kw", "curtailed_kw", "charge_kw", "discharge_kw"),
    "stored_kwh",
]


@settings(max_examples=40, deadline=None)
@given(series=st.sampled_from(SERIES), step=st.integers(0, 191), off=st.sampled_from([-5.0, -1e-3, 1e-3, 5.0]))
def test_an_optimum_that_is_none_never_becomes_a_plan(
    expected: tuple[Known, Ahead], good: Solution, series: str, step: int, off: float
) -> None:
    wrong = perturbed(good, series, step, off)
    assert wrong.status is Status.OPTIMAL
    with pytest.raises(PlanRejected, match="step"):
        plan_ahead(*expected, silent, lambda _problem: wrong)


def test_a_claimed_cost_that_is_not_the_plans_never_becomes_a_plan(
    expected: tuple[Known, Ahead], good: Solution
) -> None:
    with pytest.raises(PlanRejected, match="objective"):
        plan_ahead(*expected, silent, lambda _problem: replace(good, objective=(good.objective or 0.0) - 0.01))


@pytest.mark.parametrize("status", [Status.FEASIBLE, Status.TIME_LIMIT])
def test_a_plan_that_is_not_called_optimal_is_not_offered_as_one(
    expected: tuple[Known, Ahead], good: Solution, status: Status
) -> None:
    with pytest.raises(SolverFailed, match=status.value):
        plan_ahead(*expected, silent, lambda _problem: replace(good, status=status))


@pytest.mark.parametrize("off", [5e-7, -5e-7, -0.0])
def test_round_off_is_taken_away_and_no_step_holds_a_negative_zero(
    expected: tuple[Known, Ahead], good: Solution, off: float
) -> None:
    assert good.flows is not None
    noisy = replace(good, flows=replace(good.flows, import_kw=good.flows.import_kw + off))
    payload = plan_ahead(*expected, silent, lambda _problem: noisy)
    told = [value for step in payload.steps for value in (step.battery_kw, step.grid_kw, step.target_kw)]
    assert not np.any(np.signbit(told) & (np.array(told) == 0))
    assert all(round(value, 3) == value for value in told)


def test_a_wrong_optimum_leaves_nothing_in_the_store() -> None:
    bench = Bench()

    def wrong(problem: Problem) -> Solution:
        found = solve_schedule(problem)
        return replace(found, flows=_burnt(found.flows))

    bench.ports = replace(bench.ports, solve=wrong)
    with pytest.raises(PlanRejected, match="balance"):
        bench.make()
    assert bench.store.recommendations.newest("monash") == ()


def _burnt(flows: Flows | None) -> Flows:
    assert flows is not None
    return replace(flows, import_kw=flows.import_kw + 1.0)


def make_while(bench: Bench, meanwhile: Callable[[], object], objective: Objective = Objective.COST) -> Recommendation:
    """Make a plan during whose computation, after its inputs were read, something else happens."""

    def progress(_fraction: float, word: str) -> None:
        if word == "checking":
            meanwhile()

    return make_recommendation(bench.ports, bench.session(), "monash", objective, by="slow", progress=progress)


def minutes_later(bench: Bench, soc: float = 0.6, objective: Objective = Objective.COST) -> Recommendation:
    """Return a plan of two minutes later, when the battery holds something else."""
    bench.clock.advance(timedelta(minutes=2))
    bench.store.states.put_telemetry(a_telemetry(at=bench.clock(), soc=soc))
    return bench.make(objective)


def test_of_two_solves_that_end_in_reverse_order_the_older_one_is_discarded_with_a_word_in_the_log() -> None:
    bench, made = Bench(), []
    with structlog.testing.capture_logs() as events:
        late = make_while(bench, lambda: made.append(minutes_later(bench)))
    (newer,) = made
    assert late == newer
    assert [one.label for one in bench.store.recommendations.newest("monash")] == ["R-1"]
    assert bench.store.recommendations.newest("monash")[0].state is State.PROPOSED
    assert newer.payload.soc_now == 0.6
    (event,) = [event for event in events if event["event"] == "plan discarded: its inputs are older"]
    assert (event["newer"], event["newer_inputs"]) == ("R-1", newer.payload.inputs_digest[:12])
    assert event["inputs"] != event["newer_inputs"] and event["inputs_of"] < event["newer_inputs_of"]


def test_in_the_order_they_began_both_are_stored() -> None:
    bench = Bench()
    bench.make()
    minutes_later(bench)
    assert [one.number for one in bench.store.recommendations.newest("monash")] == [2, 1]


def test_a_late_plan_for_another_goal_is_stored_and_ends_nothing_that_is_newer() -> None:
    bench = Bench()
    bench.ports.sites.site = replace(bench.ports.sites.site, has_co2=True)
    bench.market.intensity = 0.2
    late = make_while(bench, lambda: minutes_later(bench), Objective.CO2)
    cost = next(one for one in bench.store.recommendations.newest("monash") if one.number == 1)
    assert (late.number, late.payload.objective) == (2, Objective.CO2)
    assert (late.state, cost.state) == (State.PROPOSED, State.PROPOSED)


def test_the_hash_of_the_inputs_changes_with_each_of_them_and_with_nothing_else() -> None:
    payload = Bench().make().payload
    same = replace(payload, computed_at=payload.computed_at + timedelta(seconds=1), notes=("a word",))
    assert same.inputs_digest == payload.inputs_digest
    other = (
        replace(payload, soc_now=0.41),
        replace(payload, objective=Objective.CO2),
        replace(payload, steps=payload.steps[1:]),
        replace(payload, inputs=payload.inputs[1:]),
        replace(payload, inputs=(replace(payload.inputs[0], digest="00"), *payload.inputs[1:])),
    )
    assert len({payload.inputs_digest, *(one.inputs_digest for one in other)}) == 6

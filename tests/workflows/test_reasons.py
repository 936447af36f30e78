"""The reasons that travel with a plan: each number is found again from the stored plan, or by solving again."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from dash_app.domain.recommendation import Payload
from dash_app.domain.why import LimitReason, RunReason
from dash_app.workflows.compute import Known, look_ahead, plan_ahead, problem_of
from dash_app.workflows.compute_money import held_to_the_rule
from optimizer.schedule.problem import Problem
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.why import MOST_RUNS, with_room, without_run
from tests.workflows.test_plan import SITE, Bench, silent

QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def reckoned() -> tuple[Problem, Payload]:
    known: Known = Bench().known()
    ahead = look_ahead(known)
    first = problem_of(known, ahead)
    problem, _solution = held_to_the_rule(first, solve_schedule(first), known.battery, solve_schedule)
    return problem, plan_ahead(known, ahead, silent)


def steps_of(payload: Payload, run: RunReason) -> range:
    starts = [step.start for step in payload.steps]
    return range(starts.index(run.start), starts.index(run.start) + (run.end - run.start) // QUARTER)


def test_a_plan_travels_with_its_reasons(reckoned: tuple[Problem, Payload]) -> None:
    _problem, payload = reckoned
    assert payload.why is not None
    assert 0 < len(payload.why.runs) <= MOST_RUNS
    assert all(one.end <= two.start for one, two in pairwise(payload.why.runs))
    assert Payload.from_json(payload.as_json()) == payload
    assert payload.why.round_trip == SITE.battery.charge_efficiency * SITE.battery.discharge_efficiency


def test_energy_and_price_of_each_run_are_those_of_the_stored_plan(reckoned: tuple[Problem, Payload]) -> None:
    _problem, payload = reckoned
    plan = payload.plan
    assert payload.why is not None
    for run in payload.why.runs:
        moved, paid = 0.0, 0.0
        for at in steps_of(payload, run):
            power = plan["charge_kw"][at] if run.charging else plan["discharge_kw"][at]
            at_grid = min(power, plan["import_kw"][at] if run.charging else plan["export_kw"][at])
            grid, site = ("import_per_kwh", "export_per_kwh") if run.charging else ("export_per_kwh", "import_per_kwh")
            moved += plan["hours"][at] * power
            paid += plan["hours"][at] * (at_grid * plan[grid][at] + (power - at_grid) * plan[site][at])
        assert run.energy_kwh == pytest.approx(moved, rel=1e-6)
        assert run.price == pytest.approx(paid / moved, rel=1e-6)


def test_what_the_plan_loses_without_a_run_is_found_by_solving_again(reckoned: tuple[Problem, Payload]) -> None:
    problem, payload = reckoned
    best = solve_schedule(problem).objective
    assert payload.why is not None
    for run in payload.why.runs:
        at = steps_of(payload, run)
        other = solve_schedule(without_run(problem, at.start, at.stop)).objective
        assert run.without is not None
        assert best is not None
        assert other is not None
        assert run.without.goal == pytest.approx(other - best, abs=1e-6)
    assert any(run.without.goal > 0.05 for run in payload.why.runs if run.without), "not all of it is as good elsewhere"


def test_what_one_unit_more_of_a_limit_brings_is_found_by_solving_again(reckoned: tuple[Problem, Payload]) -> None:
    problem, payload = reckoned
    best = solve_schedule(problem).objective
    assert payload.why is not None
    assert payload.why.limits, "the battery is full at least once"
    reason: LimitReason
    for reason in payload.why.limits:
        roomier = solve_schedule(with_room(problem, reason.limit)).objective
        assert best is not None
        assert roomier is not None
        assert reason.worth == pytest.approx(best - roomier, abs=1e-6)

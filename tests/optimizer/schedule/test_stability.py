"""Committed steps are kept for pennies and changed for pounds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from dash_app.domain.recommendation import Note, NoteKind
from dash_app.domain.schedule import Intent, Step
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.stability import committed_kw, keep_committed, pinned
from optimizer.schedule.validator import check_plan
from tests.optimizer.schedule.problems import EXAMPLE, changed

HOUR = timedelta(hours=1)


def step(intent: Intent, target_kw: float = 0.0, band_kw: float = 50.0) -> Step:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    return Step(
        start=start,
        end=start + HOUR,
        intent=intent,
        target_kw=target_kw,
        battery_kw=0.0,
        grid_kw=0.0,
        power_min_kw=-band_kw,
        power_max_kw=band_kw,
        soc_min=0.1,
        soc_max=0.9,
        soc_end=0.5,
    )


def solved(problem: Problem) -> Solution:
    return solve_schedule(problem)


def test_a_change_worth_two_hundredths_is_not_made() -> None:
    # 49.9 instead of 50 kWh charged: 0.1 x 0.9025 kWh less are sold at 0.2, which is 0.01805; 0.01 less is paid
    problem = Problem.from_json(EXAMPLE)
    steady = keep_committed(problem, solved(problem), [step(Intent.CHARGE, 49.9)])
    assert steady.kept
    assert steady.note.gain == pytest.approx(0.1 * 0.9025 * 0.2 - 0.1 * 0.1)
    assert (steady.note.kind, steady.note.threshold) == (NoteKind.KEPT, 0.05)
    assert steady.solution.flows is not None
    assert steady.solution.flows.charge_kw["battery"][0] == pytest.approx(49.9)
    check_plan(problem, steady.solution)


def test_a_change_worth_more_than_the_threshold_is_made() -> None:
    # standing still now means buying all 40 kWh at 0.4: 16 instead of 3.975
    problem = Problem.from_json(EXAMPLE)
    fresh = solved(problem)
    steady = keep_committed(problem, fresh, [step(Intent.IDLE)])
    assert (steady.kept, steady.solution) == (False, fresh)
    assert steady.note.gain == pytest.approx(16.0 - 3.975)
    assert (steady.note.kind, steady.note.threshold) == (NoteKind.CHANGED, 0.05)


def test_a_plan_that_agrees_is_kept_at_no_cost() -> None:
    problem = Problem.from_json(EXAMPLE)
    steady = keep_committed(problem, solved(problem), [step(Intent.CHARGE, 50.0)])
    assert steady.kept and steady.note.gain == pytest.approx(0.0, abs=1e-9)


def test_committed_steps_that_break_a_limit_now_are_changed() -> None:
    problem = Problem.from_json(changed(EXAMPLE, grid={"import_limit_kw": 45.0, "export_limit_kw": 300.0}))
    steady = keep_committed(problem, solved(problem), [step(Intent.CHARGE, 50.0)])
    assert (steady.kept, steady.note) == (False, Note(kind=NoteKind.NOT_POSSIBLE))


def test_each_intent_means_a_power_on_the_expected_net_load() -> None:
    problem = Problem.from_json(changed(EXAMPLE, load_kw=[30.0, 40.0]))
    assert committed_kw(problem, [step(Intent.FOLLOW, 10.0)]) == pytest.approx([20.0])
    assert committed_kw(problem, [step(Intent.FOLLOW, 10.0, band_kw=5.0)]) == pytest.approx([5.0])
    powers = committed_kw(problem, [step(Intent.CHARGE, 7.0), step(Intent.DISCHARGE, 8.0)])
    assert powers == pytest.approx([-7.0, 8.0])
    assert committed_kw(problem, [step(Intent.IDLE)]) == pytest.approx([0.0])


def test_a_battery_is_never_pinned_outside_of_its_limits() -> None:
    problem = Problem.from_json(EXAMPLE)
    emptied = pinned(problem, [step(Intent.DISCHARGE, 50.0)])
    assert emptied.storages[0].soc_targets[-1].minimum == pytest.approx(0.1)
    plan = solved(emptied).flows
    assert plan is not None
    assert np.min(plan.stored_kwh["battery"]) >= 10.0 - 1e-6

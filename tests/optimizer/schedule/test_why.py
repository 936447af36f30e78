"""The reasons of a plan: every number is found again by solving the problem with one thing changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import InvalidProblem, PlanRejected
from dash_app.domain.time import TimeGrid
from dash_app.domain.why import Limit, Why
from optimizer.schedule.devices.band import PowerBand
from optimizer.schedule.origins import lots_of
from optimizer.schedule.problem import Problem
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan
from optimizer.schedule.why import explain, with_room, without_run
from tests.optimizer.schedule.problems import EXAMPLE, changed, second_formulation

START = datetime(2026, 6, 1, tzinfo=UTC)
DAY = changed(
    EXAMPLE,
    steps=4,
    load_kw=[0.0, 10.0, 60.0, 10.0],
    pv_kw=[0.0] * 4,
    import_price=[0.1, 0.2, 0.4, 0.2],
    export_price=[0.05] * 4,
)


def why_of(raw: dict[str, Any]) -> tuple[Problem, Why]:
    problem = Problem.from_json(raw)
    grid = TimeGrid(start=START, step=timedelta(hours=problem.dt_h), steps=problem.steps)
    return problem, explain(problem, solve_schedule(problem), grid, time_limit_s=60.0)


def test_a_charge_says_what_it_costs_what_it_serves_and_what_is_lost_without_it() -> None:
    # 50 kWh bought at 0.1 give 45.125 kWh back: 40 of them at 0.4, the rest sold at 0.2
    _problem, why = why_of(EXAMPLE)
    charge, discharge = why.runs
    assert (charge.charging, charge.energy_kwh, charge.price) == (True, pytest.approx(50.0), pytest.approx(0.1))
    assert (charge.other_start, charge.other_end) == (discharge.start, discharge.end)
    assert charge.other_price == pytest.approx((40 * 0.4 + 5.125 * 0.2) / 45.125)
    assert why.round_trip == pytest.approx(0.9025)
    # resting instead: all 40 kWh bought at 0.4 cost 16 instead of 3.975
    assert charge.without is not None
    assert charge.without.goal == pytest.approx(16.0 - 3.975)
    assert charge.without.peak_kw == pytest.approx(40.0 - 50.0)


def test_a_discharge_says_where_its_energy_came_from() -> None:
    _problem, why = why_of(EXAMPLE)
    discharge = why.runs[1]
    assert (discharge.charging, discharge.other_start) == (False, why.runs[0].start)
    assert discharge.other_price == pytest.approx(0.1)
    assert discharge.price == pytest.approx((40 * 0.4 + 5.125 * 0.2) / 45.125)


def test_energy_that_was_there_before_has_no_price() -> None:
    _problem, why = why_of(changed(EXAMPLE, battery__soc_init=0.9, import_price=[0.4, 0.4], load_kw=[40.0, 40.0]))
    assert why.runs
    assert all((run.charging, run.other_price) == (False, None) for run in why.runs)


def test_a_limit_says_what_one_kilowatt_more_is_worth() -> None:
    # 1 kW more of charging power: 1 kWh more at 0.1, 0.9025 kWh more sold at 0.2
    _problem, why = why_of(EXAMPLE)
    reason = next(reason for reason in why.limits if reason.limit is Limit.CHARGE)
    assert reason.worth == pytest.approx(0.9025 * 0.2 - 0.1)
    assert (reason.start, reason.hours) == (START, 1.0)


def test_one_more_kilowatt_hour_of_room_keeps_what_is_wanted_of_the_content() -> None:
    problem = Problem.from_json(DAY)
    larger = with_room(problem, Limit.FULL).storages[0]
    mine = problem.storages[0]
    assert larger.highest_kwh(4) == pytest.approx(mine.highest_kwh(4) + 1.0)
    assert larger.lowest_kwh(4) == pytest.approx(mine.lowest_kwh(4))
    assert larger.start_kwh == pytest.approx(mine.start_kwh)
    assert larger.soc_end_min is not None
    assert larger.soc_end_min * larger.capacity_kwh == pytest.approx(0.1 * 100.0)


def optimum(raw: dict[str, Any]) -> float:
    found = second_formulation(raw)
    assert found is not None
    return found


def resting(raw: dict[str, Any], first: int, end: int) -> dict[str, Any]:
    power = np.full(raw["steps"], raw["battery"]["charge_kw"])
    power[first:end] = 0.0
    return changed(raw, battery__charge_kw=power, battery__discharge_kw=power)


def roomier(raw: dict[str, Any], limit: Limit) -> dict[str, Any]:
    battery, grid = raw["battery"], raw["grid"]
    match limit:
        case Limit.IMPORT:
            return changed(raw, grid__import_limit_kw=grid["import_limit_kw"] + 1)
        case Limit.EXPORT:
            return changed(raw, grid__export_limit_kw=grid["export_limit_kw"] + 1)
        case Limit.CHARGE:
            return changed(raw, battery__charge_kw=battery["charge_kw"] + 1)
        case Limit.DISCHARGE:
            return changed(raw, battery__discharge_kw=battery["discharge_kw"] + 1)
        case Limit.FULL:
            return changed(raw, battery__soc_max=battery["soc_max"] + 1 / battery["capacity_kwh"])
        case Limit.EMPTY:
            return changed(raw, battery__soc_min=battery["soc_min"] - 1 / battery["capacity_kwh"])


prices = st.lists(st.floats(-0.2, 0.6).map(lambda price: round(price, 2)), min_size=4, max_size=4)


@settings(max_examples=12, deadline=None)
@given(buy=prices, load=st.lists(st.integers(0, 80).map(float), min_size=4, max_size=4), limit=st.integers(85, 120))
def test_each_number_is_found_again_by_a_second_formulation(buy: list[float], load: list[float], limit: int) -> None:
    raw = changed(DAY, import_price=buy, export_price=[price / 2 - 0.05 for price in buy], load_kw=load)
    raw["grid"]["import_limit_kw"] = float(limit)
    problem, why = why_of(raw)
    best = optimum(raw)
    for run in why.runs:
        first, end = (int((moment - START).total_seconds() // 3600) for moment in (run.start, run.end))
        assert run.without is not None
        assert run.without.goal == pytest.approx(optimum(resting(raw, first, end)) - best, abs=1e-5)
    for reason in why.limits:
        assert reason.worth == pytest.approx(best - optimum(roomier(raw, reason.limit)), abs=1e-5)
    stored = {run.start for run in why.runs if run.charging}
    assert all(run.other_start is None or run.other_start in stored or run.charging for run in why.runs)
    check_plan(problem, solve_schedule(problem))


def test_the_lots_of_a_plan_are_all_its_energy() -> None:
    problem = Problem.from_json(DAY)
    flows = solve_schedule(problem).flows
    assert flows is not None
    lots, storage = lots_of(problem, problem.storages[0], flows), problem.storages[0]
    charged = 0.95 * float(np.sum(flows.charge_kw["battery"]))
    given = float(np.sum(flows.discharge_kw["battery"])) / 0.95
    assert sum(lot.kwh for lot in lots if lot.charged is not None) == pytest.approx(charged)
    assert sum(lot.kwh for lot in lots if lot.discharged is not None) == pytest.approx(given)
    assert sum(lot.kwh for lot in lots if lot.charged is None) == pytest.approx(storage.start_kwh)


def test_a_band_holds_and_a_plan_outside_of_it_is_refused() -> None:
    problem = Problem.from_json(EXAMPLE)
    resting = without_run(problem, 0, 1)
    solution = solve_schedule(resting)
    assert solution.flows is not None
    assert solution.flows.charge_kw["battery"][0] == pytest.approx(0.0, abs=1e-9)
    with pytest.raises(PlanRejected, match="charge_kw of rest"):
        check_plan(resting, replace(solve_schedule(problem)))


def test_a_band_that_is_no_number_is_refused() -> None:
    band = PowerBand(
        device_id="b", key="band", battery=0, charge_kw=np.array([1.0, np.nan]), discharge_kw=np.array([1.0, 1.0])
    )
    with pytest.raises(InvalidProblem, match=r"band.charge_kw\[1\]"):
        replace(Problem.from_json(EXAMPLE), devices=(band,))


def test_without_time_left_the_plan_still_says_what_it_does() -> None:
    problem = Problem.from_json(EXAMPLE)
    grid = TimeGrid(start=START, step=timedelta(hours=1), steps=2)
    why = explain(problem, solve_schedule(problem), grid, time_limit_s=0.0)
    assert [run.charging for run in why.runs] == [True, False]
    assert all(run.without is None for run in why.runs)
    assert why.limits == ()

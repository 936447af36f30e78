"""From a site to intents: what the problem takes from it, what the steps ask for, and what would happen without."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import InvalidProblem, StaleData
from dash_app.domain.frames import Plan, Price
from dash_app.domain.schedule import Intent, Objective, Step
from dash_app.domain.site import Battery, GridConnection, Site
from dash_app.domain.time import TimeGrid
from optimizer.baseline import money_of, self_consumption, without_battery
from optimizer.schedule.intents import build_steps, intent_of, plan_columns
from optimizer.schedule.problem import Problem
from optimizer.schedule.site_problem import build_problem
from optimizer.schedule.solution import Flows, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator_steps import check_steps

BATTERY = Battery(
    battery_id="ess1",
    name="Battery 1",
    device_id="dev1",
    capacity_kwh=100.0,
    charge_kw=50.0,
    discharge_kw=40.0,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    soc_min=0.1,
    soc_max=0.9,
    soc_reserve=0.2,
    wear_per_kwh=0.01,
)
SITE = Site(
    project_id="p",
    name="Campus",
    timezone=ZoneInfo("Europe/London"),
    currency="GBP",
    latitude=52.0,
    longitude=0.0,
    place="here",
    grid=GridConnection(import_limit_kw=100.0, export_limit_kw=80.0),
    battery=BATTERY,
)
START = datetime(2026, 3, 1, tzinfo=UTC)


def grid_of(steps: int) -> TimeGrid:
    return TimeGrid(start=START, step=timedelta(hours=1), steps=steps)


def problem_of(
    load: list[float],
    pv: list[float],
    buy: list[float],
    sell: list[float],
    *,
    soc_now: float | None = 0.5,
    objective: Objective = Objective.COST,
    co2: list[float] | None = None,
    site: Site = SITE,
) -> Problem:
    grid = grid_of(len(load))
    index = grid.index()
    prices = pd.DataFrame({Price.IMPORT: buy, Price.EXPORT: sell, Price.ESTIMATED: 0.0}, index=index)
    return build_problem(
        site=site,
        grid=grid,
        load=pd.Series(load, index=index),
        pv=pd.Series(pv, index=index),
        prices=prices,
        co2=None if co2 is None else pd.Series(co2, index=index),
        soc_now=soc_now,
        objective=objective,
    )


def flows_of(problem: Problem) -> Flows:
    solution = solve_schedule(problem)
    assert solution.status is Status.OPTIMAL and solution.flows is not None
    return solution.flows


def steps_of(problem: Problem, flows: Flows, soc_now: float = 0.5) -> tuple[Step, ...]:
    return build_steps(flows, battery=BATTERY, grid=grid_of(problem.steps), soc_now=soc_now)


def test_a_problem_takes_the_sites_limits_and_keeps_the_reserve() -> None:
    problem = problem_of([10.0], [0.0], [0.3], [0.1])
    storage = problem.storages[0]
    assert problem.import_limit_kw.tolist() == [100.0] and problem.export_limit_kw.tolist() == [80.0]
    assert (storage.soc_min, storage.soc_max, storage.soc_end_min) == (0.2, 0.9, 0.5)
    assert problem.degradation_cost_per_kwh_discharged == 0.01


@pytest.mark.parametrize("soc_now", [None, 1.2, -0.1, float("nan")])
def test_without_a_known_state_of_charge_there_is_no_plan(soc_now: float | None) -> None:
    with pytest.raises(StaleData, match="state of charge"):
        problem_of([10.0], [0.0], [0.3], [0.1], soc_now=soc_now)


def test_a_step_without_a_forecast_or_a_price_is_named() -> None:
    with pytest.raises(StaleData, match=r"load: no value for 2026-03-01T01:00:00\+00:00, 1 of 2 steps"):
        problem_of([10.0, float("nan")], [0.0, 0.0], [0.3, 0.3], [0.1, 0.1])
    with pytest.raises(StaleData, match="import_per_kwh"):
        problem_of([10.0, 1.0], [0.0, 0.0], [0.3, float("nan")], [0.1, 0.1])


def test_a_site_without_a_battery_or_without_co2_says_so() -> None:
    with pytest.raises(InvalidProblem, match="no battery"):
        problem_of([10.0], [0.0], [0.3], [0.1], site=replace(SITE, battery=None))
    with pytest.raises(InvalidProblem, match="CO2"):
        problem_of([10.0], [0.0], [0.3], [0.1], objective=Objective.CO2)


def test_a_battery_below_its_floor_is_led_back_and_never_discharged_meanwhile() -> None:
    # 15 % stored, floor 20 %: 5 kWh are missing; a quarter of 50 kW x 0.95 is 11.875 kWh per hour
    problem = problem_of([30.0] * 3, [0.0] * 3, [0.9, 0.1, 0.9], [0.0] * 3, soc_now=0.15)
    flows = flows_of(problem)
    assert flows.stored_kwh["ess1"][0] == pytest.approx(20.0)
    first = steps_of(problem, flows, soc_now=0.15)[0]
    assert (first.power_max_kw, first.soc_min, first.intent) == (0.0, 0.15, Intent.CHARGE)


def test_a_battery_below_its_floor_behind_a_full_connection_waits() -> None:
    problem = problem_of([100.0, 30.0], [0.0] * 2, [0.1] * 2, [0.0] * 2, soc_now=0.15)
    flows = flows_of(problem)
    assert flows.stored_kwh["ess1"] == pytest.approx([15.0, 20.0])
    steps = steps_of(problem, flows, soc_now=0.15)
    assert [step.intent for step in steps] == [Intent.IDLE, Intent.CHARGE]


def test_a_battery_above_its_ceiling_is_led_back_and_never_charged_meanwhile() -> None:
    problem = problem_of([30.0] * 2, [0.0] * 2, [0.1, 0.1], [0.0] * 2, soc_now=0.95)
    flows = flows_of(problem)
    assert flows.stored_kwh["ess1"][0] == pytest.approx(90.0)
    first = steps_of(problem, flows, soc_now=0.95)[0]
    assert (first.power_min_kw, first.soc_max, first.intent) == (0.0, 0.95, Intent.FOLLOW)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 100_000),
    capacity_kwh=st.sampled_from([100.0, 400.0, 2000.0]),
    soc_now=st.sampled_from([0.0, 0.1, 0.19, 0.91, 0.97, 1.0]),
)
def test_a_slow_battery_is_never_planned_back_out_of_its_limits_whatever_prices_do(
    seed: int, capacity_kwh: float, soc_now: float
) -> None:
    rng = np.random.default_rng(seed)
    slow = replace(BATTERY, capacity_kwh=capacity_kwh)
    buy = rng.uniform(0.05, 0.6, 12)
    powers = rng.uniform(0, 30, 12).tolist(), rng.uniform(0, 30, 12).tolist()
    site = replace(SITE, battery=slow)
    problem = problem_of(*powers, buy.tolist(), (0.9 * buy).tolist(), soc_now=soc_now, site=site)
    flows = flows_of(problem)
    steps = build_steps(flows, battery=slow, grid=grid_of(12), soc_now=soc_now)
    check_steps(steps, flows, slow)
    for before, step in zip([soc_now, *(step.soc_end for step in steps)], steps, strict=False):
        assert not (before < slow.soc_floor - 1e-6 and step.battery_kw > 1e-3)
        assert not (before > slow.soc_max + 1e-6 and step.battery_kw < -1e-3)


def test_the_least_co2_is_planned_and_money_still_told() -> None:
    problem = problem_of([20.0] * 2, [0.0] * 2, [0.1, 0.4], [0.0] * 2, objective=Objective.CO2, co2=[0.5, 0.1])
    flows = flows_of(problem)
    # the dirty hour takes from the battery, the clean one gives it back
    assert flows.battery_kw[0] == pytest.approx(20.0)
    assert flows.battery_kw[1] == pytest.approx(-20.0 / 0.95 / 0.95)
    money = money_of(replace(problem, degradation_cost_per_kwh_discharged=0.01), flows)
    assert money.co2_kg == pytest.approx(0.1 * (20.0 + 20.0 / 0.9025))
    assert money.cost == pytest.approx(0.4 * (20.0 + 20.0 / 0.9025) + 0.01 * 20.0)


@pytest.mark.parametrize(
    ("battery_kw", "grid_kw", "intent"),
    [
        (0.0, 12.0, Intent.IDLE),
        (0.0004, 12.0, Intent.IDLE),
        (-5.0, 0.0, Intent.FOLLOW),
        (-5.0, -3.0, Intent.FOLLOW),
        (-5.0, 2.0, Intent.CHARGE),
        (5.0, 0.0, Intent.FOLLOW),
        (5.0, 3.0, Intent.FOLLOW),
        (5.0, -2.0, Intent.DISCHARGE),
    ],
)
def test_the_intent_says_whether_the_battery_follows_the_site(
    battery_kw: float, grid_kw: float, intent: Intent
) -> None:
    assert intent_of(battery_kw, grid_kw) is intent


def test_each_kind_of_step_has_its_target_its_band_and_its_signs() -> None:
    # cheap: charge from the grid; sun: take the surplus; dear: cover the load; dear export: give everything
    load, pv = [10.0, 5.0, 30.0, 10.0, 10.0], [0.0, 25.0, 0.0, 0.0, 0.0]
    charge, discharge = [20.0, 20.0, 0.0, 40.0, 0.0], [0.0, 0.0, 30.0, 0.0, 35.0]
    problem = problem_of(load, pv, [0.1] * 5, [0.1] * 5)
    grid_kw = np.array(load) - pv + charge - np.array(discharge)
    flows = Flows(
        import_kw=np.maximum(grid_kw, 0),
        export_kw=np.maximum(-grid_kw, 0),
        curtailed_kw=np.zeros(5),
        charge_kw={"ess1": np.array(charge)},
        discharge_kw={"ess1": np.array(discharge)},
        stored_kwh={"ess1": np.array([69.0, 88.0, 56.4, 89.0, 52.2])},
    )
    steps = steps_of(problem, flows)
    told = [
        (step.intent, step.target_kw, step.power_min_kw, step.power_max_kw, step.battery_kw, step.grid_kw)
        for step in steps
    ]
    assert told == [
        (Intent.CHARGE, 20.0, -20.0, 0.0, -20.0, 30.0),
        (Intent.FOLLOW, 0.0, -50.0, 40.0, -20.0, 0.0),
        (Intent.FOLLOW, 0.0, -50.0, 40.0, 30.0, 0.0),
        (Intent.CHARGE, 40.0, -40.0, 0.0, -40.0, 50.0),
        (Intent.DISCHARGE, 35.0, 0.0, 35.0, 35.0, -25.0),
    ]
    assert steps[1].start == START + timedelta(hours=1) and steps[1].end == START + timedelta(hours=2)
    assert [step.soc_end for step in steps] == pytest.approx([0.69, 0.88, 0.564, 0.89, 0.522])
    assert {(step.soc_min, step.soc_max) for step in steps} == {(0.2, 0.9)}


series = st.lists(st.floats(0, 60), min_size=4, max_size=4)
prices = st.lists(st.floats(-0.2, 0.6), min_size=4, max_size=4)


@settings(max_examples=40, deadline=None)
@given(load=series, pv=series, buy=prices, sell=prices, soc_now=st.floats(0.0, 1.0))
def test_every_step_lies_inside_its_own_band_and_the_devices_limits(
    load: list[float], pv: list[float], buy: list[float], sell: list[float], soc_now: float
) -> None:
    problem = problem_of(load, pv, buy, sell, soc_now=soc_now)
    solution = solve_schedule(problem)
    assert solution.status is Status.OPTIMAL and solution.flows is not None
    for step, load_kw, pv_kw in zip(steps_of(problem, solution.flows, soc_now), load, pv, strict=True):
        assert -BATTERY.charge_kw <= step.power_min_kw <= step.battery_kw <= step.power_max_kw <= BATTERY.discharge_kw
        assert load_kw == pytest.approx(pv_kw + step.battery_kw + step.grid_kw, abs=2e-3)
        assert step.soc_min - 1e-6 <= step.soc_end <= step.soc_max + 1e-6
        assert step.intent is Intent.FOLLOW or step.target_kw == abs(step.battery_kw)
        assert step.intent is not Intent.FOLLOW or step.target_kw == step.grid_kw


def test_the_self_consumption_rule_takes_surplus_and_covers_deficit_within_its_limits() -> None:
    problem = problem_of([0.0, 0.0, 60.0, 60.0], [60.0, 10.0, 0.0, 0.0], [0.3] * 4, [0.1] * 4)
    flows = self_consumption(problem)
    # 50 kW is the device, then 40 kWh of room: 0.95 x 50 = 47.5 > 40, so 40 / 0.95 kW, and nothing more after that
    assert flows.charge_kw["ess1"] == pytest.approx([40 / 0.95, 0.0, 0.0, 0.0])
    # 40 kW is the device, then what is left above the floor: 90 - 40 / 0.95 - 20
    assert flows.discharge_kw["ess1"] == pytest.approx([0.0, 0.0, 40.0, (70 - 40 / 0.95) * 0.95])
    assert flows.grid_kw + flows.battery_kw == pytest.approx([-60.0, -10.0, 60.0, 60.0])


def test_without_the_battery_the_site_buys_what_it_needs_and_sells_what_is_left() -> None:
    problem = problem_of([10.0, 30.0], [30.0, 0.0], [0.3, 0.4], [0.1, 0.1], co2=[0.2, 0.5])
    money = money_of(problem, without_battery(problem))
    assert money.cost == pytest.approx(30 * 0.4 - 20 * 0.1)
    assert (money.import_kwh, money.export_kwh, money.peak_import_kw, money.cycles) == (30.0, 20.0, 30.0, 0.0)
    assert money.co2_kg == pytest.approx(15.0)


def test_money_counts_wear_and_cycles() -> None:
    problem = problem_of([0.0, 40.0], [0.0, 0.0], [0.1, 0.4], [0.0, 0.0])
    flows = flows_of(problem)
    money = money_of(problem, flows)
    assert money.cycles == pytest.approx(0.4 * 0.95, abs=0.03)
    assert money.cost == pytest.approx(solve_schedule(problem).objective)
    assert money.co2_kg is None


@settings(max_examples=30, deadline=None)
@given(load=series, pv=series)
def test_the_plan_is_never_dearer_than_doing_nothing(load: list[float], pv: list[float]) -> None:
    problem = problem_of(load, pv, [0.1, 0.4, 0.2, 0.3], [0.05] * 4)
    assert money_of(problem, flows_of(problem)).cost <= money_of(problem, without_battery(problem)).cost + 1e-6


def test_plan_columns_are_those_of_the_frame_and_co2_only_where_it_is_known() -> None:
    known: dict[str, Any] = {"co2": [0.2, 0.5]}
    problem = problem_of([10.0, 30.0], [30.0, 0.0], [0.3, 0.4], [0.1, 0.1], **known)
    columns = plan_columns(problem, flows_of(problem))
    assert set(columns) == {column.value for column in Plan}
    unknown = problem_of([10.0, 30.0], [30.0, 0.0], [0.3, 0.4], [0.1, 0.1])
    assert Plan.CO2_KG_PER_KWH.value not in plan_columns(unknown, flows_of(unknown))

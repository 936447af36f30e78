"""What holds for every problem: energy, contents, the rule, solving again, equal batteries, clocks, sizes, numbers."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.errors import InvalidProblem
from dash_app.domain.frames import Price
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Battery, GridConnection, Site
from dash_app.domain.time import TimeGrid
from optimizer.baseline import self_consumption
from optimizer.schedule.problem import Problem
from optimizer.schedule.site_problem import build_problem
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import objective_of
from tests.optimizer.schedule.problems import EXAMPLE, changed, random_battery, random_problem
from tests.optimizer.schedule.test_devices import CAR, GENSET, LOSSLESS, PLAIN, PUMP, WASH

seeds = st.integers(0, 100_000)
many = settings(max_examples=12, deadline=None)


def flows_of(raw: dict[str, Any]) -> Flows | None:
    solution = solve_schedule(Problem.from_json(raw))
    assert (solution.flows is not None) == (solution.status is Status.OPTIMAL)
    return solution.flows


@many
@given(seed=seeds, hard=st.booleans())
def test_energy_is_conserved_over_the_horizon_and_the_content_stays_within_its_bounds(seed: int, hard: bool) -> None:
    raw = random_problem(np.random.default_rng(seed), hard_prices=hard)
    raw["battery"]["self_discharge_per_h"] = 0.0
    flows = flows_of(raw)
    if flows is None:
        return
    battery, dt = raw["battery"], raw["dt_h"]
    charged, discharged = dt * flows.charge_kw["battery"].sum(), dt * flows.discharge_kw["battery"].sum()
    capacity, stored = battery["capacity_kwh"], flows.stored_kwh["battery"]
    # from the grid and the sun = load + flexible + curtailed + lost on both ways + what is left more in the battery
    lost = charged * (1 - battery["eta_charge"]) + discharged * (1 / battery["eta_discharge"] - 1)
    left = stored[-1] - battery["soc_init"] * capacity
    used = dt * (sum(raw["load_kw"]) + flows.curtailed_kw.sum() + sum(f.sum() for f in flows.flexible_kw.values()))
    came = dt * (flows.import_kw.sum() - flows.export_kw.sum() + sum(raw["pv_kw"]))
    assert came == pytest.approx(used + lost + left, abs=1e-6)
    assert stored.min() >= battery["soc_min"] * capacity - 1e-6
    assert stored.max() <= battery["soc_max"] * capacity + 1e-6


@many
@given(seed=seeds, hard=st.booleans())
def test_a_plan_is_never_worse_than_the_rule_that_ends_with_as_much_stored(seed: int, hard: bool) -> None:
    raw = random_problem(np.random.default_rng(seed), hard_prices=hard)
    raw["battery"] |= {"soc_targets": [], "soc_end_min": None, "self_discharge_per_h": 0.0}
    raw["grid"] = {"import_limit_kw": None, "export_limit_kw": None}
    raw.pop("co2_limit_kg", None)
    problem = Problem.from_json(raw)
    rule = self_consumption(problem)
    end = float(rule.stored_kwh["battery"][-1]) / problem.storages[0].capacity_kwh
    held = replace(problem, storages=(replace(problem.storages[0], soc_end_min=min(end, 0.9)),))
    solution = solve_schedule(held)
    assert solution.status is Status.OPTIMAL and solution.objective is not None
    assert solution.objective <= objective_of(problem, rule) + 1e-6 * (1 + abs(solution.objective))


@many
@given(seed=seeds)
def test_solving_again_changes_nothing_and_following_the_plan_changes_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    raw = random_problem(rng, steps=8)
    for key in ("flexible_loads", "co2_limit_kg", "demand_charge"):
        raw.pop(key, None)
    raw["battery"] |= {"soc_targets": [], "soc_end_min": None}
    problem = Problem.from_json(raw)
    first, again = solve_schedule(problem), solve_schedule(problem)
    assert first.status is again.status
    if first.flows is None or again.flows is None:
        return
    assert again.flows.battery_kw == pytest.approx(first.flows.battery_kw, abs=1e-7)
    # one step later, from where the plan said it would be, the rest costs what the rest of the plan costs
    storage = problem.storages[0]
    later = replace(
        problem,
        steps=7,
        **{key: getattr(problem, key)[1:] for key in ("load_kw", "pv_kw", "import_price", "export_price")},
        **{key: getattr(problem, key)[1:] for key in ("import_limit_kw", "export_limit_kw")},
        co2_kg_per_kwh=None if problem.co2_kg_per_kwh is None else problem.co2_kg_per_kwh[1:],
        storages=(
            replace(
                storage, soc_init=float(np.clip(first.flows.stored_kwh["battery"][0] / storage.capacity_kwh, 0.1, 0.9))
            ),
        ),
    )
    rest = solve_schedule(later)
    one = objective_of(problem, _only_first_step(first.flows))
    assert rest.objective == pytest.approx((first.objective or 0.0) - one, abs=1e-5)


def _only_first_step(flows: Flows) -> Flows:
    first = np.arange(len(flows.import_kw)) == 0
    return replace(
        flows,
        import_kw=flows.import_kw * first,
        export_kw=flows.export_kw * first,
        discharge_kw={name: power * first for name, power in flows.discharge_kw.items()},
    )


@settings(max_examples=8, deadline=None)
@given(seed=seeds, order=st.permutations(["a", "b", "c"]))
def test_equal_batteries_may_change_places(seed: int, order: list[str]) -> None:
    rng = np.random.default_rng(seed)
    raw = changed(random_problem(rng), battery=None)
    one, other = random_battery(rng), random_battery(rng)
    batteries = {"a": one, "b": one, "c": other}
    first = solve_schedule(Problem.from_json({**raw, "batteries": batteries}))
    second = solve_schedule(Problem.from_json({**raw, "batteries": {name: batteries[name] for name in order}}))
    assert first.status is second.status
    if first.flows is not None and second.flows is not None:
        assert second.objective == pytest.approx(first.objective, rel=1e-7, abs=1e-7)


@settings(max_examples=5, deadline=None)
@given(factor=st.floats(1e-3, 1e3))
def test_prices_in_another_currency_scale_the_cost_of_devices_too(factor: float) -> None:
    raw: dict[str, Any] = {**PLAIN, "load_kw": [8.0, 2.0, 8.0, 2.0], "vehicles": [CAR], "battery": LOSSLESS}
    gen, charge = {**GENSET, "cost_per_start": 0.4, "min_kw": 2.0}, {"price_per_kw": 0.2}
    raw |= {"generators": [gen], "capacity_charges": [charge], "fees_per_kwh": 0.05}
    scaled = raw | {
        "import_price": [factor * price for price in raw["import_price"]],
        "fees_per_kwh": 0.05 * factor,
        "generators": [{**gen, "cost_per_kwh": 0.25 * factor, "cost_per_start": 0.4 * factor}],
        "capacity_charges": [{"price_per_kw": 0.2 * factor}],
    }
    one, other = (solve_schedule(Problem.from_json(each)).objective for each in (raw, scaled))
    assert one is not None and other == pytest.approx(factor * one, rel=1e-6)


SITE = Site(
    project_id="p",
    name="Site",
    timezone=ZoneInfo("Europe/London"),
    currency="GBP",
    latitude=52.0,
    longitude=0.0,
    place="here",
    grid=GridConnection(import_limit_kw=100.0, export_limit_kw=100.0),
    battery=Battery(
        battery_id="b",
        name="B",
        device_id="d",
        capacity_kwh=40.0,
        charge_kw=20.0,
        discharge_kw=20.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        soc_min=0.0,
        soc_max=1.0,
    ),
)


@pytest.mark.parametrize(
    ("zone", "day", "quarters"),
    [
        ("Europe/London", date(2026, 3, 29), 92),
        ("Europe/London", date(2026, 10, 25), 100),
        ("Australia/Melbourne", date(2026, 4, 5), 100),
        ("Australia/Melbourne", date(2026, 10, 4), 92),
        ("Europe/London", date(2026, 6, 1), 96),
    ],
)
def test_a_local_day_of_any_length_is_planned_whole(zone: str, day: date, quarters: int) -> None:
    midnight, next_midnight = (
        datetime.combine(each, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    grid = TimeGrid(start=midnight, step=timedelta(minutes=15), steps=quarters)
    assert grid.end == next_midnight
    hour = np.asarray(grid.index().tz_convert(zone).hour)
    price = np.where(hour < 6, 0.1, 0.3)
    problem = build_problem(
        site=replace(SITE, timezone=ZoneInfo(zone)),
        grid=grid,
        load=pd.Series(4.0, index=grid.index()),
        pv=pd.Series(0.0, index=grid.index()),
        prices=pd.DataFrame({Price.IMPORT: price, Price.EXPORT: 0.0, Price.ESTIMATED: 0.0}, index=grid.index()),
        co2=None,
        soc_now=0.0,
        objective=Objective.COST,
    )
    solution = solve_schedule(problem)
    assert solution.flows is not None
    # 4 kW all day; 40 kWh of the dear hours are bought in the night, which is an hour shorter or longer with the clock
    night_h = (hour < 6).sum() / 4
    assert night_h == 6 + (quarters - 96) / 4
    assert solution.objective == pytest.approx(4 * night_h * 0.1 + 40 * 0.1 + (4 * 18 - 40) * 0.3)


def test_one_step_is_a_problem_too() -> None:
    one = {**PLAIN, "steps": 1, "load_kw": [3.0], "pv_kw": [0.0], "import_price": [0.2], "export_price": [0.0]}
    assert solve_schedule(Problem.from_json(one)).objective == pytest.approx(0.6)
    raw: dict[str, Any] = one | {
        "battery": {**LOSSLESS, "soc_end_min": 0.45, "ramp_kw_per_step": 30.0, "switching_cost": 0.1},
        "vehicles": [{**CAR, "depart_step": 1, "soc_target": 0.3}],
        "deferrable_loads": [{**WASH, "energy_kwh": 2.0}],
        "heat_pumps": [{**PUMP, "heat_load_kw": 3.0, "heat_init_kwh": 0.0}],
        "generators": [{**GENSET, "min_kw": 1.0}],
        "capacity_charges": [{"price_per_kw": 0.5}],
    }
    # 3 + 5 + 2 + 1 - 2 out of the battery = 9 kW at 0.25 out of the generator rather than at 0.2 + 0.5
    assert solve_schedule(Problem.from_json(raw)).objective == pytest.approx(9 * 0.25)


def test_a_thousand_steps_are_solved_and_checked() -> None:
    rng = np.random.default_rng(1)
    raw = random_problem(rng, steps=1000)
    raw["battery"] |= {"soc_targets": [], "soc_end_min": None}
    raw |= {"grid": {"import_limit_kw": None, "export_limit_kw": None}, "vehicles": [{**CAR, "depart_step": 40}]}
    raw.pop("co2_limit_kg", None)
    solution: Solution = solve_schedule(Problem.from_json(raw))
    assert solution.status is Status.OPTIMAL and solution.flows is not None
    assert len(solution.flows.import_kw) == 1000


@many
@given(seed=seeds)
def test_a_battery_without_power_is_no_battery(seed: int) -> None:
    raw = random_problem(np.random.default_rng(seed))
    raw["battery"] |= {"charge_kw": 0.0, "discharge_kw": 0.0, "self_discharge_per_h": 0.0, "soc_end_min": None}
    raw["battery"]["soc_targets"] = []
    without, idle = (solve_schedule(Problem.from_json(each)) for each in (changed(raw, battery=None), raw))
    assert without.status is idle.status
    assert idle.objective == pytest.approx(without.objective)


numbers = st.sampled_from([math.nan, math.inf, -math.inf])
places = ("load_kw", "pv_kw", "import_price", "export_price", "co2_kg_per_kwh")


@many
@given(bad=numbers, key=st.sampled_from(places), step=st.integers(0, 1))
def test_a_number_that_is_none_is_refused_before_any_solve(bad: float, key: str, step: int) -> None:
    values = [0.1, 0.1]
    values[step] = bad
    with pytest.raises(InvalidProblem, match=rf"{key}\[{step}\]"):
        Problem.from_json(changed(EXAMPLE, **{key: values}))


@many
@given(bad=numbers, key=st.sampled_from(sorted(set(EXAMPLE["battery"]))))
def test_a_battery_of_no_number_is_refused_before_any_solve(bad: float, key: str) -> None:
    with pytest.raises(InvalidProblem, match=rf"battery\.{key}"):
        Problem.from_json(changed(EXAMPLE, **{f"battery__{key}": bad}))

"""Policies that learn from past errors: they look at nothing later, and do the right thing where that is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controllers.law import setpoint_kw
from dash_app.domain.schedule import Intent, Step
from optimizer.simulate.by_scenarios import ByScenarios
from optimizer.simulate.by_value import ByValue
from optimizer.simulate.by_worth import ByWorth, sharpened
from optimizer.simulate.figures import figures_of, share
from optimizer.simulate.foresight import perfect_foresight, value_of_the_end
from optimizer.simulate.guards import HeldPeak, PastPeak
from optimizer.simulate.loop import Moment, Policy, simulate
from optimizer.simulate.measured import Column, Measured
from optimizer.simulate.outlook import Outlook, perfect
from optimizer.simulate.past import PastForecasts
from optimizer.simulate.planned import ByIntents, Guard, Plans, Sunk, SunkCapped
from optimizer.simulate.rules import NoBattery, SelfConsumption
from tests.optimizer.simulate.sites import battery, measured


def day_before(site: Measured) -> Outlook:
    """Return forecasts that repeat the two days before: an outlook of someone who knows nothing of what comes."""
    rows = site.first + np.arange(site.steps)[:, None] - 48 + np.arange(site.horizon)[None, :]
    known = perfect(site, 1)
    return replace(
        known,
        load_kw=site.frame[Column.LOAD_KW].to_numpy()[rows],
        pv_kw=site.frame[Column.PV_KW].to_numpy()[rows],
    )


def past_of(site: Measured) -> PastForecasts:
    rows = np.arange(site.first - 24 * 20, site.first + site.steps, 6)
    lead = rows[:, None] - 48 + np.arange(site.horizon)[None, :]
    load, pv = (site.frame[column].to_numpy()[lead] for column in (Column.LOAD_KW, Column.PV_KW))
    return PastForecasts.of(site, site.times[rows], load, pv)


def policies(site: Measured, guard: Guard | None = None) -> dict[str, Policy]:
    outlook = day_before(site)
    plans = Plans(measured=site, outlook=outlook, guard=guard or Sunk())
    return {
        "by worth": ByWorth(plans, setpoint_kw),
        "by scenarios": ByScenarios(plans, setpoint_kw, past_of(site)),
        "by value": ByValue(site, outlook, past_of(site)),
    }


def test_what_comes_later_changes_nothing_of_what_is_done_now() -> None:
    site = measured(days=1)
    frame = site.frame.copy()
    later = site.first + 14
    frame.iloc[later:, frame.columns.get_loc(Column.LOAD_KW.value)] += 4.0
    other = replace(site, frame=frame)
    for name in policies(site):
        first, second = (simulate(one, policies(one)[name], every=1).battery_kw for one in (site, other))
        assert first[:14].tolist() == second[:14].tolist(), name
        assert first[14:].tolist() != second[14:].tolist(), name


def test_policies_that_expect_two_days_ago_save_most_of_what_could_be_saved() -> None:
    site = measured(days=2)
    worth = value_of_the_end(site)
    best = perfect_foresight(site, worth).cost
    costs = {
        name: figures_of(site, simulate(site, policy, every=1), worth).cost for name, policy in policies(site).items()
    }
    without = figures_of(site, simulate(site, NoBattery(), every=1), worth).cost
    assert min(costs.values()) >= best - 1e-9
    assert {name: share(cost, without=without, best=best) > 75 for name, cost in costs.items()} == dict.fromkeys(
        costs, True
    )


def step(intent: Intent, battery_kw: float, grid_kw: float) -> Step:
    at = measured(days=1).index[0].to_pydatetime()
    return Step(
        start=at,
        end=at,
        intent=intent,
        target_kw=grid_kw if intent is Intent.FOLLOW else abs(battery_kw),
        battery_kw=battery_kw,
        grid_kw=grid_kw,
        power_min_kw=-5.0,
        power_max_kw=5.0,
        soc_min=0.0,
        soc_max=1.0,
        soc_end=0.5,
    )


@pytest.mark.parametrize(
    ("worth", "band"),
    [
        (0.01, (0.0, 5.0)),  # stored energy is worth less than exporting: deficits are covered, surplus is sold
        (0.20, (-5.0, 5.0)),  # 0.3 saved against 0.2/0.9 + 0.02; 0.2 x 0.9 gained against 0.05: both pay
        (0.40, (-5.0, 0.0)),  # dearer than the import now: surplus is taken, deficits are bought
    ],
)
def test_a_step_at_rest_is_open_on_the_sides_that_pay(worth: float, band: tuple[float, float]) -> None:
    made = sharpened(step(Intent.IDLE, 0.0, 1.0), battery(), worth=worth, buy=0.3, sell=0.05)
    assert (made.intent, made.target_kw) == (Intent.FOLLOW, 0.0)
    assert (made.power_min_kw, made.power_max_kw) == band


def test_the_step_that_gives_the_last_kwh_holds_the_grid_power_of_the_plan() -> None:
    worth = 0.9 * (0.3 - 0.02)
    made = sharpened(step(Intent.FOLLOW, 2.0, 1.5), battery(), worth=worth, buy=0.3, sell=0.05)
    assert (made.target_kw, made.power_min_kw, made.power_max_kw) == (1.5, 0.0, 5.0)


def test_a_step_that_buys_because_it_pays_stays_as_it_is() -> None:
    planned = step(Intent.CHARGE, -3.0, 4.0)
    assert sharpened(planned, battery(), worth=0.5, buy=0.3, sell=0.05) == planned


def test_the_held_peak_is_the_highest_that_the_past_days_need_and_never_below_the_months_own() -> None:
    site = measured(days=2, demand_price=10.0)
    peak = HeldPeak(measured=site)
    moment = Moment(step=0, at=site.index[0].to_pydatetime(), stored_kwh=5.0, peak_kw=0.0, load_kw=1.0, pv_kw=0.0)
    held = peak.held(moment)
    highest = (site.frame[Column.LOAD_KW] - site.frame[Column.PV_KW]).iloc[: site.first].max()
    assert 0 < held.peak_kw < highest
    assert peak.held(replace(moment, peak_kw=9.0)).peak_kw == 9.0
    assert held.reserve_kwh.shape == (24,)
    assert 0 < held.reserve_kwh.max() <= 10.0


def test_with_a_cap_the_fast_loop_discharges_before_a_new_peak() -> None:
    site = measured(days=2, demand_price=10.0)
    peaks = {}
    for capped in (False, True):
        guard = PastPeak(peak=HeldPeak(measured=site), capped=capped, kept_back=capped)
        course = simulate(site, policies(site, guard)["by worth"], every=1)
        peaks[capped] = float(course.grid_kw.max())
    alone = float(simulate(site, SelfConsumption(), every=1).grid_kw.max())
    assert peaks[True] <= min(peaks[False], alone) + 1e-9


def test_a_cap_alone_stops_charging_that_would_make_a_peak_nobody_planned() -> None:
    site = measured(days=1, demand_price=10.0)
    plans = Plans(measured=site, outlook=perfect(site, 1), guard=SunkCapped())
    policy = ByIntents(plans, lambda step, telemetry, battery: -3.0)  # charges, whatever the site does
    start = Moment(step=0, at=site.index[0].to_pydatetime(), stored_kwh=5.0, peak_kw=0.0, load_kw=1.0, pv_kw=0.0)
    policy.plan(start)
    highest = float(plans.solved(start)[2].import_kw.max())
    surprise = replace(start, load_kw=highest + 2.0)
    assert surprise.net_kw - policy.power_kw(surprise) == pytest.approx(highest)
    # what the month has paid for already may be used
    paid = replace(surprise, peak_kw=highest + 9.0)
    assert policy.power_kw(paid) == -3.0


def test_no_plan_under_a_co2_limit_is_expected_to_emit_more_than_no_battery() -> None:
    site = measured(days=2)
    plans = Plans(measured=site, outlook=day_before(site), guard=Sunk(), co2_capped=True)
    free = Plans(measured=site, outlook=day_before(site), guard=Sunk())
    for made in (plans, free):
        simulate(site, ByWorth(made, setpoint_kw), every=1)
    assert plans.plans == free.plans == 48
    assert plans.worst_co2_kg <= 1e-6

"""The loop: energy is conserved, limits hold whatever a policy asks for, and nothing beats perfect foresight."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controllers.law import setpoint_kw
from optimizer.schedule.checks import Array
from optimizer.simulate.figures import figures_of, share
from optimizer.simulate.foresight import perfect_foresight, value_of_the_end
from optimizer.simulate.loop import Course, Moment, Policy, simulate
from optimizer.simulate.measured import Column, Measured
from optimizer.simulate.outlook import Outlook, perfect
from optimizer.simulate.planned import Blind, ByIntents, Plans, Sunk
from optimizer.simulate.rules import NoBattery, SelfConsumption, TimeOfUse
from tests.optimizer.simulate.sites import battery, measured


@dataclass
class Wild:
    """A policy that asks for anything; it writes down what it was shown."""

    seed: int
    seen: list[Moment] = field(default_factory=list)

    def plan(self, moment: Moment) -> Array | None:
        return None

    def power_kw(self, moment: Moment) -> float:
        self.seen.append(moment)
        return float(np.random.default_rng([self.seed, moment.step]).normal(0, 8))


def wrong(outlook: Outlook, seed: int) -> Outlook:
    """Return forecasts that are off by about a third."""
    rng = np.random.default_rng(seed)
    return replace(outlook, load_kw=outlook.load_kw * rng.uniform(0.7, 1.3, outlook.load_kw.shape))


def policies(site: Measured, seed: int) -> list[Policy]:
    plans = Plans(measured=site, outlook=wrong(perfect(site, 1), seed), guard=Sunk())
    return [NoBattery(), SelfConsumption(), TimeOfUse(site), Wild(seed), Blind(plans), ByIntents(plans, setpoint_kw)]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_energy_is_conserved_and_no_limit_is_broken_whatever_a_policy_asks_for(seed: int) -> None:
    site = measured(seed, days=1)
    course = simulate(site, Wild(seed), every=1)
    assert site.net_kw() == pytest.approx(course.battery_kw + course.grid_kw)
    charged, discharged = np.maximum(-course.battery_kw, 0).sum(), np.maximum(course.battery_kw, 0).sum()
    assert course.stored_kwh[-1] - course.stored_kwh[0] == pytest.approx(0.9 * charged - discharged / 0.9)
    assert course.stored_kwh.min() >= -1e-9
    assert course.stored_kwh.max() <= 10 + 1e-9
    assert np.abs(course.battery_kw).max() <= 5


@pytest.mark.parametrize("demand_price", [0.0, 3.0])
def test_perfect_foresight_is_never_worse_than_any_policy(demand_price: float) -> None:
    for seed in range(3):
        site = measured(seed, days=2, demand_price=demand_price)
        worth = value_of_the_end(site)
        best = perfect_foresight(site, worth)
        assert figures_of(site, best.course, worth).cost == pytest.approx(best.cost)
        for policy in policies(site, seed):
            assert figures_of(site, simulate(site, policy, every=1), worth).cost >= best.cost - 1e-6


def test_perfect_foresight_goes_one_way_even_where_a_price_is_below_zero() -> None:
    site = measured(days=1)
    frame = site.frame.copy()
    frame.iloc[site.first + 2 : site.first + 6, frame.columns.get_loc(Column.IMPORT_PRICE.value)] = -0.3
    frame.iloc[site.first + 2 : site.first + 6, frame.columns.get_loc(Column.EXPORT_PRICE.value)] = -0.1
    site = replace(site, frame=frame)
    best = perfect_foresight(site, 0.1)
    assert best.both_ways == 0
    assert figures_of(site, best.course, 0.1).cost == pytest.approx(best.cost)


def test_plans_on_perfect_forecasts_executed_by_intents_reach_perfect_foresight() -> None:
    site = measured(days=3)
    worth = value_of_the_end(site)
    without = figures_of(site, simulate(site, NoBattery(), every=1), worth).cost
    best = perfect_foresight(site, worth).cost
    plans = Plans(measured=site, outlook=perfect(site, 1), guard=Sunk())
    cost = figures_of(site, simulate(site, ByIntents(plans, setpoint_kw), every=1), worth).cost
    assert share(cost, without=without, best=best) > 97


def test_a_kwh_left_is_worth_what_it_saves_in_the_two_days_after() -> None:
    # every hour of the two days after the window imports at 0.2, so a stored kWh saves 0.9 x (0.2 - 0.02 of wear)
    site = measured(days=1)
    frame = site.frame.copy()
    frame[Column.PV_KW.value], frame[Column.IMPORT_PRICE.value] = 0.0, 0.2
    site = replace(site, frame=frame)
    assert value_of_the_end(site) == pytest.approx(0.9 * (0.2 - 0.02))


def test_a_policy_is_shown_no_more_than_the_meters_of_its_own_step() -> None:
    site, wild = measured(days=1), Wild(3)
    simulate(site, wild, every=1)
    assert [moment.load_kw for moment in wild.seen] == site.of(Column.LOAD_KW).tolist()
    assert [moment.step for moment in wild.seen] == list(range(24))


def test_the_peak_that_counts_begins_anew_with_the_month() -> None:
    site = measured(days=3, past_days=30)  # 31 March to 2 April
    wild = Wild(1)
    simulate(site, wild, every=1)
    by_month = {moment.at.month: [] for moment in wild.seen}
    for moment in wild.seen:
        by_month[moment.at.month].append(moment.peak_kw)
    assert list(by_month) == [3, 4]
    assert all(peaks[0] == 0.0 and peaks == sorted(peaks) for peaks in by_month.values())


def test_the_month_is_the_sites_own() -> None:
    site = measured(days=2, past_days=30)
    assert site.months.tolist() == [0] * 24 + [1] * 24


def test_figures_by_hand() -> None:
    # 4 kWh imported at 0.5 in the first hour, 2 kWh exported at 0.05 in the second; 3 kWh given: 3 x 0.02 of wear
    site = measured(days=1, steps=2, battery=battery(charge_efficiency=1.0, discharge_efficiency=1.0))
    frame = site.frame.copy()
    frame[Column.IMPORT_PRICE.value] = 0.5
    site = replace(site, frame=frame, demand_price=10.0)
    course = Course(
        battery_kw=np.array([3.0, 0.0]), grid_kw=np.array([4.0, -2.0]), stored_kwh=np.array([5.0, 2.0, 2.0]), flips=1
    )
    figures = figures_of(site, course, end_value=0.1)
    assert figures.energy_cost == pytest.approx(2.0 - 0.1)
    assert figures.demand_cost == pytest.approx(40.0)
    assert figures.cost == pytest.approx(1.9 + 40.0 + 0.06 + 0.3)
    assert figures.co2_kg == pytest.approx(4 * 0.2)
    assert (figures.peak_kw, figures.cycles) == (4.0, pytest.approx(0.3))
    assert figures.flips_per_day == pytest.approx(12.0)


def test_a_flip_is_a_direction_that_the_next_plan_changes_within_the_hour() -> None:
    class Fickle(NoBattery):
        def plan(self, moment: Moment) -> Array | None:
            # each plan wants to charge now and in an hour, but the third one discharges at once
            return np.array([2.0, -1.0, -1.0]) if moment.step == 2 else np.array([-1.0, -1.0, -1.0])

    assert simulate(measured(days=1), Fickle(), every=1).flips == 1

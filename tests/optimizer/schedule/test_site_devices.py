"""A site's vehicles and its price on peaks as devices of a problem: stays, months, windows and clocks by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.site import DayWindow, PeakPrice, Vehicle
from dash_app.domain.time import TimeGrid
from optimizer.schedule.site_devices import charges_of, month_peak_kw, stays_of, vehicles_of
from tests.optimizer.schedule.test_schedule_properties import SITE

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")
CAR = Vehicle(
    vehicle_id="car",
    name="Car",
    capacity_kwh=50.0,
    charge_kw=10.0,
    soc_on_arrival=0.3,
    soc_target=0.8,
    arrives=time(18),
    departs=time(7, 30),
)
WITH_CAR = replace(SITE, vehicles=(CAR,))
PEAK = PeakPrice(price_per_kw=10.0, averaging=HOUR)


def two_days(start: datetime) -> TimeGrid:
    return TimeGrid(start=start, step=QUARTER, steps=192)


def cars(start: datetime, car: Vehicle = CAR, now: datetime | None = None, soc: float | None = None):
    first_h = 0.25 if now is None else (start + QUARTER - now) / HOUR
    site = replace(SITE, vehicles=(car,))
    return vehicles_of(
        site, two_days(start), now=now or start, first_h=first_h, soc_now={} if soc is None else {"car": soc}
    )


MONDAY = datetime(2026, 1, 12, 12, tzinfo=UTC)


def test_every_night_that_ends_within_the_horizon_is_a_stay() -> None:
    first, second = cars(MONDAY)
    # 18:00 is 24 quarters away, 7:30 the next morning 78; a day later 96 more
    assert (first.arrive_step, first.depart_step) == (24, 78)
    assert (second.arrive_step, second.depart_step) == (120, 174)
    assert (first.soc_init, first.soc_target, first.margin_steps) == (0.3, 0.8, 0)
    assert first.key != second.key


def test_a_vehicle_that_is_there_is_charged_from_what_it_was_measured_to_hold() -> None:
    evening = MONDAY + timedelta(hours=8)
    assert [car.soc_init for car in cars(evening, soc=0.5)] == [0.5, 0.3]
    assert [car.arrive_step for car in cars(evening)] == [0, 88]
    assert [car.soc_init for car in cars(MONDAY, soc=0.5)] == [0.3, 0.3], "it is not there yet: another one's charge"


def test_a_vehicle_that_comes_on_weekdays_only_stays_away_at_the_weekend() -> None:
    weekdays = replace(CAR, weekdays=frozenset(range(5)))
    friday = datetime(2026, 1, 16, 12, tzinfo=UTC)
    assert [(car.arrive_step, car.depart_step) for car in cars(friday, weekdays)] == [(24, 78)]


def test_a_stay_by_day_leaves_on_the_day_it_came() -> None:
    by_day = replace(CAR, arrives=time(8), departs=time(17), ready_before=timedelta(minutes=20))
    first, second = cars(datetime(2026, 1, 12, 6, tzinfo=UTC), by_day)
    assert (first.arrive_step, first.depart_step, first.margin_steps) == (8, 44, 2)
    assert second.depart_step == 140


@pytest.mark.parametrize(
    ("start", "quarters"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), 50),  # the clock goes forward in the night: an hour less
        (datetime(2026, 10, 24, 11, tzinfo=UTC), 58),  # and back: an hour more
        (datetime(2026, 1, 12, 12, tzinfo=UTC), 54),
    ],
)
def test_a_night_in_which_the_clock_changes_is_an_hour_shorter_or_longer(start: datetime, quarters: int) -> None:
    first = cars(start)[0]
    assert first.depart_step - first.arrive_step == quarters


def test_shortly_before_it_leaves_only_what_can_still_be_charged_is_asked_for() -> None:
    # 07:05: ten minutes are left of the running quarter and one quarter more: 25 min at 10 kW are 4.17 kWh of 50
    start = datetime(2026, 1, 13, 7, tzinfo=UTC)
    first = cars(start, now=start + timedelta(minutes=5), soc=0.4)[0]
    assert (first.arrive_step, first.depart_step) == (0, 2)
    assert first.soc_target == pytest.approx(0.4 + 10 * 25 / 60 / 50)
    assert first.soc_target < 0.4 + 10 * 25 / 60 / 50


@settings(max_examples=60, deadline=None)
@given(
    arrives=st.times(),
    departs=st.times(),
    start=st.integers(0, 96 * 365),
    zone=st.sampled_from(["Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kolkata"]),
)
def test_stays_follow_each_other_and_lie_as_the_clock_says(arrives: time, departs: time, start: int, zone: str) -> None:
    if arrives == departs:
        return
    car, site = replace(CAR, arrives=arrives, departs=departs), replace(WITH_CAR, timezone=ZoneInfo(zone))
    grid = two_days(datetime(2026, 1, 1, tzinfo=UTC) + start * QUARTER)
    stays = list(stays_of(car, site, grid))
    assert 1 <= len(stays) <= 3
    for stay in stays:
        assert stay.arrives_at < stay.departs_at <= grid.end and stay.departs_at > grid.start
        assert stay.departs_at - stay.arrives_at <= 25 * HOUR
    assert all(one.departs_at <= next_one.arrives_at + HOUR for one, next_one in pairwise(stays))


def imports(start: datetime, powers: list[float], step: timedelta = QUARTER) -> pd.Series:
    return pd.Series(powers, index=pd.date_range(start, periods=len(powers), freq=step))


def test_the_peak_of_a_month_is_the_highest_mean_of_an_interval_that_is_over() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    # hours of 20, 35 (20 to 50), and one that runs
    measured = imports(midnight, [20.0] * 4 + [20.0, 30.0, 40.0, 50.0] + [90.0, 90.0])
    site = replace(SITE, timezone=LONDON)
    assert month_peak_kw(PEAK, site, measured, midnight + 2.5 * HOUR) == pytest.approx(35.0)
    quarters = replace(PEAK, averaging=QUARTER)
    assert month_peak_kw(quarters, site, measured, midnight + 2.5 * HOUR) == pytest.approx(90.0)
    early = replace(PEAK, windows=(DayWindow(end=time(1)),))
    assert month_peak_kw(early, site, measured, midnight + 2.5 * HOUR) == pytest.approx(20.0)
    assert month_peak_kw(PEAK, site, measured, datetime(2026, 2, 1, 1, tzinfo=UTC)) == 0.0
    assert month_peak_kw(PEAK, site, None, midnight) == 0.0


def test_only_steps_in_a_window_of_the_sites_clock_count() -> None:
    site = replace(SITE, capacity_charges=(replace(PEAK, windows=(DayWindow(start=time(7), end=time(9)),)),))
    winter, summer = datetime(2026, 1, 12, tzinfo=UTC), datetime(2026, 7, 13, tzinfo=UTC)
    (cold,) = charges_of(site, two_days(winter), now=winter, imported=None)
    (warm,) = charges_of(site, two_days(summer), now=summer, imported=None)
    assert cold.windows == ((28, 36), (124, 132))
    assert warm.windows == ((24, 32), (120, 128))
    workdays = replace(PEAK, windows=(DayWindow(weekdays=frozenset(range(5))),))
    friday = datetime(2026, 1, 16, tzinfo=UTC)
    (charge,) = charges_of(replace(SITE, capacity_charges=(workdays,)), two_days(friday), now=friday, imported=None)
    assert charge.windows == ((0, 96),)


def test_the_running_month_carries_its_peak_and_the_next_one_begins_at_nothing() -> None:
    start = datetime(2026, 1, 31, 6, tzinfo=UTC)
    measured = imports(datetime(2026, 1, 30, tzinfo=UTC), [80.0] * 8)
    site = replace(SITE, capacity_charges=(PEAK,))
    now_runs, following = charges_of(site, two_days(start), now=start, imported=measured)
    assert (now_runs.windows, now_runs.already_incurred_kw) == (((0, 72),), pytest.approx(80.0))
    assert (following.windows, following.already_incurred_kw) == (((72, 192),), 0.0)
    assert len({now_runs.key, following.key}) == 2


def test_the_running_interval_counts_with_what_was_imported_in_it() -> None:
    # 06:35: hour since 06:00, 40 kW so far: 40 * 35 / 60 kWh; two quarters are over, the third runs
    start = datetime(2026, 1, 12, 6, 30, tzinfo=UTC)
    measured = imports(datetime(2026, 1, 12, 5, tzinfo=UTC), [10.0] * 4 + [30.0, 50.0])
    site = replace(SITE, capacity_charges=(PEAK,))
    (charge,) = charges_of(site, two_days(start), now=start + timedelta(minutes=5), imported=measured)
    assert (charge.averaging_steps, charge.averaging_offset) == (4, 2)
    assert charge.running_kwh == pytest.approx(40 * 35 / 60)
    assert charge.already_incurred_kw == pytest.approx(10.0)


def test_hours_of_a_zone_that_is_half_an_hour_off_begin_at_its_own_full_hour() -> None:
    start = datetime(2026, 1, 12, 6, 30, tzinfo=UTC)
    site = replace(SITE, timezone=ZoneInfo("Asia/Kolkata"), capacity_charges=(PEAK,))
    (charge,) = charges_of(site, two_days(start), now=start, imported=None)
    assert (charge.averaging_offset, charge.running_kwh) == (0, None)


def test_a_site_with_nothing_else_has_no_devices() -> None:
    assert vehicles_of(SITE, two_days(MONDAY), now=MONDAY, first_h=0.25, soc_now={}) == ()
    assert charges_of(SITE, two_days(MONDAY), now=MONDAY, imported=None) == ()

"""The expected yield against a second calculation from the raw file, and in cases that can be done in the head."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.expected_yield import MIN_DAYS, expected_yield
from tests.raw import column

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
UTC_ZONE = ZoneInfo("UTC")
MELBOURNE = ZoneInfo("Australia/Melbourne")
DAY = date(2020, 9, 29)


def hours(days: int, value: float = 1.0, first: str = "2020-09-01") -> pd.Series:
    return pd.Series(value, index=pd.date_range(first, periods=24 * days, freq="h", tz="UTC"))


def test_the_day_is_the_sky_times_the_performance_before_it() -> None:
    sky = hours(30, 100.0)
    sky.iloc[28 * 24 : 29 * 24] = 50.0
    (found,) = expected_yield(hours(30, 2.0), sky, HOUR, [DAY], UTC_ZONE)
    assert found.performance == pytest.approx(0.02)
    assert found.expected_kwh == found.low_kwh == found.high_kwh == pytest.approx(24.0)
    assert found.reference_days == 28


def test_the_day_itself_and_what_follows_never_count() -> None:
    pv = hours(40, 2.0)
    plain = expected_yield(pv, hours(40, 100.0), HOUR, [DAY], UTC_ZONE)
    pv.loc["2020-09-29":] = 500.0
    assert expected_yield(pv, hours(40, 100.0), HOUR, [DAY], UTC_ZONE) == plain


def test_the_29th_day_before_never_counts() -> None:
    pv = hours(40, 2.0, "2020-08-25")
    plain = expected_yield(pv, hours(40, 100.0, "2020-08-25"), HOUR, [DAY], UTC_ZONE)
    pv.loc[:"2020-08-31"] = 500.0
    assert expected_yield(pv, hours(40, 100.0, "2020-08-25"), HOUR, [DAY], UTC_ZONE) == plain
    assert plain[0].reference_days == 28


def test_missing_values_are_left_out_on_both_sides_and_a_broken_day_counts_for_nothing() -> None:
    pv = hours(30, 2.0)
    pv.iloc[0] = np.nan
    pv.iloc[24:40] = np.nan
    (found,) = expected_yield(pv, hours(30, 100.0), HOUR, [DAY], UTC_ZONE)
    assert found.performance == pytest.approx(0.02)
    assert found.reference_days == 27


def test_too_few_days_before_are_no_expectation() -> None:
    pv = hours(30, 2.0)
    pv.iloc[: 24 * (28 - MIN_DAYS + 1)] = np.nan
    assert expected_yield(pv, hours(30, 100.0), HOUR, [DAY], UTC_ZONE) == ()
    assert expected_yield(pv, hours(3, 100.0), HOUR, [date(2021, 1, 1)], UTC_ZONE) == ()


def test_the_span_holds_eight_of_ten_reference_days() -> None:
    pv = hours(30, 0.0)
    for day in range(28):
        pv.iloc[24 * day : 24 * (day + 1)] = float(day)
    (found,) = expected_yield(pv, hours(30, 1.0), HOUR, [DAY], UTC_ZONE)
    assert found.low_kwh == pytest.approx(24 * 2.7)
    assert found.high_kwh == pytest.approx(24 * 24.3)
    assert found.expected_kwh == pytest.approx(24 * 13.5)


def test_days_are_those_of_the_site_through_a_clock_change() -> None:
    index = pd.date_range("2020-09-01 14:00", "2020-10-06 13:00", freq="h", tz="UTC", inclusive="left")
    flat = pd.Series(1.0, index=index)
    (short,) = expected_yield(flat, flat, HOUR, [date(2020, 10, 4)], MELBOURNE)
    assert short.expected_kwh == pytest.approx(23.0)


def sky_of(moment: datetime) -> float:
    """Return a rough clear sky over Clayton, of this test alone: the sine of the sun's height."""
    day = moment.timetuple().tm_yday
    declination = math.radians(23.45 * math.sin(2 * math.pi * (284 + day) / 365))
    solar_h = moment.hour + moment.minute / 60 + 145.134 / 15
    angle, latitude = math.radians(15 * (solar_h - 12)), math.radians(-37.911)
    return max(0.0, math.sin(latitude) * math.sin(declination)
               + math.cos(latitude) * math.cos(declination) * math.cos(angle))  # fmt: skip


@pytest.mark.parametrize("day", [date(2020, 9, 10), date(2020, 9, 29)])
def test_a_measured_array_agrees_with_a_second_calculation_from_the_raw_file(day: date) -> None:
    known = {moment: value for moment, (value,) in column("au_clayton/au_cla_pv_15min", "solar0_kw").items()}
    powers: dict[date, float] = {}
    skies: dict[date, float] = {}
    whole = 0.0
    moment = datetime(2020, 8, 1, tzinfo=UTC)
    while moment < datetime(2020, 9, 30, 14, tzinfo=UTC):
        local = moment.astimezone(MELBOURNE).date()
        if moment in known and timedelta(days=1) <= day - local <= timedelta(days=28):
            powers[local] = powers.get(local, 0.0) + known[moment]
            skies[local] = skies.get(local, 0.0) + sky_of(moment)
        whole += sky_of(moment) if local == day else 0.0
        moment += QUARTER
    wanted = whole * 0.25 * sum(powers.values()) / sum(skies.values())

    index = pd.date_range("2020-08-01", "2020-09-30 14:00", freq="15min", tz="UTC", inclusive="left")
    sky = pd.Series([sky_of(moment) for moment in index.to_pydatetime()], index=index)
    pv = pd.Series(known).reindex(index)
    (found,) = expected_yield(pv, sky, QUARTER, [day], MELBOURNE)
    assert len(powers) == found.reference_days == 28
    assert found.expected_kwh == pytest.approx(wanted, rel=1e-9)
    assert 40 < found.expected_kwh < 400
    assert found.low_kwh < found.expected_kwh < found.high_kwh

"""What is left out before anything is forecast, counted by kind; the calendar; the ladder of a young site."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dash_app.domain.time import TimeGrid
from optimizer.forecast.calendar import SATURDAY, SUNDAY, WORKING
from optimizer.forecast.history import build_history
from optimizer.forecast.model import Rung, forecast_load

HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")
END = datetime(2021, 6, 7, tzinfo=UTC)


def series(days: int, value: float = 5.0) -> pd.Series:
    index = pd.date_range(END - timedelta(days=days), END, freq=HOUR, inclusive="left", name="time")
    return pd.Series(value + np.asarray(index.hour) + 0.1 * (np.asarray(index.day) % 3), index=index)


def array(days: int = 30) -> pd.Series:
    hour = np.asarray(series(days).index.hour)
    day = np.arange(len(hour)) // 24
    return pd.Series(np.clip(6 - np.abs(hour - 12), 0, None) * (1 + 0.01 * day), index=series(days).index)


def test_a_stuck_load_is_left_out_and_counted() -> None:
    load = series(30)
    load.iloc[100:130] = 7.7
    history = build_history(load, zone=LONDON, issued_at=END)
    assert history.left_out == {"spikes": 0, "negative": 0, "zero_runs": 0, "stuck": 30}
    assert history.excluded == 30


def test_a_negative_load_is_left_out() -> None:
    load = series(30)
    load.iloc[5] = -3.0
    assert build_history(load, zone=LONDON, issued_at=END).left_out["negative"] == 1


def test_nights_without_production_are_no_fault_and_an_array_that_is_off_is() -> None:
    pv = array()
    assert build_history(pv, zone=LONDON, issued_at=END, positive=False).excluded == 0
    pv.iloc[240:360] = 0.0
    assert build_history(pv, zone=LONDON, issued_at=END, positive=False).left_out["zero_runs"] >= 120


def test_a_day_on_which_the_array_shows_its_counter_is_left_out_whole() -> None:
    pv = array()
    pv.iloc[239:263] = np.linspace(3.0, 5.0, 24)
    left_out = build_history(pv, zone=LONDON, issued_at=END, positive=False).left_out
    assert left_out["cumulative"] == 24


@settings(max_examples=25, deadline=None)
@given(spots=st.sets(st.integers(0, 30 * 24 - 1), max_size=40))
def test_no_value_is_counted_twice_and_gaps_are_no_faults(spots: set[int]) -> None:
    load = series(30)
    load.iloc[list(spots)] = np.nan
    history = build_history(load, zone=LONDON, issued_at=END)
    first = next(place for place in range(len(load)) if place not in spots)
    assert history.excluded == 0
    assert history.missing == len([spot for spot in spots if spot > first])


def test_public_holidays_count_as_sundays_where_the_zone_says_where_it_is() -> None:
    history = build_history(series(60), zone=LONDON, issued_at=END)
    days = pd.DatetimeIndex(["2021-05-31 12:00", "2021-06-01 12:00", "2021-06-05 00:00", "2021-06-06 23:45"])
    assert history.day_type_of(days).tolist() == [SUNDAY, WORKING, SATURDAY, SUNDAY]
    unknown = build_history(series(60), zone=ZoneInfo("Etc/GMT"), issued_at=END)
    assert unknown.day_type_of(days).tolist() == [WORKING, WORKING, SATURDAY, SUNDAY]


def test_the_calendar_reaches_beyond_the_history() -> None:
    history = build_history(series(60), zone=LONDON, issued_at=END)
    assert history.day_types.index[-1].date() >= date(2021, 6, 20)


@pytest.mark.parametrize(
    ("days", "rung", "words"),
    [
        (5, Rung.NAIVE_DAY, "the day before, repeated: 5 days of history"),
        (12, Rung.PROFILE, "profile of 12 days"),
        (40, Rung.SIMPLE, "simple models on 40 days"),
    ],
)
def test_a_young_site_says_what_its_forecast_stands_on(days: int, rung: Rung, words: str) -> None:
    grid = TimeGrid(start=END, step=HOUR, steps=48)
    forecast = forecast_load(series(days), grid, zone=LONDON, issued_at=END)
    assert (forecast.rung, forecast.basis) == (rung, words)
    assert forecast.frame.notna().all().all()

"""Both models of the net load from a site's history: what it teaches, and what is too little."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.time import TimeGrid
from optimizer.forecast.mix import Runs
from optimizer.forecast.record import Record
from optimizer.value.learned import at_step, errors_of, outlooks_of

ZONE = ZoneInfo("Australia/Melbourne")
HOUR = timedelta(hours=1)
NOW = datetime(2020, 9, 27, 14, tzinfo=UTC)  # midnight of Monday the 28th at the site
GRID = TimeGrid(start=NOW, step=HOUR, steps=48)


def record(actual: float, forecast: float, *, origins: int = 40, every_h: int = 9, leads: int = 48) -> Record:
    """Return a record in which everything was `actual` and forecast as `forecast` plus the number of the origin."""
    ends = pd.Timestamp("2020-09-28")
    index = pd.date_range(end=ends - timedelta(hours=every_h), periods=origins, freq=f"{every_h}h")
    said = np.full((origins, leads), forecast) + np.arange(origins)[:, None]
    runs = Runs(
        names=("one",), origins=index, forecasts=said[None], actuals=np.full((origins, leads), actual), step=HOUR
    )
    nothing = np.zeros((origins, leads))
    return Record(runs=runs, mixed=said, sizes=nothing, bands=nothing[None], levels=nothing[:1])


def net_load(days: int = 30) -> pd.Series:
    """Return 50 kW on working days and 10 kW on weekends at the site, hour by hour up to now."""
    index = pd.date_range(end=NOW - HOUR, periods=24 * days, freq="h")
    weekend = index.tz_convert(ZONE).day_of_week >= 5
    return pd.Series(np.where(weekend, 10.0, 50.0), index=index)


def test_days_are_learned_on_the_sites_own_calendar() -> None:
    (days,) = outlooks_of(GRID, ZONE, forecast_kw=np.zeros(48), net_load=net_load(), errors=None)
    assert (days.net_kw == 50.0).all()  # Monday and Tuesday
    friday = TimeGrid(start=NOW + timedelta(days=4), step=HOUR, steps=48)
    (days,) = outlooks_of(friday, ZONE, forecast_kw=np.zeros(48), net_load=net_load(), errors=None)
    # late on Friday the pool of the slot reaches across midnight, but stays with working days
    assert days.net_kw[:24].tolist() == [[50.0] * 7] * 24
    assert days.net_kw[24:].tolist() == [[10.0] * 7] * 24


def test_errors_are_added_to_the_forecast_and_come_first() -> None:
    errors = pd.Series(3.0, index=pd.date_range("2020-09-01", periods=24 * 20, freq="h"))
    forecast = np.arange(48.0)
    first, _second = outlooks_of(GRID, ZONE, forecast_kw=forecast, net_load=net_load(), errors=errors)
    assert first.net_kw[:, 3].tolist() == (forecast + 3.0).tolist()


def test_errors_are_those_of_forecasts_less_than_a_day_old_each_day_once() -> None:
    errors = errors_of(record(10.0, 0.0, origins=8, every_h=12), None)
    assert errors is not None
    # the newest origin (7) is at noon of the 27th; a day before it origin 5, then 3 and 1
    assert errors.index[0] == pd.Timestamp("2020-09-24 12:00")
    assert errors.index[-1] == pd.Timestamp("2020-09-28 11:00")
    assert errors.to_numpy().reshape(4, 24).tolist() == [[9.0] * 24, [7.0] * 24, [5.0] * 24, [3.0] * 24]


def test_a_gap_between_two_origins_stays_a_gap() -> None:
    errors = errors_of(record(10.0, 0.0, origins=8, every_h=9), None)
    assert errors is not None
    # origins 27 h apart: three hours between them that no forecast of less than a day covers
    assert int(errors.isna().sum()) == 3 * (len(errors) // 27)


def test_errors_of_the_net_load_are_those_of_demand_less_those_of_pv() -> None:
    errors = errors_of(record(10.0, 7.0, origins=1), record(5.0, 9.0, origins=1))
    assert errors is not None
    assert errors.to_numpy().tolist() == [3.0 - -4.0] * 24


def test_forecasts_that_never_met_leave_nothing_to_learn_from() -> None:
    assert errors_of(record(1.0, 1.0, origins=0), None) is None
    late = record(5.0, 9.0, origins=1)
    early = record(5.0, 9.0, origins=1, every_h=600)
    assert errors_of(late, early) is None


def test_a_series_comes_to_the_step_of_the_plan_as_means_or_as_it_was() -> None:
    quarters = pd.Series([1.0, 3.0, 5.0, 7.0, np.nan], index=pd.date_range(NOW, periods=5, freq="15min"))
    assert at_step(quarters, timedelta(minutes=30)).tolist()[:2] == [2.0, 6.0]
    hours = pd.Series([4.0, np.nan, 8.0], index=pd.date_range(NOW, periods=3, freq="h"))
    known = at_step(hours, timedelta(minutes=30))
    assert known.iloc[:2].tolist() == [4.0, 4.0]
    assert known.iloc[2:4].isna().all()


def test_too_little_history_is_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        outlooks_of(GRID, ZONE, forecast_kw=np.zeros(48), net_load=net_load().iloc[-3:], errors=None)

"""Key figures against hand computation."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.kpi import average_on_local_days, coverage_of, kpis_of, load_sources

MELBOURNE = ZoneInfo("Australia/Melbourne")
LONDON = ZoneInfo("Europe/London")
HOUR = timedelta(hours=1)
NAN = float("nan")


def hours(values: list[float], start: str = "2020-09-28") -> pd.Series:
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq="h", tz="UTC", name="time"))


def end_of(series: pd.Series) -> datetime:
    return (series.index[-1] + HOUR).to_pydatetime()


def test_energy_is_the_integral_and_the_peak_is_a_power() -> None:
    power_kw = pd.Series([10.0, 30.0, 20.0, 0.0], index=pd.date_range("2020-09-28", periods=4, freq="15min", tz="UTC"))
    figures = kpis_of(power_kw, timedelta(minutes=15), datetime(2020, 9, 28, 1, tzinfo=UTC), MELBOURNE)
    assert figures.total_kwh == 15.0
    assert figures.average_kw == 15.0
    assert figures.peak_kw == 30.0
    assert figures.peak_at == datetime(2020, 9, 28, 0, 15, tzinfo=UTC)
    assert figures.current_kw == 0.0
    assert figures.lowest_kw == 0.0
    assert figures.coverage.complete


def test_a_gap_is_neither_zero_nor_filled() -> None:
    power_kw = hours([4.0, NAN, NAN, 8.0])
    figures = kpis_of(power_kw, HOUR, end_of(power_kw), MELBOURNE)
    assert figures.total_kwh == 12.0
    assert figures.average_kw == 6.0
    assert figures.covered_h == 2.0
    assert figures.coverage.fraction == 0.5
    assert figures.coverage.gaps == ((datetime(2020, 9, 28, 1, tzinfo=UTC), datetime(2020, 9, 28, 3, tzinfo=UTC)),)


def test_values_that_are_not_due_yet_are_no_gap() -> None:
    power_kw = hours([4.0, 4.0, NAN, NAN])
    assert coverage_of(power_kw, HOUR, datetime(2020, 9, 28, 3, 59, tzinfo=UTC)).complete


def test_a_series_that_fell_silent_has_a_gap_up_to_now() -> None:
    power_kw = hours([4.0, 4.0, NAN, NAN, NAN])
    (gap,) = coverage_of(power_kw, HOUR, end_of(power_kw)).gaps
    assert gap == (datetime(2020, 9, 28, 2, tzinfo=UTC), datetime(2020, 9, 28, 5, tzinfo=UTC))


def test_without_any_value_there_are_no_figures() -> None:
    power_kw = hours([NAN, NAN])
    figures = kpis_of(power_kw, HOUR, end_of(power_kw), MELBOURNE)
    assert figures.total_kwh is None
    assert figures.current_kw is None
    assert figures.peak_at is None
    assert figures.coverage.fraction == 0.0


def test_days_are_those_of_the_site() -> None:
    power_kw = hours([1.0] * 24)  # 10:00 to 10:00 in Melbourne
    first, second = kpis_of(power_kw, HOUR, end_of(power_kw), MELBOURNE).days
    assert (first.day, first.energy_kwh) == (date(2020, 9, 28), 14.0)
    assert (second.day, second.energy_kwh) == (date(2020, 9, 29), 10.0)


def test_a_day_with_a_gap_is_not_complete() -> None:
    power_kw = hours([1.0] * 5 + [NAN] + [1.0] * 30)
    assert [day.complete for day in kpis_of(power_kw, HOUR, end_of(power_kw), LONDON).days] == [False, True]


@pytest.mark.parametrize(("start", "length"), [("2020-03-29", 23), ("2020-10-24 23:00", 25)])
def test_a_daily_mean_covers_the_civil_day_through_a_clock_change(start: str, length: int) -> None:
    power_kw = hours([2.0] * length + [8.0] * 24, start)
    assert average_on_local_days(power_kw, timedelta(days=1), LONDON).tolist() == [2.0, 8.0]


def test_steps_of_six_hours_begin_at_the_sites_midnight() -> None:
    power_kw = hours([0.0] * 6 + [6.0] * 6, "2020-09-27 14:00")
    averaged = average_on_local_days(power_kw, timedelta(hours=6), MELBOURNE)
    assert averaged.tolist() == [0.0, 6.0]
    assert [moment.hour for moment in averaged.index.tz_convert(MELBOURNE)] == [0, 6]


def test_the_load_takes_pv_first_then_the_battery_then_the_grid() -> None:
    index = pd.date_range("2020-09-28", periods=3, freq="30min", tz="UTC")
    balance = pd.DataFrame(
        {
            "pv_kw": [10.0, 2.0, np.nan],
            "load_kw": [6.0, 8.0, 8.0],
            "battery_kw": [-4.0, 4.0, 0.0],
            "grid_kw": [0.0, 2.0, 8.0],
        },
        index=index,
    )
    sources = load_sources(balance, timedelta(minutes=30))
    assert (sources.pv_kwh, sources.battery_kwh, sources.grid_kwh) == (4.0, 2.0, 1.0)
    assert sources.missing_h == 0.5
    assert sources.total_kwh == 7.0


def test_a_battery_that_also_exports_only_supplies_what_the_load_takes() -> None:
    index = pd.date_range("2020-09-28", periods=1, freq="h", tz="UTC")
    balance = pd.DataFrame({"pv_kw": [1.0], "load_kw": [3.0], "battery_kw": [5.0], "grid_kw": [-3.0]}, index=index)
    sources = load_sources(balance, HOUR)
    assert (sources.pv_kwh, sources.battery_kwh, sources.grid_kwh) == (1.0, 2.0, 0.0)

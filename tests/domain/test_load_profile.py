"""The shape of a demand against hand computation and against plain loops over the raw files."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.load_profile import base_load, base_share, day_grid, duration_curve, load_factor, top_peaks
from tests.raw import column

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)
LONDON = ZoneInfo("Europe/London")
MELBOURNE = ZoneInfo("Australia/Melbourne")
NAN = float("nan")
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def hours(values: list[float], start: str = "2020-09-28") -> pd.Series:
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq="h", tz="UTC"), dtype=float)


@pytest.fixture(scope="module")
def building() -> pd.Series:
    """Return Cambridge b071 in March 2021, from the raw file; the publisher's zeros are gaps."""
    known = column("uk_cambridge/uk_cam_b071", "demand_kwh")
    index = pd.date_range("2021-03-01", "2021-04-01", freq="h", tz="UTC", inclusive="left")
    values = [known.get(moment, (0.0,))[0] or NAN for moment in index.to_pydatetime()]
    return pd.Series(values, index=index)


def test_base_load_load_factor_and_share_of_a_measured_month(building: pd.Series) -> None:
    values = sorted(value for value in building if value == value)
    assert len(values) > 700
    place = 0.05 * (len(values) - 1)
    low, high = values[int(place)], values[int(place) + 1]
    base = low + (place - int(place)) * (high - low)
    mean = sum(values) / len(values)
    assert base_load(building) == pytest.approx(base)
    assert load_factor(building) == pytest.approx(mean / values[-1])
    assert base_share(building) == pytest.approx(base / mean)


def test_the_duration_curve_counts_how_long_a_power_was_reached(building: pd.Series) -> None:
    curve = duration_curve(building)
    for share in (0.01, 0.25, 0.5, 0.99):
        power = float(curve[curve.index >= share].iloc[0])
        reached = sum(value >= power for value in building if value == value) / building.notna().sum()
        assert share <= reached <= share + 0.005
    assert curve.is_monotonic_decreasing
    assert curve.iloc[0] == building.max()


def test_nothing_measured_has_no_shape() -> None:
    nothing = hours([NAN, NAN])
    assert base_load(nothing) is base_share(nothing) is load_factor(nothing) is None
    assert top_peaks(nothing, HOUR) == ()
    assert duration_curve(nothing).empty


def test_a_meter_at_rest_has_no_factor() -> None:
    assert load_factor(hours([0.0, 0.0])) is base_share(hours([0.0, 0.0])) is None


def test_a_plateau_is_one_event_with_its_length() -> None:
    (peak,) = top_peaks(hours([1, 1, 9, 10, 9, 1, 1]), HOUR)
    assert (peak.power_kw, peak.at.hour) == (10.0, 3)
    assert (peak.start.hour, peak.end.hour) == (2, 5)


def test_the_highest_distinct_events_come_in_order() -> None:
    days = [[1.0] * 8 + [10.0 + day, 9.0 + day, 9.5 + day] + [1.0] * 13 for day in range(7)]
    peaks = top_peaks(hours([value for day in days for value in day]), HOUR)
    assert [peak.power_kw for peak in peaks] == [16.0, 15.0, 14.0, 13.0, 12.0]
    assert [peak.at.day for peak in peaks] == [4, 3, 2, 1, 30]


def test_a_gap_ends_an_event_and_a_flat_load_has_none() -> None:
    peaks = top_peaks(hours([1, 1, 9, NAN, 8, 1, 1]), HOUR, apart=timedelta(0))
    assert [peak.power_kw for peak in peaks] == [9.0, 8.0]
    assert top_peaks(hours([5.0] * 24), HOUR) == ()


def test_what_follows_within_four_hours_is_the_same_event() -> None:
    near, far = [1, 9, 1, 1, 8, 1, 1, 1], [1, 9, 1, 1, 1, 1, 8, 1]
    assert [peak.power_kw for peak in top_peaks(hours(near), HOUR)] == [9.0]
    assert [peak.power_kw for peak in top_peaks(hours(far), HOUR)] == [9.0, 8.0]


def test_the_peaks_of_a_measured_month_are_the_highest_hours_of_their_days(building: pd.Series) -> None:
    peaks = top_peaks(building, HOUR)
    assert len(peaks) == 5
    assert peaks[0].power_kw == building.max()
    assert [peak.power_kw for peak in peaks] == sorted((peak.power_kw for peak in peaks), reverse=True)
    for peak in peaks:
        assert peak.power_kw == max(building[peak.start : peak.end - HOUR])
    spans = sorted((peak.start, peak.end) for peak in peaks)
    assert all(one[1] < two[0] for one, two in pairwise(spans))


def test_the_grid_of_days_holds_the_mean_of_each_hour_of_the_raw_file() -> None:
    known = column("au_clayton/au_cla_demand_15min", "building1_kw")
    index = pd.date_range("2020-09-20", "2020-09-28", freq="15min", tz="UTC", inclusive="left")
    power = pd.Series([known.get(moment, (NAN,))[0] for moment in index.to_pydatetime()], index=index)
    grid = day_grid(power, date(2020, 9, 22), date(2020, 9, 24), MELBOURNE, LATER)
    start = datetime(2020, 9, 23, 9, tzinfo=MELBOURNE).astimezone(UTC)
    quarters = [known[start + k * QUARTER][0] for k in range(4)]
    assert grid.mean_kw.shape == (24, 3)
    assert grid.mean_kw[9, 1] == pytest.approx(sum(quarters) / 4)
    assert not grid.missing.any()


def test_a_day_of_23_hours_lacks_one_that_is_not_missing() -> None:
    power = hours([1.0] * 71, "2020-03-28")
    grid = day_grid(power, date(2020, 3, 28), date(2020, 3, 30), LONDON, LATER)
    assert np.isnan(grid.mean_kw).sum() == 1
    assert np.isnan(grid.mean_kw[1, 1])
    assert not grid.missing.any()


def test_the_doubled_hour_of_a_day_of_25_hours_is_the_mean_of_both() -> None:
    power = hours([1.0] * 73, "2020-10-23 23:00")
    power["2020-10-25 01:00+00:00"] = 3.0
    grid = day_grid(power, date(2020, 10, 24), date(2020, 10, 26), LONDON, LATER)
    assert grid.mean_kw[1, 1] == 2.0
    assert np.argwhere(grid.doubled).tolist() == [[1, 1]]
    assert np.nansum(grid.mean_kw) == 73.0


def test_what_was_not_measured_is_missing_and_what_is_to_come_is_not() -> None:
    power = hours([1.0, NAN, 1.0])
    grid = day_grid(power, date(2020, 9, 28), date(2020, 9, 29), ZoneInfo("UTC"), datetime(2020, 9, 28, 4, tzinfo=UTC))
    assert np.argwhere(grid.missing).tolist() == [[1, 0], [3, 0]]
    assert np.isnan(grid.mean_kw[:, 1]).all()


def test_a_range_that_has_not_begun_is_empty() -> None:
    grid = day_grid(hours([]), date(2020, 9, 28), date(2020, 9, 28), LONDON, datetime(2020, 9, 1, tzinfo=UTC))
    assert not grid.missing.any()
    assert np.isnan(grid.mean_kw).all()

"""Classes of net load: equal counts per slot, what follows what, the site's clock, and little history."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from optimizer.value.classes import classes_of, kinds_of, slots_of

HOUR = timedelta(hours=1)
HELSINKI = ZoneInfo("Europe/Helsinki")


def hours_of_days(days: int, zone: str = "UTC") -> pd.DatetimeIndex:
    return pd.date_range("2026-11-02", periods=24 * days, freq="h", tz=zone).tz_convert("UTC")


def test_a_class_is_the_mean_of_its_share_of_a_slot_and_its_neighbours() -> None:
    days = 14
    values = np.tile(np.arange(24.0) * 100, days) + np.repeat(np.arange(float(days)), 24)
    slots = np.tile(np.arange(24), days)
    means = classes_of(values, slots, slots_per_day=24, count=3).means
    # slot 5 pools 400..413, 500..513 and 600..613: a third each
    assert means[0, 5].tolist() == [406.5, 506.5, 606.5]
    # slot 0 pools across midnight
    assert means[0, 0].tolist() == [6.5, 106.5, 2306.5]


def test_quarter_hours_pool_three_slots_on_each_side() -> None:
    values = np.tile(np.arange(96.0), 2)
    means = classes_of(values, np.tile(np.arange(96), 2), slots_per_day=96, count=7).means
    assert means[0, 50].tolist() == [47, 48, 49, 50, 51, 52, 53]


def test_weekends_have_classes_of_their_own() -> None:
    index = hours_of_days(28)
    kinds = kinds_of(index, ZoneInfo("UTC"))
    values = np.where(kinds == 1, 10.0, 50.0)
    classes = classes_of(values, slots_of(index, ZoneInfo("UTC"), HOUR), slots_per_day=24, kinds=kinds)
    outlook = classes.outlook(np.array([3, 3]), np.array([0, 1]))
    assert outlook.net_kw.tolist() == [[50.0] * 7, [10.0] * 7]


def test_errors_are_added_to_the_forecast() -> None:
    values = np.tile([-1.0, 0.0, 4.0], 24 * 8)
    classes = classes_of(values, np.arange(len(values)) % 24, slots_per_day=24, count=3)
    outlook = classes.outlook(np.array([0, 1]), forecast_kw=np.array([20.0, 30.0]))
    assert outlook.net_kw.tolist() == [[19.0, 20.0, 24.0], [29.0, 30.0, 34.0]]


def test_transitions_are_counted_half_a_time_more_each() -> None:
    values = np.array([1.0, 1.0, 5.0, 1.0, np.nan, 5.0, 5.0])
    classes = classes_of(values, np.zeros(7, dtype=np.int64), slots_per_day=1, count=2)
    # low follows low once, high follows low once, low follows high once, high follows high once; the gap counts nothing
    assert classes.means[0, 0].tolist() == [1.0, 5.0]
    assert classes.follows.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    steady = classes_of(np.array([1.0, 1.0, 1.0, 5.0, 5.0, 5.0]), np.zeros(6, dtype=np.int64), slots_per_day=1, count=2)
    assert steady.follows == pytest.approx(np.array([[2.5 / 4, 1.5 / 4], [0.5 / 3, 2.5 / 3]]))


def test_the_slot_is_that_of_the_clock_on_the_wall_across_a_clock_change() -> None:
    index = pd.date_range("2026-10-25 00:00", periods=4, freq="h", tz="UTC")
    assert slots_of(index, HELSINKI, HOUR).tolist() == [3, 3, 4, 5]
    assert slots_of(index[:1], HELSINKI, timedelta(minutes=15)).tolist() == [12]
    assert kinds_of(pd.DatetimeIndex(["2026-11-20 22:30"], tz="UTC"), HELSINKI).tolist() == [1]


def test_a_slot_with_little_history_borrows_from_the_whole_day() -> None:
    values = np.concatenate((np.full(24, 8.0), np.arange(4.0)))
    slots = np.concatenate((np.arange(24), np.zeros(4, dtype=np.int64)))
    means = classes_of(values, slots, slots_per_day=24, count=7).means
    assert means.shape == (1, 24, 7)
    assert means[0, 12] == pytest.approx([np.mean(one) for one in np.array_split(np.sort(values), 7)])


def test_too_few_values_are_refused() -> None:
    with pytest.raises(ValueError, match="2 values are too few for 7 classes"):
        classes_of(np.array([1.0, np.nan, 2.0]), np.zeros(3, dtype=np.int64), slots_per_day=24)

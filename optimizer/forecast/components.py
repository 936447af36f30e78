"""The naive and profile components. A component is a function: history and local target times in, values out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.calendar import SUNDAY
from optimizer.forecast.history import History

Component = Callable[[History, pd.DatetimeIndex], np.ndarray]
"""Takes what is known at the origin and naive local target times; returns one value for each target (kW)."""


def lagged(history: History, targets: pd.DatetimeIndex, days: int) -> np.ndarray:
    """Return the value `days` local days before each of the consecutive targets; NaN where the history ends."""
    return taken_from(history.values, targets, days * history.steps_per_day, history.step)


def taken_from(
    values: pd.Series, targets: pd.DatetimeIndex, back: int, step: timedelta, count: int | None = None
) -> np.ndarray:
    """Return `values` (regular, by position: this runs thousands of times) `back` steps before consecutive targets.

    `count` asks for so many values from there on instead of one for each target.
    """
    length = len(targets) if count is None else count
    first = round((targets[0] - values.index[0]) / pd.Timedelta(step)) - back
    out = np.full(length, np.nan)
    low, high = max(first, 0), min(first + length, len(values))
    if low < high:
        out[low - first : high - first] = values.to_numpy()[low:high]
    return out


def weekly_naive(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The same slot one week before."""
    return _or_last(lagged(history, targets, 7), history)


def weekly_median(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The median of the same slot one to four weeks before."""
    return _or_last(_median([lagged(history, targets, 7 * week) for week in range(1, 5)]), history)


def day_mean(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The mean of the same slot over the seven newest known days."""
    lags = np.array([lagged(history, targets, day) for day in range(1, 10)])
    newest = np.cumsum(np.isfinite(lags), axis=0) <= 7
    return _or_last(_mean(np.where(newest, lags, np.nan)), history)


def weekly_profile(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The mean of the same slot one to six weeks before, each week weighing .75 of the next.

    Holidays are left out of ordinary days; a holiday is the mean of the newest three Sundays.
    """
    lags = np.array([lagged(history, targets, 7 * week) for week in range(1, 7)])
    types, day_of = history.day_types.to_numpy(), history.day_number(targets)
    alike = np.array([types[np.maximum(day_of - 7 * week, 0)] == types[day_of] for week in range(1, 7)])
    weights = np.where(np.isfinite(lags) & alike, 0.75 ** np.arange(6)[:, None], 0.0)
    total = weights.sum(axis=0)
    mean = (np.nan_to_num(lags) * weights).sum(axis=0) / np.where(total > 0, total, np.nan)
    return _or_last(_as_sundays(history, targets, mean), history)


def _as_sundays(history: History, targets: pd.DatetimeIndex, mean: np.ndarray) -> np.ndarray:
    """Put the newest three Sundays where a working day or Saturday is a holiday."""
    week_day = np.asarray(targets.day_of_week)
    free = (history.day_type_of(targets) == SUNDAY) & (week_day != 6)
    if not free.any():
        return mean
    values, at = history.values.to_numpy(), len(history.values) + np.arange(len(targets))
    since = (week_day + 1)[None, :] + 7 * np.arange(4)[:, None]
    place = at[None, :] - since * history.steps_per_day
    known = (place >= 0) & (place < len(values))
    sundays = np.where(known, values[np.clip(place, 0, len(values) - 1)], np.nan)
    newest = np.cumsum(known, axis=0) <= 3
    found = _mean(np.where(newest, sundays, np.nan))
    return np.where(free & np.isfinite(found), found, mean)


def day_naive(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The same slot one day before, or two where that is not known yet."""
    one, two, three = (lagged(history, targets, day) for day in (1, 2, 3))
    return _or_last(np.where(np.isfinite(one), one, np.where(np.isfinite(two), two, three)), history)


def _median(lags: list[np.ndarray]) -> np.ndarray:
    stacked = np.array(lags)
    empty = ~np.isfinite(stacked).any(axis=0)
    stacked[0, empty] = 0.0
    return np.where(empty, np.nan, np.nanmedian(stacked, axis=0))


def _mean(stacked: np.ndarray) -> np.ndarray:
    there = np.isfinite(stacked)
    count = there.sum(axis=0)
    return np.where(count > 0, np.where(there, stacked, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)


def _or_last(values: np.ndarray, history: History) -> np.ndarray:
    return np.where(np.isfinite(values), values, float(history.values.iloc[-1]))

"""The naive and profile components. A component is a function: history and local target times in, values out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.history import History

Component = Callable[[History, pd.DatetimeIndex], np.ndarray]
"""Takes what is known at the origin and naive local target times; returns one value for each target (kW)."""


def lagged(history: History, targets: pd.DatetimeIndex, days: int) -> np.ndarray:
    """Return the value `days` local days before each of the consecutive targets; NaN where the history ends."""
    return taken_from(history.values, targets, days * history.steps_per_day, history.step)


def taken_from(values: pd.Series, targets: pd.DatetimeIndex, back: int, step: timedelta) -> np.ndarray:
    """Return `values` (regular, by position: this runs thousands of times) `back` steps before consecutive targets."""
    first = round((targets[0] - values.index[0]) / pd.Timedelta(step)) - back
    out = np.full(len(targets), np.nan)
    low, high = max(first, 0), min(first + len(targets), len(values))
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
    """The mean of the same slot one to six weeks before, each week weighing .75 of the next."""
    lags = np.array([lagged(history, targets, 7 * week) for week in range(1, 7)])
    weights = np.where(np.isfinite(lags), 0.75 ** np.arange(6)[:, None], 0.0)
    total = weights.sum(axis=0)
    mean = (np.nan_to_num(lags) * weights).sum(axis=0) / np.where(total > 0, total, np.nan)
    return _or_last(mean, history)


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

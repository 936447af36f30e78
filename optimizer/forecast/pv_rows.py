"""What the boosting of PV learns from: the scaled days, how clear it was lately, and where the sun stands.

Everything is relative to what a clear day brings, so that arrays of any size learn from each other.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.components import taken_from
from optimizer.forecast.history import History
from optimizer.forecast.recipe import Rows, RowsOf
from optimizer.forecast.sun import DAYS, ScaledDays, scaled_days

CLEAR_H = (1, 3, 6, 24)
LEAST = 0.02
"""Slots that bring less than this share of the array's best teach nothing."""


def pv_rows(sun: pd.Series) -> RowsOf:
    """Return the features of a site whose clear sky (by naive local time) this is."""

    def rows(known: History, targets: pd.DatetimeIndex, said: np.ndarray) -> Rows:
        scaled = scaled_days(sun, known, targets)
        bright = scaled.envelope > max(LEAST * scaled.best_kw, 1e-9)
        unit = np.where(bright, scaled.envelope, np.inf)
        middle = np.median(scaled.days, axis=0)
        columns = _sun_and_calendar(scaled, known, targets, sun)
        columns += _days(scaled, unit, middle)
        columns += [np.full(len(targets), level) for level in _clearness(sun, known)]
        x = np.stack(columns, axis=1).astype(np.float32)
        return Rows(x=x, base=middle, scale=np.where(bright, scaled.envelope, 0.0))

    return rows


def _sun_and_calendar(
    scaled: ScaledDays, known: History, targets: pd.DatetimeIndex, sun: pd.Series
) -> list[np.ndarray]:
    lead = np.arange(len(targets))
    year = 2 * np.pi * np.asarray(targets.day_of_year) / 365.25
    slope = np.gradient(scaled.sun) * known.steps_per_day / 24 if len(targets) > 1 else np.zeros(1)
    last_sun = taken_from(sun, targets[:1], 1, known.step)[0]
    return [
        np.asarray(targets.hour) + np.asarray(targets.minute) / 60.0,
        (lead + 1) * (known.step / timedelta(hours=1)),
        lead // known.steps_per_day,
        scaled.sun,
        slope,
        np.sin(year),
        np.cos(year),
        scaled.envelope / max(scaled.best_kw, 1e-9),
        np.full(len(targets), last_sun),
    ]


def _days(scaled: ScaledDays, unit: np.ndarray, middle: np.ndarray) -> list[np.ndarray]:
    """Return statistics of the scaled days and the three newest, each in units of a clear day."""
    days = scaled.days
    count = len(days)
    fading = 0.9 ** np.arange(count)[:, None]
    low, high = np.quantile(days, [0.25, 0.75], axis=0)
    newest = [days[min(k, count - 1)] for k in range(3)]
    means = [days.mean(axis=0), days[:7].mean(axis=0), (days * fading).sum(axis=0) / fading.sum()]
    return [part / unit for part in (middle, low, high, *means, *newest)]


def _clearness(sun: pd.Series, known: History) -> list[float]:
    """Return how clear it was over the last hours, today, the last days and weeks, and how much it changed."""
    per_day = known.steps_per_day
    count = max(1, min(DAYS, len(known.values) // per_day))
    if len(known.values) < per_day:
        return [np.nan] * (len(CLEAR_H) + 7)
    span = count * per_day
    past = known.values.to_numpy()[-span:]
    shape = taken_from(sun, pd.DatetimeIndex([known.origin]), span, known.step, span)
    ratio = np.where(shape > 20.0, past / np.maximum(shape, 20.0), 0.0).reshape(count, per_day)
    clear = np.tile(np.quantile(ratio, 0.93, axis=0), count) * np.where(shape > 20.0, shape, 0.0)
    share = [_share(past, clear, max(1, round(h * per_day / 24))) for h in CLEAR_H]
    today = round((known.origin - known.origin.normalize()) / pd.Timedelta(known.step))
    share += [_share(past, clear, today), _share(past, clear, 7 * per_day), _share(past, clear, span)]
    by_day = past.reshape(count, per_day).sum(axis=1) / np.maximum(clear.reshape(count, per_day).sum(axis=1), 1e-9)
    share += [float(by_day[-min(k, count)]) for k in (2, 3)]
    lit = clear[-per_day:] > 0.05 * clear.max()
    hourly = past[-per_day:][lit] / np.maximum(clear[-per_day:][lit], 1e-9)
    share += [float(hourly.std()) if lit.any() else np.nan, float(by_day[-7:].std())]
    return share


def _share(past: np.ndarray, clear: np.ndarray, steps: int) -> float:
    if steps < 1 or clear[-steps:].sum() <= 1e-6 * max(clear.max(), 1e-9):
        return np.nan
    return float(past[-steps:].sum() / clear[-steps:].sum())

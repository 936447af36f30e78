"""What the boosting of a load learns from: the simple models against their median, lags, levels and the calendar."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.history import History
from optimizer.forecast.recipe import Rows

LEVELS_H = (1, 3, 6, 24, 72, 168)
DAY_LAGS, WEEK_LAGS, TYPED_DAYS = 7, 4, 10


def load_rows(known: History, targets: pd.DatetimeIndex, said: np.ndarray) -> Rows:
    """Return the features of consecutive targets from the origin on; everything in kW is against the base."""
    base = np.nanmedian(said, axis=0)
    values = known.values.to_numpy()
    lead = np.arange(len(targets))
    at = len(values) + lead
    columns = [*(said - base), np.nanstd(said, axis=0), base]
    columns += _calendar(known, targets, lead)
    columns += _lags(values, at, lead, known.steps_per_day, base)
    columns += _typed_lags(known, targets, values, at, base)
    columns += _levels(known, values, at, lead)
    return Rows(x=np.stack(columns, axis=1).astype(np.float32), base=base, scale=np.ones(len(targets)))


def _calendar(known: History, targets: pd.DatetimeIndex, lead: np.ndarray) -> list[np.ndarray]:
    per_day, hour = known.steps_per_day, known.step / timedelta(hours=1)
    slot = np.asarray(targets.hour) * 60.0 + np.asarray(targets.minute)
    day, types = known.day_number(targets), known.day_types.to_numpy()
    week_day = np.asarray(targets.day_of_week)
    around = [types[np.clip(day + k, 0, len(types) - 1)] for k in (-1, 0, 1)]
    year = 2 * np.pi * np.asarray(targets.day_of_year) / 365.25
    origin_slot = np.full(len(targets), slot[0])
    return [
        slot,
        week_day,
        week_day * 1440.0 + slot,
        *around,
        np.sin(year),
        np.cos(year),
        (lead + 1) * hour,
        origin_slot,
        lead // per_day,
    ]


def _taken(values: np.ndarray, at: np.ndarray) -> np.ndarray:
    good = (at >= 0) & (at < len(values))
    return np.where(good, values[np.clip(at, 0, len(values) - 1)], np.nan)


def _lags(values: np.ndarray, at: np.ndarray, lead: np.ndarray, per_day: int, base: np.ndarray) -> list[np.ndarray]:
    """Return the same slot on the newest known days and weeks, and an hour's mean around the newest of each."""
    day, week = (lead // per_day + 1) * per_day, (lead // (7 * per_day) + 1) * 7 * per_day
    lags = [_taken(values, at - day - k * per_day) - base for k in range(DAY_LAGS)]
    lags += [_taken(values, at - week - k * 7 * per_day) - base for k in range(WEEK_LAGS)]
    half = max(1, per_day // 48)
    total = np.concatenate([[0.0], np.cumsum(values)])
    for back in (day, week):
        low = np.clip(at - back - half, 0, len(values))
        high = np.clip(at - back + half + 1, 0, len(values))
        lags.append((total[high] - total[low]) / np.maximum(high - low, 1) - base)
    return lags


def _typed_lags(
    known: History, targets: pd.DatetimeIndex, values: np.ndarray, at: np.ndarray, base: np.ndarray
) -> list[np.ndarray]:
    """Return mean, median, newest and spread of the five newest same slots on days of the same type."""
    types, day_of = known.day_types.to_numpy(), known.day_number(targets)
    back = {day: _days_alike(types, day) for day in np.unique(day_of)}
    lags = np.stack([back[day] for day in day_of])
    then = _taken(values, np.where(lags > 0, at[:, None] - lags * known.steps_per_day, -1))
    newest = np.cumsum(np.isfinite(then), axis=1) <= 5
    then = np.where(newest, then, np.nan)
    empty = ~np.isfinite(then).any(axis=1)
    then[empty] = base[empty, None]
    first = then[np.arange(len(then)), np.isfinite(then).argmax(axis=1)]
    return [np.nanmean(then, axis=1) - base, np.nanmedian(then, axis=1) - base, first - base, np.nanstd(then, axis=1)]


def _days_alike(types: np.ndarray, day: int) -> np.ndarray:
    """Return how many days back the newest days of the same type lie (0: no more), ten of them."""
    before = np.flatnonzero(types[max(day - 60, 0) : day][::-1] == types[day]) + 1
    return np.concatenate([before[:TYPED_DAYS], np.zeros(max(0, TYPED_DAYS - len(before)), dtype=int)])


def _levels(known: History, values: np.ndarray, at: np.ndarray, lead: np.ndarray) -> list[np.ndarray]:
    """Return how far the load ran above its weekly median lately, and at the same slot on the newest known day."""
    per_day, per_hour = known.steps_per_day, known.steps_per_day / 24
    past = np.arange(len(values) - 8 * per_day, len(values))
    weeks = np.stack([_taken(values, past - k * 7 * per_day) for k in range(1, 5)])
    weeks[0] = np.where(np.isfinite(weeks).any(axis=0), weeks[0], _taken(values, past))
    above = _taken(values, past) - np.nanmedian(weeks, axis=0)
    recent = [np.nanmean(above[-max(1, round(h * per_hour)) :]) for h in LEVELS_H]
    recent += [np.nanmean(values[-max(1, round(h * per_hour)) :]) for h in (3, 24, 168)]
    day = (lead // per_day + 1) * per_day
    same_slot = _taken(above, at - day - past[0])
    return [np.full(len(lead), level) for level in recent] + [same_slot]

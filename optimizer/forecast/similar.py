"""Components that look for what is like the coming days: the same day type, a similar yesterday, a carried-on week."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.components import lagged, weekly_profile
from optimizer.forecast.history import History
from optimizer.forecast.residual import carry_on, hourly_means

NEIGHBOURS = 10
MISMATCH = 3.0
"""What a day of another type costs, in units of the usual difference between days."""

AGE = 0.15 / 60
"""What a day of age costs, in the same unit."""

LAGS = (1, 2, 3, 24, 25, 48, 72, 168)
RESIDUAL_WEEKS = 12
RESIDUAL_HALF_LIFE_H = 5 * 168


def day_type_mean(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The weighted mean (each .8 of the next) of the five newest same slots on days of the same type in 28 days."""
    types, day_of = history.day_types.to_numpy(), history.day_number(targets)
    total, weight = np.zeros(len(targets)), np.zeros(len(targets))
    seen = np.zeros(len(targets), dtype=int)
    for day in range(1, 29):
        then = lagged(history, targets, day)
        alike = (types[np.maximum(day_of - day, 0)] == types[day_of]) & (day_of >= day)
        same = np.isfinite(then) & alike & (seen < 5)
        share = np.where(same, 0.8**seen, 0.0)
        total, weight, seen = total + share * np.where(same, then, 0.0), weight + share, seen + same
    return np.where(weight > 0, total / np.maximum(weight, 1e-12), lagged(history, targets, 7))


def weekly_profile_carried(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The weekly profile plus an autoregression on what it missed, hour by hour, over the last twelve weeks."""
    per_week, per_hour = 7 * history.steps_per_day, round(timedelta(hours=1) / history.step)
    values = history.values.to_numpy()
    span = min(RESIDUAL_WEEKS * per_week, len(values) - 6 * per_week)
    said = weekly_profile(history, targets)
    if span < 3 * per_week or per_hour < 1:
        return said
    share = 0.75 ** np.arange(6)
    at = np.arange(len(values) - span, len(values))
    profile = sum(share[k] * values[at - (k + 1) * per_week] for k in range(6)) / share.sum()
    missed = hourly_means(pd.Series(values[at] - profile, index=history.values.index[at]), history.origin)
    hours = int(np.ceil(len(targets) / per_hour))
    ahead = carry_on(missed.to_numpy(), hours, LAGS, RESIDUAL_HALF_LIFE_H)
    lead = (np.arange(len(targets)) + 0.5) / per_hour - 0.5
    return said + np.interp(lead, np.arange(hours), ahead)


def similar_days(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """The mean of what followed the ten past moments most like now: the same slot, a similar day before, day types."""
    per_day, steps = history.steps_per_day, len(targets)
    values = history.values.to_numpy()
    now = len(values)
    back = np.arange(max(2, -(-steps // per_day)), min(364, (now - per_day) // per_day) + 1)
    if len(back) < NEIGHBOURS:
        return np.full(steps, np.nan)
    starts = now - back * per_day
    yesterday = values[starts[:, None] - per_day + np.arange(per_day)[None, :]]
    today = values[now - per_day :]
    apart = np.abs(yesterday - today[None, :]).mean(axis=1)
    scale = max(float(np.median(apart)), 1e-9)
    distance = apart / scale + AGE * back + MISMATCH * _mismatches(history, targets, back)
    nearest = np.argsort(distance, kind="stable")[:NEIGHBOURS]
    weights = 1.0 / (distance[nearest] + 0.1)
    followed = values[starts[nearest][:, None] + np.arange(steps)[None, :]]
    level = np.clip(0.5 * (today.mean() - yesterday[nearest].mean(axis=1)), -scale, scale)
    return (weights[:, None] * (followed + level[:, None])).sum(axis=0) / weights.sum()


def _mismatches(history: History, targets: pd.DatetimeIndex, back: np.ndarray) -> np.ndarray:
    """Return how many of the half-days ahead (6, 18, 30, 42 h) fall on another day type than they did then."""
    hours = min(len(targets) * history.step / timedelta(hours=1), 48)
    moments = pd.DatetimeIndex([targets[0] + timedelta(hours=h) for h in (6, 18, 30, 42) if h < hours])
    count = np.zeros(len(back))
    for kind, moment in zip(history.day_type_of(moments), moments, strict=True):
        then = history.day_number(pd.DatetimeIndex([moment])) - back
        count += history.day_types.to_numpy()[np.maximum(then, 0)] != kind
    return count

"""Intervals from the forecaster's own past errors, with levels that follow what arrives.

Split conformal by lead-time bucket and part of the day, newer errors counting more; the level of each quantile moves
after I. Gibbs and E. Candes, "Adaptive conformal inference under distribution shift" (NeurIPS 2021).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from optimizer.forecast.mix import bucket_of
from optimizer.forecast.recipe import Tuning

if TYPE_CHECKING:
    from optimizer.forecast.record import Record

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
FOLLOW = np.array([1.0, 1.0, 0.3, 0.0, 0.3, 1.0, 1.0])
"""How much of a step each level takes: the tails follow, the middle stays."""

PULL = 0.01
MIN_RESIDUALS = 60
WIDEN_WHEN_YOUNG = 1.3
YOUNG = timedelta(days=28)


def next_levels(record: Record, place: int, tuning: Tuning) -> np.ndarray:
    """Return the levels after what arrived between the origin before number `place` and that one."""
    if place == 0:
        return record.levels
    runs = record.runs
    ends = _starts(record) + np.timedelta64(runs.step)
    arrived = (ends > np.datetime64(runs.origins[place - 1])) & (ends <= np.datetime64(runs.origins[place]))
    arrived &= np.isfinite(runs.actuals) & np.isfinite(record.mixed) & lit(record)
    buckets, nominal = bucket_of(arrived.shape[1], runs.step), np.array(LEVELS)
    levels = record.levels.copy()
    for bucket in range(len(levels)):
        here = arrived & (buckets == bucket)[None, :]
        if here.any():
            below = (runs.actuals[here][None, :] < record.bands[:, here]).mean(axis=1)
            moved = levels[bucket] + tuning.level_step * FOLLOW * (nominal - below)
            levels[bucket] = np.clip(moved + PULL * (nominal - moved), 0.002, 0.998)
    return levels


def spread_of(
    record: Record,
    origin: pd.Timestamp,
    targets: pd.DatetimeIndex,
    sizes: np.ndarray,
    quantiles: tuple[float, ...],
    tuning: Tuning,
) -> np.ndarray:
    """Return what to add to the forecast for each quantile: `spread[quantile, step]`; 0 for the median.

    `sizes` are the errors expected at the targets. Widened while the record is younger than four weeks.
    """
    spread = np.zeros((len(quantiles), len(targets)))
    residual, weight, bucket, part = _residuals(record, origin, tuning)
    if len(residual) == 0:
        return spread
    ahead, hour = bucket_of(len(targets), record.runs.step), np.asarray(targets.hour) // 6
    tails = np.array([q != 0.5 for q in quantiles], dtype=float)
    tails *= WIDEN_WHEN_YOUNG if origin - record.origins[0] < YOUNG else 1.0
    for place in np.unique(ahead):
        adjusted = np.interp(quantiles, (0.0, *LEVELS, 1.0), np.concatenate([[0.0], record.levels[place], [1.0]]))
        for quarter in np.unique(hour[ahead == place]):
            here = (ahead == place) & (hour == quarter)
            chosen = _group(bucket == place, part == quarter)
            found = _weighted_quantiles(residual[chosen], weight[chosen], adjusted) * tails
            spread[:, here] = found[:, None] * sizes[here][None, :]
    return spread


def lit(record: Record) -> np.ndarray:
    """Return where any component expects something: what is certain by night is not scored."""
    return np.nan_to_num(record.runs.forecasts).max(axis=0) > 0.0


def _residuals(
    record: Record, origin: pd.Timestamp, tuning: Tuning
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return known errors in units of their size, how much each counts, its bucket and its part of the day."""
    known = record.runs.known_at(origin, tuning.window) & np.isfinite(record.mixed) & lit(record)
    rows, leads = np.nonzero(known)
    residual = (record.runs.actuals[known] - record.mixed[known]) / record.sizes[known]
    age = (np.datetime64(origin) - record.origins.to_numpy()[rows]) / np.timedelta64(1, "s")
    weight = 0.5 ** (age / tuning.half_life.total_seconds())
    hour = _starts(record)[known].astype("datetime64[h]").astype(np.int64) % 24
    return residual, weight, bucket_of(known.shape[1], record.runs.step)[leads], hour // 6


def _starts(record: Record) -> np.ndarray:
    leads = np.arange(record.mixed.shape[1])[None, :] * np.timedelta64(record.runs.step)
    return record.origins.to_numpy()[:, None] + leads


def _group(in_bucket: np.ndarray, in_part: np.ndarray) -> np.ndarray:
    for chosen in (in_bucket & in_part, in_bucket):
        if chosen.sum() >= MIN_RESIDUALS:
            return chosen
    return np.ones(len(in_bucket), dtype=bool)


def _weighted_quantiles(values: np.ndarray, weights: np.ndarray, levels: np.ndarray) -> np.ndarray:
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) - 0.5 * weights[order]
    return np.interp(levels, share / weights.sum(), values[order])

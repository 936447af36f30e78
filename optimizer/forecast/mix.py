"""Weights and intervals learned from the components' own past forecasts, never from targets that are still to come."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.components import Component
from optimizer.forecast.history import History

BUCKET_EDGES_H = (1.0, 6.0, 24.0)
"""Lead-time buckets: up to 1 h, 1-6 h, 6-24 h, beyond."""

SHARPNESS = 12
"""Weight of a component in a bucket is MAE to the power of minus this: the best dominates, ties share."""

EVERY = timedelta(hours=6)
LEARN_FROM = timedelta(days=28)
MIN_SCORES = 30
MIN_RESIDUALS = 60
WIDEN_WHEN_YOUNG = 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Past forecasts of every component: `forecasts[component, origin, lead]`, `actuals[origin, lead]` (NaN = gap)."""

    names: tuple[str, ...]
    origins: pd.DatetimeIndex
    forecasts: np.ndarray
    actuals: np.ndarray
    step: timedelta

    def known_at(self, origin: pd.Timestamp) -> np.ndarray:
        """Return which targets had been measured at `origin`, as a mask over (origin, lead)."""
        ends = self.origins.to_numpy()[:, None] + (np.arange(self.actuals.shape[1]) + 1)[None, :] * np.timedelta64(
            self.step
        )
        young = self.origins.to_numpy()[:, None] >= np.datetime64(origin - LEARN_FROM - timedelta(days=2))
        return (ends <= np.datetime64(origin)) & young & np.isfinite(self.actuals)


def run_components(
    components: Mapping[str, Component], history: History, origins: pd.DatetimeIndex, steps: int
) -> Runs:
    """Return what every component would have said at each origin, from what was known there."""
    forecasts = np.empty((len(components), len(origins), steps))
    actuals = np.empty((len(origins), steps))
    with one_blas_thread():
        for place, origin in enumerate(origins):
            targets = pd.date_range(origin, periods=steps, freq=history.step)
            known = history.before(origin)
            for row, component in enumerate(components.values()):
                forecasts[row, place] = np.maximum(component(known, targets), 0.0)
            actuals[place] = history.measured.reindex(targets).to_numpy()
    return Runs(names=tuple(components), origins=origins, forecasts=forecasts, actuals=actuals, step=history.step)


def one_blas_thread() -> AbstractContextManager[object]:
    """Return a context in which BLAS uses one thread: hundreds of small fits only wait for one another otherwise."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(limits=1, user_api="blas")


def training_origins(history: History) -> pd.DatetimeIndex:
    """Return the origins of the last four weeks, every six hours, that leave at least two weeks of history."""
    end = history.values.index[-1] + history.step
    first = max(end - LEARN_FROM, history.values.index[0] + timedelta(days=14))
    if first >= end:
        return pd.DatetimeIndex([])
    return pd.date_range(end=end - EVERY, start=first, freq=EVERY)


def bucket_of(steps: int, step: timedelta) -> np.ndarray:
    """Return the bucket number of each lead step."""
    lead_h = (np.arange(steps) + 1) * (step / timedelta(hours=1))
    return np.searchsorted(BUCKET_EDGES_H, lead_h, side="left")


def learn_weights(runs: Runs, origin: pd.Timestamp) -> np.ndarray:
    """Return `weights[component, bucket]`, each column summing to 1; equal until a bucket has 30 scores."""
    mask = runs.known_at(origin)
    buckets = bucket_of(runs.actuals.shape[1], runs.step)
    weights = np.full((len(runs.names), len(BUCKET_EDGES_H) + 1), 1.0 / len(runs.names))
    for bucket in range(weights.shape[1]):
        scored = mask & (buckets == bucket)[None, :]
        if scored.sum() >= MIN_SCORES:
            weights[:, bucket] = _inverse_error(runs, scored)
    return weights


def mix(forecasts: np.ndarray, weights: np.ndarray, step: timedelta) -> np.ndarray:
    """Return the weighted forecast; a component that has no answer for a step gives its weight to the others."""
    per_step = weights[:, bucket_of(forecasts.shape[-1], step)]
    shape = (len(per_step),) + (1,) * (forecasts.ndim - 2) + (per_step.shape[1],)
    usable = np.where(np.isfinite(forecasts), per_step.reshape(shape), 0.0)
    return (np.nan_to_num(forecasts) * usable).sum(axis=0) / np.maximum(usable.sum(axis=0), 1e-12)


def learn_spread(
    runs: Runs, mixed: np.ndarray, origin: pd.Timestamp, targets: pd.DatetimeIndex, quantiles: tuple[float, ...]
) -> np.ndarray:
    """Return what to add to the forecast for each quantile: `spread[quantile, step]`.

    Split conformal: the empirical quantile of the mix's own residuals in the same bucket and six-hour part of the day;
    the whole bucket, then everything, where fewer than 60 are known. Widened while the site is young.
    """
    residual = np.where(runs.known_at(origin), runs.actuals - mixed, np.nan)
    leads = bucket_of(residual.shape[1], runs.step)
    starts = runs.origins.to_numpy()[:, None] + np.arange(residual.shape[1])[None, :] * np.timedelta64(runs.step)
    part_of = pd.DatetimeIndex(starts.ravel()).hour.to_numpy().reshape(residual.shape) // 6
    spread = np.zeros((len(quantiles), len(targets)))
    ahead = bucket_of(len(targets), runs.step)
    for bucket in np.unique(ahead):
        for part in range(4):
            here = (ahead == bucket) & (targets.hour.to_numpy() // 6 == part)
            if here.any():
                pool = _pool(residual, leads == bucket, part_of == part)
                spread[:, here] = _quantiles(pool, quantiles)[:, None]
    return spread


def _inverse_error(runs: Runs, scored: np.ndarray) -> np.ndarray:
    error = np.abs(runs.forecasts - runs.actuals[None])[:, scored]
    mae = np.where(np.isfinite(error).all(axis=1), np.nan_to_num(error).mean(axis=1), np.inf)
    if not np.isfinite(mae).any():
        return np.full(len(mae), 1.0 / len(mae))
    raw = (np.maximum(mae, 1e-9) / np.nanmin(np.maximum(mae, 1e-9))) ** -SHARPNESS
    return raw / raw.sum()


def _pool(residual: np.ndarray, in_bucket: np.ndarray, in_part: np.ndarray) -> np.ndarray:
    finite = np.isfinite(residual)
    for chosen in (finite & in_bucket[None, :] & in_part, finite & in_bucket[None, :], finite):
        if chosen.sum() >= MIN_RESIDUALS:
            return residual[chosen]
    return residual[finite] * WIDEN_WHEN_YOUNG


def _quantiles(pool: np.ndarray, quantiles: tuple[float, ...]) -> np.ndarray:
    if len(pool) == 0:
        return np.zeros(len(quantiles))
    values = np.quantile(pool, quantiles)
    return np.where(np.array(quantiles) == 0.5, 0.0, values)

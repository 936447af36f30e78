"""Weights learned from the components' own past forecasts, never from targets that are still to come."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from dash_app.domain.forecasting import LEAD_EDGES_H
from optimizer.forecast.components import Component
from optimizer.forecast.history import History

BUCKET_EDGES_H = LEAD_EDGES_H
"""Lead-time buckets: up to 1 h, 1-6 h, 6-24 h, beyond."""

SHARPNESS = 12
"""Weight of a component in a bucket is MAE to the power of minus this: the best dominates, ties share."""

EVERY = timedelta(hours=6)
LEARN_FROM = timedelta(days=28)
QUICK_EVERY = timedelta(hours=9)
"""Without a record the past four weeks are run through first: at every third hour of the day, but not every day."""

MIN_SCORES = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Past forecasts of every component: `forecasts[component, origin, lead]`, `actuals[origin, lead]` (NaN = gap)."""

    names: tuple[str, ...]
    origins: pd.DatetimeIndex
    forecasts: np.ndarray
    actuals: np.ndarray
    step: timedelta

    def known_at(self, origin: pd.Timestamp, window: timedelta = LEARN_FROM) -> np.ndarray:
        """Return which targets had been measured at `origin`, of forecasts not older than `window` before them."""
        ends = self.origins.to_numpy()[:, None] + (np.arange(self.actuals.shape[1]) + 1)[None, :] * np.timedelta64(
            self.step
        )
        young = self.origins.to_numpy()[:, None] >= np.datetime64(origin - window - timedelta(days=2))
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
    limited: AbstractContextManager[object] = _thread_pools().limit(limits=1, user_api="blas")
    return limited


@lru_cache(maxsize=1)
def _thread_pools() -> Any:
    """Return the BLAS of numpy and scipy, both loaded: looking for them takes 3 ms, so it is done once."""
    import scipy.linalg  # noqa: F401
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def training_origins(history: History) -> pd.DatetimeIndex:
    """Return the origins of the last four weeks, every nine hours, that leave at least two weeks of history."""
    end = history.values.index[-1] + history.step
    first = max(end - LEARN_FROM, history.values.index[0] + timedelta(days=14))
    if first >= end:
        return pd.DatetimeIndex([])
    return pd.date_range(end=end - QUICK_EVERY, start=first, freq=QUICK_EVERY)


def bucket_of(steps: int, step: timedelta) -> np.ndarray:
    """Return the bucket number of each lead step."""
    lead_h = (np.arange(steps) + 1) * (step / timedelta(hours=1))
    return np.searchsorted(BUCKET_EDGES_H, lead_h, side="left")


def learn_weights(runs: Runs, origin: pd.Timestamp, window: timedelta = LEARN_FROM) -> np.ndarray:
    """Return `weights[component, bucket]`, each column summing to 1; equal until a bucket has 30 scores."""
    mask = runs.known_at(origin, window)
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


def _inverse_error(runs: Runs, scored: np.ndarray) -> np.ndarray:
    """Return the weights in one bucket; a component that said nothing for a tenth of the targets gets none."""
    error = np.abs(runs.forecasts[:, scored] - runs.actuals[scored][None, :])
    said = np.isfinite(error)
    mean = np.where(said, error, 0.0).sum(axis=1) / np.maximum(said.sum(axis=1), 1)
    mae = np.where(said.mean(axis=1) >= 0.9, mean, np.inf)
    if not np.isfinite(mae).any():
        return np.full(len(mae), 1.0 / len(mae))
    raw = (np.maximum(mae, 1e-9) / np.maximum(mae, 1e-9).min()) ** -SHARPNESS
    return raw / raw.sum()

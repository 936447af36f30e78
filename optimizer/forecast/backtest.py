"""Rolling origins: how good the forecasts would have been, each from what was known at its own origin."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.components import Component, weekly_naive
from optimizer.forecast.history import History
from optimizer.forecast.mix import BUCKET_EDGES_H, LEARN_FROM, Runs, bucket_of, learn_spread, run_components
from optimizer.forecast.model import mixed_runs

BAND = (0.1, 0.9)
BUCKET_NAMES = ("0-1 h", "1-6 h", "6-24 h", "24-48 h")


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Errors of one forecaster over all origins and leads: kW, and relative to the weekly naive."""

    name: str
    mae: float
    mase: float
    skill: float
    by_bucket: dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The result of a backtest; `coverage` is the share of actuals inside P10..P90."""

    origins: int
    scores: tuple[Score, ...]
    coverage: float
    pinball: float
    seconds: float

    def of(self, name: str) -> Score:
        """Return the score called `name`; raise KeyError when there is none."""
        return next(score for score in self.scores if score.name == name)


def backtest(
    history: History,
    components: Mapping[str, Component],
    *,
    origins: int,
    every: timedelta = timedelta(hours=6),
    horizon: timedelta = timedelta(hours=48),
) -> Backtest:
    """Return the scores of every component and of the mix over the newest `origins` rolling origins.

    The four weeks before the first scored origin are run as well, so that weights exist from the start; the scale is
    the weekly naive on the same targets. Raises ValueError when the history is too short.
    """
    started = time.perf_counter()
    scored, warm = _origins(history, origins, every, horizon)
    steps = round(horizon / history.step)
    pool = dict(components) if "weekly_naive" in components else {**components, "weekly_naive": weekly_naive}
    runs = run_components(pool, history, pd.DatetimeIndex(warm.append(scored)), steps)
    mixed = mixed_runs(_without(runs, set(pool) - set(components)))
    tail = slice(len(warm), None)
    rivals = {name: runs.forecasts[row, tail] for row, name in enumerate(runs.names)} | {"mix": mixed[tail]}
    band = _bands(runs, mixed, len(warm))
    actual = runs.actuals[tail]
    return Backtest(
        origins=len(scored),
        scores=tuple(_score(name, said, rivals["weekly_naive"], actual, runs.step) for name, said in rivals.items()),
        coverage=_coverage(band, actual),
        pinball=_pinball(band, actual),
        seconds=time.perf_counter() - started,
    )


def _origins(
    history: History, count: int, every: timedelta, horizon: timedelta
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    last = history.values.index[-1] + history.step - horizon
    scored = pd.date_range(end=last, periods=count, freq=every)
    warm = pd.date_range(end=scored[0] - every, start=scored[0] - LEARN_FROM, freq=every)
    if warm[0] - timedelta(days=21) < history.values.index[0]:
        raise ValueError(f"{history.days:.0f} days of history are too short for {count} origins")
    return scored, warm


def _without(runs: Runs, extra: set[str]) -> Runs:
    keep = [row for row, name in enumerate(runs.names) if name not in extra]
    names = tuple(runs.names[row] for row in keep)
    return Runs(names=names, origins=runs.origins, forecasts=runs.forecasts[keep], actuals=runs.actuals, step=runs.step)


def _score(name: str, said: np.ndarray, naive: np.ndarray, actual: np.ndarray, step: timedelta) -> Score:
    there = np.isfinite(actual) & np.isfinite(said) & np.isfinite(naive)
    error, scale = np.abs(said - actual), np.abs(naive - actual)[there].mean()
    buckets = bucket_of(actual.shape[1], step)
    mae = float(error[there].mean())
    by_bucket = {
        BUCKET_NAMES[b]: float(error[there & (buckets == b)[None, :]].mean())
        for b in range(len(BUCKET_EDGES_H) + 1)
        if (there & (buckets == b)[None, :]).any()
    }
    return Score(name=name, mae=mae, mase=float(mae / scale), skill=float(1 - mae / scale), by_bucket=by_bucket)


def _bands(runs: Runs, mixed: np.ndarray, warm: int) -> np.ndarray:
    bands = []
    for place in range(warm, len(runs.origins)):
        targets = pd.date_range(runs.origins[place], periods=mixed.shape[1], freq=runs.step)
        spread = learn_spread(runs, mixed, runs.origins[place], targets, BAND)
        bands.append(np.maximum(mixed[place][None, :] + spread, 0.0))
    return np.array(bands)


def _coverage(band: np.ndarray, actual: np.ndarray) -> float:
    there = np.isfinite(actual)
    inside = (actual >= band[:, 0]) & (actual <= band[:, 1])
    return float(inside[there].mean())


def _pinball(band: np.ndarray, actual: np.ndarray) -> float:
    there = np.isfinite(actual)
    loss = [np.maximum(q * (actual - band[:, i]), (q - 1) * (actual - band[:, i]))[there] for i, q in enumerate(BAND)]
    return float(np.mean(loss))

"""Rolling origins: how good the forecasts would have been, each from what was known at its own origin."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.components import Component, day_naive, weekly_naive
from optimizer.forecast.conformal import LEVELS, lit
from optimizer.forecast.history import History
from optimizer.forecast.mix import BUCKET_EDGES_H, EVERY, LEARN_FROM, bucket_of
from optimizer.forecast.recipe import LOAD_TUNING, Recipe
from optimizer.forecast.record import LEADS, Record, continue_record, empty_record
from optimizer.forecast.training import REFIT_EVERY, Trained, advance

BAND = (0.1, 0.9)
BUCKET_NAMES = ("0-1 h", "1-6 h", "6-24 h", "24-48 h")

Retrain = Callable[[History, Trained | None], Trained]
"""Trains on a history that ends at the origin; takes the forecaster of the time before, if there is one."""


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
    """The result of a backtest; `coverage` is the share of actuals inside P10..P90, `coverage_90` inside P5..P95.

    Both where something is expected: nights of PV are certain. `train_s` are the seconds of each training.
    """

    origins: int
    scores: tuple[Score, ...]
    coverage: float
    pinball: float
    seconds: float
    coverage_90: float = float("nan")
    crps: float = float("nan")
    train_s: tuple[float, ...] = ()

    def of(self, name: str) -> Score:
        """Return the score called `name`; raise KeyError when there is none."""
        found = {score.name: score for score in self.scores}
        return found[name]


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
    recipe = Recipe(kind="load", simple=components, tuning=LOAD_TUNING)
    return backtest_recipe(recipe, history, origins=origins, every=every, horizon=horizon)


def backtest_recipe(
    recipe: Recipe,
    history: History,
    *,
    origins: int,
    every: timedelta = timedelta(hours=6),
    horizon: timedelta = timedelta(hours=48),
    retrain: Retrain | None = None,
) -> Backtest:
    """Return the scores of a recipe; with `retrain` it is trained at the first origin and every 28 days after it.

    A trained forecaster keeps a record of 48 h; ValueError for a longer horizon, or for origins not six hours apart.
    """
    if retrain is not None and (horizon > LEADS or every != EVERY):
        raise ValueError(f"a trained forecaster is scored every 6 h and up to 48 h ahead, not {horizon} every {every}")
    started = time.perf_counter()
    scored, warm = _origins(history, origins, every, horizon)
    if retrain is None:
        record = empty_record(recipe.names(None), history, horizon)
        record = continue_record(record, recipe, history, pd.DatetimeIndex(warm.append(scored)), None)
        took: list[float] = []
    else:
        record, took = _trained_record(recipe, history, scored, retrain)
    record = record.part(np.asarray(record.origins.isin(scored))).up_to(round(horizon / history.step))
    return _result(record, history, time.perf_counter() - started, tuple(took))


def _trained_record(
    recipe: Recipe, history: History, scored: pd.DatetimeIndex, retrain: Retrain
) -> tuple[Record, list[float]]:
    """Return one record of all scored origins, each forecast by the newest model trained before it."""
    trained: Trained | None = None
    segments, took = [], []
    refit, end = scored[0], scored[-1] + EVERY
    while refit < end:
        until = min(refit + REFIT_EVERY, end)
        known = history.before(refit)
        started = time.perf_counter()
        trained = retrain(known, trained)
        took.append(time.perf_counter() - started)
        trained = advance(trained, recipe, history.before(until))
        mine = (trained.record.origins >= refit) & (trained.record.origins < until)
        segments.append(trained.record.part(np.asarray(mine)))
        refit = until
    return _joined(segments), took


def _joined(segments: list[Record]) -> Record:
    first = segments[0]
    runs = replace(
        first.runs,
        origins=pd.DatetimeIndex(np.concatenate([part.origins.to_numpy() for part in segments])),
        forecasts=np.concatenate([part.runs.forecasts for part in segments], axis=1),
        actuals=np.concatenate([part.runs.actuals for part in segments]),
    )
    return replace(
        first,
        runs=runs,
        mixed=np.concatenate([part.mixed for part in segments]),
        sizes=np.concatenate([part.sizes for part in segments]),
        bands=np.concatenate([part.bands for part in segments], axis=1),
    )


def _origins(
    history: History, count: int, every: timedelta, horizon: timedelta
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    last = history.origin - horizon
    scored = pd.date_range(end=last, periods=count, freq=every)
    warm = pd.date_range(end=scored[0] - every, start=scored[0] - LEARN_FROM, freq=every)
    if warm[0] - timedelta(days=21) < history.values.index[0]:
        raise ValueError(f"{history.days:.0f} days of history are too short for {count} origins")
    return scored, warm


def _result(record: Record, history: History, seconds: float, took: tuple[float, ...]) -> Backtest:
    record = record.seen_from(history)
    actual = record.runs.actuals
    rivals = dict(zip(record.runs.names, record.runs.forecasts, strict=True)) | {"mix": record.mixed}
    for name, naive in {"weekly_naive": weekly_naive, "day_naive": day_naive}.items():
        rivals.setdefault(name, _rival(naive, record, history))
    there = np.isfinite(actual) & lit(record)
    band = {level: record.bands[place] for place, level in enumerate(LEVELS)}
    return Backtest(
        origins=len(record.origins),
        scores=tuple(
            _score(name, said, rivals["weekly_naive"], actual, record.runs.step) for name, said in rivals.items()
        ),
        coverage=float(((actual >= band[0.1]) & (actual <= band[0.9]))[there].mean()),
        coverage_90=float(((actual >= band[0.05]) & (actual <= band[0.95]))[there].mean()),
        pinball=float(np.mean([_pinball(band[level], actual, level)[there] for level in BAND])),
        crps=float(2 * np.mean([_pinball(band[level], actual, level)[there] for level in LEVELS])),
        seconds=seconds,
        train_s=took,
    )


def _rival(component: Component, record: Record, history: History) -> np.ndarray:
    said = []
    for origin in record.origins:
        targets = pd.date_range(origin, periods=record.mixed.shape[1], freq=history.step)
        said.append(component(history.before(origin), targets))
    return np.array(said)


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


def _pinball(said: np.ndarray, actual: np.ndarray, level: float) -> np.ndarray:
    return np.maximum(level * (actual - said), (level - 1) * (actual - said))

"""One forecast: what each model says at the origin, mixed by its record, with an interval from its own past errors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.forecasting import ModelKind
from dash_app.domain.frames import Band
from dash_app.domain.time import TimeGrid
from optimizer.forecast.components import Component
from optimizer.forecast.conformal import spread_of
from optimizer.forecast.history import History, to_local
from optimizer.forecast.mix import learn_weights, mix, one_blas_thread, training_origins
from optimizer.forecast.recipe import LOAD_TUNING, Recipe
from optimizer.forecast.recipes import COLD_DAYS, YOUNG_DAYS
from optimizer.forecast.record import LEADS, Record, continue_record, empty_record
from optimizer.forecast.training import Trained

QUANTILES = (0.1, 0.5, 0.9)
Rung = ModelKind
"""What a forecast stands on: the ladder that a young site climbs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A forecast with its origin of trust: `frame` has frames.Band over the grid's UTC index, never below zero.

    `excluded` values were measured and not used; `left_out` says why. `trained_at` is None without a trained model.
    `weights` are means over the lead times, `bucket_weights` hold one for each bucket of LEAD_EDGES_H.
    """

    frame: pd.DataFrame
    issued_at: datetime
    weights: dict[str, float]
    excluded: int
    missing: int
    days_of_history: float
    rung: Rung = Rung.SIMPLE
    left_out: dict[str, int] = field(default_factory=dict)
    components: dict[str, list[float]] = field(default_factory=dict)
    trained_at: datetime | None = None
    bucket_weights: dict[str, tuple[float, ...]] = field(default_factory=dict)

    @property
    def basis(self) -> str:
        """What the forecast stands on, in words: "profile of 12 days"."""
        days = f"{self.days_of_history:.0f} days"
        match self.rung:
            case Rung.NAIVE_DAY:
                return f"the day before, repeated: {days} of history"
            case Rung.PROFILE:
                return f"profile of {days}"
            case Rung.SIMPLE:
                return f"simple models on {days}"
            case Rung.TRAINED:
                return f"hybrid of {len(self.weights)} models on {days}"


def forecast_from(
    history: History,
    components: Mapping[str, Component],
    grid: TimeGrid,
    *,
    issued_at: datetime,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Forecast:
    """Return the mix of `components` over `grid`, with weights and intervals learned from the past four weeks."""
    recipe = Recipe(kind="load", simple=components, tuning=LOAD_TUNING)
    return forecast_with(recipe, history, grid, issued_at=issued_at, quantiles=quantiles)


def forecast_with(
    recipe: Recipe,
    history: History,
    grid: TimeGrid,
    *,
    issued_at: datetime,
    trained: Trained | None = None,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Forecast:
    """Return the forecast of a recipe over `grid`; raise ValueError for a model trained after the origin.

    A trained model brings its record; without one the simple models are run through the past four weeks first. One that
    was trained on another resolution raises ValueError.
    """
    if trained is not None and trained.record.runs.step != history.step:
        raise ValueError(f"a model trained on steps of {trained.record.runs.step} knows nothing of {history.step}")
    booster = None if trained is None else trained.booster
    local = to_local(grid.index(), history.zone)
    steps = max(1, math.ceil((local.max() + grid.step - history.origin) / pd.Timedelta(history.step)))
    targets = pd.date_range(history.origin, periods=steps, freq=history.step)
    record = _fresh_record(recipe, history, steps) if trained is None else trained.record.seen_from(history)
    with one_blas_thread():
        said = recipe.say(history, targets, booster)
    weights = _weights(record, recipe, history.origin, recipe.names(booster))
    values = _band(record, recipe, history, targets, mix(said, weights, history.step), quantiles)
    values[:, (said == 0.0).all(axis=0)] = 0.0
    frame = pd.DataFrame(values.T, index=targets, columns=_names(quantiles))
    parts = pd.DataFrame(said.T, index=targets, columns=list(recipe.names(booster)))
    return Forecast(
        frame=_on_grid(frame, local, grid, history.step),
        issued_at=issued_at,
        weights=dict(zip(recipe.names(booster), weights.mean(axis=1).round(4).tolist(), strict=True)),
        bucket_weights=dict(zip(recipe.names(booster), map(tuple, weights.round(4).tolist()), strict=True)),
        excluded=history.excluded,
        missing=history.missing,
        days_of_history=history.days if trained is None else trained.days,
        rung=_rung(history, booster is not None),
        left_out={name: count for name, count in history.left_out.items() if count},
        components={str(name): column.tolist() for name, column in _on_grid(parts, local, grid, history.step).items()},
        trained_at=None if trained is None else trained.trained_at,
    )


def _fresh_record(recipe: Recipe, history: History, steps: int) -> Record:
    record = empty_record(recipe.names(None), history, min(steps * history.step, LEADS))
    return continue_record(record, recipe, history, training_origins(history), None)


def _weights(record: Record, recipe: Recipe, origin: pd.Timestamp, names: tuple[str, ...]) -> np.ndarray:
    """Return the weights of `names`; a component that the record does not know yet shares like the best one."""
    if record.runs.names == names:
        return learn_weights(record.runs, origin, recipe.tuning.window)
    known = learn_weights(record.runs, origin, recipe.tuning.window)
    rows = [known[record.runs.names.index(name)] if name in record.runs.names else known.max(axis=0) for name in names]
    weights = np.array(rows)
    return weights / weights.sum(axis=0)


def _band(
    record: Record,
    recipe: Recipe,
    history: History,
    targets: pd.DatetimeIndex,
    centre: np.ndarray,
    quantiles: tuple[float, ...],
) -> np.ndarray:
    sizes = recipe.size_of_error(history, targets)
    spread = spread_of(record, history.origin, targets, sizes, quantiles, recipe.tuning)
    band = np.maximum(centre[None, :] + spread, 0.0)
    return np.sort(band, axis=0) if list(quantiles) == sorted(quantiles) else band


def _rung(history: History, trained: bool) -> Rung:
    if trained:
        return Rung.TRAINED
    if history.days < COLD_DAYS:
        return Rung.NAIVE_DAY
    return Rung.PROFILE if history.days < YOUNG_DAYS else Rung.SIMPLE


def _names(quantiles: tuple[float, ...]) -> list[str]:
    known = {0.1: Band.P10.value, 0.5: Band.P50.value, 0.9: Band.P90.value}
    return [known.get(q, f"p{q * 100:g}") for q in quantiles]


def _on_grid(frame: pd.DataFrame, local: pd.DatetimeIndex, grid: TimeGrid, step: timedelta) -> pd.DataFrame:
    if grid.step > step:
        frame = frame.resample(grid.step, origin=frame.index[0].normalize()).mean()
    at = frame.index.searchsorted(local, side="right") - 1
    taken = frame.iloc[np.clip(at, 0, len(frame) - 1)]
    return taken.set_axis(grid.index(), axis=0)

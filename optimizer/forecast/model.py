"""What the rest of the application calls: train now and then, forecast often."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dash_app.domain.time import TimeGrid
from optimizer.forecast.components import Component
from optimizer.forecast.forecasting import QUANTILES, Forecast, Rung, forecast_from, forecast_with
from optimizer.forecast.history import APPLIED_LOOKBACK, LOOKBACK, TRAINED_LOOKBACK, History, build_history
from optimizer.forecast.recipe import Recipe
from optimizer.forecast.recipes import LOAD_COMPONENTS, load_components, load_recipe, pv_recipe
from optimizer.forecast.training import Trained, advance, train

__all__ = [
    "LOAD_COMPONENTS",
    "Forecast",
    "Rung",
    "Trained",
    "advance_load",
    "advance_pv",
    "components_for",
    "forecast_from",
    "forecast_load",
    "forecast_pv",
    "load_components",
    "recipe_for",
    "train_load",
    "train_pv",
]


def components_for(
    kind: str, history: History, *, latitude: float | None = None, longitude: float | None = None
) -> dict[str, Component]:
    """Return the simple components for "load" or "pv"; PV needs a place, else ValueError."""
    return dict(recipe_for(kind, history, latitude=latitude, longitude=longitude).simple)


def recipe_for(
    kind: str,
    history: History,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    measured_shift: timedelta = timedelta(0),
    issued_at: datetime | None = None,
) -> Recipe:
    """Return the recipe for "load" or "pv" on a history; PV needs a place, else ValueError."""
    if kind == "load":
        return load_recipe(history)
    if latitude is None or longitude is None:
        raise ValueError("a PV forecast needs latitude and longitude")
    return pv_recipe(
        history, latitude=latitude, longitude=longitude, measured_shift=measured_shift, issued_at=issued_at
    )


def forecast_load(
    series: pd.Series,
    grid: TimeGrid,
    *,
    zone: ZoneInfo,
    issued_at: datetime,
    trained: Trained | None = None,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Forecast:
    """Return the load forecast over `grid` (kW) from a measured series; raise ValueError when there is no history."""
    lookback = LOOKBACK if trained is None else APPLIED_LOOKBACK["load"]
    history = build_history(series, zone=zone, issued_at=issued_at, lookback=lookback)
    return forecast_with(load_recipe(history), history, grid, issued_at=issued_at, trained=trained, quantiles=quantiles)


def forecast_pv(
    series: pd.Series,
    grid: TimeGrid,
    *,
    zone: ZoneInfo,
    issued_at: datetime,
    latitude: float,
    longitude: float,
    measured_shift: timedelta = timedelta(0),
    trained: Trained | None = None,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Forecast:
    """Return the PV forecast over `grid` (kW) without weather; raise ValueError when there is no history."""
    lookback = LOOKBACK if trained is None else APPLIED_LOOKBACK["pv"]
    history = build_history(series, zone=zone, issued_at=issued_at, positive=False, lookback=lookback)
    recipe = pv_recipe(
        history, latitude=latitude, longitude=longitude, measured_shift=measured_shift, issued_at=issued_at
    )
    return forecast_with(recipe, history, grid, issued_at=issued_at, trained=trained, quantiles=quantiles)


def train_load(series: pd.Series, *, zone: ZoneInfo, issued_at: datetime, previous: Trained | None = None) -> Trained:
    """Return a load forecaster trained on what was measured up to `issued_at`; ValueError below nine weeks."""
    history = build_history(series, zone=zone, issued_at=issued_at, lookback=TRAINED_LOOKBACK)
    return train(load_recipe(history), history, trained_at=issued_at, previous=previous)


def train_pv(
    series: pd.Series,
    *,
    zone: ZoneInfo,
    issued_at: datetime,
    latitude: float,
    longitude: float,
    measured_shift: timedelta = timedelta(0),
    previous: Trained | None = None,
    pooled: tuple[pd.Series, ...] = (),
) -> Trained:
    """Return a PV forecaster trained on `series` and the further arrays of the same place in `pooled`."""
    sources = []
    for one in (series, *pooled):
        history = build_history(one, zone=zone, issued_at=issued_at, positive=False, lookback=TRAINED_LOOKBACK)
        recipe = pv_recipe(
            history, latitude=latitude, longitude=longitude, measured_shift=measured_shift, issued_at=issued_at
        )
        sources.append((recipe, history))
    recipe, history = sources[0]
    return train(recipe, history, trained_at=issued_at, previous=previous, pooled=tuple(sources[1:]))


def advance_load(trained: Trained, series: pd.Series, *, zone: ZoneInfo, issued_at: datetime) -> Trained:
    """Return a load forecaster whose record, weights and intervals know what was measured up to `issued_at`."""
    history = build_history(series, zone=zone, issued_at=issued_at, lookback=TRAINED_LOOKBACK)
    return advance(trained, load_recipe(history), history)


def advance_pv(
    trained: Trained,
    series: pd.Series,
    *,
    zone: ZoneInfo,
    issued_at: datetime,
    latitude: float,
    longitude: float,
    measured_shift: timedelta = timedelta(0),
) -> Trained:
    """Return a PV forecaster whose record, weights and intervals know what was measured up to `issued_at`."""
    lookback = APPLIED_LOOKBACK["pv"]
    history = build_history(series, zone=zone, issued_at=issued_at, positive=False, lookback=lookback)
    recipe = pv_recipe(
        history, latitude=latitude, longitude=longitude, measured_shift=measured_shift, issued_at=issued_at
    )
    return advance(trained, recipe, history)

"""What the rest of the application calls: train once, forecast often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.frames import Band
from dash_app.domain.time import TimeGrid
from optimizer.forecast import components as parts
from optimizer.forecast.components import Component
from optimizer.forecast.harmonic import harmonic_regression
from optimizer.forecast.history import History, build_history, to_local
from optimizer.forecast.mix import Runs, learn_spread, learn_weights, mix, run_components, training_origins
from optimizer.forecast.sun import pv_components

QUANTILES = (0.1, 0.5, 0.9)
COLD_DAYS = 8.0
YOUNG_DAYS = 28.0

LOAD_COMPONENTS: dict[str, Component] = {
    "harmonic_regression": harmonic_regression,
    "weekly_median": parts.weekly_median,
    "weekly_profile": parts.weekly_profile,
    "day_mean": parts.day_mean,
    "weekly_naive": parts.weekly_naive,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A forecast with its origin of trust: `frame` has frames.Band over the grid's UTC index, never below zero."""

    frame: pd.DataFrame
    issued_at: datetime
    weights: dict[str, float]
    excluded: int
    missing: int
    days_of_history: float


def load_components(history: History) -> dict[str, Component]:
    """Return the load components that a history of this length can carry (the cold-start ladder)."""
    if history.days < COLD_DAYS:
        return {"day_naive": parts.day_naive}
    if history.days < YOUNG_DAYS:
        return {name: LOAD_COMPONENTS[name] for name in ("weekly_median", "day_mean")}
    return LOAD_COMPONENTS


def components_for(
    kind: str, history: History, *, latitude: float | None = None, longitude: float | None = None
) -> dict[str, Component]:
    """Return the components for "load" or "pv"; PV needs a place, else ValueError."""
    if kind == "load":
        return load_components(history)
    if latitude is None or longitude is None:
        raise ValueError("a PV forecast needs latitude and longitude")
    return pv_components(history, latitude=latitude, longitude=longitude, measured_shift=timedelta(0))


def forecast_load(series: pd.Series, grid: TimeGrid, *, zone: ZoneInfo, issued_at: datetime) -> Forecast:
    """Return the load forecast over `grid` (kW) from a measured series; raise ValueError when there is no history."""
    history = build_history(series, zone=zone, issued_at=issued_at)
    return forecast_from(history, load_components(history), grid, issued_at=issued_at)


def forecast_pv(
    series: pd.Series,
    grid: TimeGrid,
    *,
    zone: ZoneInfo,
    issued_at: datetime,
    latitude: float,
    longitude: float,
    measured_shift: timedelta = timedelta(0),
) -> Forecast:
    """Return the PV forecast over `grid` (kW) without weather; raise ValueError when there is no history."""
    history = build_history(series, zone=zone, issued_at=issued_at, positive=False)
    components = pv_components(history, latitude=latitude, longitude=longitude, measured_shift=measured_shift)
    return forecast_from(history, components, grid, issued_at=issued_at)


def forecast_from(
    history: History,
    components: Mapping[str, Component],
    grid: TimeGrid,
    *,
    issued_at: datetime,
    quantiles: tuple[float, ...] = QUANTILES,
) -> Forecast:
    """Return the mix of `components` over `grid`, with weights and spread learned from the past four weeks."""
    origin = history.values.index[-1] + history.step
    local = to_local(grid.index(), history.zone)
    steps = max(1, int(np.ceil((local.max() + grid.step - origin) / history.step)))
    targets = pd.date_range(origin, periods=steps, freq=history.step)
    runs = run_components(components, history, training_origins(history), steps)
    weights = learn_weights(runs, origin)
    said = np.array([np.maximum(component(history, targets), 0.0) for component in components.values()])
    centre = mix(said, weights, history.step)
    spread = learn_spread(runs, mix(runs.forecasts, weights, history.step), origin, targets, quantiles)
    values = _sorted_band(centre, spread, quantiles, dark=(said == 0.0).all(axis=0))
    frame = pd.DataFrame(values.T, index=targets, columns=_names(quantiles))
    return Forecast(
        frame=_on_grid(frame, local, grid, history.step),
        issued_at=issued_at,
        weights=dict(zip(runs.names, weights.mean(axis=1).round(4).tolist(), strict=True)),
        excluded=history.excluded,
        missing=history.missing,
        days_of_history=history.days,
    )


def mixed_runs(runs: Runs) -> np.ndarray:
    """Return the mix at every origin with the weights that were known there: `mixed[origin, lead]`."""
    return np.array(
        [
            mix(runs.forecasts[:, place], learn_weights(runs, origin), runs.step)
            for place, origin in enumerate(runs.origins)
        ]
    )


def _sorted_band(centre: np.ndarray, spread: np.ndarray, quantiles: tuple[float, ...], dark: np.ndarray) -> np.ndarray:
    band = np.maximum(centre[None, :] + spread, 0.0)
    band[:, dark] = 0.0
    return np.sort(band, axis=0) if list(quantiles) == sorted(quantiles) else band


def _names(quantiles: tuple[float, ...]) -> list[str]:
    known = {0.1: Band.P10.value, 0.5: Band.P50.value, 0.9: Band.P90.value}
    return [known.get(q, f"p{q * 100:g}") for q in quantiles]


def _on_grid(frame: pd.DataFrame, local: pd.DatetimeIndex, grid: TimeGrid, step: timedelta) -> pd.DataFrame:
    if grid.step > step:
        frame = frame.resample(grid.step, origin=frame.index[0].normalize()).mean()
    at = frame.index.searchsorted(local, side="right") - 1
    taken = frame.iloc[np.clip(at, 0, len(frame) - 1)]
    return taken.set_axis(grid.index(), axis=0)

"""The sun: clear-sky shape for the date of measurement, and the PV components scaled by it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.components import Component, lagged, taken_from
from optimizer.forecast.history import History

DAYS = 28
AHEAD = timedelta(days=16)
"""How far beyond the history the sun is known to the components."""

DAWN_W_M2 = 20.0
"""Below this clear-sky irradiance a ratio of two suns means nothing."""


def clear_sky_shape(index: pd.DatetimeIndex, step: timedelta, *, latitude: float, longitude: float) -> np.ndarray:
    """Return Haurwitz clear-sky irradiance (W/m2) at the centre of each step of a UTC index."""
    from pvlib.clearsky import haurwitz
    from pvlib.solarposition import get_solarposition

    zenith = get_solarposition(index + step / 2, latitude, longitude)["apparent_zenith"]
    return haurwitz(zenith)["ghi"].to_numpy()


def pv_components(
    history: History, *, latitude: float, longitude: float, measured_shift: timedelta
) -> dict[str, Component]:
    """Return the PV components of a site whose whole history this is.

    `measured_shift` is served time minus time of measurement: the sun is the one of the date of measurement.
    """
    sun = _local_sun(history, latitude, longitude, measured_shift)
    return {
        "clear_sky_median_28": _component(sun, np.nanmedian, DAYS),
        "clear_sky_mean_28": _component(sun, np.nanmean, DAYS),
        "clear_sky_mean_7": _component(sun, np.nanmean, 7),
    }


def _component(sun: pd.Series, statistic: Callable[..., np.ndarray], days: int) -> Component:
    """Return a component: a statistic of the same slot on the last `days` days, each scaled to the target's sun."""

    def forecast(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
        now = taken_from(sun, targets, 0, history.step)
        scaled = [
            lagged(history, targets, day)
            * _ratio(now, taken_from(sun, targets, day * history.steps_per_day, history.step))
            for day in range(1, days + 1)
        ]
        return _column_wise(statistic, np.array(scaled))

    return forecast


def _local_sun(history: History, latitude: float, longitude: float, shift: timedelta) -> pd.Series:
    """Return the clear sky over the history and beyond, by naive local time; 28 days before it as well."""
    start, end = history.values.index[0] - timedelta(days=DAYS), history.values.index[-1] + AHEAD
    local = pd.date_range(start, end, freq=history.step)
    utc = local.tz_localize(history.zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")
    measured = pd.DatetimeIndex(utc.tz_convert("UTC") - shift)
    shape = clear_sky_shape(measured, history.step, latitude=latitude, longitude=longitude)
    return pd.Series(shape, index=local)


def _ratio(now: np.ndarray, then: np.ndarray) -> np.ndarray:
    ratio = np.clip(now / np.maximum(then, DAWN_W_M2), 0.5, 2.0)
    return np.where(now <= 0.0, 0.0, ratio)


def _column_wise(statistic: Callable[..., np.ndarray], stacked: np.ndarray) -> np.ndarray:
    empty = ~np.isfinite(stacked).any(axis=0)
    return statistic(np.where(empty, 0.0, stacked), axis=0)

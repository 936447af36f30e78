"""The sun: clear-sky shape for the date of measurement, and the PV components scaled by it."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from optimizer.forecast.components import Component, lagged
from optimizer.forecast.history import History

DAYS = 28
DAWN_W_M2 = 20.0
"""Below this clear-sky irradiance a ratio of two suns means nothing."""


@lru_cache(maxsize=64)
def _clear_sky(first: pd.Timestamp, steps: int, step: timedelta, latitude: float, longitude: float) -> np.ndarray:
    from pvlib.clearsky import haurwitz
    from pvlib.solarposition import get_solarposition

    centres = pd.date_range(first + step / 2, periods=steps, freq=step)
    zenith = get_solarposition(centres, latitude, longitude)["apparent_zenith"]
    return haurwitz(zenith)["ghi"].to_numpy()


def clear_sky_shape(index: pd.DatetimeIndex, step: timedelta, *, latitude: float, longitude: float) -> np.ndarray:
    """Return Haurwitz clear-sky irradiance (W/m2) at the centre of each step of a UTC index."""
    first = pd.Timestamp(index[0])
    steps = round((pd.Timestamp(index[-1]) - first) / pd.Timedelta(step)) + 1
    shape = pd.Series(
        _clear_sky(first, steps, step, latitude, longitude), index=pd.date_range(first, periods=steps, freq=step)
    )
    return shape.reindex(index).to_numpy()


def pv_components(*, latitude: float, longitude: float, measured_shift: timedelta) -> dict[str, Component]:
    """Return the PV components of a site.

    `measured_shift` is served time minus time of measurement: the sun is the one of the date of measurement.
    """

    def scaled(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
        sun = _local_sun(history, targets, latitude, longitude, measured_shift)
        today = sun.reindex(targets).to_numpy()
        days = range(1, DAYS + 1)
        return np.array(
            [
                lagged(history, targets, k) * _ratio(today, sun.reindex(targets - pd.Timedelta(days=k)).to_numpy())
                for k in days
            ]
        )

    def median_28(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
        return _column_wise(np.nanmedian, scaled(history, targets))

    def mean_28(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
        return _column_wise(np.nanmean, scaled(history, targets))

    def recent_7(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
        return _column_wise(np.nanmean, scaled(history, targets)[:7])

    return {"clear_sky_median_28": median_28, "clear_sky_mean_28": mean_28, "clear_sky_mean_7": recent_7}


def _local_sun(
    history: History, targets: pd.DatetimeIndex, latitude: float, longitude: float, shift: timedelta
) -> pd.Series:
    start = targets[0] - pd.Timedelta(days=DAYS + 1)
    local = pd.date_range(start, targets[-1], freq=history.step)
    utc = local.tz_localize(history.zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")
    measured = pd.DatetimeIndex(utc.tz_convert("UTC") - shift)
    span = pd.date_range(measured.min(), measured.max(), freq=history.step)
    shape = pd.Series(clear_sky_shape(span, history.step, latitude=latitude, longitude=longitude), index=span)
    return pd.Series(shape.reindex(measured, method="nearest").to_numpy(), index=local)


def _ratio(now: np.ndarray, then: np.ndarray) -> np.ndarray:
    ratio = np.clip(now / np.maximum(then, DAWN_W_M2), 0.5, 2.0)
    return np.where(now <= 0.0, 0.0, ratio)


def _column_wise(statistic: object, stacked: np.ndarray) -> np.ndarray:
    empty = ~np.isfinite(stacked).any(axis=0)
    usable = np.where(empty, 0.0, stacked)
    return np.asarray(statistic(usable, axis=0))  # type: ignore[operator]

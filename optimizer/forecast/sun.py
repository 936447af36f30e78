"""The sun: clear-sky shape for the date of measurement, and the PV components scaled by it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.time import measured_at
from optimizer.forecast.components import Component, taken_from
from optimizer.forecast.history import History

DAYS = 28
AHEAD = timedelta(days=16)
"""How far beyond the history the sun is known to the components."""

DAWN_W_M2 = 20.0
"""Below this clear-sky irradiance a ratio of two suns means nothing."""

ENVELOPE = 0.93
"""This quantile of the scaled days is what a clear day brings."""

FLOOR = 0.02
"""The least size of an error, as a share of the array's best."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaledDays:
    """The last 28 known days at the slot of each target, scaled to its sun: `days[day, lead]` kW, newest first."""

    days: np.ndarray
    sun: np.ndarray
    envelope: np.ndarray
    best_kw: float


def clear_sky_shape(index: pd.DatetimeIndex, step: timedelta, *, latitude: float, longitude: float) -> np.ndarray:
    """Return Haurwitz clear-sky irradiance (W/m2) at the centre of each step of a UTC index.

    The sun's place is the almanac's, right to 0.01 degrees: a tenth of the time of the full algorithm.
    """
    from pvlib.clearsky import haurwitz
    from pvlib.solarposition import get_solarposition

    zenith = get_solarposition(index + step / 2, latitude, longitude, method="ephemeris")["apparent_zenith"]
    return haurwitz(zenith)["ghi"].to_numpy()


def pv_components(sun: pd.Series) -> dict[str, Component]:
    """Return the PV components of a site whose clear sky (`local_sun`) this is."""
    return {
        "clear_sky_median_28": lambda known, targets: np.median(scaled_days(sun, known, targets).days, axis=0),
        "clear_sky_mean_28": lambda known, targets: scaled_days(sun, known, targets).days.mean(axis=0),
    }


def scaled_days(sun: pd.Series, known: History, targets: pd.DatetimeIndex) -> ScaledDays:
    """Return the last 28 days (or as many as there are) at the slot of each of consecutive targets from the origin."""
    per_day = known.steps_per_day
    values = known.values.to_numpy()
    count = max(1, min(DAYS, len(values) // per_day))
    if len(values) < per_day:
        values = np.concatenate([np.zeros(per_day - len(values)), values])
    span = count * per_day
    newest_first = values[-span:].reshape(count, per_day)[::-1]
    then = taken_from(sun, targets[:1], span, known.step, span).reshape(count, per_day)[::-1]
    slot = np.arange(len(targets)) % per_day
    now = taken_from(sun, targets, 0, known.step)
    ratio = np.clip(now[None, :] / np.maximum(then[:, slot], DAWN_W_M2), 0.5, 2.0)
    days = newest_first[:, slot] * np.where(now <= 0.0, 0.0, ratio)
    return ScaledDays(
        days=days, sun=now, envelope=np.quantile(days, ENVELOPE, axis=0), best_kw=float(newest_first.max())
    )


def error_scale(sun: pd.Series, known: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """Return the size of a PV error: what a clear day brings at the slot, at least 2 % of the array's best."""
    scaled = scaled_days(sun, known, targets)
    return np.maximum(scaled.envelope, max(FLOOR * scaled.best_kw, 1e-6))


def local_sun(
    history: History, latitude: float, longitude: float, shift: timedelta, issued_at: datetime | None = None
) -> pd.Series:
    """Return the clear sky over the history and beyond, by naive local time; 28 days before it as well.

    `shift` is served time minus time of measurement at `issued_at` (default: the end of the history). A replay runs on
    the site's wall clock: what is served at nine was measured at nine, whatever the clock did between.
    """
    start, end = history.values.index[0] - timedelta(days=DAYS), history.values.index[-1] + AHEAD
    local = pd.date_range(start, end, freq=history.step)
    utc = local.tz_localize(history.zone, ambiguous=np.ones(len(local), dtype=bool), nonexistent="shift_forward")
    now = issued_at or _utc(history)
    measured = measured_at(pd.DatetimeIndex(utc.tz_convert("UTC")), shift, now, history.zone)
    shape = clear_sky_shape(measured, history.step, latitude=latitude, longitude=longitude)
    return pd.Series(shape, index=local)


def _utc(history: History) -> datetime:
    end = history.origin.tz_localize(history.zone, ambiguous=True, nonexistent="shift_forward")
    return end.tz_convert("UTC").to_pydatetime()

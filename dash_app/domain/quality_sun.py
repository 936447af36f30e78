"""Where the sun stands: what the rules for PV need.

The position follows the low-precision formulas of the Astronomical Almanac, as J. J. Michalsky gives them (Solar Energy
40 (1988) 227-235): right to about 0.01 degrees from 1950 to 2050. Refraction is not added.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from dash_app.domain.quality import Floats

J2000 = pd.Timestamp("2000-01-01 12:00", tz="UTC")
HORIZON_DEG = -0.833
"""The height of the sun's centre at sunrise and sunset: its radius and the refraction at the horizon."""


def solar_elevation(index: pd.DatetimeIndex, latitude: float, longitude: float) -> Floats:
    """Return the height of the sun's centre above the horizon, degrees, at each moment of a UTC index."""
    days = (index - J2000) / pd.Timedelta(days=1)
    day = days.to_numpy(dtype=float)
    mean_longitude = 280.460 + 0.9856474 * day
    anomaly = np.radians(357.528 + 0.9856003 * day)
    ecliptic = np.radians(mean_longitude + 1.915 * np.sin(anomaly) + 0.020 * np.sin(2 * anomaly))
    obliquity = np.radians(23.439 - 4e-7 * day)
    ascension = np.arctan2(np.cos(obliquity) * np.sin(ecliptic), np.cos(ecliptic))
    declination = np.arcsin(np.sin(obliquity) * np.sin(ecliptic))
    universal_h = (day + 0.5) % 1.0 * 24.0
    sidereal_h = 6.697375 + 0.0657098242 * day + universal_h
    hour_angle = np.radians(15.0 * sidereal_h + longitude) - ascension
    height = np.sin(declination) * np.sin(np.radians(latitude))
    height += np.cos(declination) * np.cos(np.radians(latitude)) * np.cos(hour_angle)
    return np.asarray(np.degrees(np.arcsin(np.clip(height, -1.0, 1.0))), dtype=np.float64)


def step_elevation(measured: pd.DatetimeIndex, step: timedelta, latitude: float, longitude: float) -> Floats:
    """Return the sun's height at the start and at the end of each step, degrees: shape (2, n)."""
    return np.stack(
        [solar_elevation(measured, latitude, longitude), solar_elevation(measured + step, latitude, longitude)]
    )

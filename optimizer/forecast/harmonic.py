"""Dynamic harmonic regression: calendar harmonics by weighted least squares, an autoregression on what they miss.

Hourly means counted back from the origin; both parts are statsmodels' WLS. Orders after Hyndman and Athanasopoulos,
"Forecasting: principles and practice", chapter 10.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.calendar import SATURDAY, SUNDAY
from optimizer.forecast.history import History
from optimizer.forecast.residual import carry_on, hourly_means, to_steps

FIT_ON = timedelta(weeks=10)
HALF_LIFE_H = 3 * 168
HARMONICS = 6
DAY_TYPED_HARMONICS = 4
LAGS = (1, 2, 3, 24, 25, 48, 168)
MIN_HOURS = 3 * 168
SHRINK = 3.0
"""Ridge on everything but the mean: what a new day type may claim from a handful of days."""


def harmonic_regression(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """Return the dynamic harmonic regression forecast; NaN when less than three weeks are known."""
    hourly = hourly_means(history.values.iloc[-round(FIT_ON / history.step) :], history.origin)
    if len(hourly) < MIN_HOURS:
        return np.full(len(targets), np.nan)
    hours = int(np.ceil((targets[-1] + history.step - history.origin) / pd.Timedelta(hours=1)))
    ahead = pd.date_range(history.origin, periods=hours, freq="h")
    return to_steps(history, targets, _fit_and_forecast(history, hourly, ahead))


def _fit_and_forecast(history: History, hourly: pd.Series, ahead: pd.DatetimeIndex) -> pd.Series:
    from statsmodels.regression.linear_model import WLS

    design = _design(history, pd.DatetimeIndex(hourly.index))
    width = design.shape[1]
    shrink = np.sqrt(SHRINK) * np.eye(width)[1:]
    weights = np.concatenate([0.5 ** (np.arange(len(hourly))[::-1] / HALF_LIFE_H), np.ones(width - 1)])
    target = np.concatenate([hourly.to_numpy(), np.zeros(width - 1)])
    params = WLS(target, np.vstack([design, shrink]), weights=weights, hasconst=False).fit(method="qr").params
    residual = hourly.to_numpy() - design @ params
    level = _design(history, ahead) @ params + carry_on(residual, len(ahead), LAGS, HALF_LIFE_H)
    return pd.Series(level, index=ahead)


def _design(history: History, index: pd.DatetimeIndex) -> np.ndarray:
    hour = np.asarray(index.hour) + np.asarray(index.minute) / 60
    angle = 2 * np.pi * np.outer(hour, np.arange(1, HARMONICS + 1)) / 24
    waves = np.hstack([np.sin(angle), np.cos(angle)])
    slow = np.arange(2 * HARMONICS) % HARMONICS < DAY_TYPED_HARMONICS
    kind, day = history.day_type_of(index), np.asarray(index.day_of_week)
    saturday, sunday = (kind == SATURDAY)[:, None], (kind == SUNDAY)[:, None]
    monday, friday = (day == 0)[:, None] & ~sunday, (day == 4)[:, None] & ~sunday
    typed = [waves[:, slow] * saturday, waves[:, slow] * sunday, waves[:, ~slow] * (saturday | sunday)]
    return np.hstack([np.ones((len(index), 1)), saturday, sunday, monday, friday, waves, *typed]).astype(float)

"""Dynamic harmonic regression: calendar harmonics by weighted least squares, an autoregression on what they miss.

Hourly means counted back from the origin. Both parts come from statsmodels: WLS for the harmonics, AutoReg for the
residual. Recipe and orders after Hyndman and Athanasopoulos, "Forecasting: principles and practice", chapter 10.
"""

from __future__ import annotations

import warnings
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.history import History

FIT_ON = timedelta(weeks=10)
HALF_LIFE = timedelta(weeks=3)
HARMONICS = 6
DAY_TYPED_HARMONICS = 4
LAGS = (1, 2, 3, 24, 25, 48, 168)
MIN_HOURS = 3 * 168
RIDGE = 1e-9


def harmonic_regression(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """Return the dynamic harmonic regression forecast; NaN when less than three weeks are known."""
    hourly = _hourly_means(history)
    if len(hourly) < MIN_HOURS:
        return np.full(len(targets), np.nan)
    hours = int(np.ceil((targets[-1] - history.values.index[-1]) / pd.Timedelta(hours=1)))
    ahead = pd.date_range(hourly.index[-1] + pd.Timedelta(hours=1), periods=hours, freq="h")
    level = _fit_and_forecast(hourly, ahead)
    return _to_steps(history, targets, level)


def _hourly_means(history: History) -> pd.Series:
    end = history.values.index[-1] + history.step
    known = history.values[end - FIT_ON :]
    return known.resample("h", origin=end, label="left", closed="left").mean()


def _design(index: pd.DatetimeIndex) -> np.ndarray:
    hour = (index - index.normalize()) / pd.Timedelta(hours=1)
    angle = 2 * np.pi * np.outer(hour, np.arange(1, HARMONICS + 1)) / 24
    waves = np.hstack([np.sin(angle), np.cos(angle)])
    typed = np.hstack([waves[:, :DAY_TYPED_HARMONICS], waves[:, HARMONICS : HARMONICS + DAY_TYPED_HARMONICS]])
    day = np.asarray(index.day_of_week)
    saturday, sunday = (day == 5)[:, None], (day == 6)[:, None]
    ones = np.ones((len(index), 1))
    return np.hstack([ones, saturday, sunday, (day == 0)[:, None], (day == 4)[:, None], waves, typed * saturday,
                      typed * sunday]).astype(float)  # fmt: skip


def _fit_and_forecast(hourly: pd.Series, ahead: pd.DatetimeIndex) -> pd.Series:
    from statsmodels.regression.linear_model import WLS

    design = _design(pd.DatetimeIndex(hourly.index))
    age = np.arange(len(hourly))[::-1] / (HALF_LIFE / timedelta(hours=1))
    fit = WLS(hourly.to_numpy(), design, weights=0.5**age).fit(method="pinv")
    residual = hourly.to_numpy() - design @ fit.params
    return pd.Series(_design(ahead) @ fit.params + _residual_ahead(residual, len(ahead)), index=ahead)


def _residual_ahead(residual: np.ndarray, hours: int) -> np.ndarray:
    from statsmodels.tsa.ar_model import AutoReg

    spread = residual.std()
    if spread <= RIDGE:
        return np.zeros(hours)
    low, high = np.quantile(residual, [0.003, 0.997])
    clipped = np.clip(residual, low, high)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        coefficients = AutoReg(clipped, lags=list(LAGS), trend="n").fit().params
    size = np.abs(coefficients).sum()
    return _run_forward(clipped, coefficients * min(1.0, 0.995 / max(size, RIDGE)), hours)


def _run_forward(past: np.ndarray, coefficients: np.ndarray, hours: int) -> np.ndarray:
    values = np.concatenate([past[-max(LAGS) :], np.zeros(hours)])
    lags = np.array(LAGS)
    for hour in range(max(LAGS), max(LAGS) + hours):
        values[hour] = coefficients @ values[hour - lags]
    return values[max(LAGS) :]


def _to_steps(history: History, targets: pd.DatetimeIndex, level: pd.Series) -> np.ndarray:
    """Spread hourly levels over the steps: linear between hour centres, plus the usual shape inside the hour."""
    centre = (pd.DatetimeIndex(level.index) + pd.Timedelta(minutes=30)).as_unit("s").asi8
    middle = (targets + history.step / 2).as_unit("s").asi8
    smooth = np.interp(middle, centre, level.to_numpy())
    return smooth + _shape_inside_hour(history, targets)


def _shape_inside_hour(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    if history.step >= timedelta(hours=1):
        return np.zeros(len(targets))
    recent = history.values.iloc[-14 * history.steps_per_day :]
    deviation = recent - recent.rolling(round(timedelta(hours=1) / history.step), center=True).mean()
    shape = deviation.groupby(pd.DatetimeIndex(recent.index).minute).mean()
    return shape.reindex(targets.minute).fillna(0.0).to_numpy()

"""What a profile misses, carried on: an autoregression on hourly residuals by weighted least squares (statsmodels)."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.history import History

RIDGE = 1e-9
MOST = 0.995
"""The coefficients' sizes add up to at most this, so that what is carried on dies out."""


def hourly_means(values: pd.Series, origin: pd.Timestamp) -> pd.Series:
    """Return hourly means counted back from the origin."""
    per_hour = round(pd.Timedelta(hours=1) / (values.index[1] - values.index[0]))
    hours = len(values) // max(per_hour, 1)
    means = values.to_numpy()[len(values) - hours * per_hour :].reshape(hours, per_hour).mean(axis=1)
    return pd.Series(means, index=pd.date_range(end=origin - pd.Timedelta(hours=1), periods=hours, freq="h"))


def carry_on(residual: np.ndarray, hours: int, lags: tuple[int, ...], half_life_h: float) -> np.ndarray:
    """Return the residual's forecast for the next `hours` hours; zeros where there is nothing to learn from."""
    if residual.std() <= RIDGE or len(residual) < 2 * max(lags):
        return np.zeros(hours)
    clipped = np.clip(residual, *np.quantile(residual, [0.003, 0.997]))
    coefficients = _coefficients(clipped, lags, half_life_h)
    size = np.abs(coefficients).sum()
    return _run_forward(clipped, coefficients * min(1.0, MOST / max(size, RIDGE)), np.array(lags), hours)


def to_steps(history: History, targets: pd.DatetimeIndex, level: pd.Series) -> np.ndarray:
    """Spread hourly levels over the steps: linear between hour centres, plus the usual shape inside the hour."""
    centre = (pd.DatetimeIndex(level.index) + pd.Timedelta(minutes=30)).as_unit("s").asi8
    middle = (targets + history.step / 2).as_unit("s").asi8
    smooth = np.interp(middle, centre, level.to_numpy())
    return smooth + _shape_inside_hour(history, targets)


def _coefficients(residual: np.ndarray, lags: tuple[int, ...], half_life_h: float) -> np.ndarray:
    from statsmodels.regression.linear_model import WLS

    longest = max(lags)
    past = np.stack([residual[longest - lag : len(residual) - lag] for lag in lags], axis=1)
    weights = np.sqrt(0.5 ** (np.arange(len(past))[::-1] / half_life_h))
    shrink = np.eye(len(lags)) * np.sqrt(0.02 * np.mean((past * weights[:, None]) ** 2) * len(past))
    design = np.vstack([past, shrink])
    target = np.concatenate([residual[longest:], np.zeros(len(lags))])
    both = np.concatenate([weights**2, np.ones(len(lags))])
    return WLS(target, design, weights=both, hasconst=False).fit(method="qr").params


def _run_forward(past: np.ndarray, coefficients: np.ndarray, lags: np.ndarray, hours: int) -> np.ndarray:
    longest = int(lags.max())
    values = np.concatenate([past[-longest:], np.zeros(hours)])
    for hour in range(longest, longest + hours):
        values[hour] = coefficients @ values[hour - lags]
    return values[longest:]


def _shape_inside_hour(history: History, targets: pd.DatetimeIndex) -> np.ndarray:
    """Return the usual deviation of each step from its hour, by minute of the hour, over the last 14 days."""
    per_hour = round(timedelta(hours=1) / history.step)
    if per_hour <= 1:
        return np.zeros(len(targets))
    recent = history.values.to_numpy()[-14 * history.steps_per_day :]
    kernel = np.ones(per_hour) / per_hour
    deviation = recent - np.convolve(recent, kernel, mode="same")
    minutes = np.asarray(pd.DatetimeIndex(history.values.index[-len(recent) :]).minute)
    shape = {minute: deviation[minutes == minute].mean() for minute in np.unique(minutes)}
    return np.array([shape.get(minute, 0.0) for minute in np.asarray(targets.minute)])

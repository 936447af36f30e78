"""How far forecasts were off: mean absolute error, bias, and how often the band held what came. Powers in kW."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from dash_app.domain.frames import Band


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastError:
    """Errors over `count` steps of `step`: forecast minus measured, so a positive bias means "too high".

    `inside` is the share (0..1) of the steps with a band whose measured mean lay in it; None without a band.
    `measured_kw` is the mean of what was measured in the same steps.
    """

    count: int
    step: timedelta
    mae_kw: float
    bias_kw: float
    measured_kw: float
    inside: float | None

    @property
    def relative(self) -> float | None:
        """The mean absolute error as a fraction of the measured mean; None where nothing flowed."""
        return self.mae_kw / self.measured_kw if self.measured_kw > 0 else None


def forecast_error(
    measured: pd.Series, measured_step: timedelta, forecast: pd.DataFrame, forecast_step: timedelta
) -> ForecastError | None:
    """Compare a forecast (columns of frames.Band) with what came; None where no step has both.

    Both are means over the coarser of the two steps; a step counts when every value in it is there.

    >>> index = pd.date_range("2020-09-28", periods=4, freq="30min", tz="UTC")
    >>> measured = pd.Series([10.0, 20.0, 30.0, None], index=index)
    >>> forecast = pd.DataFrame({"p50": [12.0, 16.0, 30.0, 5.0]}, index=index)
    >>> half = timedelta(minutes=30)
    >>> found = forecast_error(measured, half, forecast, half)
    >>> found.count, found.mae_kw, round(found.bias_kw, 3)
    (3, 2.0, -0.667)
    """
    step = max(measured_step, forecast_step)
    real = whole_steps(measured, measured_step, step).rename("real")
    said = [
        whole_steps(forecast[column], forecast_step, step).rename(column)
        for column in (Band.P50, Band.P10, Band.P90)
        if column in forecast.columns
    ]
    both = pd.concat([real, *said], axis=1, join="inner").dropna(subset=["real", Band.P50])
    if both.empty:
        return None
    error = both[Band.P50] - both["real"]
    return ForecastError(
        count=len(both),
        step=step,
        mae_kw=float(error.abs().mean()),
        bias_kw=float(error.mean()),
        measured_kw=float(both["real"].mean()),
        inside=_inside(both),
    )


def whole_steps(values: pd.Series, step: timedelta, wanted: timedelta) -> pd.Series:
    """Return means over `wanted`, a multiple of `step`, counted from the UTC epoch; NaN unless all values are there."""
    known = values.dropna()
    if wanted == step or known.empty:
        return known
    steps = known.resample(wanted, origin="epoch")
    return steps.mean().where(steps.count() == wanted // step)


def _inside(both: pd.DataFrame) -> float | None:
    if Band.P10 not in both.columns or Band.P90 not in both.columns:
        return None
    banded = both.dropna(subset=[Band.P10, Band.P90])
    if banded.empty:
        return None
    held = (banded["real"] >= banded[Band.P10]) & (banded["real"] <= banded[Band.P90])
    return float(held.mean())

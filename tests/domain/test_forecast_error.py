"""Errors of forecasts against numbers worked out one by one."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.forecast_error import forecast_error, whole_steps

QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
NAN = float("nan")


def at(values: list[float], freq: str = "15min", start: str = "2020-09-28") -> pd.Series:
    return pd.Series(values, index=pd.date_range(start, periods=len(values), freq=freq, tz="UTC", name="time"))


def band(p50: list[float], p10: list[float] | None = None, p90: list[float] | None = None, freq: str = "15min"):
    columns = {"p50": p50} | ({"p10": p10, "p90": p90} if p10 else {})
    return pd.DataFrame({name: at(values, freq) for name, values in columns.items()})


def test_the_error_the_bias_and_the_share_within_the_band_by_hand() -> None:
    measured = at([10.0, 20.0, 30.0, 40.0])
    forecast = band([12.0, 18.0, 33.0, 40.0], [11.0, 15.0, 28.0, 35.0], [14.0, 22.0, 36.0, 39.0])
    found = forecast_error(measured, QUARTER, forecast, QUARTER)
    assert found is not None
    assert (found.count, found.mae_kw, found.bias_kw, found.measured_kw) == (4, 7 / 4, 3 / 4, 25.0)
    assert found.inside == 2 / 4  # 10 lies below its band, 40 above its own
    assert found.relative == pytest.approx(7 / 100)


def test_random_series_agree_with_plain_sums() -> None:
    rng = Random(7)
    real = [rng.uniform(0, 90) if rng.random() > 0.1 else NAN for _ in range(500)]
    said = [rng.uniform(0, 90) if rng.random() > 0.1 else NAN for _ in range(500)]
    low, high = [s - rng.uniform(0, 20) for s in said], [s + rng.uniform(0, 20) for s in said]
    found = forecast_error(at(real), QUARTER, band(said, low, high), QUARTER)
    pairs = [row for row in zip(real, said, low, high, strict=True) if row[0] == row[0] and row[1] == row[1]]
    assert found is not None and found.count == len(pairs) > 300
    assert found.mae_kw == pytest.approx(sum(abs(s - r) for r, s, _, _ in pairs) / len(pairs))
    assert found.bias_kw == pytest.approx(sum(s - r for r, s, _, _ in pairs) / len(pairs))
    assert found.inside == pytest.approx(sum(lo <= r <= hi for r, _, lo, hi in pairs) / len(pairs))


def test_a_coarser_forecast_is_compared_with_means_of_whole_steps_only() -> None:
    measured = at([1.0, 2.0, 3.0, 6.0, 5.0, NAN, 5.0, 5.0, 4.0, 4.0])
    found = forecast_error(measured, QUARTER, band([5.0, 5.0, 5.0], freq="1h"), HOUR)
    assert found is not None
    assert (found.count, found.step, found.bias_kw) == (1, HOUR, 2.0)  # only the first hour is whole: mean 3


def test_a_finer_forecast_is_averaged_to_the_meter() -> None:
    found = forecast_error(at([10.0], "1h"), HOUR, band([8.0, 9.0, 11.0, 16.0]), QUARTER)
    assert found is not None
    assert (found.count, found.mae_kw) == (1, 1.0)


def test_without_a_step_that_has_both_there_is_no_error() -> None:
    assert forecast_error(at([1.0, 2.0]), QUARTER, band([NAN, NAN]), QUARTER) is None
    assert forecast_error(at([NAN, NAN]), QUARTER, band([1.0, 2.0]), QUARTER) is None
    elsewhere = at([1.0], start="2020-10-28")
    assert forecast_error(elsewhere, QUARTER, band([1.0]), QUARTER) is None


def test_a_night_without_sun_has_no_relative_error() -> None:
    found = forecast_error(at([0.0, 0.0]), QUARTER, band([0.0, 1.0]), QUARTER)
    assert found is not None and found.relative is None and found.inside is None


def test_steps_are_counted_from_the_epoch_whatever_the_first_value_is() -> None:
    values = at([1.0] * 7, start="2020-09-28T00:15")
    whole = whole_steps(values, QUARTER, HOUR).dropna()
    assert whole.index.tolist() == [pd.Timestamp("2020-09-28T01:00Z")]
    assert np.allclose(whole, 1.0)

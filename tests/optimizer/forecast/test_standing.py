"""How a trained forecaster stands to the simple mix, from its own record."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from optimizer.forecast.conformal import LEVELS
from optimizer.forecast.mix import Runs
from optimizer.forecast.recipe import LOAD_TUNING
from optimizer.forecast.record import Record
from optimizer.forecast.standing import standing_of
from optimizer.forecast.training import Trained, train
from tests.fakes.trained import END, known_load, small_recipe, small_trained


def with_record(boosted: list[float], simple: list[float], mixed: list[float]) -> Trained:
    """Return a forecaster with one forecast of one step at each of three origins; the truth is always 10."""
    count = len(mixed)
    runs = Runs(
        names=("boosting", "weekly_median"),
        origins=pd.date_range("2021-01-01", periods=count, freq="6h"),
        forecasts=np.array([boosted, simple], dtype=float).reshape(2, count, 1),
        actuals=np.full((count, 1), 10.0),
        step=timedelta(hours=1),
    )
    record = Record(
        runs=runs,
        mixed=np.array(mixed, dtype=float).reshape(count, 1),
        sizes=np.ones((count, 1)),
        bands=np.zeros((len(LEVELS), count, 1)),
        levels=np.tile(np.array(LEVELS), (4, 1)),
    )
    return replace(small_trained(), record=record)


def test_only_what_the_boosting_took_part_in_counts() -> None:
    found = standing_of(with_record([np.nan, 11.0, 12.0], [99.0, 13.0, 14.0], [99.0, 11.0, 12.0]), LOAD_TUNING)
    assert found is not None
    assert (found.trained_kw, found.simple_kw, found.scored) == (1.5, 3.5, 2)


def test_a_forecaster_without_a_forecast_of_its_own_has_no_standing() -> None:
    never = with_record([np.nan] * 3, [11.0] * 3, [11.0] * 3)
    assert standing_of(never, LOAD_TUNING) is None
    young = train(small_recipe(), known_load(END - timedelta(days=34)), trained_at=END)
    assert "boosting" not in young.record.runs.names
    assert standing_of(young, LOAD_TUNING) is None


def test_the_trained_one_is_scored_on_every_forecast_of_its_last_month() -> None:
    found = standing_of(small_trained(), LOAD_TUNING)
    assert found is not None
    record = small_trained().record
    last = record.origins >= record.origins[-1] - timedelta(days=28)
    error = np.abs(record.mixed[last] - record.runs.actuals[last])
    assert found.trained_kw == pytest.approx(np.nanmean(error), rel=0.02)
    assert found.trained_kw < 1.5 < 4 * found.simple_kw

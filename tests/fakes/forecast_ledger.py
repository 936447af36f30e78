"""Forecasts whose values can be checked in the head: P50 counts up from `first_kw`, the band is 1 kW to either side."""

from __future__ import annotations

from datetime import datetime, timedelta

import pandas as pd

from dash_app.domain.forecasting import (
    SIMPLE_MODEL_ID,
    ForecastRecord,
    ModelKind,
    ModelRecord,
    ModelSwitch,
    Role,
    SwitchReason,
)
from dash_app.domain.frames import Band
from dash_app.domain.site import Quantity
from tests.fakes.payloads import NOON, QUARTER


def a_band(start: datetime = NOON, *, first_kw: float = 10.0, steps: int = 8) -> pd.DataFrame:
    """Return a forecast of quarter hours from `start` on."""
    index = pd.date_range(start, periods=steps, freq=QUARTER, name="time")
    middle = pd.Series([first_kw + place for place in range(steps)], index=index)
    return pd.DataFrame({Band.P10.value: middle - 1, Band.P50.value: middle, Band.P90.value: middle + 1})


def a_forecast(issued_at: datetime = NOON, *, first_kw: float = 10.0, **changes: object) -> ForecastRecord:
    """Return a forecast of Monash's demand by the simple mix, of two models."""
    frame = a_band(issued_at, first_kw=first_kw)
    known: dict[str, object] = {
        "project_id": "monash",
        "quantity": Quantity.LOAD_KW,
        "role": Role.CHAMPION,
        "issued_at": issued_at,
        "model_id": SIMPLE_MODEL_ID,
        "model_kind": ModelKind.SIMPLE,
        "trained_at": None,
        "inputs_digest": "00ff",
        "weights": {"weekly_median": (0.25, 0.5, 0.75, 1.0), "day_mean": (0.75, 0.5, 0.25, 0.0)},
        "left_out": {"spikes": 2, "zero_runs": 3},
        "missing": 4,
        "days_of_history": 42.5,
        "frame": frame,
        "components": pd.DataFrame({"weekly_median": frame["p50"] + 0.5, "day_mean": frame["p50"] - 0.5}),
    }
    return ForecastRecord(**{**known, **changes})  # type: ignore[arg-type]


def a_model(trained_at: datetime = NOON, **changes: object) -> ModelRecord:
    """Return a model of Monash's demand that was 10 % better than the simple mix when it was trained."""
    known: dict[str, object] = {
        "model_id": f"monash-load-{trained_at:%Y%m%dT%H%M%S}",
        "project_id": "monash",
        "quantity": Quantity.LOAD_KW,
        "kind": ModelKind.TRAINED,
        "trained_at": trained_at,
        "days_of_history": 400.0,
        "error_kw": 9.0,
        "rival_error_kw": 10.0,
        "scored": 5000,
        "took_s": 17.5,
    }
    return ModelRecord(**{**known, **changes})  # type: ignore[arg-type]


def a_switch(at: datetime = NOON + timedelta(minutes=1), **changes: object) -> ModelSwitch:
    """Return the switch from the simple mix to `a_model`."""
    known: dict[str, object] = {
        "project_id": "monash",
        "quantity": Quantity.LOAD_KW,
        "at": at,
        "from_model": SIMPLE_MODEL_ID,
        "to_model": a_model().model_id,
        "reason": SwitchReason.FIRST_TRAINED,
        "from_error_kw": 10.0,
        "to_error_kw": 9.0,
        "scored": 5000,
    }
    return ModelSwitch(**{**known, **changes})  # type: ignore[arg-type]

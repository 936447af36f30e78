"""Forecasts to put into a ledger: made-up, as regular as a test can work out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pandas as pd

from dash_app.domain.forecasting import ForecastRecord, ModelKind, Role
from dash_app.domain.frames import Band
from dash_app.domain.site import Quantity
from tests.fakes.campus import plan

QUARTER = timedelta(minutes=15)


def frame_of(
    start: datetime, p50: Sequence[float], p10: Sequence[float], p90: Sequence[float], step: timedelta = QUARTER
) -> pd.DataFrame:
    """Return a forecast's frame from `start` on."""
    index = pd.date_range(start, periods=len(p50), freq=step, name="time")
    columns = {Band.P10.value: list(p10), Band.P50.value: list(p50), Band.P90.value: list(p90)}
    return pd.DataFrame(columns, index=index, dtype=float)


def record(
    issued_at: datetime,
    frame: pd.DataFrame,
    *,
    project_id: str = "monash",
    quantity: Quantity = Quantity.LOAD_KW,
    role: Role = Role.CHAMPION,
    model_id: str = "simple",
    kind: ModelKind = ModelKind.SIMPLE,
    weights: dict[str, tuple[float, ...]] | None = None,
    left_out: dict[str, int] | None = None,
    missing: int = 0,
    days: float = 120.0,
    trained_at: datetime | None = None,
    components: pd.DataFrame | None = None,
) -> ForecastRecord:
    """Return one forecast as the ledger keeps it."""
    return ForecastRecord(
        project_id=project_id,
        quantity=quantity,
        role=role,
        issued_at=issued_at,
        model_id=model_id,
        model_kind=kind,
        trained_at=trained_at,
        inputs_digest="0" * 64,
        weights={"week_med": (0.25,) * 4, "day_mean": (0.75,) * 4} if weights is None else weights,
        left_out=left_out or {},
        missing=missing,
        days_of_history=days,
        frame=frame,
        components=components,
    )


def ramp(issued_at: datetime, *, steps: int = 192, base: float = 50.0, **more: object) -> ForecastRecord:
    """Return a forecast of `base` kW growing by 0.1 kW each step, with a band of 5 kW to both sides."""
    p50 = [base + 0.1 * place for place in range(steps)]
    start = pd.Timestamp(issued_at).floor("15min").to_pydatetime()
    given = frame_of(start, p50, [value - 5.0 for value in p50], [value + 5.0 for value in p50])
    return record(issued_at, given, **more)  # type: ignore[arg-type]


def of_the_campus(
    issued_at: datetime, quantity: Quantity = Quantity.LOAD_KW, *, factor: float = 1.1, **more: object
) -> ForecastRecord:
    """Return a forecast of the campus: what its plan expects times `factor`, with the plan's own band."""
    start = pd.Timestamp(issued_at).floor("15min").to_pydatetime()
    columns, name = plan(start).plan, {Quantity.LOAD_KW: "load", Quantity.PV_KW: "pv"}[quantity]
    p50, p10, p90 = ([factor * value for value in columns[key]] for key in (f"{name}_kw", f"{name}_p10", f"{name}_p90"))
    return record(issued_at, frame_of(start, p50, p10, p90), quantity=quantity, **more)  # type: ignore[arg-type]

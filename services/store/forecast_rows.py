"""How a forecast lies in the store: whole watts, one after the other, packed to about a kilobyte."""

from __future__ import annotations

import json
import zlib
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Row

from dash_app.domain.errors import PlanRejected
from dash_app.domain.forecasting import DECIMALS, ForecastRecord, ModelKind, Role
from dash_app.domain.site import Quantity

UNIT = 10**DECIMALS
MISSING = np.iinfo(np.int64).min


def values_of(record: ForecastRecord, *, with_components: bool) -> dict[str, Any]:
    """Return the columns of a forecast's row, but for its place among the others."""
    components = record.components if with_components else None
    told = {
        "start": pd.Timestamp(record.frame.index[0]).isoformat(),
        "step_s": record.step.total_seconds(),
        "band": list(record.frame.columns),
        "components": [] if components is None else list(components.columns),
        "weights": record.weights,
        "left_out": record.left_out,
        "missing": record.missing,
        "days": record.days_of_history,
    }
    return {
        "forecast_id": record.forecast_id,
        "project_id": record.project_id,
        "quantity": record.quantity.value,
        "role": record.role.value,
        "issued_at": record.issued_at,
        "model_id": record.model_id,
        "model_kind": record.model_kind.value,
        "trained_at": record.trained_at,
        "inputs_digest": record.inputs_digest,
        "told": json.dumps(told, separators=(",", ":"), allow_nan=False),
        "band": packed(record.frame),
        "components": None if components is None else packed(components),
    }


def record_of(found: Row[Any]) -> ForecastRecord:
    """Return the forecast of a row; raise PlanRejected when it is not what was written."""
    try:
        record = _record(found)
        same = record.forecast_id == found.forecast_id
    except (KeyError, ValueError, zlib.error):
        same = False
    if not same:
        raise PlanRejected(
            f"The forecast {found.forecast_id} of {found.project_id}, issued at {found.issued_at.isoformat()}, "
            "was changed after it was stored."
        )
    return record


def _record(found: Row[Any]) -> ForecastRecord:
    told = json.loads(found.told)
    start, step = datetime.fromisoformat(told["start"]), pd.Timedelta(told["step_s"], "s")
    return ForecastRecord(
        project_id=found.project_id,
        quantity=Quantity(found.quantity),
        role=Role(found.role),
        issued_at=found.issued_at,
        model_id=found.model_id,
        model_kind=ModelKind(found.model_kind),
        trained_at=found.trained_at,
        inputs_digest=found.inputs_digest,
        weights={name: tuple(values) for name, values in told["weights"].items()},
        left_out=told["left_out"],
        missing=told["missing"],
        days_of_history=told["days"],
        frame=unpacked(found.band, told["band"], start, step),
        components=None if found.components is None else unpacked(found.components, told["components"], start, step),
    )


def packed(frame: pd.DataFrame) -> bytes:
    """Return the values of a frame, column by column: differences of whole watts, bytes of one weight together."""
    values = frame.to_numpy(dtype=float).T
    watts = np.where(np.isfinite(values), np.rint(np.nan_to_num(values) * UNIT), float(MISSING)).astype("<i8")
    changes = np.diff(watts, axis=1, prepend=0)
    return zlib.compress(changes.view(np.uint8).reshape(-1, 8).T.tobytes(), 9)


def unpacked(body: bytes, names: list[str], start: datetime, step: pd.Timedelta) -> pd.DataFrame:
    """Return what `packed` packed; raise ValueError or zlib.error for anything else."""
    by_weight = np.frombuffer(zlib.decompress(body), dtype=np.uint8).reshape(8, -1)
    changes = np.ascontiguousarray(by_weight.T).view("<i8").reshape(len(names), -1)
    watts = changes.cumsum(axis=1)
    values = np.where(watts == MISSING, np.nan, watts / UNIT)
    index = pd.date_range(start, periods=values.shape[1], freq=step, name="time")
    return pd.DataFrame(values.T, index=index, columns=names)

"""Forecast a site's demand and PV with the model that is its champion, and say for the ledger what was said.

Nothing is fitted here: models are trained elsewhere (`training`), kept as files and applied in milliseconds. A site
whose champion cannot be had is forecast by the simple mix, which needs no training.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import structlog

from dash_app.domain.errors import StaleData
from dash_app.domain.forecasting import (
    FORECAST_QUANTITIES,
    SIMPLE_MODEL_ID,
    ForecastRecord,
    ModelFiles,
    Role,
    champion_of,
)
from dash_app.domain.ports import Forecasts
from dash_app.domain.site import Quantity, Site
from dash_app.domain.time import TimeGrid

if TYPE_CHECKING:
    from optimizer.forecast.forecasting import Forecast
    from optimizer.forecast.training import Trained

HELD_MODELS = 16
"""So many models are held in memory; the others are read again when they are needed."""
APPLIED_HISTORY = timedelta(weeks=54)
"""How far back a trained model looks when it is applied."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelInUse:
    """A trained model and the name it goes by."""

    model_id: str
    trained: Trained


Models = Mapping[Quantity, ModelInUse]
"""The champions that are trained; a quantity that is not there is forecast by the simple mix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was measured of one quantity of a site up to `now`: kW on a regular UTC index, NaN in gaps.

    `shift` is served time minus time of measurement: where the sun stood is known for the latter.
    """

    site: Site
    quantity: Quantity
    values: pd.Series
    now: datetime
    shift: timedelta = timedelta(0)


class LoadedModels:
    """The models of ModelFiles in memory: read once, and again when something else was kept."""

    def __init__(self, files: ModelFiles) -> None:
        self._files = files
        self._held: OrderedDict[str, tuple[str, ModelInUse]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, model_id: str) -> ModelInUse | None:
        """Return the model, or None when there is none that can be trusted."""
        mark = self._files.mark(model_id)
        with self._lock:
            held = self._held.get(model_id)
            if held is not None and held[0] == mark:
                self._held.move_to_end(model_id)
                return held[1]
        model = self._read(model_id)
        with self._lock:
            self._held.pop(model_id, None)
            if model is not None:
                self._held[model_id] = (mark, model)
            while len(self._held) > HELD_MODELS:
                self._held.popitem(last=False)
        return model

    def _read(self, model_id: str) -> ModelInUse | None:
        from optimizer.forecast.kept import from_bytes

        body = self._files.load(model_id)
        if body is None:
            return None
        try:
            return ModelInUse(model_id=model_id, trained=from_bytes(body))
        except ValueError as error:
            log.warning("a trained model cannot be used", model=model_id, why=str(error))
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPorts:
    """The ledger, and the trained models it names."""

    forecasts: Forecasts
    models: LoadedModels


def champions(ports: ForecastPorts | None, project_id: str) -> Models:
    """Return the trained champions of a project; one that cannot be had is missing, and the simple mix steps in."""
    found: dict[Quantity, ModelInUse] = {}
    if ports is None:
        return found
    for quantity in FORECAST_QUANTITIES:
        champion = champion_of(ports.forecasts.switches(project_id, quantity))
        model = None if champion == SIMPLE_MODEL_ID else ports.models.get(champion)
        if model is not None:
            found[quantity] = model
    return found


def issue(past: Past, grid: TimeGrid, model: ModelInUse | None, role: Role = Role.CHAMPION) -> ForecastRecord:
    """Return the forecast over `grid` as the ledger keeps it: by `model`, or by the simple mix where that is None.

    A model that does not fit what is measured now (another resolution, say) gives way to the simple mix. Raises
    StaleData when too little was measured for any forecast, or when the forecast is not for `grid`.
    """
    if model is not None:
        try:
            return check_times(_record(past, forecast_by(past, grid, model.trained), model.model_id, role), grid)
        except ValueError as error:
            log.warning("a model does not fit", project=past.site.project_id, model=model.model_id, why=str(error))
    try:
        return check_times(_record(past, forecast_by(past, grid, None), SIMPLE_MODEL_ID, role), grid)
    except ValueError as error:
        raise StaleData(f"{past.site.name}, {past.quantity.value}: {error}.") from error


def check_times(record: ForecastRecord, grid: TimeGrid) -> ForecastRecord:
    """Return a forecast that is for the steps of `grid`; raise StaleData for one of another day or another length."""
    index = pd.DatetimeIndex(record.frame.index)
    if len(index) != grid.steps or index[0] != pd.Timestamp(grid.start) or record.step != grid.step:
        raise StaleData(
            f"The forecast of {record.quantity.value} begins at {index[0].isoformat()} and has {len(index)} steps; "
            f"the plan begins at {grid.start.isoformat()} and has {grid.steps}."
        )
    return record


def forecast_by(past: Past, grid: TimeGrid, trained: Trained | None) -> Forecast:
    """Return the forecast of a trained model, or of the simple mix; raise ValueError for what neither can do."""
    from optimizer.forecast.model import forecast_load, forecast_pv

    site = past.site
    if past.quantity is Quantity.LOAD_KW:
        return forecast_load(past.values, grid, zone=site.timezone, issued_at=past.now, trained=trained)
    return forecast_pv(
        past.values,
        grid,
        zone=site.timezone,
        issued_at=past.now,
        latitude=site.latitude,
        longitude=site.longitude,
        measured_shift=past.shift,
        trained=trained,
    )


def digest_of(values: pd.Series) -> str:
    """Return the hash of what was measured, and when."""
    return hashlib.sha256(pd.util.hash_pandas_object(values.dropna()).to_numpy().tobytes()).hexdigest()


def _record(past: Past, said: Forecast, model_id: str, role: Role) -> ForecastRecord:
    return ForecastRecord(
        project_id=past.site.project_id,
        quantity=past.quantity,
        role=role,
        issued_at=past.now,
        model_id=model_id,
        model_kind=said.rung,
        trained_at=said.trained_at,
        inputs_digest=digest_of(past.values),
        weights=said.bucket_weights,
        left_out=said.left_out,
        missing=said.missing,
        days_of_history=round(said.days_of_history, 1),
        frame=said.frame,
        components=pd.DataFrame(said.components, index=said.frame.index),
    )

"""The forecast ledger: what was forecast before a plan was made of it, by which model, and why that one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select

from dash_app.domain.forecasting import (
    KEPT_THIN,
    KEPT_WHOLE,
    THIN_EVERY,
    ForecastRecord,
    ModelKind,
    ModelRecord,
    ModelSwitch,
    Role,
    SwitchReason,
)
from dash_app.domain.site import Quantity
from dash_app.domain.time import floor_to
from services.store.engine import Database
from services.store.forecast_rows import record_of, values_of
from services.store.forecast_tables import forecast_models, forecasts, model_switches


class SqlForecasts:
    """The Forecasts port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, records: Collection[ForecastRecord]) -> None:
        """Add forecasts in one transaction, and drop what is older than is kept."""
        with self._database.writing() as connection:
            for record in records:
                _add(connection, record)
            _prune(connection)

    def issued(
        self,
        project_id: str,
        quantity: Quantity,
        start: datetime,
        end: datetime,
        *,
        role: Role = Role.CHAMPION,
        every: timedelta = timedelta(0),
    ) -> tuple[ForecastRecord, ...]:
        """Return the forecasts issued in `start <= t < end`, oldest first; at most one, the first, in each `every`."""
        mine = _of(project_id, quantity, role) & (forecasts.c.issued_at >= start) & (forecasts.c.issued_at < end)
        with self._database.reading() as connection:
            if every:
                mine &= forecasts.c.row_id.in_(_first_of_each(connection, mine, every))
            found = connection.execute(
                select(forecasts).where(mine).order_by(forecasts.c.issued_at, forecasts.c.row_id)
            )
            return tuple(record_of(row) for row in found)

    def known_at(
        self, project_id: str, quantity: Quantity, moment: datetime, *, role: Role = Role.CHAMPION
    ) -> ForecastRecord | None:
        """Return the newest forecast issued at or before `moment`, or None."""
        mine = _of(project_id, quantity, role) & (forecasts.c.issued_at <= moment)
        newest = select(forecasts).where(mine).order_by(forecasts.c.issued_at.desc(), forecasts.c.row_id.desc())
        with self._database.reading() as connection:
            found = connection.execute(newest.limit(1)).first()
        return None if found is None else record_of(found)

    def add_model(self, model: ModelRecord) -> None:
        """Keep what is known of a model that was trained."""
        values = {column.name: getattr(model, column.name) for column in forecast_models.columns}
        with self._database.writing() as connection:
            connection.execute(insert(forecast_models).values(**values))

    def models(self, project_id: str, quantity: Quantity) -> tuple[ModelRecord, ...]:
        """Return every model that was trained, oldest first."""
        table = forecast_models.c
        mine = (table.project_id == project_id) & (table.quantity == quantity.value)
        with self._database.reading() as connection:
            found = connection.execute(select(forecast_models).where(mine).order_by(table.trained_at)).all()
        return tuple(_model(row) for row in found)

    def add_switch(self, switch: ModelSwitch) -> None:
        """Keep a change of champion."""
        values = {
            column.name: getattr(switch, column.name) for column in model_switches.columns if column.name != "row_id"
        }
        with self._database.writing() as connection:
            connection.execute(insert(model_switches).values(**values))

    def switches(self, project_id: str, quantity: Quantity) -> tuple[ModelSwitch, ...]:
        """Return every change of champion, oldest first."""
        table = model_switches.c
        mine = (table.project_id == project_id) & (table.quantity == quantity.value)
        with self._database.reading() as connection:
            found = connection.execute(select(model_switches).where(mine).order_by(table.row_id)).all()
        return tuple(_switch(row) for row in found)


def _of(project_id: str, quantity: Quantity, role: Role) -> ColumnElement[bool]:
    table = forecasts.c
    return (table.project_id == project_id) & (table.quantity == quantity.value) & (table.role == role.value)


def _add(connection: Connection, record: ForecastRecord) -> None:
    there = select(forecasts.c.row_id).where(forecasts.c.forecast_id == record.forecast_id)
    if connection.execute(there).first() is not None:
        return
    six = floor_to(record.issued_at, THIN_EVERY)
    in_six = (forecasts.c.issued_at >= six) & (forecasts.c.issued_at < six + THIN_EVERY)
    mine = _of(record.project_id, record.quantity, record.role) & (forecasts.c.model_id == record.model_id)
    first = connection.execute(select(forecasts.c.row_id).where(mine & in_six).limit(1)).first() is None
    connection.execute(insert(forecasts).values(first_of_six=first, **values_of(record, with_components=first)))


def _prune(connection: Connection) -> None:
    newest = connection.scalar(select(func.max(forecasts.c.issued_at)))
    if newest is None:
        return
    for first, kept in ((False, KEPT_WHOLE), (True, KEPT_THIN)):
        old = (forecasts.c.first_of_six == first) & (forecasts.c.issued_at < newest - kept - timedelta(seconds=1))
        connection.execute(delete(forecasts).where(old))


def _first_of_each(connection: Connection, mine: ColumnElement[bool], every: timedelta) -> list[int]:
    first: dict[datetime, int] = {}
    stamps = select(forecasts.c.row_id, forecasts.c.issued_at).where(mine)
    for row in connection.execute(stamps.order_by(forecasts.c.issued_at, forecasts.c.row_id)):
        first.setdefault(floor_to(row.issued_at, every), row.row_id)
    return list(first.values())


def _model(found: Row[Any]) -> ModelRecord:
    return ModelRecord(**{**found._mapping, "quantity": Quantity(found.quantity), "kind": ModelKind(found.kind)})


def _switch(found: Row[Any]) -> ModelSwitch:
    told = {name: value for name, value in found._mapping.items() if name != "row_id"}
    return ModelSwitch(**{**told, "quantity": Quantity(found.quantity), "reason": SwitchReason(found.reason)})

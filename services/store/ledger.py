"""The dispatch ledger: what was to be sent, what was sent, and what came of it; rows are only ever added."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from dash_app.domain.audit_dispatch import audited
from dash_app.domain.dispatch import Lease, LedgerRow, Order, Stage
from services.store.audit import append_row
from services.store.engine import Database
from services.store.leases import check_held
from services.store.tables import ledger


class SqlLedger:
    """The Ledger port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def intend(self, order: Order, lease: Lease, *, sequence: int, setpoint_kw: float) -> LedgerRow:
        """Durably record the intent before the wire; raise LeaseLost unless `lease` is the newest and still valid."""
        with self._database.writing() as connection:
            check_held(connection, self._database, lease)
            at = self._database.now(connection)
            return _record(connection, _row_of(order, lease, at, sequence, Stage.INTENDED, setpoint_kw, None, ""))

    def append(
        self,
        order: Order,
        lease: Lease,
        *,
        sequence: int,
        stage: Stage,
        setpoint_kw: float | None = None,
        measured_kw: float | None = None,
        note: str = "",
    ) -> LedgerRow:
        """Add what came of an order, even when the lease was lost meanwhile: it did happen."""
        with self._database.writing() as connection:
            at = self._database.now(connection)
            return _record(connection, _row_of(order, lease, at, sequence, stage, setpoint_kw, measured_kw, note))

    def rows(self, project_id: str, since: datetime, limit: int = 500) -> tuple[LedgerRow, ...]:
        """Return the newest `limit` rows of a project since a moment, oldest first."""
        wanted = select(ledger).where(ledger.c.project_id == project_id, ledger.c.at >= since)
        with self._database.reading() as connection:
            newest = connection.execute(wanted.order_by(ledger.c.row_id.desc()).limit(limit)).all()
        return tuple(_row(found) for found in reversed(newest))

    def rows_of(self, order_id: str) -> tuple[LedgerRow, ...]:
        """Return every row of an order, oldest first."""
        wanted = select(ledger).where(ledger.c.order_id == order_id).order_by(ledger.c.row_id)
        with self._database.reading() as connection:
            return tuple(_row(found) for found in connection.execute(wanted))


def _record(connection: Connection, row: LedgerRow) -> LedgerRow:
    """Add the row and, the first time that its order gets so far, what the audit trail says of it: both, or neither."""
    said = audited(row)
    known = select(ledger.c.row_id).where(ledger.c.order_id == row.order_id, ledger.c.stage == row.stage.value)
    if said is not None and connection.execute(known.limit(1)).first() is None:
        append_row(connection, at=row.at, **said)
    return _add(connection, row)


def _row_of(
    order: Order,
    lease: Lease,
    at: datetime,
    sequence: int,
    stage: Stage,
    setpoint_kw: float | None,
    measured_kw: float | None,
    note: str,
) -> LedgerRow:
    return LedgerRow(
        row_id=0,
        at=at,
        project_id=order.project_id,
        device_id=order.device_id,
        order_id=order.order_id,
        recommendation_id=order.recommendation_id,
        slot_start=order.step.start,
        slot_end=order.step.end,
        epoch=lease.epoch,
        sequence=sequence,
        stage=stage,
        setpoint_kw=setpoint_kw,
        measured_kw=measured_kw,
        note=note,
    )


def _add(connection: Connection, row: LedgerRow) -> LedgerRow:
    values = {name: getattr(row, name) for name in ledger.c.keys() if name not in ("row_id", "stage")}  # noqa: SIM118
    new = insert(ledger).values(**values, stage=row.stage.value).returning(ledger.c.row_id)
    return replace(row, row_id=connection.execute(new).scalar_one())


def _row(found: Row[Any]) -> LedgerRow:
    return LedgerRow(**{**found._mapping, "stage": Stage(found.stage)})

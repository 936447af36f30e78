"""The audit trail: rows are only ever added, and each one's chain hashes it together with the row before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, text

from dash_app.domain.ports import AuditRow
from services.store.engine import Database
from services.store.tables import audit

LAST_GIVEN = text("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
NOTHING = AuditRow(row_id=0, at=datetime.min.replace(tzinfo=UTC), who="", what="", project_id="", detail="", chain="")


class SqlAudit:
    """The Audit port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, *, who: str, what: str, project_id: str = "", detail: str = "") -> AuditRow:
        """Add a row in a transaction of its own."""
        with self._database.writing() as connection:
            at = self._database.now(connection)
            return append_row(connection, at=at, who=who, what=what, project_id=project_id, detail=detail)

    def rows(self, limit: int = 200, project_id: str | None = None) -> tuple[AuditRow, ...]:
        """Return the newest rows, newest first."""
        wanted = select(audit).order_by(audit.c.row_id.desc()).limit(limit)
        if project_id is not None:
            wanted = wanted.where(audit.c.project_id == project_id)
        with self._database.reading() as connection:
            return tuple(_row(found) for found in connection.execute(wanted))

    def first_broken(self) -> int | None:
        """Return the id of the first row that was edited, is gone, or was put in from outside; or None."""
        before = NOTHING
        with self._database.reading() as connection:
            for found in connection.execute(select(audit).order_by(audit.c.row_id)):
                row = _row(found)
                if row.row_id != before.row_id + 1:
                    return before.row_id + 1
                if row.chain != chain_of(before.chain, row):
                    return row.row_id
                before = row
            return None if before.row_id == _last_given(connection) else before.row_id + 1


def append_row(
    connection: Connection, *, at: datetime, who: str, what: str, project_id: str = "", detail: str = ""
) -> AuditRow:
    """Add a row inside the writing transaction of what it records: both are durable, or neither."""
    newest = connection.execute(select(audit).order_by(audit.c.row_id.desc()).limit(1)).first()
    before = "" if newest is None else _row(newest).chain
    row_id = _last_given(connection) + 1
    row = AuditRow(row_id=row_id, at=at, who=who, what=what, project_id=project_id, detail=detail, chain="")
    row = replace(row, chain=chain_of(before, row))
    connection.execute(insert(audit).values(asdict(row)))
    return row


def chain_of(before: str, row: AuditRow) -> str:
    """Return SHA-256 over the chain of the row before and everything this row says."""
    said = [before, row.row_id, row.at.isoformat(), row.who, row.what, row.project_id, row.detail]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def _last_given(connection: Connection) -> int:
    """Return the highest id ever given: SQLite keeps it even when rows are removed behind our back."""
    return int(connection.scalar(LAST_GIVEN) or 0)


def _row(found: Row[Any]) -> AuditRow:
    return AuditRow(**found._mapping)

"""The audit trail in the file: rows are only ever added, each in the transaction of what it records."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, text, true

from dash_app.domain.audit import AuditQuery, AuditRow, ChainCheck, Head, chained, check_chain
from services.store.engine import Database
from services.store.tables import audit

LAST_GIVEN = text("SELECT seq FROM sqlite_sequence WHERE name = 'audit'")
ROWS_AT_ONCE = 1000


class SqlAudit:
    """The Audit port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self, *, who: str, what: str, project_id: str = "", detail: str = "", before: str = "", after: str = ""
    ) -> AuditRow:
        """Add a row in a transaction of its own."""
        said = {"who": who, "what": what, "project_id": project_id, "detail": detail, "before": before, "after": after}
        with self._database.writing() as connection:
            return append_row(connection, at=self._database.now(connection), **said)

    def rows(self, limit: int = 200, project_id: str | None = None) -> tuple[AuditRow, ...]:
        """Return the newest rows, newest first."""
        wanted = select(audit).order_by(audit.c.row_id.desc()).limit(limit)
        if project_id is not None:
            wanted = wanted.where(audit.c.project_id == project_id)
        with self._database.reading() as connection:
            return tuple(_row(found) for found in connection.execute(wanted))

    def find(
        self, query: AuditQuery, limit: int = 200, offset: int = 0, *, oldest_first: bool = False
    ) -> tuple[AuditRow, ...]:
        """Return the wanted rows, newest first unless told otherwise."""
        order = audit.c.row_id.asc() if oldest_first else audit.c.row_id.desc()
        wanted = select(audit).where(_wanted(query)).order_by(order).limit(limit).offset(offset)
        with self._database.reading() as connection:
            return tuple(_row(found) for found in connection.execute(wanted))

    def count(self, query: AuditQuery) -> int:
        """Return how many rows are wanted."""
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(audit).where(_wanted(query))) or 0)

    def check(self, heads: Collection[Head] = ()) -> ChainCheck:
        """Walk along the whole trail, through these heads."""
        with self._database.reading() as connection:
            return check_chain(_every_row(connection), _last_given(connection), heads)

    def first_broken(self) -> int | None:
        """Return the id of the first row that was edited, is gone, or was put in from outside; or None."""
        return self.check().flaw_row


def append_row(
    connection: Connection,
    *,
    at: datetime,
    who: str,
    what: str,
    project_id: str = "",
    detail: str = "",
    before: str = "",
    after: str = "",
) -> AuditRow:
    """Add a row inside the writing transaction of what it records: both are durable, or neither."""
    newest = connection.scalar(select(audit.c.chain).order_by(audit.c.row_id.desc()).limit(1))
    row = AuditRow(
        row_id=_last_given(connection) + 1,
        at=at,
        who=who,
        what=what,
        project_id=project_id,
        detail=detail,
        chain="",
        before=before,
        after=after,
    )
    row = chained(newest or "", row)
    connection.execute(insert(audit).values(asdict(row)))
    return row


def _every_row(connection: Connection) -> Iterator[AuditRow]:
    found = connection.execution_options(yield_per=ROWS_AT_ONCE).execute(select(audit).order_by(audit.c.row_id))
    return (_row(row) for row in found)


def _wanted(query: AuditQuery) -> ColumnElement[bool]:
    conditions = [_reachable(query), audit.c.row_id > query.after_row]
    for column, part in ((audit.c.who, query.who), (audit.c.what, query.what)):
        if part:
            conditions.append(column.icontains(part, autoescape=True))
    if query.begins:
        conditions.append(or_(*(audit.c.what.startswith(part, autoescape=True) for part in query.begins)))
    if query.before_row is not None:
        conditions.append(audit.c.row_id < query.before_row)
    if query.since is not None:
        conditions.append(audit.c.at >= query.since)
    if query.until is not None:
        conditions.append(audit.c.at < query.until)
    return and_(*conditions)


def _reachable(query: AuditQuery) -> ColumnElement[bool]:
    if query.projects is None:
        return true()
    theirs = audit.c.project_id.in_(sorted(query.projects))
    people: ColumnElement[bool] = audit.c.who == query.person
    if query.colleagues:
        people = or_(people, audit.c.who.in_(select(audit.c.who).where(theirs)))
    return or_(theirs, and_(audit.c.project_id == "", people))


def _last_given(connection: Connection) -> int:
    """Return the highest id ever given: SQLite keeps it even when rows are removed behind our back."""
    return int(connection.scalar(LAST_GIVEN) or 0)


def _row(found: Row[Any]) -> AuditRow:
    return AuditRow(**found._mapping)

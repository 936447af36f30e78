"""Alarms: what a person must see, once, until it is over."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select, update

from dash_app.domain.dispatch import Alarm
from services.store.engine import Database
from services.store.tables import alarms


class SqlAlarms:
    """The Alarms port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def raise_alarm(self, project_id: str, kind: str, message: str) -> Alarm:
        """Return the open alarm of this kind, raising it if there is none."""
        with self._database.writing() as connection:
            known = connection.execute(select(alarms).where(_open(project_id, kind))).first()
            if known is not None:
                return _alarm(known)
            at = self._database.now(connection)
            values = {"at": at, "project_id": project_id, "kind": kind, "message": message}
            new = insert(alarms).values(values).returning(alarms.c.alarm_id)
            alarm_id = connection.execute(new).scalar_one()
            return Alarm(alarm_id=alarm_id, at=at, project_id=project_id, kind=kind, message=message)

    def clear(self, project_id: str, kind: str) -> None:
        """End the alarm of this kind, if one is open."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            connection.execute(update(alarms).where(_open(project_id, kind)).values(cleared_at=now))

    def open_alarms(self, project_id: str | None = None) -> tuple[Alarm, ...]:
        """Return what is not over, oldest first."""
        wanted = select(alarms).where(alarms.c.cleared_at.is_(None)).order_by(alarms.c.alarm_id)
        if project_id is not None:
            wanted = wanted.where(alarms.c.project_id == project_id)
        with self._database.reading() as connection:
            return tuple(_alarm(found) for found in connection.execute(wanted))


def _open(project_id: str, kind: str) -> ColumnElement[bool]:
    return (alarms.c.project_id == project_id) & (alarms.c.kind == kind) & alarms.c.cleared_at.is_(None)


def _alarm(found: Row[Any]) -> Alarm:
    return Alarm(**found._mapping)

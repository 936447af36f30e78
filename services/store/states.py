"""The newest facts, overwritten in place: telemetry as the dispatcher saw it, heartbeats of the processes."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.sqlite import insert

from dash_app.domain.dispatch import Mode, Telemetry
from dash_app.domain.ports import Heartbeat
from services.store.engine import Database
from services.store.tables import heartbeats
from services.store.tables import telemetry as readings


class SqlStates:
    """The States port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put_telemetry(self, telemetry: Telemetry) -> None:
        """Keep a device's newest reading."""
        body = json.dumps(asdict(telemetry) | {"at": telemetry.at.isoformat()}, sort_keys=True)
        values = {"at": telemetry.at, "body": body}
        new = insert(readings).values(device_id=telemetry.device_id, **values)
        with self._database.writing() as connection:
            connection.execute(new.on_conflict_do_update(index_elements=[readings.c.device_id], set_=values))

    def telemetry(self, device_id: str) -> Telemetry | None:
        """Return a device's newest reading, or None before the first."""
        with self._database.reading() as connection:
            body = connection.scalar(select(readings.c.body).where(readings.c.device_id == device_id))
        return None if body is None else _telemetry(body)

    def beat(self, name: str, detail: str = "") -> None:
        """Say that the process `name` lives."""
        with self._database.writing() as connection:
            values = {"at": self._database.now(connection), "detail": detail}
            new = insert(heartbeats).values(name=name, **values)
            connection.execute(new.on_conflict_do_update(index_elements=[heartbeats.c.name], set_=values))

    def heartbeats(self) -> tuple[Heartbeat, ...]:
        """Return the newest beat of every process, by name."""
        with self._database.reading() as connection:
            found = connection.execute(select(heartbeats).order_by(heartbeats.c.name)).all()
        return tuple(Heartbeat(**row._mapping) for row in found)


def _telemetry(body: str) -> Telemetry:
    raw = json.loads(body)
    return Telemetry(**{**raw, "at": datetime.fromisoformat(raw["at"]), "mode": Mode(raw["mode"])})

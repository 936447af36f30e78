"""Leases: one holder for each kind of work, with an epoch that grows, on the time of the store."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dash_app.domain.dispatch import Lease
from dash_app.domain.errors import LeaseLost
from services.store.engine import Database
from services.store.tables import leases


class SqlLeases:
    """The Leases port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, holder: str, ttl: timedelta) -> Lease | None:
        """Return a lease with a new epoch if nobody holds one, the same epoch if `holder` does, else None."""
        with self._database.writing() as connection:
            now, old = self._database.now(connection), _newest(connection, name)
            held = old is not None and old.expires_at > now
            if old is not None and held and old.holder != holder:
                return None
            epoch = (old.epoch if old else 0) + (0 if held else 1)
            return _put(connection, Lease(name=name, holder=holder, epoch=epoch, expires_at=now + ttl))

    def renew(self, lease: Lease, ttl: timedelta) -> Lease:
        """Return the lease with a later end; raise LeaseLost when it ran out or somebody else holds it."""
        with self._database.writing() as connection:
            check_held(connection, self._database, lease)
            until = self._database.now(connection) + ttl
            return _put(connection, Lease(name=lease.name, holder=lease.holder, epoch=lease.epoch, expires_at=until))

    def is_newest(self, lease: Lease) -> bool:
        """Return whether the lease is still valid and nobody has a newer one."""
        with self._database.reading() as connection:
            return _held(connection, self._database, lease)

    def give_up(self, lease: Lease) -> None:
        """End the lease now; somebody else's stays as it is."""
        with self._database.writing() as connection:
            if _held(connection, self._database, lease):
                now = self._database.now(connection)
                _put(connection, Lease(name=lease.name, holder=lease.holder, epoch=lease.epoch, expires_at=now))


def check_held(connection: Connection, database: Database, lease: Lease) -> None:
    """Raise LeaseLost unless `lease` is valid and the newest, as this transaction sees it."""
    if not _held(connection, database, lease):
        raise LeaseLost(f"{lease.holder} lost the lease {lease.name}, epoch {lease.epoch}.")


def _held(connection: Connection, database: Database, lease: Lease) -> bool:
    newest = _newest(connection, lease.name)
    if newest is None or (newest.holder, newest.epoch) != (lease.holder, lease.epoch):
        return False
    return newest.expires_at > database.now(connection)


def _newest(connection: Connection, name: str) -> Lease | None:
    found: Row[Any] | None = connection.execute(select(leases).where(leases.c.name == name)).first()
    return None if found is None else Lease(**found._mapping)


def _put(connection: Connection, lease: Lease) -> Lease:
    values = {"holder": lease.holder, "epoch": lease.epoch, "expires_at": lease.expires_at}
    changed = connection.execute(update(leases).where(leases.c.name == lease.name).values(values))
    if changed.rowcount == 0:
        connection.execute(insert(leases).values(name=lease.name, **values))
    return lease

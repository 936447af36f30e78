"""One SQLite file, opened so that what was committed stays: WAL, full synchronisation, bounded waiting.

Every transaction of the store goes through `Database.reading` or `Database.writing`, which turn whatever the disk or
another process does to us into StoreUnavailable: either all of a transaction is durable, or none of it happened.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import ConnectionPoolEntry

from dash_app.domain.errors import ConfigError, StoreUnavailable
from dash_app.domain.time import Clock
from services.store.disk import check_local_disk, make_private

BUSY_TIMEOUT_S = 5.0
OWN_FAULTS = (IntegrityError, ProgrammingError)
STORE_TIME = text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")


class Database:
    """The file behind the plan store. `clock` replaces the time of the store in tests."""

    def __init__(self, url: str, *, busy_timeout_s: float = BUSY_TIMEOUT_S, clock: Clock | None = None) -> None:
        """Create the file, private to this user, if it is not there; raise ConfigError for what cannot hold it."""
        self.path = path_of(url)
        self._busy_timeout_s = busy_timeout_s
        self._clock = clock
        self._of_parents: list[Engine] = []
        self._pid = os.getpid()
        check_local_disk(self.path.parent)
        make_private(self.path)
        self._engine = self._new_engine()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that sees one moment of the store; raise StoreUnavailable."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Open the only writing transaction; it is durable when this returns. Raise StoreUnavailable."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def now(self, connection: Connection) -> datetime:
        """Return the time of the store: one clock for every process that uses it."""
        if self._clock is not None:
            return self._clock()
        return datetime.fromisoformat(str(connection.scalar(STORE_TIME))).replace(tzinfo=UTC)

    def close(self) -> None:
        """Close every connection of this process."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[Connection]:
        try:
            with self._own_engine().connect().execution_options(begin=begin) as connection, connection.begin():
                yield connection
        except OWN_FAULTS:
            raise
        except DBAPIError as error:
            raise StoreUnavailable(f"The plan store {self.path} did not answer: {error.orig}.") from error
        except PoolTimeout as error:
            raise StoreUnavailable(f"The plan store {self.path} is busy: no free connection.") from error

    def _own_engine(self) -> Engine:
        """Return the engine of this process: SQLite's connections must not be used, nor closed, across a fork."""
        if os.getpid() != self._pid:
            self._of_parents.append(self._engine)
            self._engine, self._pid = self._new_engine(), os.getpid()
        return self._engine

    def _new_engine(self) -> Engine:
        engine = create_engine(
            f"sqlite:///{self.path}", connect_args={"timeout": self._busy_timeout_s}, pool_timeout=self._busy_timeout_s
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine


def path_of(url: str) -> Path:
    """Return the file that `url` means; raise ConfigError for anything but an SQLite file."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        raise ConfigError("DATABASE_URL: only a file of SQLite is supported now; leave it empty.")
    return Path(parsed.database)


def _prepare(dbapi_connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    dbapi_connection.isolation_level = None  # transactions are begun by `_begin`, not by the driver
    cursor = dbapi_connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "recursive_triggers=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

"""Server-side sessions: the browser holds an id, the store holds its hash and, sealed, everything else."""

from __future__ import annotations

import fcntl
import hashlib
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, TextIO

import structlog
from sqlalchemy import Row, delete, insert, select, update

from dash_app.domain.errors import ConfigError, SessionEnded, StoreUnavailable
from dash_app.domain.ports import Session, SignIn
from services.store.disk import PRIVATE_FOLDER, make_private
from services.store.engine import Database
from services.store.sealed import Seal
from services.store.tables import sessions

ID_BYTES = 32
LOCKS = 64


def new_session_id() -> str:
    """Return 256 random bits."""
    return secrets.token_urlsafe(ID_BYTES)


class SqlSessions:
    """The Sessions port."""

    def __init__(self, database: Database, secret_key: str, new_id: Callable[[], str] = new_session_id) -> None:
        self._database = database
        self._seal = Seal(secret_key)
        self._new_id = new_id

    def open(self, sign_in: SignIn, lifetime: timedelta) -> Session:
        """Start a session that ends by itself after `lifetime`; sessions that ended are removed."""
        session_id = self._new_id()
        with self._database.writing() as connection:
            now = self._database.now(connection)
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(
                insert(sessions).values(
                    id_digest=_digest(session_id),
                    user_id=sign_in.person.user_id,
                    opened_at=now,
                    expires_at=now + lifetime,
                    sealed=self._seal.close(sign_in),
                )
            )
        return _session(session_id, sign_in, opened_at=now, expires_at=now + lifetime)

    def get(self, session_id: str) -> Session | None:
        """Return the session, or None when it never was, was closed, has expired or was sealed with another key."""
        with self._database.reading() as connection:
            found = connection.execute(select(sessions).where(sessions.c.id_digest == _digest(session_id))).first()
            ended = found is None or found.expires_at <= self._database.now(connection)
        return None if found is None or ended else self._opened(session_id, found)

    def renew(self, session_id: str, sign_in: SignIn) -> Session:
        """Replace person, projects and token; raise SessionEnded when the session is over."""
        values = {"user_id": sign_in.person.user_id, "sealed": self._seal.close(sign_in), "renew_after": None}
        self._change(session_id, values)
        session = self.get(session_id)
        if session is None:
            raise SessionEnded("Your session has ended. Please sign in again.")
        return session

    def postpone(self, session_id: str, until: datetime) -> None:
        """Remember not to renew the token before `until`."""
        self._change(session_id, {"renew_after": until})

    @contextmanager
    def only_one(self, session_id: str) -> Iterator[None]:
        """Let one thread of one process at a time renew this session's token; the others wait.

        A lock on a file: it ends with the process that holds it, and it is given back explicitly, because a child
        that was forked meanwhile holds the same open file.
        """
        with self._lock_file(session_id) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def close(self, session_id: str) -> None:
        """End the session: its id is worth nothing from now on."""
        with self._database.writing() as connection:
            connection.execute(delete(sessions).where(sessions.c.id_digest == _digest(session_id)))

    def close_others(self, user_id: str, *, but: str) -> int:
        """End every session of a person except `but`; return how many that were."""
        others = (sessions.c.user_id == user_id) & (sessions.c.id_digest != _digest(but))
        with self._database.writing() as connection:
            return connection.execute(delete(sessions).where(others)).rowcount

    def _lock_file(self, session_id: str) -> TextIO:
        folder = self._database.path.with_name("renewals")
        path = folder / f"{int(_digest(session_id), 16) % LOCKS:02d}.lock"
        try:
            folder.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
            make_private(path)
            return path.open("w")
        except (OSError, ConfigError) as error:
            raise StoreUnavailable(f"The plan store cannot lock {path}: {error}") from error

    def _change(self, session_id: str, values: dict[str, Any]) -> None:
        with self._database.writing() as connection:
            connection.execute(update(sessions).where(sessions.c.id_digest == _digest(session_id)).values(values))

    def _opened(self, session_id: str, found: Row[Any]) -> Session | None:
        sign_in = self._seal.open(found.sealed)
        if sign_in is None:
            structlog.get_logger().warning("session sealed with another SECRET_KEY", opened_at=found.opened_at)
            return None
        return _session(
            session_id,
            sign_in,
            opened_at=found.opened_at,
            expires_at=found.expires_at,
            renew_after=found.renew_after,
        )


def _digest(session_id: str) -> str:
    return hashlib.sha256(session_id.encode()).hexdigest()


def _session(
    session_id: str, sign_in: SignIn, *, opened_at: datetime, expires_at: datetime, renew_after: datetime | None = None
) -> Session:
    return Session(
        session_id=session_id,
        person=sign_in.person,
        projects=sign_in.projects,
        token=sign_in.token,
        opened_at=opened_at,
        expires_at=expires_at,
        renew_after=renew_after,
    )

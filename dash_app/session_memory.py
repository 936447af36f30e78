"""Who was signed in a moment ago: so that a person can still see and stop a battery while the plan store is away.

Only an unavailable store is bridged, for a quarter of an hour, and only for sessions that this process has checked
before. A session that has ended is forgotten at once; roles are those of the last check.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from dash_app.domain.errors import SessionEnded, StoreUnavailable
from dash_app.domain.ports import Session
from dash_app.domain.time import Clock

KEEP = timedelta(minutes=15)
log = structlog.get_logger()


class SessionMemory:
    """Asks `find` for a running session and remembers the answer. Safe to use from several threads."""

    def __init__(self, find: Callable[[str], Session], clock: Clock) -> None:
        self._find, self._clock = find, clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[Session, datetime]] = {}

    def __call__(self, session_id: str) -> Session:
        """Return the session; raise SessionEnded, or StoreUnavailable when it is not remembered either."""
        try:
            found = self._find(session_id)
        except SessionEnded:
            with self._lock:
                self._kept.pop(session_id, None)
            raise
        except StoreUnavailable as error:
            return self._remembered(session_id, error)
        with self._lock:
            self._forget_old()
            self._kept[session_id] = (found, self._clock())
        return found

    def _remembered(self, session_id: str, error: StoreUnavailable) -> Session:
        with self._lock:
            self._forget_old()
            known = self._kept.get(session_id)
        if known is None:
            raise error
        log.warning("session from memory", who=known[0].person.email, reason=str(error))
        return known[0]

    def _forget_old(self) -> None:
        now = self._clock()
        self._kept = {
            session_id: (session, seen_at)
            for session_id, (session, seen_at) in self._kept.items()
            if now - seen_at <= KEEP and session.expires_at > now
        }

"""Wrong old passwords, counted per person: a session left open on a desk is no place to guess a password from.

The counts live in the memory of the one web process; a restart forgets them.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from datetime import datetime, timedelta

from dash_app.domain.time import Clock

MOST = 5
WITHIN = timedelta(minutes=15)


class Attempts:
    """Who failed how often lately. Safe to use from several threads."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failed: dict[str, list[datetime]] = defaultdict(list)

    def wait_s(self, user_id: str) -> float:
        """Return how many seconds this person has to wait before the next attempt; 0 when there is no need to."""
        with self._lock:
            recent = self._recent(user_id)
            return (recent[0] + WITHIN - self._clock()).total_seconds() if len(recent) >= MOST else 0.0

    def failed(self, user_id: str) -> None:
        """Count a wrong password."""
        with self._lock:
            self._failed[user_id] = [*self._recent(user_id), self._clock()]

    def succeeded(self, user_id: str) -> None:
        """Forget the wrong passwords of somebody who knew the right one."""
        with self._lock:
            self._failed.pop(user_id, None)

    def _recent(self, user_id: str) -> list[datetime]:
        since = self._clock() - WITHIN
        return [moment for moment in self._failed.get(user_id, []) if moment > since]

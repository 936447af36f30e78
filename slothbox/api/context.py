"""What the routes work with, put together once per process."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher
from flask import Flask, current_app

from slothbox.accounts import AccountBook
from slothbox.api.limits import FailureLimit
from slothbox.archive import Archive
from slothbox.clock import Clock
from slothbox.history import History
from slothbox.published import PublishedStore
from slothbox.tokens import TokenMint

EXTENSION = "slothbox"
FAILURES_PER_ACCOUNT = 10
FAILURES_PER_HOST = 100
FAILURE_WINDOW_S = 60.0


class LiveValues:
    """The newest snapshot of each simulated measurand: (moment, value) by project and measurand id, in memory."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._values: dict[tuple[str, str], tuple[datetime, float]] = {}
        self._lock = threading.Lock()

    def put(self, project: str, measurand_id: str, moment: datetime, value: float) -> None:
        """Replace the snapshot unless a newer one is there."""
        with self._lock:
            known = self._values.get((project, measurand_id))
            if known is None or known[0] <= moment:
                self._values[project, measurand_id] = (moment, value)

    def get(self, project: str, measurand_id: str) -> tuple[datetime, float] | None:
        """Return the newest snapshot."""
        return self._values.get((project, measurand_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeContext:
    """Everything behind the API; `clock` is the replayed moment, tokens run on real time."""

    accounts: AccountBook
    tokens: TokenMint
    archive: Archive
    published: PublishedStore
    history: History
    clock: Clock
    per_account: FailureLimit
    per_host: FailureLimit
    live: LiveValues = field(default_factory=LiveValues)


def build_context(
    state_dir: Path,
    clock: Clock,
    *,
    hasher: PasswordHasher | None = None,
    real_now: Callable[[], datetime] = lambda: datetime.now(UTC),
    monotonic_s: Callable[[], float] = time.monotonic,
) -> EdgeContext:
    """Open everything in `state_dir`; hasher and real clocks can be given by tests."""
    archive = Archive(state_dir)
    return EdgeContext(
        accounts=AccountBook(state_dir, hasher),
        tokens=TokenMint(state_dir, real_now),
        archive=archive,
        published=PublishedStore(state_dir),
        history=History(archive),
        clock=clock,
        per_account=FailureLimit(FAILURES_PER_ACCOUNT, FAILURE_WINDOW_S, monotonic_s),
        per_host=FailureLimit(FAILURES_PER_HOST, FAILURE_WINDOW_S, monotonic_s),
    )


def attach(app: Flask, context: EdgeContext) -> None:
    """Give the app its context."""
    app.extensions[EXTENSION] = context


def edge() -> EdgeContext:
    """Return the context of the app that answers this request."""
    context: EdgeContext = current_app.extensions[EXTENSION]
    return context

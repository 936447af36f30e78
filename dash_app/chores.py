"""What the planner's process does beside planning, in a thread of its own: nothing here can hold up a plan.

Every chore is done by whoever holds the lease, as often as it is due; one that fails is logged and tried again.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from dash_app.domain.dispatch import Lease
from dash_app.domain.errors import EnergyError, LeaseLost
from dash_app.domain.ports import Leases
from dash_app.domain.time import Clock
from dash_app.stop import Stop

LEASE = "chores"
TTL = timedelta(seconds=120)
TICK_S = 5.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Chore:
    """Something to do every so often; `do` raises only EnergyError."""

    name: str
    every: timedelta
    do: Callable[[], object]


class Chores:
    """Remembers when each chore was done last; whatever must survive is in the store."""

    def __init__(self, chores: Sequence[Chore], leases: Leases, clock: Clock, holder: str) -> None:
        self._chores, self._leases, self._clock, self._holder = tuple(chores), leases, clock, holder
        self._lease: Lease | None = None
        self._done: dict[str, datetime] = {}

    def tick(self) -> tuple[str, ...]:
        """Do what is due, if the lease is ours; return the names of what was done without an error."""
        done = []
        for chore in self._chores:
            if self._is_due(chore) and self._may():
                self._done[chore.name] = self._clock()
                if _tried(chore):
                    done.append(chore.name)
        return tuple(done)

    def _is_due(self, chore: Chore) -> bool:
        last = self._done.get(chore.name)
        return last is None or not timedelta(0) <= self._clock() - last < chore.every

    def _may(self) -> bool:
        """Return whether the lease is ours, renewed or acquired now."""
        try:
            self._lease = self._renewed() or self._leases.acquire(LEASE, self._holder, TTL)
        except EnergyError as error:
            log.error("chores", why=str(error))
            return False
        return self._lease is not None

    def _renewed(self) -> Lease | None:
        try:
            return self._leases.renew(self._lease, TTL) if self._lease else None
        except LeaseLost:
            return None


def start_chores(chores: Chores, stop: Stop) -> threading.Thread:
    """Do chores until asked to stop, in a thread that ends with the process."""
    thread = threading.Thread(target=run_chores, args=(chores, stop), name="chores", daemon=True)
    thread.start()
    return thread


def run_chores(chores: Chores, stop: Stop) -> None:
    """Do chores until asked to stop."""
    while not stop.is_set():
        chores.tick()
        stop.wait(TICK_S)


def holder() -> str:
    """Return the name under which this process holds the lease."""
    return f"chores-{os.getpid()}"


def _tried(chore: Chore) -> bool:
    try:
        chore.do()
    except EnergyError as error:
        log.error("chore failed", chore=chore.name, why=str(error))
        return False
    return True

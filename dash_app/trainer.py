"""The planner's trainer: starts a process for the forecast models when it is due, and says so when that ends badly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from dash_app.domain.ports import Alarms
from dash_app.domain.time import Clock, floor_to

EVERY = timedelta(hours=6)
AFTER_PLANS = timedelta(minutes=5)
"""So long after the slot begins, the champions' forecasts of it are on the ledger."""
AGAIN_AFTER = timedelta(hours=1)
LONGEST = timedelta(hours=2)
ALARM = "trainer"

log = structlog.get_logger()


class TrainingProcess(Protocol):
    """A started process: `exitcode` is None while it runs, and minus the signal's number when one ended it."""

    @property
    def exitcode(self) -> int | None: ...
    def kill(self) -> None: ...
    def join(self, timeout: float | None = None) -> None: ...


class Trainer:
    """At most one training process at a time; the models that are kept stay what they were until it has done."""

    def __init__(self, start: Callable[[], TrainingProcess], alarms: Alarms, clock: Clock) -> None:
        """Start processes with `start`, the first one at the first tick."""
        self._start, self._alarms, self._clock = start, alarms, clock
        self._process: TrainingProcess | None = None
        self._began: datetime = clock()
        self._due: datetime = clock()

    def tick(self) -> None:
        """Start what is due and look after what runs; returns at once."""
        now = self._clock()
        if self._process is None:
            if now >= self._due:
                self._begin(now)
        elif self._process.exitcode is not None:
            self._ended(self._process.exitcode, now)
        elif now - self._began > LONGEST:
            self.stop()
            self._failed(f"it took longer than {LONGEST.total_seconds() / 3600:.0f} h", now)

    def stop(self) -> None:
        """End the process, if there is one; what it has not kept yet is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    def _begin(self, now: datetime) -> None:
        try:
            self._process, self._began = self._start(), now
        except OSError as error:
            self._failed(f"its process cannot be started: {error.strerror}", now)

    def _ended(self, code: int, now: datetime) -> None:
        self._process = None
        if code != 0:
            self._failed(f"it was ended by signal {-code}" if code < 0 else f"it ended with code {code}", now)
            return
        self._due = floor_to(now, EVERY) + EVERY + AFTER_PLANS
        self._alarms.clear("", ALARM)

    def _failed(self, why: str, now: datetime) -> None:
        self._due = now + AGAIN_AFTER
        message = f"The training of the forecast models failed: {why}. The models of before are used."
        log.warning("training", why=why)
        self._alarms.raise_alarm("", ALARM, message)

"""Behind the first screen of a project: the past days that its other ranges will ask for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import structlog

from dash_app.domain.errors import EnergyError
from services.cache_folder import after_fork
from services.chunks import month_of
from services.history import History, days_between, first_recent_day
from services.place import Backing, Place
from services.recent import RecentRows

log = structlog.get_logger()
COARSE_ENOUGH = timedelta(minutes=5)
"""Finer series are large, and few pages draw them over a month: those wait until they are asked for."""


def by_month(days: list[datetime]) -> list[list[datetime]]:
    """Return the days of each month, the newest month first."""
    months = sorted({month_of(day) for day in days}, reverse=True)
    return [[day for day in days if month_of(day) == month] for month in months]


class LookAhead:
    """Fetches the last `length` of a person's project once a day, by `run`; nothing for a `length` of 0."""

    def __init__(
        self,
        backing: Backing,
        history: History,
        recent: RecentRows,
        *,
        length: timedelta,
        run: Callable[[Callable[[], None]], Any],
    ) -> None:
        self._backing = backing
        self._history = history
        self._recent = recent
        self._length = length
        self._run = run
        self._done: dict[tuple[str, str], datetime] = {}
        after_fork(self, lambda mine: mine._done.clear())

    def start(self, place: Place) -> None:
        """Fetch what is missing behind the page, unless that was done since the last day became past."""
        who, until = (place.user_id, place.project.project_id), first_recent_day(self._backing.clock())
        if not self._length or self._done.get(who) == until or "history" not in self._backing.api.capabilities():
            return
        self._done[who] = until
        coarse = replace(place, measurands=tuple(m for m in place.measurands if m.resolution >= COARSE_ENOUGH))
        days = days_between(self._backing.clock() - self._length, until)

        def fetch() -> None:
            try:
                for month in by_month(days):  # one call each: a page that waits for one of them waits for no more
                    self._history.days(coarse, month, lambda: self._recent.kept(place))
            except EnergyError as error:
                self._done.pop(who, None)
                log.info("look_ahead_failed", project_id=place.project.project_id, why=str(error))

        self._run(fetch)

"""The 48 h row of a project: fresh, shown at once while its tails are fetched, or saved data when the API is down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog

from dash_app.domain.errors import EnergyError
from dash_app.domain.site import Measurand
from services.cache_folder import after_fork
from services.outage import FAILS
from services.place import Backing, Place
from services.prefetch import SPAN, Prefetch, is_fresh, is_newest
from services.rows import Row

log = structlog.get_logger()
Fresh = Callable[[Row, tuple[Measurand, ...], datetime], bool]


class RecentRows:
    """Loads and refreshes rows; `count` hears of the points asked for and needed.

    With `patient` a stale row is completed before it is returned, otherwise behind it, by `run`.
    """

    def __init__(
        self,
        backing: Backing,
        *,
        patient: bool,
        run: Callable[[Callable[[], None]], Any],
        count: Callable[[dict[str, int]], None],
    ) -> None:
        self._backing = backing
        self._patient = patient
        self._run = run
        self._count = count
        self._refreshing: set[str] = set()
        after_fork(self, lambda mine: mine._refreshing.clear())

    def kept(self, place: Place) -> Row | None:
        """Return the row if it says anything about the last 48 h, if only that there was nothing."""
        row, now = self._backing.load_row(place.key("window")), self._backing.clock()
        if row is None or is_fresh(row, place.measurands, now):
            return row
        return row if _has_value(row, now - SPAN) else None

    def at_once(self, place: Place, row: Row, *, short: bool = False) -> tuple[Row, bool]:
        """Return a kept row as it is, its tails fetched behind it, and whether the API has failed us.

        For a `short` window a tail is missing as soon as one step is.
        """
        fresh = is_newest if short else is_fresh
        if fresh(row, place.measurands, self._backing.clock()):
            return row, False
        self._refresh_behind(place, fresh)
        return row, self._backing.outages.failing(place.user_id)

    def newest(self, place: Place, *, short: bool = False) -> tuple[Row, bool]:
        """Return the row, complete or at once, and whether it is saved data because the API could not be asked."""
        row = self.kept(place)
        if row is not None and (not self._patient or is_fresh(row, place.measurands, self._backing.clock())):
            return self.at_once(place, row, short=short)
        try:
            return self.refreshed(place), False
        except FAILS:
            if row is None:
                raise
            return row, True

    def refreshed(self, place: Place, fresh: Fresh = is_fresh) -> Row:
        """Return the row with its tails; of many who ask at the same time only one goes to the API."""
        backing = self._backing
        with backing.store.single_flight(place.key("window"), at_most_s=backing.flight_s):
            row, now = self.kept(place), backing.clock()
            if row is not None and fresh(row, place.measurands, now):
                return row
            way = Prefetch(
                api=backing.api, token=place.session.token, project=place.project, measurands=place.measurands, now=now
            )
            new, counts = backing.outages.ask(place.user_id, lambda: way.whole() if row is None else way.delta(row))
            backing.keep_row(place.key("window"), new)
            self._count(counts)
            return new

    def _refresh_behind(self, place: Place, fresh: Fresh) -> None:
        """Fetch the missing tails in the background, once at a time."""
        key = place.key("window")
        if key in self._refreshing or self._backing.outages.resting(place.user_id):
            return
        self._refreshing.add(key)

        def refresh() -> None:
            try:
                self.refreshed(place, fresh)
            except EnergyError as error:
                log.info("refresh_failed", project_id=place.project.project_id, why=str(error))
            finally:
                self._refreshing.discard(key)

        self._run(refresh)


def _has_value(row: Row, since: datetime) -> bool:
    return any(series[series.index >= since].notna().any() for series in row.series.values())

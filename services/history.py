"""Days that are over, cached whole: they do not change any more until the data time-out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd

from dash_app.domain.measurement import Window
from dash_app.domain.site import Measurand
from services.outage import FAILS
from services.place import Backing, Place
from services.rows import Row
from services.series import empty_series, on_grid
from services.windows import between

DAY = timedelta(days=1)
DAYS_PER_CALL = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The past days (UTC) of projects."""

    backing: Backing

    def days(self, place: Place, days: list[datetime]) -> tuple[list[Row], bool]:
        """Return the days in order, and whether the API could not be asked for some of them."""
        found = self._kept(place, days)
        if len(found) == len(days):
            return _in_order(found), False
        with self.backing.store.single_flight(place.key("past"), at_most_s=self.backing.flight_s):
            found = self._kept(place, days)
            for run in runs_of([day for day in days if day not in found]):
                try:
                    found.update(self._fetched(place, run))
                except FAILS:
                    if not found:
                        raise
                    return _in_order(found), True
        return _in_order(found), False

    def _kept(self, place: Place, days: list[datetime]) -> dict[datetime, Row]:
        rows = {day: self.backing.load_row(_key(place, day)) for day in days}
        return {day: row for day, row in rows.items() if row is not None}

    def _fetched(self, place: Place, run: list[datetime]) -> dict[datetime, Row]:
        """Fetch a run of days with one call and keep each day."""
        api, token = self.backing.api, place.session.token
        window: Window = self.backing.outages.ask(
            place.user_id,
            lambda: api.fetch_history(token, place.project, place.measurands, run[0], run[-1] + DAY),
        )
        now, drops = self.backing.clock(), window.dropped
        rows = {}
        for day in run:
            series = {name: between(each, day, day + DAY) for name, each in window.series.items()}
            rows[day] = Row(fetched_at=now, asked={}, series=series, drops=((now, drops),) if drops else ())
            self.backing.keep_row(_key(place, day), rows[day])
            drops = 0
        return rows


def days_between(start: datetime, end: datetime) -> list[datetime]:
    """Return the beginnings of all UTC days that `start <= t < end` touches.

    >>> [f"{day:%d}" for day in days_between(datetime(2020, 9, 28, 12, tzinfo=UTC), datetime(2020, 9, 30, tzinfo=UTC))]
    ['28', '29']
    """
    first = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [first + k * DAY for k in range(max(0, -(-(end - first) // DAY)))]


def runs_of(days: list[datetime]) -> list[list[datetime]]:
    """Return the days as runs without a gap, each short enough for one call."""
    runs: list[list[datetime]] = []
    for day in days:
        if runs and day - runs[-1][-1] == DAY and len(runs[-1]) < DAYS_PER_CALL:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def put_together(rows: list[Row], measurands: Iterable[Measurand]) -> Row:
    """Return one row out of at least one, given in the order of time; where two overlap the later one wins."""
    series = {}
    for m in measurands:
        known = pd.concat([row.series.get(m.measurand_id, empty_series()) for row in rows]).dropna()
        series[m.measurand_id] = on_grid(known, m)
    return Row(
        fetched_at=min(row.fetched_at for row in rows),
        asked={},
        series=series,
        drops=tuple(drop for row in rows for drop in row.drops),
    )


def _key(place: Place, day: datetime) -> str:
    return place.key("day", f"{day:%Y-%m-%d}")


def _in_order(rows: dict[datetime, Row]) -> list[Row]:
    return [rows[day] for day in sorted(rows)]

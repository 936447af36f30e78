"""Days that are over, kept by measurand and month: they do not change any more until the data time-out.

Whatever set of measurands a page asks for, a day of a measurand is fetched once for each person and project.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from dash_app.domain.measurement import Window
from dash_app.domain.site import Measurand
from services.chunks import (
    DAY,
    Chunk,
    ChunkUnreadable,
    chunk_from,
    empty_chunk,
    first_slot,
    month_of,
    slots_of,
    step_of,
)
from services.outage import FAILS
from services.place import Backing, Place
from services.prefetch import SPAN
from services.rows import Row, key_of, set_version
from services.series import empty_series, regular_series
from services.shelf import Past, Piece, Shelf


def nothing() -> None:
    """Know no recent row."""


def is_whole(series: pd.Series, measurand: Measurand, day: datetime) -> bool:
    """Return whether a series has a value for every step of a day."""
    step_s = step_of(measurand)
    inside = series[(series.index >= day) & (series.index < day + DAY)]
    return int(inside.notna().sum()) == first_slot(day + DAY, step_s) - first_slot(day, step_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The past days (UTC) of projects."""

    backing: Backing

    def days(self, place: Place, days: list[datetime], recent: Callable[[], Row | None] = nothing) -> Past:
        """Return these days, from the cache as far as it goes.

        A day that has just become past is taken over from the `recent` row, if that holds every step of it.
        """
        shelf = self._shelf(place, days)
        if not shelf.missing(days):
            return shelf.past(days)
        with self.backing.store.single_flight(_flight(place), at_most_s=self.backing.flight_s):
            shelf = self._shelf(place, days)
            self._take_over(place, shelf, days, recent())
            if not shelf.missing(days):
                return shelf.past(days)
            for run, wanted in runs_of(shelf.missing(days), by_month=self._has_slices()):
                try:
                    self._fetch(place, shelf, run, wanted)
                except FAILS:
                    if not shelf.knows_any(days):
                        raise
                    return shelf.past(days, saved=True, asked=True)
        return shelf.past(days, asked=True)

    def _has_slices(self) -> bool:
        """Return whether the API answers for a stretch; else every call reaches back from now, and one must do."""
        return "history" in self.backing.api.capabilities()

    def _shelf(self, place: Place, days: list[datetime]) -> Shelf:
        months = sorted({month_of(day) for day in days})
        chunks = {(m.measurand_id, month): self._load(place, m, month) for m in place.measurands for month in months}
        since = self.backing.clock() - self.backing.timeout
        return Shelf(measurands=place.measurands, since=since, now=self.backing.clock(), chunks=chunks)

    def _load(self, place: Place, measurand: Measurand, month: datetime) -> Chunk:
        key = _key(place, measurand, month)
        raw = self.backing.store.get(key)
        if raw is None:
            return empty_chunk(measurand, month)
        try:
            return chunk_from(raw, measurand, month)
        except ChunkUnreadable:
            self.backing.store.forget(key)
            return empty_chunk(measurand, month)

    def _fetch(self, place: Place, shelf: Shelf, run: list[datetime], wanted: frozenset[str]) -> None:
        """Fetch a run of days of some measurands with one call, and keep each month of each measurand."""
        api, token, now = self.backing.api, place.session.token, self.backing.clock()
        asked = tuple(m for m in place.measurands if m.measurand_id in wanted)
        window: Window = self.backing.outages.ask(
            place.user_id, lambda: api.fetch_history(token, place.project, asked, run[0], run[-1] + DAY)
        )
        for m in asked:
            series = window.series.get(m.measurand_id, empty_series())
            self._keep(place, shelf, m, run, series, now, window.dropped_by.get(m.measurand_id, 0))

    def _take_over(self, place: Place, shelf: Shelf, days: list[datetime], recent: Row | None) -> None:
        for m in place.measurands if recent is not None else ():
            series = recent.series.get(m.measurand_id, empty_series()) if recent else empty_series()
            whole = [day for day, wanted in shelf.missing(days).items() if m.measurand_id in wanted]
            whole = [day for day in whole if is_whole(series, m, day)]
            if whole and recent:
                self._keep(place, shelf, m, whole, series, recent.fetched_at, 0)

    def _keep(
        self,
        place: Place,
        shelf: Shelf,
        measurand: Measurand,
        run: list[datetime],
        series: pd.Series,
        fetched_at: datetime,
        dropped: int,
    ) -> None:
        """Keep days of a measurand, each month in its row; `dropped` is said with the first of them."""
        for month in sorted({month_of(day) for day in run}):
            days = [day for day in run if month_of(day) == month]
            chunk = shelf.chunks[measurand.measurand_id, month].with_days(days, series, fetched_at, dropped)
            shelf.chunks[measurand.measurand_id, month], dropped = chunk, 0
            key = _key(place, measurand, month)
            self.backing.store.put(key, chunk.as_json(), until=fetched_at + self.backing.timeout)


def days_between(start: datetime, end: datetime) -> list[datetime]:
    """Return the beginnings of all UTC days that `start <= t < end` touches.

    >>> [f"{day:%d}" for day in days_between(datetime(2020, 9, 28, 12, tzinfo=UTC), datetime(2020, 9, 30, tzinfo=UTC))]
    ['28', '29']
    """
    first = start.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return [first + k * DAY for k in range(max(0, -(-(end - first) // DAY)))]


def first_recent_day(now: datetime) -> datetime:
    """Return the first day (UTC) that the last 48 h hold whole: what lies before it is over for at least a day.

    >>> first_recent_day(datetime(2020, 9, 28, 12, tzinfo=UTC)).isoformat()
    '2020-09-27T00:00:00+00:00'
    """
    return days_between(now - SPAN, now)[1]


def runs_of(missing: dict[datetime, frozenset[str]], *, by_month: bool) -> list[tuple[list[datetime], frozenset[str]]]:
    """Return the days in runs without a gap that lack the same measurands, none longer than a month `by_month`."""
    runs: list[tuple[list[datetime], frozenset[str]]] = []
    for day, wanted in sorted(missing.items()):
        last = runs[-1][0][-1] if runs else day
        together = runs and runs[-1][1] == wanted and day - last == DAY
        if together and not (by_month and month_of(day) != month_of(last)):
            runs[-1][0].append(day)
        else:
            runs.append(([day], wanted))
    return runs


def put_together(past: Past, recent: Row | None, measurands: Iterable[Measurand]) -> Row:
    """Return one row of the past and of the last 48 h; where both know a value the later one wins."""
    series = {}
    for m in measurands:
        pieces = list(past.pieces.get(m.measurand_id, ()))
        if recent is not None:
            newest = recent.series.get(m.measurand_id, empty_series())
            pieces += (
                [(int(slot[0]), newest.to_numpy(dtype=float))] if len(slot := slots_of(newest, step_of(m))) else []
            )
        series[m.measurand_id] = joined_pieces(pieces, step_of(m))
    return Row(
        fetched_at=past.fetched_at if recent is None else min(past.fetched_at, recent.fetched_at),
        asked={},
        series=series,
        drops=(*past.drops, *(() if recent is None else recent.drops)),
    )


def joined_pieces(pieces: list[Piece], step_s: int) -> pd.Series:
    """Return one regular series from its first to its last known value."""
    if not pieces:
        return empty_series()
    first = min(begin for begin, _ in pieces)
    filled = np.full(max(begin + len(values) for begin, values in pieces) - first, np.nan)
    for begin, values in pieces:
        known = ~np.isnan(values)
        filled[begin - first : begin - first + len(values)][known] = values[known]
    known_at = np.flatnonzero(~np.isnan(filled))
    if not len(known_at):
        return empty_series()
    start = datetime.fromtimestamp((first + int(known_at[0])) * step_s, tz=UTC)
    return regular_series(start, step_s, filled[known_at[0] : known_at[-1] + 1])


def _key(place: Place, measurand: Measurand, month: datetime) -> str:
    version = set_version((measurand,))
    return key_of("month", place.user_id, place.project.project_id, measurand.measurand_id, version, f"{month:%Y-%m}")


def _flight(place: Place) -> str:
    return key_of("past", place.user_id, place.project.project_id)

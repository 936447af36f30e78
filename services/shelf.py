"""The months of some measurands, taken out of the cache together: what is known of which day, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from dash_app.domain.site import Measurand
from services.chunks import Chunk, Values, month_of

Piece = tuple[int, Values]
"""The number of a first step, and values from there on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is known of past days. `saved`: the API could not be asked for some; `asked`: it had to be asked at all."""

    pieces: dict[str, list[Piece]]
    fetched_at: datetime
    drops: tuple[tuple[datetime, int], ...] = ()
    saved: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The months of some measurands; days fetched before `since` do not count any more."""

    measurands: tuple[Measurand, ...]
    since: datetime
    now: datetime
    chunks: dict[tuple[str, datetime], Chunk] = field(default_factory=dict)

    def missing(self, days: list[datetime]) -> dict[datetime, frozenset[str]]:
        """Return for each day that is not known of all measurands those of which it is not."""
        found = {day: frozenset(m.measurand_id for m in self.measurands if not self._knows(m, day)) for day in days}
        return {day: wanted for day, wanted in found.items() if wanted}

    def knows_any(self, days: list[datetime]) -> bool:
        """Return whether any of the days is known of any measurand."""
        return any(self._knows(m, day) for m in self.measurands for day in days)

    def past(self, days: list[datetime], *, saved: bool = False, asked: bool = False) -> Past:
        """Return what is known of the days."""
        facts = [self._chunk(m, day).days[day.day] for m in self.measurands for day in days if self._knows(m, day)]
        return Past(
            pieces={
                m.measurand_id: [self._chunk(m, day).day(day) for day in days if self._knows(m, day)]
                for m in self.measurands
            },
            fetched_at=min((at for at, _ in facts), default=self.now),
            drops=tuple((at, count) for at, count in facts if count),
            saved=saved,
            asked=asked,
        )

    def _chunk(self, measurand: Measurand, day: datetime) -> Chunk:
        return self.chunks[measurand.measurand_id, month_of(day)]

    def _knows(self, measurand: Measurand, day: datetime) -> bool:
        return self._chunk(measurand, day).knows(day, since=self.since)

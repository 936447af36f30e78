"""One project as one person may see it, and what stands behind the cache, for everything that reads through it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from dash_app.domain.measurement import Window
from dash_app.domain.ports import EnergyApi, Session
from dash_app.domain.project import Project
from dash_app.domain.site import Measurand
from dash_app.domain.time import Clock
from services.cache import DiskStore
from services.outage import Outages
from services.rows import Row, RowUnreadable, key_of, row_from, set_version
from services.series import data_until, empty_series
from services.windows import between


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project in somebody's session. `listed_before`: its measurands were known without asking the API."""

    session: Session
    project: Project
    measurands: tuple[Measurand, ...]
    listed_before: bool

    @property
    def user_id(self) -> str:
        """Whose place it is: part of every key, so that nobody sees another person's rows."""
        return self.session.person.user_id

    def key(self, kind: str, *more: str) -> str:
        """Return the cache key of one kind of row of this place."""
        return key_of(kind, self.user_id, self.project.project_id, set_version(self.measurands), *more)

    def chosen(self, measurand_ids: Collection[str] | None) -> Place:
        """Return the same place with some of its measurands only, or as it is."""
        if measurand_ids is None:
            return self
        return replace(self, measurands=tuple(m for m in self.measurands if m.measurand_id in measurand_ids))

    def window(self, row: Row, start: datetime, end: datetime, *, saved: bool) -> Window:
        """Return the part of a row whose steps begin in `start <= t < end`."""
        series = {
            m.measurand_id: between(row.series.get(m.measurand_id, empty_series()), start, end) for m in self.measurands
        }
        return Window(
            start=start,
            end=end,
            series=series,
            fetched_at=row.fetched_at,
            data_until=data_until(self.measurands, series),
            saved=saved,
            dropped=row.dropped,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Backing:
    """The API behind the cache, and the cache before the API."""

    api: EnergyApi
    store: DiskStore
    outages: Outages
    clock: Clock
    timeout: timedelta
    flight_s: float

    def load_row(self, key: str) -> Row | None:
        """Return a kept row that is younger than the time-out; one that cannot be read is dropped."""
        raw = self.store.get(key)
        if raw is None:
            return None
        try:
            row = row_from(raw)
        except RowUnreadable:
            self.store.forget(key)
            return None
        return row if self.clock() - row.fetched_at < self.timeout else None

    def keep_row(self, key: str, row: Row) -> None:
        """Keep a row until the time-out."""
        self.store.put(key, row.as_json(), until=row.fetched_at + self.timeout)

"""What is asked of the API so that the last 48 h are there: the points of the first screen, then the missing tails.

`number_of_points = 48 h / resolution`, summed over the measurands. The base contract answers with the newest N points
over ALL measurands, so everything younger than the oldest of them is complete for every signal, and nothing else is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from dash_app.domain.measurement import Window
from dash_app.domain.ports import ApiToken, EnergyApi
from dash_app.domain.project import Project
from dash_app.domain.site import Measurand
from dash_app.domain.time import floor_to
from services.rows import Row
from services.series import empty_series, is_forecast, on_grid

SPAN = timedelta(hours=48)
JUST_NOW = timedelta(minutes=1)
MAX_SLICES = 4
WIDER = (2, 4)
"""How much more is asked for, in turn, when the newest N points do not reach back 48 h."""


def number_of_points(measurands: Iterable[Measurand], span: timedelta = SPAN) -> int:
    """Return how many values `span` has over all measurands.

    >>> from dash_app.domain.site import Quantity
    >>> step = timedelta(minutes=15)
    >>> pv = Measurand(measurand_id="1", code="", name="", quantity=Quantity.PV_KW, resolution=step)
    >>> number_of_points([pv, pv])
    384
    """
    return sum(max(math.ceil(span / m.resolution), 0) for m in measurands)


def is_silent(row: Row, measurand: Measurand) -> bool:
    """Return whether a signal had nothing newer to offer when the API was last asked for it."""
    asked, newest = row.asked.get(measurand.measurand_id), row.newest(measurand)
    if asked is None:
        return False
    return newest is None or is_forecast(measurand) or asked - newest - measurand.resolution > 2 * measurand.resolution


def is_fresh(row: Row, measurands: Iterable[Measurand], now: datetime) -> bool:
    """Return whether no signal has a tail gap beyond twice its resolution.

    A signal that is silent at its source counts from the moment it was last asked for: it must not make every opening
    ask again.
    """
    return all(_tail_gap(row, m, now) <= 2 * m.resolution for m in measurands)


def is_newest(row: Row, measurands: Iterable[Measurand], now: datetime) -> bool:
    """Return whether no signal lacks a whole step, or was asked for one within the last minute."""
    return all(_tail_gap(row, m, now) <= m.resolution or _asked_since(row, m, now - JUST_NOW) for m in measurands)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefetch:
    """One project's way to its last 48 h at the moment `now`; counts the points it asks for and those it needs."""

    api: EnergyApi
    token: ApiToken
    project: Project
    measurands: tuple[Measurand, ...]
    now: datetime

    @property
    def start(self) -> datetime:
        """The beginning of the 48 h."""
        return self.now - SPAN

    def whole(self) -> tuple[Row, dict[str, int]]:
        """Return a new row and the counts."""
        needed = number_of_points(self.measurands)
        window, asked = self._newest_reaching(needed, self.start)
        windows = [window]
        headless = tuple(m for m in self.measurands if not m.sparse and self._lacks_head(window.series, m))
        if headless and "history" in self.api.capabilities():
            until = max(self._first(window.series, m) for m in headless)
            windows = [self._slice(headless, self.start, until), window]
            asked += number_of_points(headless, until - self.start)
        series = {m.measurand_id: _parts_of(windows, m.measurand_id) for m in self.measurands}
        return self._row(None, series, sum(each.dropped for each in windows)), {
            "points_asked": asked,
            "points_needed": needed,
        }

    def delta(self, row: Row) -> tuple[Row, dict[str, int]]:
        """Return the row with its missing tails, and the counts."""
        since = {m.measurand_id: _known_until(row, m, self.start) for m in self.measurands}
        missing = tuple(m for m in self.measurands if self.now - since[m.measurand_id] >= m.resolution)
        needed = sum(number_of_points([m], self.now - since[m.measurand_id]) for m in missing)
        if "history" in self.api.capabilities():
            windows, asked = self._slices(missing, since)
        else:
            window, asked = self._newest_tails([m for m in missing if not is_silent(row, m)], since)
            windows = [window]
        series = {m.measurand_id: _parts_of(windows, m.measurand_id) for m in self.measurands}
        dropped = sum(window.dropped for window in windows)
        return self._row(row, series, dropped), {"points_asked": asked, "points_needed": needed}

    def _newest_reaching(self, points: int, start: datetime) -> tuple[Window, int]:
        """Return the newest points, asking for more when they are cut off after `start`."""
        window, asked = self._newest(points), points
        for factor in WIDER if "history" not in self.api.capabilities() else ():
            count = window.dropped + sum(int(each.notna().sum()) for each in window.series.values())
            first = min((each.index[0] for each in window.series.values() if len(each)), default=start)
            if first <= start or count < points:
                break
            points_now = factor * max(points, len(self.measurands))
            window, asked = self._newest(points_now), asked + points_now
        return window, asked

    def _newest(self, points: int) -> Window:
        return self.api.fetch_newest(self.token, self.project, self.measurands, points)

    def _slice(self, measurands: tuple[Measurand, ...], start: datetime, end: datetime) -> Window:
        return self.api.fetch_history(self.token, self.project, measurands, start, end)

    def _slices(self, missing: tuple[Measurand, ...], since: dict[str, datetime]) -> tuple[list[Window], int]:
        """Return one history slice for each beginning of a tail (one for all when there are too many)."""
        begins = sorted({since[m.measurand_id] for m in missing})
        groups = {begin: tuple(m for m in missing if since[m.measurand_id] == begin) for begin in begins}
        if len(groups) > MAX_SLICES:
            groups = {begins[0]: missing}
        windows = [self._slice(group, begin, self.now + SPAN) for begin, group in groups.items()]
        return windows, sum(number_of_points(group, self.now - begin) for begin, group in groups.items())

    def _newest_tails(self, heard: list[Measurand], since: dict[str, datetime]) -> tuple[Window, int]:
        """Return the newest points that reach back to every tail of the signals that are not silent."""
        points = sum(number_of_points([m], self.now - since[m.measurand_id]) for m in heard)
        oldest = min((since[m.measurand_id] for m in heard), default=self.now)
        return self._newest_reaching(min(max(points, len(self.measurands)), number_of_points(self.measurands)), oldest)

    def _lacks_head(self, series: dict[str, pd.Series], measurand: Measurand) -> bool:
        return self._first(series, measurand) - self.start > 2 * measurand.resolution

    def _first(self, series: dict[str, pd.Series], measurand: Measurand) -> datetime:
        """Return the first stamp of a series; `now` for an empty one."""
        mine = series[measurand.measurand_id]
        return self.now if mine.empty else pd.DatetimeIndex(mine.index)[0].to_pydatetime()

    def _row(self, old: Row | None, series: dict[str, pd.Series], dropped: int) -> Row:
        """Return the row of the last 48 h: what was there, and over it what came.

        The day in which the 48 h begin stays whole once it was: it becomes a past day that need not be asked for.
        """
        before = {} if old is None else old.series
        drops = [] if old is None else [drop for drop in old.drops if drop[0] >= self.start]
        first = floor_to(self.start, timedelta(days=1))
        merged = {
            m.measurand_id: joined(before.get(m.measurand_id), series[m.measurand_id], m, first)
            for m in self.measurands
        }
        return Row(
            fetched_at=self.now,
            asked={m.measurand_id: self.now for m in self.measurands},
            series=merged,
            drops=(*drops, *([(self.now, dropped)] if dropped else [])),
        )


def joined(old: pd.Series | None, new: pd.Series, measurand: Measurand, start: datetime) -> pd.Series:
    """Return one regular series from `start` on: what `new` measured wins, gaps of it keep what `old` knew."""
    parts = [part[part.index >= start] for part in (old, new) if part is not None]
    known = pd.concat(parts).dropna()
    return on_grid(known, measurand)


def _parts_of(windows: list[Window], measurand_id: str) -> pd.Series:
    parts = [window.series[measurand_id] for window in windows if measurand_id in window.series]
    return pd.concat(parts) if parts else empty_series()


def _known_until(row: Row, measurand: Measurand, start: datetime) -> datetime:
    """Return from when on values may be missing; a step that was still running when it was read is read again."""
    newest = row.newest(measurand)
    if newest is None or newest < start or is_forecast(measurand):
        return floor_to(start, measurand.resolution)
    end = newest + measurand.resolution
    return newest if end > row.fetched_at else end


def _asked_since(row: Row, measurand: Measurand, moment: datetime) -> bool:
    asked = row.asked.get(measurand.measurand_id)
    return asked is not None and asked > moment


def _tail_gap(row: Row, measurand: Measurand, now: datetime) -> timedelta:
    asked, newest = row.asked.get(measurand.measurand_id), row.newest(measurand)
    if asked is None:
        return now - datetime.min.replace(tzinfo=now.tzinfo)
    if newest is None or is_silent(row, measurand):
        return now - asked
    return now - newest - measurand.resolution

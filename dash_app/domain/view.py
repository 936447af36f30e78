"""What a page shows: one range, one resolution, at most one comparison.

The address is the only place where this lives (`dash_app.domain.address` reads it): reload, back button and a copied
link give the same view. A value that is not known falls back, and the view carries a `Fallback` that names it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from dash_app.domain.time import local_midnight

ONE_DAY = timedelta(days=1)
MAX_DAYS_BACK = 730
RESOLUTIONS_MIN = (360, 180, 120, 60, 30, 15, 10, 5)
"""The resolutions a person can choose, minutes, in the order of the selector."""

_AUTO_STEPS_H = ((6, 0.0), (3 * 24 + 1, 0.25), (14 * 24 + 1, 1.0), (92 * 24 + 1, 6.0))
"""(length up to, step) in hours; the extra hour is a clock change."""


class Range(StrEnum):
    """The ranges of the range bar, in its order: first those that end now, then whole local days."""

    LAST_15_MIN = "15min"
    LAST_30_MIN = "30min"
    LAST_HOUR = "1h"
    LAST_3_H = "3h"
    LAST_12_H = "12h"
    LAST_24_H = "24h"
    TWO_DAYS = "48h"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    CUSTOM = "custom"


ROLLING: dict[Range, timedelta] = {
    Range.LAST_15_MIN: timedelta(minutes=15),
    Range.LAST_30_MIN: timedelta(minutes=30),
    Range.LAST_HOUR: timedelta(hours=1),
    Range.LAST_3_H: timedelta(hours=3),
    Range.LAST_12_H: timedelta(hours=12),
    Range.LAST_24_H: timedelta(hours=24),
}
"""How long the ranges are that end now."""


class Compare(StrEnum):
    """What the range is compared with: the period before it, or the same period of the year before."""

    PREVIOUS = "previous"
    YEAR = "year"


class Problem(StrEnum):
    """Why a value of the address was not used."""

    UNKNOWN = "unknown"
    NOT_A_DATE = "not_a_date"
    IN_THE_FUTURE = "in_the_future"
    TOO_LONG_AGO = "too_long_ago"
    TO_BEFORE_FROM = "to_before_from"
    FINER_THAN_NATIVE = "finer_than_native"
    SHORTER_THAN_NATIVE = "shorter_than_native"
    LONGER_THAN_RANGE = "longer_than_range"
    REPEATED = "repeated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fallback:
    """A value of the address that was not used: `given` for `parameter`, `used` instead."""

    parameter: str
    given: str
    used: str
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The local days `first` to `last` (both shown whole) of a site, drawn in steps of `step`.

    `span` are the moments shown where those are not whole days: ranges that end now, and what somebody zoomed into.
    `chosen_step` is None while the resolution is automatic; `native` is the finest step that is measured. `others`
    are the address' parameters that are not about the range: they belong to a page and stay in its links.
    """

    range: Range
    first: date
    last: date
    zone: ZoneInfo
    now: datetime
    step: timedelta
    native: timedelta
    chosen_step: timedelta | None = None
    fallbacks: tuple[Fallback, ...] = ()
    others: tuple[tuple[str, str], ...] = ()
    span: tuple[datetime, datetime] | None = None
    compare: Compare | None = None

    @property
    def start(self) -> datetime:
        """The first moment shown, UTC."""
        return self.span[0] if self.span else local_midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after what is shown, UTC."""
        return self.span[1] if self.span else local_midnight(self.last + ONE_DAY, self.zone)

    @property
    def rolling(self) -> bool:
        """Whether the range ends now and moves on with it."""
        return self.range in ROLLING

    @property
    def until(self) -> datetime:
        """The end of what can have been measured: now, or the end of the range when that is past."""
        return min(self.end, self.now)

    @property
    def today(self) -> date:
        """The site's calendar day of now."""
        return self.now.astimezone(self.zone).date()

    @property
    def holds_today(self) -> bool:
        """Whether the present day is shown."""
        return self.first <= self.today <= self.last

    @property
    def oldest_day(self) -> date:
        """The earliest day that can be shown."""
        return self.today - timedelta(days=MAX_DAYS_BACK)

    def query(self, *, kind: Range | None = None, at: date | None = None, keep_resolution: bool = True) -> str:
        """Return the address' query of this view, changed to another range or day; '' is the default view."""
        kind = kind or self.range
        parts: dict[str, str] = {} if kind is Range.TWO_DAYS else {"range": kind.value}
        if kind is Range.CUSTOM:
            parts |= {"from": self.first.isoformat(), "to": self.last.isoformat()}
        elif kind not in ROLLING and (at or min(self.last, self.today)) != self.today:
            parts["at"] = (at or min(self.last, self.today)).isoformat()
        if keep_resolution and self.chosen_step:
            parts["resolution"] = str(int(self.chosen_step / timedelta(minutes=1)))
        parts |= ({"compare": self.compare.value} if self.compare else {}) | dict(self.others)
        return f"?{urlencode(parts, safe=',')}" if parts else ""

    def earlier(self) -> str | None:
        """Return the query of the range before this one, or None where there are no data."""
        at = self.first - ONE_DAY
        return None if at < self.oldest_day or self._stands_still else self.query(at=at)

    def later(self) -> str | None:
        """Return the query of the range after this one, or None when that lies in the future."""
        if self.last >= self.today or self._stands_still:
            return None
        following = self.last + (2 * ONE_DAY if self.range is Range.TWO_DAYS else ONE_DAY)
        return self.query(at=min(following, self.today))

    def zoomed(self, start: datetime, end: datetime) -> View:
        """Return the part of this view between two moments, as fine as its length allows if no step was chosen."""
        first, last = max(start, self.start), min(end, self.end)
        step = self.chosen_step or min(self.step, max(auto_step(last - first), self.native))
        return replace(self, span=(first, last), step=step, compare=None)

    @property
    def _stands_still(self) -> bool:
        return self.rolling or self.range is Range.CUSTOM


def span(kind: Range, at: date) -> tuple[date, date]:
    """Return the first and last day of the range of that kind which holds (or ends with) `at`.

    >>> [day.isoformat() for day in span(Range.MONTH, date(2020, 2, 10))]
    ['2020-02-01', '2020-02-29']
    """
    if kind is Range.WEEK:
        monday = at - timedelta(days=at.weekday())
        return monday, monday + timedelta(days=6)
    if kind is Range.MONTH:
        first = at.replace(day=1)
        return first, (first + timedelta(days=31)).replace(day=1) - ONE_DAY
    if kind is Range.YEAR:
        return at.replace(month=1, day=1), at.replace(month=12, day=31)
    return (at - ONE_DAY, at) if kind is Range.TWO_DAYS else (at, at)


def auto_step(length: timedelta) -> timedelta:
    """Return the step that keeps a chart of this length readable; the caller raises it to what is measured.

    >>> [str(auto_step(timedelta(days=days))) for days in (0.25, 2, 7, 31, 365)]
    ['0:00:00', '0:15:00', '1:00:00', '6:00:00', '1 day, 0:00:00']
    """
    hours = length / timedelta(hours=1)
    return timedelta(hours=next((step_h for limit_h, step_h in _AUTO_STEPS_H if hours <= limit_h), 24.0))

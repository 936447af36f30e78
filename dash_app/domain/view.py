"""What a page shows: one range of whole local days and one resolution, read from the address and written to it.

The address is the only place where this lives: reload, back button and a copied link give the same view. A value that
is not known falls back, and the view carries a `Fallback` that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from dash_app.domain.time import local_midnight

ONE_DAY = timedelta(days=1)
MAX_DAYS_BACK = 730
_ABOUT_RANGE = frozenset({"range", "at", "from", "to", "resolution"})
RESOLUTIONS_MIN = (360, 180, 120, 60, 30, 15, 10, 5)
"""The resolutions a person can choose, minutes, in the order of the selector."""

_AUTO_STEPS_H = ((6, 0.0), (3 * 24 + 1, 0.25), (14 * 24 + 1, 1.0), (92 * 24 + 1, 6.0))
"""(length up to, step) in hours; the extra hour is a clock change."""


class Range(StrEnum):
    """The ranges of the range bar, in its order."""

    TWO_DAYS = "48h"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"
    CUSTOM = "custom"


class Problem(StrEnum):
    """Why a value of the address was not used."""

    UNKNOWN = "unknown"
    NOT_A_DATE = "not_a_date"
    IN_THE_FUTURE = "in_the_future"
    TOO_LONG_AGO = "too_long_ago"
    TO_BEFORE_FROM = "to_before_from"
    FINER_THAN_NATIVE = "finer_than_native"


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

    `chosen_step` is None while the resolution is automatic; `native` is the finest step that is measured.
    `others` are the address' parameters that are not about the range: they belong to a page and stay in its links.
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

    @property
    def start(self) -> datetime:
        """The first moment shown, UTC."""
        return local_midnight(self.first, self.zone)

    @property
    def end(self) -> datetime:
        """The first moment after what is shown, UTC."""
        return local_midnight(self.last + ONE_DAY, self.zone)

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
        elif (at or min(self.last, self.today)) != self.today:
            parts["at"] = (at or min(self.last, self.today)).isoformat()
        if keep_resolution and self.chosen_step:
            parts["resolution"] = str(int(self.chosen_step / timedelta(minutes=1)))
        parts |= dict(self.others)
        return f"?{urlencode(parts, safe=',')}" if parts else ""

    def earlier(self) -> str | None:
        """Return the query of the range before this one, or None where there are no data."""
        at = self.first - ONE_DAY
        return None if at < self.oldest_day or self.range is Range.CUSTOM else self.query(at=at)

    def later(self) -> str | None:
        """Return the query of the range after this one, or None when that lies in the future."""
        if self.last >= self.today or self.range is Range.CUSTOM:
            return None
        following = self.last + (2 * ONE_DAY if self.range is Range.TWO_DAYS else ONE_DAY)
        return self.query(at=min(following, self.today))


def parse_view(search: str, *, now: datetime, zone: ZoneInfo, native: timedelta) -> View:
    """Return the view that an address asks for; whatever it does not know falls back and is named.

    >>> from datetime import UTC
    >>> now = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)
    >>> view = parse_view("", now=now, zone=ZoneInfo("Australia/Melbourne"), native=timedelta(minutes=15))
    >>> view.first.isoformat(), view.last.isoformat(), view.step
    ('2020-09-27', '2020-09-28', datetime.timedelta(seconds=900))
    >>> parse_view("?range=eon", now=now, zone=view.zone, native=view.native).fallbacks[0].given
    'eon'
    """
    given = dict(parse_qsl(search.removeprefix("?")))
    today = now.astimezone(zone).date()
    kind, fallbacks = _range(given)
    if kind is Range.CUSTOM:
        first, last, more = _custom(given, today)
        kind = Range.TWO_DAYS if more else kind
    else:
        at, more = _day(given, "at", today, today)
        first, last = span(kind, at)
    first = max(first, today - timedelta(days=MAX_DAYS_BACK))
    length = local_midnight(last + ONE_DAY, zone) - local_midnight(first, zone)
    automatic = max(auto_step(length), native)
    chosen, last_fallbacks = _resolution(given, native, automatic)
    return View(
        range=kind,
        first=first,
        last=last,
        zone=zone,
        now=now,
        step=chosen or automatic,
        native=native,
        chosen_step=chosen,
        fallbacks=(*fallbacks, *more, *last_fallbacks),
        others=tuple((name, text) for name, text in given.items() if name not in _ABOUT_RANGE),
    )


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


def _range(given: Mapping[str, str]) -> tuple[Range, tuple[Fallback, ...]]:
    text = given.get("range", Range.TWO_DAYS.value)
    if text in set(Range):
        return Range(text), ()
    return Range.TWO_DAYS, (_fallback("range", text, Range.TWO_DAYS.value, Problem.UNKNOWN),)


def _day(given: Mapping[str, str], name: str, today: date, default: date) -> tuple[date, tuple[Fallback, ...]]:
    text = given.get(name)
    if text is None:
        return default, ()
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return default, (_fallback(name, text, default.isoformat(), Problem.NOT_A_DATE),)
    if day > today:
        return today, (_fallback(name, text, today.isoformat(), Problem.IN_THE_FUTURE),)
    oldest = today - timedelta(days=MAX_DAYS_BACK)
    if day < oldest:
        return oldest, (_fallback(name, text, oldest.isoformat(), Problem.TOO_LONG_AGO),)
    return day, ()


def _custom(given: Mapping[str, str], today: date) -> tuple[date, date, tuple[Fallback, ...]]:
    first, more = _day(given, "from", today, today - ONE_DAY)
    last, even_more = _day(given, "to", today, today)
    if first > last:
        wrong = _fallback("to", last.isoformat(), Range.TWO_DAYS.value, Problem.TO_BEFORE_FROM)
        return today - ONE_DAY, today, (wrong,)
    return first, last, (*more, *even_more)


def _resolution(
    given: Mapping[str, str], native: timedelta, automatic: timedelta
) -> tuple[timedelta | None, tuple[Fallback, ...]]:
    text = given.get("resolution")
    if text is None:
        return None, ()
    used = str(int(automatic / timedelta(minutes=1)))
    if text not in {str(minutes) for minutes in RESOLUTIONS_MIN}:
        return None, (_fallback("resolution", text, used, Problem.UNKNOWN),)
    step = timedelta(minutes=int(text))
    if step < native:
        return None, (_fallback("resolution", text, used, Problem.FINER_THAN_NATIVE),)
    return step, ()


def _fallback(parameter: str, given: str, used: str, problem: Problem) -> Fallback:
    return Fallback(parameter=parameter, given=given[:40], used=used, problem=problem)

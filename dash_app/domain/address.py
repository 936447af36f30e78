"""The view that an address asks for; whatever it says wrongly falls back and is named, nothing ever fails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl
from zoneinfo import ZoneInfo

from dash_app.domain.time import floor_to, local_midnight
from dash_app.domain.view import (
    MAX_DAYS_BACK,
    ONE_DAY,
    RESOLUTIONS_MIN,
    ROLLING,
    Compare,
    Fallback,
    Problem,
    Range,
    View,
    auto_step,
    span,
)

ABOUT_RANGE = frozenset({"range", "at", "from", "to", "resolution", "compare"})
Fallbacks = tuple[Fallback, ...]


def parse_view(search: str, *, now: datetime, zone: ZoneInfo, native: timedelta) -> View:
    """Return the view that an address asks for at a site where values are measured every `native`.

    >>> from datetime import UTC
    >>> now = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)
    >>> view = parse_view("", now=now, zone=ZoneInfo("Australia/Melbourne"), native=timedelta(minutes=15))
    >>> view.first.isoformat(), view.last.isoformat(), view.step
    ('2020-09-27', '2020-09-28', datetime.timedelta(seconds=900))
    >>> parse_view("?range=eon", now=now, zone=view.zone, native=view.native).fallbacks[0].given
    'eon'
    """
    given, repeated = _parameters(search)
    today = now.astimezone(zone).date()
    kind, fallbacks = _range(given, native)
    first, last, kind, more = _days(given, kind, today)
    moments = _moments(kind, now, native)
    if moments:
        first, last = moments[0].astimezone(zone).date(), today
    start, end = moments or (local_midnight(first, zone), local_midnight(last + ONE_DAY, zone))
    automatic = max(auto_step(end - start), native)
    chosen, about_step = _resolution(given, native, automatic, end - start)
    compare, about_compare = _compare(given)
    return View(
        range=kind,
        first=first,
        last=last,
        zone=zone,
        now=now,
        step=chosen or automatic,
        native=native,
        chosen_step=chosen,
        fallbacks=(*repeated, *fallbacks, *more, *about_step, *about_compare),
        others=tuple((name, text) for name, text in given.items() if name not in ABOUT_RANGE),
        span=moments,
        compare=compare,
    )


def _parameters(search: str) -> tuple[dict[str, str], Fallbacks]:
    """Return the parameters; of one that stands there twice the last counts, and that is said."""
    pairs = parse_qsl(search.removeprefix("?"))
    given = dict(pairs)
    known = [name for name in given if name in ABOUT_RANGE]
    every = {name: [text for one, text in pairs if one == name] for name in known}
    twice = {name: texts for name, texts in every.items() if len(set(texts)) > 1}
    return given, tuple(_fallback(name, ", ".join(texts), texts[-1], Problem.REPEATED) for name, texts in twice.items())


def _range(given: Mapping[str, str], native: timedelta) -> tuple[Range, Fallbacks]:
    text, default = given.get("range", Range.TWO_DAYS.value), Range.TWO_DAYS
    if text not in set(Range):
        return default, (_fallback("range", text, default.value, Problem.UNKNOWN),)
    if ROLLING.get(Range(text), native) < native:
        return default, (_fallback("range", text, default.value, Problem.SHORTER_THAN_NATIVE),)
    return Range(text), ()


def _days(given: Mapping[str, str], kind: Range, today: date) -> tuple[date, date, Range, Fallbacks]:
    """Return the first and the last day, the range that they make up, and what fell back."""
    if kind is Range.CUSTOM:
        first, about_first = _day(given, "from", today, today - ONE_DAY)
        last, about_last = _day(given, "to", today, today)
        if first <= last:
            return first, last, kind, (*about_first, *about_last)
        used = Range.TWO_DAYS
        fallback = _fallback("to", last.isoformat(), used.value, Problem.TO_BEFORE_FROM)
        return *span(used, today), used, (fallback,)
    at, more = _day(given, "at", today, today) if kind not in ROLLING else (today, ())
    first, last = span(kind, at)
    return max(first, today - timedelta(days=MAX_DAYS_BACK)), last, kind, more


def _moments(kind: Range, now: datetime, native: timedelta) -> tuple[datetime, datetime] | None:
    """Return what a range that ends now shows: from the step on in which it begins."""
    return (floor_to(now - ROLLING[kind], native), now) if kind in ROLLING else None


def _day(given: Mapping[str, str], name: str, today: date, default: date) -> tuple[date, Fallbacks]:
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


def _resolution(
    given: Mapping[str, str], native: timedelta, automatic: timedelta, length: timedelta
) -> tuple[timedelta | None, Fallbacks]:
    text = given.get("resolution")
    if text is None:
        return None, ()
    used = str(int(automatic / timedelta(minutes=1)))
    if text not in {str(minutes) for minutes in RESOLUTIONS_MIN}:
        return None, (_fallback("resolution", text, used, Problem.UNKNOWN),)
    step = timedelta(minutes=int(text))
    if step < native:
        return None, (_fallback("resolution", text, used, Problem.FINER_THAN_NATIVE),)
    if step > length:
        return None, (_fallback("resolution", text, used, Problem.LONGER_THAN_RANGE),)
    return step, ()


def _compare(given: Mapping[str, str]) -> tuple[Compare | None, Fallbacks]:
    text = given.get("compare")
    if text is None or text in set(Compare):
        return Compare(text) if text else None, ()
    return None, (_fallback("compare", text, "", Problem.UNKNOWN),)


def _fallback(parameter: str, given: str, used: str, problem: Problem) -> Fallback:
    return Fallback(parameter=parameter, given=given[:40], used=used, problem=problem)

"""The period that a view is compared with, and how its moments lie on the present time axis.

Everything is reckoned on the site's wall clock, so that noon meets noon across a clock change. A month or a year is
compared with the same days of the calendar; anything shorter goes back 52 weeks for "last year", because a Monday is
more like a Monday than like the same date. 29 February has no counterpart in other years: it is left out there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from dash_app.domain.time import floor_to, local_midnight
from dash_app.domain.view import ONE_DAY, Compare, Range, View, span

YEAR_OF_WEEKS = timedelta(weeks=52)
_BY_CALENDAR = frozenset({Range.MONTH, Range.YEAR})


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The period `start <= t < end` (UTC), its local days, and `until`: what matches what is over of the view.

    A moment of it lies `shift` later on the view's wall clock, or, with `years`, on the same day of a later year.
    """

    compare: Compare
    first: date
    last: date
    start: datetime
    end: datetime
    until: datetime
    shift: timedelta = timedelta(0)
    years: int = 0

    def onto(self, moment: datetime) -> datetime | None:
        """Return where a moment (wall clock, naive) lies on the view's wall clock, None where there is no such day."""
        return _years_later(moment, self.years) if self.years else moment + self.shift


def compared_to(view: View, known_until: datetime | None = None) -> Compared | None:
    """Return the period that a view is compared with, or None without a comparison.

    What is over of a view ends with the last step that is whole and, where `known_until` is given, measured.

    >>> from zoneinfo import ZoneInfo
    >>> from dash_app.domain.address import parse_view
    >>> now, zone = datetime(2020, 9, 30, 3, 30, tzinfo=UTC), ZoneInfo("Australia/Melbourne")
    >>> def days(search):
    ...     found = compared_to(parse_view(search, now=now, zone=zone, native=timedelta(minutes=15)))
    ...     return found.first.isoformat(), found.last.isoformat()
    >>> days("?compare=previous"), days("?range=month&compare=previous")
    (('2020-09-27', '2020-09-28'), ('2020-08-01', '2020-08-31'))
    >>> days("?compare=year"), days("?range=month&compare=year")
    (('2019-10-01', '2019-10-02'), ('2019-09-01', '2019-09-30'))
    """
    if view.compare is None:
        return None
    over = view.until
    if view.until < view.end or view.rolling:
        over = max(floor_to(min(view.until, known_until or view.until), view.native), view.start)
    return _moments_before(view, view.compare, over) if view.rolling else _days_before(view, view.compare, over)


def too_long_ago(view: View, compared: Compared) -> bool:
    """Return whether nothing is kept of the period any more."""
    return compared.first < view.oldest_day


def view_before(view: View, compared: Compared, *, whole: bool) -> View:
    """Return the view of the period: `whole`, or as far as matches what is over of the present one."""
    end = compared.end if whole else compared.until
    return replace(
        view,
        range=Range.CUSTOM,
        first=compared.first,
        last=compared.last,
        span=(compared.start, end),
        compare=None,
        fallbacks=(),
    )


def laid_over(compared: Compared, view: View, moments: Iterable[datetime]) -> list[datetime | None]:
    """Return where moments of the period (wall clock, naive) lie on the view's axis; None outside of it."""
    first, last = (_wall(moment, view) for moment in (view.start, view.end))
    places = (compared.onto(moment) for moment in moments)
    return [place if place is not None and first <= place < last else None for place in places]


def _moments_before(view: View, compare: Compare, over: datetime) -> Compared:
    shift = -(-(view.end - view.start) // view.native) * view.native
    start, end, until = view.start - shift, view.start, over - shift
    if compare is Compare.YEAR:
        shift = YEAR_OF_WEEKS
        start, end, until = (_utc(_wall(moment, view) - shift, view) for moment in (view.start, view.end, over))
    first, last = (moment.astimezone(view.zone).date() for moment in (start, end))
    return Compared(compare=compare, first=first, last=last, start=start, end=end, until=until, shift=shift)


def _days_before(view: View, compare: Compare, over: datetime) -> Compared:
    first, last, years = _calendar_before(view, compare)
    start, end = local_midnight(first, view.zone), local_midnight(last + ONE_DAY, view.zone)
    shift = view.first - first
    now = _wall(over, view)
    same = _years_later(now, -years) or datetime.combine(date(now.year - years, 3, 1), now.min.time())
    until = end if view.until == view.end else _utc(same if years else now - shift, view)
    return Compared(
        compare=compare,
        first=first,
        last=last,
        start=start,
        end=end,
        until=min(max(until, start), end),
        shift=shift,
        years=years,
    )


def _calendar_before(view: View, compare: Compare) -> tuple[date, date, int]:
    """Return the first and the last day of the period, and by how many years its days of the calendar are moved."""
    if view.range is Range.MONTH and compare is Compare.PREVIOUS:
        return *span(Range.MONTH, view.first.replace(day=1) - ONE_DAY), 0
    if view.range in _BY_CALENDAR:
        return *span(view.range, view.last.replace(year=view.last.year - 1, day=1)), 1
    days = view.last - view.first + ONE_DAY if compare is Compare.PREVIOUS else YEAR_OF_WEEKS
    return view.first - days, view.last - days, 0


def _years_later(moment: datetime, years: int) -> datetime | None:
    try:
        return moment.replace(year=moment.year + years)
    except ValueError:
        return None


def _wall(moment: datetime, view: View) -> datetime:
    return moment.astimezone(view.zone).replace(tzinfo=None)


def _utc(wall: datetime, view: View) -> datetime:
    return wall.replace(tzinfo=view.zone).astimezone(UTC)

"""The address says what is shown; what it says wrongly falls back and is named."""

import doctest
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from zoneinfo import ZoneInfo

import pytest

import dash_app.domain.address
import dash_app.domain.comparison
from dash_app.domain.address import parse_view
from dash_app.domain.view import Compare, Problem, Range, View

MELBOURNE = ZoneInfo("Australia/Melbourne")
NOW = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)  # 13:30 on Monday in Melbourne
QUARTER = timedelta(minutes=15)


def view_of(search: str, *, now: datetime = NOW, zone: ZoneInfo = MELBOURNE, native: timedelta = QUARTER) -> View:
    return parse_view(search, now=now, zone=zone, native=native)


def test_without_an_address_the_two_days_that_end_today_are_shown() -> None:
    view = view_of("")
    assert (view.first, view.last) == (date(2020, 9, 27), date(2020, 9, 28))
    assert view.start == datetime(2020, 9, 26, 14, tzinfo=UTC)
    assert view.end == datetime(2020, 9, 28, 14, tzinfo=UTC)
    assert view.until == NOW
    assert view.step == QUARTER
    assert view.fallbacks == ()


@pytest.mark.parametrize(
    ("search", "first", "last"),
    [
        ("?range=day&at=2020-09-20", date(2020, 9, 20), date(2020, 9, 20)),
        ("?range=week", date(2020, 9, 28), date(2020, 10, 4)),
        ("?range=month&at=2020-02-10", date(2020, 2, 1), date(2020, 2, 29)),
        ("?range=year&at=2019-05-05", date(2019, 1, 1), date(2019, 12, 31)),
        ("?range=custom&from=2020-09-01&to=2020-09-03", date(2020, 9, 1), date(2020, 9, 3)),
    ],
)
def test_each_range_shows_whole_local_days(search: str, first: date, last: date) -> None:
    view = view_of(search)
    assert (view.first, view.last) == (first, last)
    assert view.fallbacks == ()


@pytest.mark.parametrize(
    ("search", "parameter", "given", "problem"),
    [
        ("?range=fortnight", "range", "fortnight", Problem.UNKNOWN),
        ("?range=day&at=yesterday", "at", "yesterday", Problem.NOT_A_DATE),
        ("?range=day&at=2020-09-29", "at", "2020-09-29", Problem.IN_THE_FUTURE),
        ("?range=day&at=2018-09-01", "at", "2018-09-01", Problem.TOO_LONG_AGO),
        ("?range=custom&from=2020-09-20&to=2020-09-10", "to", "2020-09-10", Problem.TO_BEFORE_FROM),
        ("?resolution=7", "resolution", "7", Problem.UNKNOWN),
        ("?resolution=5", "resolution", "5", Problem.FINER_THAN_NATIVE),
        ("?resolution=0", "resolution", "0", Problem.UNKNOWN),
        ("?resolution=-15", "resolution", "-15", Problem.UNKNOWN),
        ("?range=3h&resolution=360", "resolution", "360", Problem.LONGER_THAN_RANGE),
        ("?range=day&at=9999-99-99", "at", "9999-99-99", Problem.NOT_A_DATE),
        ("?range=day&at=9999-12-31", "at", "9999-12-31", Problem.IN_THE_FUTURE),
        ("?range=day&at=0001-01-01", "at", "0001-01-01", Problem.TOO_LONG_AGO),
        ("?range=day&range=week", "range", "day, week", Problem.REPEATED),
        ("?compare=mars", "compare", "mars", Problem.UNKNOWN),
        ("?range=custom&from=2010-01-01&to=2020-09-01", "from", "2010-01-01", Problem.TOO_LONG_AGO),
    ],
)
def test_a_value_that_cannot_be_used_is_named(search: str, parameter: str, given: str, problem: Problem) -> None:
    (fallback,) = view_of(search).fallbacks
    assert (fallback.parameter, fallback.given, fallback.problem) == (parameter, given, problem)


def test_two_years_back_is_the_oldest_day() -> None:
    assert view_of("?range=year&at=2018-10-01").first == date(2018, 9, 29)


def test_the_stepper_goes_back_by_whole_ranges_and_never_into_the_future() -> None:
    view = view_of("")
    assert view.later() is None
    earlier = view_of(view.earlier() or "")
    assert (earlier.first, earlier.last) == (date(2020, 9, 25), date(2020, 9, 26))
    assert view_of(earlier.later() or "").last == view.last


def test_the_stepper_stops_where_the_data_stop() -> None:
    assert view_of("?range=year&at=2018-10-01").earlier() is None


@pytest.mark.parametrize(
    "search",
    ["", "?range=week&at=2020-09-20", "?range=day&at=2020-09-20&resolution=30", "?resolution=60"],
)
def test_a_copied_address_gives_the_same_view(search: str) -> None:
    view = view_of(search)
    again = view_of(view.query())
    assert (again.first, again.last, again.step, again.range) == (view.first, view.last, view.step, view.range)


def test_a_custom_range_keeps_its_days_and_its_resolution() -> None:
    view = view_of("?range=custom&from=2020-09-01&to=2020-09-03&resolution=60")
    assert view.query() == "?range=custom&from=2020-09-01&to=2020-09-03&resolution=60"
    assert view.step == timedelta(hours=1)


@pytest.mark.parametrize(
    ("search", "native", "step"),
    [
        ("?range=day", timedelta(minutes=5), QUARTER),
        ("?range=day", timedelta(hours=1), timedelta(hours=1)),
        ("?range=week", QUARTER, timedelta(hours=1)),
        ("?range=month", QUARTER, timedelta(hours=6)),
        ("?range=year", QUARTER, timedelta(days=1)),
        ("?range=year&resolution=15", QUARTER, QUARTER),
    ],
)
def test_the_resolution_fits_the_range_and_is_never_finer_than_measured(
    search: str, native: timedelta, step: timedelta
) -> None:
    assert view_of(search, native=native).step == step


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Australia/Melbourne", "2020-04-05", 25),
        ("Australia/Melbourne", "2020-10-04", 23),
        ("Europe/London", "2020-03-29", 23),
        ("Europe/London", "2020-10-25", 25),
    ],
)
def test_a_day_with_a_clock_change_is_shown_whole(zone: str, day: str, hours: int) -> None:
    view = view_of(f"?range=day&at={day}", now=datetime(2020, 11, 1, tzinfo=UTC), zone=ZoneInfo(zone))
    assert view.end - view.start == timedelta(hours=hours)
    assert view.step == QUARTER


def test_what_belongs_to_a_page_stays_in_the_links_of_the_range() -> None:
    view = view_of("?m=101,102&range=day&at=2020-09-20&charts=unit")
    assert view.others == (("m", "101,102"), ("charts", "unit"))
    assert view.earlier() == "?range=day&at=2020-09-19&m=101,102&charts=unit"
    assert view_of("?m=101").query() == "?m=101"


BROKEN = [
    "?",
    "?&&&=",
    "?range",
    "?range=&at=&resolution=&compare=",
    "?%ff%fe=%ff",
    "?range=%00",
    "?at=2020-09-20T25:61",
    "?range=custom&from=%F0%9F%A6%86&to=%E2%80%AE",
    "?resolution=1e300",
    "?resolution=" + "9" * 400,
    "?range=day&at=" + "2020-" * 300,
    "not a query at all",
    "?range[]=day;at=2020-09-20",
]


@pytest.mark.parametrize("search", BROKEN)
def test_a_broken_address_shows_something_and_never_fails(search: str) -> None:
    view = view_of(search)
    assert view.start < view.end
    assert view.step >= QUARTER
    assert view_of(view.query()).start == view.start
    assert all(len(fallback.given) <= 40 for fallback in view.fallbacks)


def test_ten_years_are_cut_to_the_two_that_are_kept_and_stay_a_custom_range() -> None:
    view = view_of("?range=custom&from=2010-01-01&to=2020-09-28")
    assert (view.range, view.first, view.last) == (Range.CUSTOM, date(2018, 9, 29), date(2020, 9, 28))


def test_the_same_value_twice_needs_no_note() -> None:
    assert view_of("?range=day&range=day").fallbacks == ()


@pytest.mark.parametrize(
    ("kind", "start", "step"),
    [
        ("15min", "03:15", QUARTER),
        ("30min", "03:00", QUARTER),
        ("1h", "02:30", QUARTER),
        ("3h", "00:30", QUARTER),
    ],
)
def test_a_short_range_ends_now_and_begins_with_the_step_in_which_it_begins(
    kind: str, start: str, step: timedelta
) -> None:
    view = view_of(f"?range={kind}", now=NOW + timedelta(minutes=7))
    assert (view.start.strftime("%H:%M"), view.end, view.until, view.step) == (start, view.now, view.now, step)
    assert view.holds_today
    assert view.fallbacks == ()


def test_24_h_hold_a_whole_day_up_to_now_also_over_a_clock_change() -> None:
    for day in (datetime(2020, 4, 5, 3, tzinfo=UTC), datetime(2020, 10, 4, 3, tzinfo=UTC)):
        view = view_of("?range=24h", now=day)
        assert view.end - view.start == timedelta(hours=24)


def test_a_range_shorter_than_a_step_is_not_shown() -> None:
    (fallback,) = view_of("?range=30min", native=timedelta(hours=1)).fallbacks
    assert fallback.problem is Problem.SHORTER_THAN_NATIVE
    assert view_of("?range=1h", native=timedelta(hours=1)).fallbacks == ()


def test_a_short_range_moves_with_now_so_the_stepper_stands_still() -> None:
    view = view_of("?range=3h&at=2020-09-01")
    assert (view.earlier(), view.later()) == (None, None)
    assert view.query() == "?range=3h"


def test_the_comparison_stays_in_every_link() -> None:
    view = view_of("?range=day&at=2020-09-20&compare=year&m=1")
    assert view.compare is Compare.YEAR
    assert view.earlier() == "?range=day&at=2020-09-19&compare=year&m=1"
    assert view_of("?compare=previous").query() == "?compare=previous"


@pytest.mark.parametrize(
    ("search", "hours", "step"),
    [
        ("?range=year", 3, QUARTER),
        ("?range=year", 60, QUARTER),
        ("?range=year", 24 * 10, timedelta(hours=1)),
        ("?range=year", 24 * 60, timedelta(hours=6)),
        ("?range=year&resolution=360", 3, timedelta(hours=6)),
        ("?range=day", 3, QUARTER),
    ],
)
def test_zoomed_in_the_step_gets_finer_unless_one_was_chosen(search: str, hours: int, step: timedelta) -> None:
    view = view_of(search)
    zoomed = view.zoomed(view.start + timedelta(hours=5), view.start + timedelta(hours=5 + hours))
    assert zoomed.step == step
    assert zoomed.end - zoomed.start == timedelta(hours=min(hours, 19) if search == "?range=day" else hours)
    assert (zoomed.first, zoomed.last, zoomed.until) == (view.first, view.last, min(zoomed.end, NOW))


def test_a_zoom_never_leaves_the_range() -> None:
    view = view_of("")
    wide = view.zoomed(view.start - timedelta(days=9), view.end + timedelta(days=9))
    assert (wide.start, wide.end) == (view.start, view.end)


@pytest.mark.parametrize("module", [dash_app.domain.address, dash_app.domain.comparison])
def test_the_examples_of_a_module_hold(module: ModuleType) -> None:
    result = doctest.testmod(module)
    assert (result.attempted > 0, result.failed) == (True, 0)

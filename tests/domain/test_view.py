"""The address says what is shown; what it says wrongly falls back and is named."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dash_app.domain.view import Problem, View, parse_view

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

"""What a range is compared with: the same wall clock, leap days and clock changes right, and where it lies today."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dash_app.domain.address import parse_view
from dash_app.domain.comparison import Compared, compared_to, laid_over, too_long_ago, view_before
from dash_app.domain.view import View

MELBOURNE, LONDON, LORD_HOWE = (
    ZoneInfo(name) for name in ("Australia/Melbourne", "Europe/London", "Australia/Lord_Howe")
)
NOW = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)  # 13:30 on Monday in Melbourne
QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)


def view_of(search: str, now: datetime = NOW, zone: ZoneInfo = MELBOURNE) -> View:
    return parse_view(search, now=now, zone=zone, native=QUARTER)


def compared(search: str, now: datetime = NOW, zone: ZoneInfo = MELBOURNE) -> Compared:
    found = compared_to(view_of(search, now, zone))
    assert found is not None
    return found


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("search", "first", "last"),
    [
        ("?compare=previous", "2020-09-25", "2020-09-26"),
        ("?range=day&compare=previous", "2020-09-27", "2020-09-27"),
        ("?range=week&compare=previous", "2020-09-21", "2020-09-27"),
        ("?range=month&compare=previous", "2020-08-01", "2020-08-31"),
        ("?range=month&at=2020-03-10&compare=previous", "2020-02-01", "2020-02-29"),
        ("?range=year&compare=previous", "2019-01-01", "2019-12-31"),
        ("?range=custom&from=2020-09-01&to=2020-09-10&compare=previous", "2020-08-22", "2020-08-31"),
        ("?range=day&compare=year", "2019-09-30", "2019-09-30"),
        ("?range=week&compare=year", "2019-09-30", "2019-10-06"),
        ("?range=month&compare=year", "2019-09-01", "2019-09-30"),
        ("?range=month&at=2020-02-03&compare=year", "2019-02-01", "2019-02-28"),
        ("?range=year&compare=year", "2019-01-01", "2019-12-31"),
    ],
)
def test_the_period_before_and_that_of_last_year(search: str, first: str, last: str) -> None:
    found = compared(search)
    assert (found.first, found.last) == (date.fromisoformat(first), date.fromisoformat(last))


def test_last_years_day_is_the_same_weekday() -> None:
    view, found = view_of("?range=day&compare=year"), compared("?range=day&compare=year")
    assert found.first.weekday() == view.first.weekday() == 0


@pytest.mark.parametrize("kind", ["15min", "30min", "1h", "3h", "12h", "24h"])
def test_before_a_range_that_ends_now_lies_one_of_the_same_length(kind: str) -> None:
    view, found = view_of(f"?range={kind}&compare=previous"), compared(f"?range={kind}&compare=previous")
    assert (found.start, found.end) == (view.start - (view.end - view.start), view.start)
    assert found.until == found.end


def test_only_whole_steps_that_are_measured_are_compared() -> None:
    now = NOW + timedelta(minutes=7, seconds=12)
    for search in ("?range=day&compare=previous", "?range=3h&compare=previous"):
        view = view_of(search, now=now)
        whole, known = compared_to(view), compared_to(view, NOW - QUARTER)
        assert whole is not None and known is not None
        assert whole.until - whole.start == NOW - view.start
        assert known.until - known.start == NOW - QUARTER - view.start
        assert whole.shift % QUARTER == timedelta(0)


def test_without_a_comparison_there_is_none() -> None:
    assert compared_to(view_of("")) is None


def test_what_is_over_of_today_is_compared_with_yesterday_up_to_the_same_time() -> None:
    found = compared("?range=day&compare=previous")
    assert found.until == NOW - DAY
    assert found.end == found.start + DAY


def test_a_range_that_is_over_is_compared_whole() -> None:
    found = compared("?range=day&at=2020-09-20&compare=previous")
    assert found.until == found.end


def test_this_year_is_compared_up_to_the_same_day_of_last_year() -> None:
    assert compared("?range=year&compare=previous").until == datetime(2019, 9, 28, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "before"),
    [
        # the clock went forward at 02:00 on the present day: 13:30 then was 12.5 hours in, the day before 13.5
        (MELBOURNE, "2020-10-04T13:30+11:00", "2020-10-03T13:30+10:00"),
        (MELBOURNE, "2020-04-05T13:30+10:00", "2020-04-04T13:30+11:00"),
        (LONDON, "2020-03-29T13:30+01:00", "2020-03-28T13:30+00:00"),
        (LONDON, "2020-10-25T13:30+00:00", "2020-10-24T13:30+01:00"),
        (LORD_HOWE, "2020-10-04T13:30+11:00", "2020-10-03T13:30+10:30"),
    ],
)
def test_the_same_time_is_meant_by_the_wall_clock(zone: ZoneInfo, now: str, before: str) -> None:
    found = compared("?range=day&compare=previous", now=datetime.fromisoformat(now).astimezone(UTC), zone=zone)
    assert found.until == datetime.fromisoformat(before).astimezone(UTC)


def test_moments_are_laid_over_the_present_axis_by_the_wall_clock() -> None:
    view = view_of("?range=day&at=2020-10-04&compare=previous", now=datetime(2020, 11, 1, tzinfo=UTC))
    found = compared_to(view)
    assert found is not None
    moments = [wall("2020-10-03T00:00"), wall("2020-10-03T12:00"), wall("2020-10-03T23:45")]
    assert laid_over(found, view, moments) == [moment + DAY for moment in moments]


def test_the_days_that_a_shorter_month_does_not_have_are_left_out() -> None:
    view = view_of("?range=month&compare=previous", now=datetime(2020, 9, 30, tzinfo=UTC))
    found = compared_to(view)
    assert found is not None
    assert laid_over(found, view, [wall("2020-08-30T06:00"), wall("2020-08-31T06:00")]) == [
        wall("2020-09-30T06:00"),
        None,
    ]


def test_the_leap_day_has_no_counterpart_and_moves_nothing_after_it() -> None:
    now = datetime(2021, 12, 1, tzinfo=UTC)
    view = view_of("?range=year&compare=year", now=now)
    found = compared_to(view)
    assert found is not None
    moments = [wall("2020-02-28T06:00"), wall("2020-02-29T06:00"), wall("2020-03-01T06:00"), wall("2020-12-31T06:00")]
    assert laid_over(found, view, moments) == [
        wall("2021-02-28T06:00"),
        None,
        wall("2021-03-01T06:00"),
        wall("2021-12-31T06:00"),
    ]


def test_on_a_leap_day_last_year_ends_with_its_february() -> None:
    now = datetime(2020, 2, 29, 1, tzinfo=UTC)  # noon in Melbourne
    found = compared("?range=year&compare=year", now=now)
    assert found.until == datetime(2019, 2, 28, 13, tzinfo=UTC)  # midnight before 1 March


def test_nothing_is_kept_of_what_is_more_than_two_years_ago() -> None:
    view = view_of("?range=year&at=2019-02-01&compare=year")
    found = compared_to(view)
    assert found is not None and too_long_ago(view, found)
    assert not too_long_ago(view_of(""), compared("?compare=year"))


def test_the_view_of_the_period_is_drawn_as_finely_and_compares_with_nothing() -> None:
    view = view_of("?range=week&compare=previous&resolution=30")
    found = compared_to(view)
    assert found is not None
    whole, over = view_before(view, found, whole=True), view_before(view, found, whole=False)
    assert (whole.start, whole.end, whole.until) == (found.start, found.end, found.end)
    assert (over.start, over.end) == (found.start, found.until)
    assert whole.step == view.step == timedelta(minutes=30)
    assert compared_to(whole) is None

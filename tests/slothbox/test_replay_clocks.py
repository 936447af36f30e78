"""The clock changes of both hemispheres, on the served side and on the source's."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from slothbox.replay import load_replay

CHANGES = [
    # project, UTC start of the first pass of the doubled hour, civil hour that is doubled
    ("cambridge-b071", datetime(2026, 10, 25, 0, tzinfo=UTC), 1),
    ("konstanz-4", datetime(2026, 10, 25, 0, tzinfo=UTC), 2),
    ("fontana-1", datetime(2026, 11, 1, 8, tzinfo=UTC), 1),
    ("monash", datetime(2027, 4, 3, 15, tzinfo=UTC), 2),
]
SKIPS = [
    # project, UTC start of the first hour after the skipped one, its civil hour
    ("cambridge-b071", datetime(2026, 3, 29, 1, tzinfo=UTC), 2),
    ("konstanz-4", datetime(2026, 3, 29, 1, tzinfo=UTC), 3),
    ("fontana-1", datetime(2026, 3, 8, 10, tzinfo=UTC), 3),
    ("monash", datetime(2026, 10, 3, 16, tzinfo=UTC), 3),
]


@pytest.mark.parametrize(("project", "first", "civil_hour"), CHANGES)
def test_a_doubled_hour_repeats_its_source_hour_and_is_flagged(project: str, first: datetime, civil_hour: int) -> None:
    replay = load_replay(project)
    again = first + timedelta(hours=1)
    assert replay.source_time(first).hour == replay.source_time(again).hour == civil_hour
    assert replay.source_time(first) == replay.source_time(again)
    assert (replay.is_repeated(first), replay.is_repeated(again)) == (False, True)
    day = replay.series(replay.codes[-1], first - timedelta(hours=1), first + timedelta(hours=3))
    per_hour = len(day) // 4
    pd.testing.assert_series_equal(
        day[per_hour : 2 * per_hour].reset_index(drop=True), day[2 * per_hour : 3 * per_hour].reset_index(drop=True)
    )


@pytest.mark.parametrize(("project", "after", "civil_hour"), SKIPS)
def test_a_skipped_hour_is_dropped(project: str, after: datetime, civil_hour: int) -> None:
    replay = load_replay(project)
    before = after - timedelta(hours=1)
    assert replay.source_time(after).hour == civil_hour
    assert replay.source_time(after) - replay.source_time(before) == timedelta(hours=2)
    assert not replay.is_repeated(after)


@pytest.mark.parametrize(("project", "first", "_hour"), CHANGES)
def test_the_long_day_has_25_hours_and_the_next_one_begins_at_its_own_midnight(
    project: str, first: datetime, _hour: int
) -> None:
    replay = load_replay(project)
    day = first.astimezone(replay.site.tz).date()
    start = pd.Timestamp(day).tz_localize(replay.site.tz)
    end = pd.Timestamp(day + timedelta(days=1)).tz_localize(replay.site.tz)
    spec = replay.site.measurand(replay.codes[0])
    assert len(replay.series(spec.code, start, end)) == 25 * (timedelta(hours=1) // spec.step)
    assert replay.source_time(end).hour == replay.source_time(start).hour == 0


def test_an_hour_that_the_source_clock_skipped_is_missing() -> None:
    # 2021-03-28 01:00 did not exist in London; six times 52 weeks later it is 2027-03-21, an ordinary Sunday
    moment = datetime(2027, 3, 21, 1, 30, tzinfo=UTC)
    replay = load_replay("cambridge-b071")
    assert replay.source_time(moment) == datetime(2021, 3, 28, 1, 30)  # noqa: DTZ001
    assert replay.load_kw(moment) is None
    assert replay.load_kw(moment + timedelta(hours=1)) is not None


def test_of_an_hour_that_the_source_clock_doubled_the_first_is_served() -> None:
    # 2020-10-25 01:00 BST is 00:00 UTC; six times 52 weeks later it is 2026-10-18
    moment = datetime(2026, 10, 18, 0, 30, tzinfo=UTC)
    source = pd.read_csv("slothbox/data/uk_cambridge/uk_cam_b071.csv.gz", index_col="timestamp_utc")["demand_kwh"]
    assert load_replay("cambridge-b071").load_kw(moment) == source["2020-10-25T00:00:00Z"]

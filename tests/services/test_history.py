"""Past days: fetched once whoever asks for which of them, kept by month, and never wrong whatever the cache does."""

from __future__ import annotations

import base64
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.measurement import Window
from dash_app.domain.site import Measurand, Quantity
from services.energy_api import HttpEnergyApi
from services.measurements import CachedMeasurements
from tests.fakes.api import MEASURANDS, day_and_night, project, session
from tests.services.conftest import NOW
from tests.services.stub_api import EVERYTHING, StubApi, serving
from tests.services.test_measurements import HISTORY, P1, QUARTER, TIMEOUT, Desk

DAY = timedelta(days=1)
HOUR = Measurand(
    measurand_id="2", code="e_demand", name="Building", quantity=Quantity.LOAD_KW, resolution=timedelta(hours=1)
)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, extensions=HISTORY)


def load(desk: Desk, first: int, last: int, *wanted: str) -> Window:
    """Load from `first` to `last` days ago, of all measurands or of those wanted."""
    return desk.measurements.load_window(desk.ada, P1, NOW - first * DAY, NOW - last * DAY, wanted or None)


def month_keys(desk: Desk) -> list[str]:
    return [key for key in desk.store.all_keys() if key.startswith('["month"')]


def test_two_pages_with_different_measurands_fetch_a_day_of_each_once(desk: Desk) -> None:
    load(desk, 6, 4, "1")
    asked: list[tuple[str, ...]] = []
    fetch = desk.api.fetch_history
    desk.api.fetch_history = lambda token, own, listed, start, end: (  # type: ignore[method-assign]
        asked.append(tuple(m.measurand_id for m in listed)) or fetch(token, own, listed, start, end)
    )
    both = load(desk, 6, 4)
    assert asked == [("2",)]
    assert [len(series) for series in both.series.values()] == [192, 192]
    load(desk, 6, 4, "2")
    assert asked == [("2",)]


def test_a_day_that_one_page_lacks_is_fetched_for_that_page_only(desk: Desk) -> None:
    load(desk, 5, 4, "1")
    desk.upstream()
    asked: list[tuple[datetime, datetime, int]] = []
    fetch = desk.api.fetch_history
    desk.api.fetch_history = lambda token, own, listed, start, end: (  # type: ignore[method-assign]
        asked.append((start, end, len(listed))) or fetch(token, own, listed, start, end)
    )
    window = load(desk, 6, 4)
    midnight = NOW - timedelta(hours=12)
    assert asked == [(midnight - 6 * DAY, midnight - 5 * DAY, 2), (midnight - 5 * DAY, midnight - 3 * DAY, 1)]
    assert all(series.notna().all() and len(series) == 192 for series in window.series.values())


def test_a_year_is_asked_for_month_by_month_and_kept_in_a_row_for_each_month_and_measurand(desk: Desk) -> None:
    window = desk.measurements.load_window(desk.ada, P1, NOW - 365 * DAY, NOW)
    assert desk.upstream().count("fetch_history") == 13
    assert len(month_keys(desk)) == 26
    assert [len(series) for series in window.series.values()] == [365 * 96, 365 * 96]
    desk.measurements.load_window(desk.ada, P1, NOW - 365 * DAY, NOW)
    assert desk.upstream() == []


def test_a_server_without_slices_is_asked_once_for_the_whole_year(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    load(desk, 100, 3)
    assert desk.upstream() == ["list_measurands", "fetch_history"]


def test_from_the_cache_a_window_is_the_same_as_from_the_api(desk: Desk) -> None:
    rng = np.random.default_rng(4)
    index = pd.date_range(NOW - 40 * DAY, NOW, freq=QUARTER, inclusive="left", name="time")
    values = rng.uniform(0, 60, len(index))
    values[rng.integers(0, len(index), 500)] = np.nan
    desk.api.values["1"] = pd.Series(values, index=index)
    first = load(desk, 37, 0)
    again = load(desk, 37, 0)
    expected = desk.api.values["1"][index >= NOW - 37 * DAY]
    for window in (first, again):
        got = window.series["1"].reindex(expected.index)
        np.testing.assert_array_equal(got.to_numpy(), expected.to_numpy())


def test_the_present_month_grows_by_the_days_that_are_over(desk: Desk) -> None:
    load(desk, 3, 2)
    desk.upstream()
    desk.clock.advance(DAY)
    asked: list[tuple[datetime, datetime]] = []
    fetch = desk.api.fetch_history
    desk.api.fetch_history = lambda token, own, listed, start, end: (  # type: ignore[method-assign]
        asked.append((start, end)) or fetch(token, own, listed, start, end)
    )
    now = desk.clock.now
    desk.measurements.load_window(desk.ada, P1, now - 4 * DAY, now - 2 * DAY)
    midnight = now - timedelta(hours=12)
    assert asked == [(midnight - 2 * DAY, midnight - DAY)], "only the day that has just become past"


def test_a_day_that_becomes_past_is_taken_over_from_the_48_h_without_asking(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.measurements.load_window(desk.ada, P1, NOW - 10 * DAY, NOW)
    for _hour in range(20):
        desk.clock.advance(timedelta(hours=1))
        desk.measurements.open_project(desk.ada, P1)
        desk.later.finish()
    desk.upstream()
    now = desk.clock.now
    window = desk.measurements.load_window(desk.ada, P1, now - 6 * DAY, now)
    assert desk.upstream() == []
    assert [len(series) for series in window.series.values()] == [6 * 96, 6 * 96]
    assert all(series.notna().all() for series in window.series.values())


def test_a_day_with_a_gap_in_the_48_h_is_asked_for_when_it_becomes_past(desk: Desk) -> None:
    values = day_and_night(MEASURANDS[1], NOW - 40 * DAY, NOW + 3 * DAY)
    late = (values.index >= NOW - timedelta(hours=30)) & (values.index < NOW - timedelta(hours=28))
    desk.api.values["2"] = values.mask(late)
    desk.measurements.open_project(desk.ada, P1)
    for _hour in range(40):
        desk.clock.advance(timedelta(hours=1))
        desk.measurements.open_project(desk.ada, P1)
        desk.later.finish()
    desk.api.values["2"] = values  # what was late has come
    now = desk.clock.now
    window = desk.measurements.load_window(desk.ada, P1, now - 4 * DAY, now)
    assert window.series["2"].notna().all()


def test_behind_the_first_screen_a_month_is_fetched_once_a_day(tmp_path: Path) -> None:
    desk = Desk(tmp_path, extensions=HISTORY)
    measurements = CachedMeasurements(
        desk.api, desk.store, clock=desk.clock, timeout=TIMEOUT, run=desk.later, look_ahead=timedelta(days=31)
    )
    for _opening in range(3):
        measurements.open_project(desk.ada, P1)
    assert desk.later.finish() == 1
    assert desk.upstream().count("fetch_history") == 2, "October and the first days of November"
    measurements.load_window(desk.ada, P1, NOW - 30 * DAY, NOW)
    assert desk.upstream() == []


def test_a_failure_behind_the_page_is_tried_again_at_the_next_opening(tmp_path: Path) -> None:
    desk = Desk(tmp_path, extensions=HISTORY)
    measurements = CachedMeasurements(
        desk.api, desk.store, clock=desk.clock, timeout=TIMEOUT, run=desk.later, look_ahead=timedelta(days=31)
    )
    measurements.open_project(desk.ada, P1)
    desk.api.fails = ApiUnavailable("refused")
    desk.later.finish()
    desk.api.fails = None
    desk.clock.advance(timedelta(seconds=6))
    measurements.open_project(desk.ada, P1)
    assert desk.later.finish() == 1


def test_a_server_without_slices_is_not_asked_for_a_month_ahead(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    measurements = CachedMeasurements(
        desk.api, desk.store, clock=desk.clock, timeout=TIMEOUT, run=desk.later, look_ahead=timedelta(days=31)
    )
    measurements.open_project(desk.ada, P1)
    assert desk.later.left == []


def test_a_window_of_the_last_hours_is_refreshed_as_soon_as_it_lacks_a_step(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(minutes=16))
    now = desk.clock.now
    desk.measurements.load_window(desk.ada, P1, now - 24 * timedelta(hours=1), now)
    assert desk.later.left == []
    desk.measurements.load_window(desk.ada, P1, now - timedelta(hours=1), now)
    assert desk.later.finish() == 1
    window = desk.measurements.load_window(desk.ada, P1, now - timedelta(hours=1), now)
    assert window.data_until == NOW + 2 * QUARTER, "the running step as well"
    assert desk.later.left == []


def test_a_day_is_fetched_again_after_the_time_out_and_not_before(desk: Desk) -> None:
    start, end = NOW - 6 * DAY, NOW - 5 * DAY
    for wait, calls in ((timedelta(0), 1), (TIMEOUT - timedelta(minutes=1), 0), (timedelta(minutes=1), 1)):
        desk.clock.advance(wait)
        desk.upstream()
        desk.measurements.load_window(desk.ada, P1, start, end)
        assert desk.upstream().count("fetch_history") == calls, wait


def test_past_days_do_not_change_even_if_the_server_changes_its_mind(desk: Desk) -> None:
    load(desk, 6, 5)
    desk.api.values["2"] = pd.Series(
        99.0, index=pd.date_range(NOW - 10 * DAY, NOW, freq=QUARTER, inclusive="left", name="time")
    )
    assert load(desk, 6, 5).series["2"].max() == 30.0


def test_nobody_sees_another_persons_past(desk: Desk) -> None:
    load(desk, 6, 5)
    desk.upstream()
    desk.measurements.load_window(desk.bob, P1, NOW - 6 * DAY, NOW - 5 * DAY)
    assert "fetch_history" in desk.upstream()
    assert {key.split('"')[3] for key in month_keys(desk)} == {"ada", "bob"}


def test_another_resolution_of_the_same_measurand_is_another_row(desk: Desk) -> None:
    load(desk, 6, 5)
    desk.api.measurands = (MEASURANDS[0], HOUR)
    desk.clock.advance(timedelta(hours=13))  # the listing is asked for again
    window = desk.measurements.load_window(desk.ada, P1, NOW - 6 * DAY, NOW - 5 * DAY)
    assert [len(series) for series in window.series.values()] == [96, 24]


def test_a_gap_at_the_source_is_asked_for_once(desk: Desk) -> None:
    desk.api.values["1"] = pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC", name="time"))
    assert load(desk, 6, 4, "1").series["1"].empty
    desk.upstream()
    assert load(desk, 6, 4, "1").series["1"].empty
    assert desk.upstream() == []


def test_what_is_known_is_shown_when_the_rest_cannot_be_had(desk: Desk) -> None:
    load(desk, 6, 5, "1")
    desk.api.fails = ApiUnavailable("refused")
    window = load(desk, 6, 5)
    assert (window.saved, len(window.series["1"]), len(window.series["2"])) == (True, 96, 0)
    with pytest.raises(ApiUnavailable):
        load(desk, 20, 18)


def test_an_outage_in_the_middle_keeps_the_months_that_came(desk: Desk) -> None:
    fetch, calls = desk.api.fetch_history, []

    def once(*given: object) -> Window:
        calls.append(given)
        if len(calls) > 1:
            raise ApiUnavailable("refused")
        return fetch(*given)  # type: ignore[arg-type]

    desk.api.fetch_history = once  # type: ignore[method-assign]
    window = load(desk, 40, 3)
    assert window.saved
    assert len(window.series["1"]) == len(window.series["2"]) > 0
    desk.api.fetch_history = fetch  # type: ignore[method-assign]
    desk.clock.advance(timedelta(seconds=6))
    desk.upstream()
    assert len(load(desk, 40, 3).series["1"]) == 37 * 96
    assert desk.upstream() == ["fetch_history"], "only the month that was missing"


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        [],
        "x",
        {"step_s": 900, "days": [], "values": ""},
        {"step_s": 900, "days": [[1, 2]], "values": "AAAA"},
        {"step_s": "n", "days": [[1, 0.0, 0]], "values": None},
    ],
)
def test_a_month_of_another_shape_is_dropped_and_fetched_again(desk: Desk, wrong: object) -> None:
    first = load(desk, 6, 5)
    for key in month_keys(desk):
        desk.store.put(key, wrong, until=NOW + TIMEOUT)
    again = load(desk, 6, 5)
    for name in ("1", "2"):
        pd.testing.assert_series_equal(first.series[name], again.series[name], check_freq=False)


def test_a_month_with_values_that_no_meter_has_is_dropped(desk: Desk) -> None:
    load(desk, 6, 5)
    infinite = base64.b64encode(np.full(31 * 96, np.inf).tobytes()).decode()
    keys = [key for key in month_keys(desk) if "2026-10" in key]
    assert len(keys) == 2
    for key in keys:
        desk.store.put(key, {**desk.store.get(key), "values": infinite}, until=NOW + TIMEOUT)
    desk.upstream()
    assert load(desk, 6, 5).series["2"].max() == 30.0
    assert desk.upstream() == ["fetch_history"]


def test_without_a_working_cache_a_year_is_right_only_slower(tmp_path: Path) -> None:
    desk = Desk(tmp_path, extensions=HISTORY)
    (tmp_path / "measurements").write_text("a file where the folder should be")
    for _ in range(2):
        window = load(desk, 70, 0)
        assert [len(series) for series in window.series.values()] == [70 * 96, 70 * 96]
    assert desk.upstream().count("fetch_history") == 2 * 4


def test_values_that_could_not_be_read_are_counted_for_the_measurand_they_belong_to(tmp_path: Path) -> None:
    clock_desk = Desk(tmp_path)
    with serving(StubApi(clock_desk.clock, *(name for name in EVERYTHING if name != "columns"))) as stub:
        stub.measure("1", 5.0, since=10 * DAY)
        stub.measure("2", 7.0, since=10 * DAY)
        moment, _value = stub.points["2"][100]
        stub.points["2"][100] = (moment, "n/a")  # type: ignore[assignment]
        api = HttpEnergyApi(stub.url, clock=clock_desk.clock)
        found = api.sign_in("ada@example.org", "canary-pa55word")
        mine = replace(session("ada"), person=found.person, projects=found.projects, token=found.token)
        clock_desk.api = api  # type: ignore[assignment]
        measurements = clock_desk.another()
        span = (NOW - 10 * DAY, NOW - 3 * DAY)
        counts = [
            measurements.load_window(mine, project(), *span, wanted).dropped for wanted in (["1"], ["2"], None, ["1"])
        ]
    assert counts == [0, 1, 1, 0]


def test_a_year_of_a_dozen_series_comes_from_the_cache_well_within_a_callback(tmp_path: Path) -> None:
    desk = Desk(tmp_path, extensions=HISTORY)
    names = tuple(str(number) for number in range(12))
    desk.api.measurands = tuple(replace(MEASURANDS[1], measurand_id=name) for name in names)
    own = replace(P1, measurand_ids=names)
    ada = session("ada", own)
    desk.measurements.load_window(ada, own, NOW - 365 * DAY, NOW)
    times = []
    for _round in range(3):
        began = time.process_time()
        desk.measurements.load_window(ada, own, NOW - 365 * DAY, NOW)
        times.append(time.process_time() - began)
    assert min(times) < 0.4, "800 ms is the gate of the whole callback, on a busy machine"

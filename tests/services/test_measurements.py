"""Measurements through the cache: whose they are, when the API is asked, how much, and what happens when it is down."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, NotFound, RateLimited, SessionEnded
from dash_app.domain.measurement import Published
from dash_app.domain.ports import Session
from dash_app.domain.site import Measurand, Quantity
from services.cache import DiskStore
from services.energy_api import HttpEnergyApi
from services.measurements import CachedMeasurements
from services.transport import Limits
from tests.fakes.api import MEASURANDS, FakeEnergyApi, day_and_night, project, session
from tests.fakes.clock import FakeClock
from tests.services.conftest import NOW
from tests.services.stub_api import EVERYTHING, PASSWORD, StubApi, answers, serving

TIMEOUT = timedelta(minutes=3000)
SPAN = timedelta(hours=48)
QUARTER = timedelta(minutes=15)
NEEDED = 2 * 192
P1 = project()
HISTORY = frozenset({"history"})


class Later:
    """Collects background work; `finish` does it."""

    def __init__(self) -> None:
        self.left: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.left.append(work)

    def finish(self) -> int:
        done = len(self.left)
        while self.left:
            self.left.pop(0)()
        return done


class Desk:
    """Everything a test needs around one cache."""

    def __init__(self, folder: Path, *, extensions: frozenset[str] = frozenset(), patient: bool = False) -> None:
        self.clock = FakeClock(NOW)
        self.api = FakeEnergyApi(self.clock, extensions=extensions)
        self.later = Later()
        self.store = DiskStore(folder, clock=self.clock)
        self.measurements = self.another(patient=patient)
        self.ada, self.bob = session("ada", P1), session("bob", P1)

    def another(self, *, patient: bool = False) -> CachedMeasurements:
        """Return another process' view of the same cache."""
        return CachedMeasurements(
            self.api, self.store, clock=self.clock, timeout=TIMEOUT, patient=patient, run=self.later
        )

    def upstream(self) -> list[str]:
        """Return the calls that have reached the API since the last time."""
        seen, self.api.calls = self.api.calls, []
        return seen


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def extended(tmp_path: Path) -> Desk:
    return Desk(tmp_path, extensions=HISTORY)


# openings, hits, points


def test_the_first_opening_asks_for_exactly_48_h_over_all_measurands(desk: Desk) -> None:
    window = desk.measurements.open_project(desk.ada, P1)
    assert desk.upstream() == ["list_measurands", "fetch_newest"]
    assert desk.api.points_asked == [NEEDED]
    assert {name: len(series) for name, series in window.series.items()} == {"1": 192, "2": 192}
    assert (window.start, window.end, window.data_until, window.saved) == (NOW - SPAN, NOW, NOW, False)
    stats = desk.measurements.stats()
    assert (stats.points_asked, stats.points_needed, stats.rows) == (NEEDED, NEEDED, 1)
    assert (stats.openings, stats.hits, stats.hit_rate) == (1, 0, 0.0)


def test_the_second_opening_asks_nobody_and_is_a_hit(desk: Desk) -> None:
    first = desk.measurements.open_project(desk.ada, P1)
    desk.upstream()
    second = desk.measurements.open_project(desk.ada, P1)
    assert desk.upstream() == []
    assert desk.measurements.stats().hit_rate == 0.5
    for name in ("1", "2"):
        pd.testing.assert_series_equal(first.series[name], second.series[name], check_freq=False)


def test_nine_of_ten_openings_over_an_afternoon_are_hits(desk: Desk) -> None:
    for _ in range(20):
        desk.measurements.open_project(desk.ada, P1)
        desk.later.finish()
        desk.clock.advance(timedelta(minutes=20))
    assert desk.measurements.stats().hit_rate == 0.95


def test_hits_are_counted_over_all_processes_that_share_the_cache(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.another().open_project(desk.ada, P1)
    assert desk.another().stats().openings == 2
    assert desk.another().stats().hits == 1


def test_a_stale_row_is_shown_at_once_and_its_tail_is_fetched_behind_it(extended: Desk) -> None:
    extended.measurements.open_project(extended.ada, P1)
    extended.clock.advance(timedelta(hours=2))
    extended.upstream()
    at_once = extended.measurements.open_project(extended.ada, P1)
    assert extended.upstream() == []
    assert (at_once.data_until, at_once.saved) == (NOW, False)
    assert extended.later.finish() == 1
    assert extended.upstream() == ["fetch_history"]
    later = extended.measurements.open_project(extended.ada, P1)
    assert later.data_until == NOW + timedelta(hours=2)
    assert [len(series) for series in later.series.values()] == [192, 192]
    stats = extended.measurements.stats()
    assert (stats.hits, stats.openings, stats.points_asked, stats.points_needed) == (2, 3, NEEDED + 16, NEEDED + 16)


def test_the_base_contract_tops_up_with_as_many_newest_points_as_are_missing(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(hours=2))
    desk.measurements.open_project(desk.ada, P1)
    desk.later.finish()
    assert desk.api.points_asked == [NEEDED, 16]
    assert desk.measurements.open_project(desk.ada, P1).data_until == NOW + timedelta(hours=2)


def test_one_refresh_at_a_time_goes_on_behind(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(hours=2))
    for _ in range(5):
        desk.measurements.open_project(desk.ada, P1)
    assert len(desk.later.left) == 1


def test_within_two_steps_nothing_is_asked(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.upstream()
    desk.clock.advance(timedelta(minutes=30))
    desk.measurements.open_project(desk.ada, P1)
    assert (desk.later.left, desk.upstream()) == ([], [])
    desk.clock.advance(timedelta(minutes=1))
    desk.measurements.open_project(desk.ada, P1)
    assert len(desk.later.left) == 1


def test_a_signal_that_is_silent_at_its_source_does_not_make_every_opening_ask(desk: Desk) -> None:
    desk.api.values["1"] = pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC", name="time"))
    desk.measurements.open_project(desk.ada, P1)
    desk.upstream()
    for _ in range(3):
        desk.clock.advance(timedelta(minutes=10))
        desk.measurements.open_project(desk.ada, P1)
    assert (desk.upstream(), desk.later.left) == ([], [])
    desk.clock.advance(timedelta(minutes=10))
    desk.measurements.open_project(desk.ada, P1)
    assert desk.later.finish() == 1


def test_a_project_without_any_data_is_not_asked_for_at_every_opening(desk: Desk) -> None:
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC", name="time"))
    desk.api.values.update({"1": empty, "2": empty})
    assert desk.measurements.open_project(desk.ada, P1).data_until is None
    desk.upstream()
    desk.measurements.open_project(desk.ada, P1)
    assert desk.upstream() == []
    assert desk.measurements.stats().hits == 1


def test_a_lagging_signal_gets_the_head_that_the_newest_points_lack(extended: Desk) -> None:
    minute = Measurand(measurand_id="2", code="SOC", name="SoC", quantity=Quantity.SOC, resolution=timedelta(minutes=1))
    extended.api.measurands = (MEASURANDS[0], minute)
    ahead = day_and_night(minute, NOW - SPAN, NOW + timedelta(hours=30))
    extended.api.values["2"] = ahead
    extended.api.fetch_newest = cut_short(extended.api.fetch_newest)  # type: ignore[method-assign]
    window = extended.measurements.open_project(extended.ada, P1)
    assert extended.upstream() == ["list_measurands", "fetch_newest", "fetch_history"]
    assert {name: len(series) for name, series in window.series.items()} == {"1": 192, "2": 2880}


def cut_short(fetch: Callable[..., object]) -> Callable[..., object]:
    """Return a fetch whose server counts otherwise than we do: half of the points are missing."""
    return lambda token, own, listed, points: fetch(token, own, listed, points // 2)


def test_the_base_contract_asks_for_more_when_the_newest_points_do_not_reach_back(desk: Desk) -> None:
    elsewhere = replace(MEASURANDS[1], measurand_id="9")
    shared = desk.api.fetch_newest
    desk.api.fetch_newest = lambda token, own, listed, points: shared(token, own, (*listed, elsewhere), points)  # type: ignore[method-assign]
    desk.api.measurands = MEASURANDS
    window = desk.measurements.open_project(desk.ada, P1)
    assert [len(series) for series in window.series.values()] == [192, 192]
    assert desk.api.points_asked == [NEEDED, 2 * NEEDED]
    assert desk.measurements.stats().points_asked == 3 * NEEDED


def test_the_cache_gives_back_the_same_measurands(desk: Desk) -> None:
    shifted = replace(MEASURANDS[0], measured_shift=timedelta(weeks=52), sparse=True, simulated=True, unit="W")
    desk.api.measurands = (shifted, MEASURANDS[1])
    first = desk.measurements.measurands(desk.ada, P1)
    assert desk.another().measurands(desk.ada, P1) == first == desk.api.measurands
    assert desk.upstream() == ["list_measurands"]


# whose rows


def test_nobody_sees_another_persons_row(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.upstream()
    desk.api.values["2"] = day_and_night(MEASURANDS[1], NOW - SPAN, NOW) * 0 + 99.0
    window = desk.measurements.open_project(desk.bob, P1)
    assert desk.upstream() == ["list_measurands", "fetch_newest"]
    assert window.series["2"].max() == 99.0
    assert desk.measurements.open_project(desk.ada, P1).series["2"].max() == 30.0
    assert desk.measurements.stats().rows == 2


@pytest.mark.parametrize("what", ["open_project", "live", "measurands"])
def test_a_project_that_is_not_in_the_session_does_not_exist(desk: Desk, what: str) -> None:
    with pytest.raises(NotFound):
        getattr(desk.measurements, what)(desk.ada, project("p2"))
    assert desk.upstream() == []
    assert desk.measurements.stats().openings == 0


def test_prices_and_windows_of_a_foreign_project_do_not_exist(desk: Desk) -> None:
    for ask in (desk.measurements.prices, desk.measurements.co2):
        with pytest.raises(NotFound):
            ask(desk.ada, "p2", NOW - SPAN, NOW)
    with pytest.raises(NotFound):
        desk.measurements.load_window(desk.ada, project("p2"), NOW - SPAN, NOW)


def test_another_set_of_measurands_is_another_row(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    fewer = replace(P1, measurand_ids=("1",))
    desk.upstream()
    window = desk.measurements.open_project(session("ada", fewer), fewer)
    assert set(window.series) == {"1"}
    assert desk.upstream() == ["list_measurands", "fetch_newest"]


# expiry and purge


def test_a_row_older_than_the_time_out_is_not_used(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(TIMEOUT)
    desk.upstream()
    assert desk.measurements.open_project(desk.ada, P1).data_until == desk.clock.now
    assert desk.upstream() == ["list_measurands", "fetch_newest"]


def test_a_row_younger_than_the_time_out_without_any_of_the_last_48_h_is_not_used(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(minutes=2910))
    desk.upstream()
    assert desk.measurements.open_project(desk.ada, P1).data_until == desk.clock.now
    assert "fetch_newest" in desk.upstream()


def test_a_purge_drops_what_is_older_than_the_time_out_and_nothing_else(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(hours=40))
    desk.measurements.open_project(desk.bob, P1)
    assert desk.measurements.purge_expired() == 0
    desk.clock.advance(timedelta(hours=20))
    assert desk.measurements.purge_expired() == 2
    assert desk.measurements.stats().rows == 1


def test_a_long_purge_goes_on_behind(desk: Desk) -> None:
    free, done = threading.Event(), threading.Event()

    def slow() -> int:
        free.wait(5)
        done.set()
        return 7

    desk.store.expire = slow  # type: ignore[method-assign]
    assert desk.measurements.purge_expired() == 0
    free.set()
    assert done.wait(5)


# the API is down


@pytest.mark.parametrize(
    "failure", [ApiUnavailable("refused"), ApiUnreadable("HTML"), RateLimited("wait", retry_after_s=40)]
)
def test_saved_data_are_shown_with_their_age_and_replaced_when_the_api_is_back(desk: Desk, failure: Exception) -> None:
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(hours=1))
    desk.api.fails = failure  # type: ignore[assignment]
    desk.measurements.open_project(desk.ada, P1)
    desk.later.finish()
    window = desk.measurements.open_project(desk.ada, P1)
    assert (window.saved, window.fetched_at, window.data_until) == (True, NOW, NOW)
    desk.api.fails = None
    desk.clock.advance(timedelta(minutes=1))
    assert desk.measurements.load_window(desk.ada, P1, desk.clock.now - SPAN, desk.clock.now).saved
    desk.later.finish()
    back = desk.measurements.open_project(desk.ada, P1)
    assert (back.saved, back.fetched_at) == (False, desk.clock.now)


def test_without_any_cache_the_failure_is_told(desk: Desk) -> None:
    desk.api.fails = ApiUnavailable("refused")
    with pytest.raises(ApiUnavailable):
        desk.measurements.open_project(desk.ada, P1)
    assert desk.measurements.stats().openings == 1


def test_after_a_failure_the_api_is_left_alone_for_5_s(desk: Desk) -> None:
    desk.api.fails = ApiUnavailable("refused")
    for _ in range(4):
        with pytest.raises(ApiUnavailable):
            desk.measurements.open_project(desk.ada, P1)
    assert len(desk.upstream()) == 1
    desk.clock.advance(timedelta(seconds=5))
    with pytest.raises(ApiUnavailable):
        desk.measurements.open_project(desk.ada, P1)
    assert len(desk.upstream()) == 1


def test_a_server_that_asks_us_to_wait_is_left_alone_for_as_long(desk: Desk) -> None:
    desk.api.fails = RateLimited("wait", retry_after_s=40)
    with pytest.raises(RateLimited):
        desk.measurements.open_project(desk.ada, P1)
    desk.api.fails = None
    desk.clock.advance(timedelta(seconds=30))
    with pytest.raises(RateLimited) as caught:
        desk.measurements.open_project(desk.ada, P1)
    assert caught.value.retry_after_s == 10
    desk.clock.advance(timedelta(seconds=10))
    assert desk.measurements.open_project(desk.ada, P1).data_until is not None


def test_an_ended_session_is_never_covered_by_saved_data_of_a_new_question(desk: Desk) -> None:
    desk.api.fails = SessionEnded("401")
    with pytest.raises(SessionEnded):
        desk.measurements.open_project(desk.ada, P1)


def test_work_on_the_clock_waits_for_its_tail_and_gets_saved_data_in_need(tmp_path: Path) -> None:
    desk = Desk(tmp_path, patient=True)
    desk.measurements.open_project(desk.ada, P1)
    desk.clock.advance(timedelta(hours=1))
    window = desk.measurements.load_window(desk.ada, P1, desk.clock.now - SPAN, desk.clock.now)
    assert (window.data_until, window.saved) == (desk.clock.now, False)
    desk.clock.advance(timedelta(hours=1))
    desk.api.fails = ApiUnavailable("refused")
    window = desk.measurements.load_window(desk.ada, P1, desk.clock.now - SPAN, desk.clock.now)
    assert (window.data_until, window.saved) == (desk.clock.now - timedelta(hours=1), True)


# past days


def test_past_days_are_fetched_once_and_kept_whole(desk: Desk) -> None:
    start, end = NOW - timedelta(days=7), NOW - timedelta(days=4)
    first = desk.measurements.load_window(desk.ada, P1, start, end)
    assert desk.upstream() == ["list_measurands", "fetch_history"]
    assert [len(series) for series in first.series.values()] == [3 * 96, 3 * 96]
    inside = desk.measurements.load_window(desk.ada, P1, start + timedelta(hours=5), end)
    assert desk.upstream() == []
    assert inside.series["1"].index[0] == start + timedelta(hours=5)


def test_a_window_over_past_days_and_today_is_one_regular_series(desk: Desk) -> None:
    window = desk.measurements.load_window(desk.ada, P1, NOW - timedelta(days=10), NOW)
    for series in window.series.values():
        assert len(series) == 960
        assert (series.index[1:] - series.index[:-1] == QUARTER).all()
        assert series.notna().all()
    assert desk.upstream() == ["list_measurands", "fetch_history", "fetch_newest"]


def test_only_the_days_that_are_missing_are_asked_for(desk: Desk) -> None:
    desk.measurements.load_window(desk.ada, P1, NOW - timedelta(days=6), NOW - timedelta(days=5))
    desk.upstream()
    desk.measurements.load_window(desk.ada, P1, NOW - timedelta(days=8), NOW - timedelta(days=3))
    assert desk.upstream() == ["fetch_history", "fetch_history"]


def test_the_days_that_are_there_are_shown_when_the_others_cannot_be_had(desk: Desk) -> None:
    desk.measurements.load_window(desk.ada, P1, NOW - timedelta(days=6), NOW - timedelta(days=5))
    desk.api.fails = ApiUnavailable("refused")
    window = desk.measurements.load_window(desk.ada, P1, NOW - timedelta(days=8), NOW - timedelta(days=3))
    assert window.saved
    assert len(window.series["1"]) == 192
    with pytest.raises(ApiUnavailable):
        desk.measurements.load_window(desk.ada, P1, NOW - timedelta(days=20), NOW - timedelta(days=18))


def test_an_empty_window_is_our_own_fault(desk: Desk) -> None:
    with pytest.raises(ValueError, match="empty"):
        desk.measurements.load_window(desk.ada, P1, NOW, NOW)


# live and published


def test_live_values_are_at_most_5_s_old(desk: Desk) -> None:
    for _ in range(3):
        desk.measurements.live(desk.ada, P1)
    assert desk.upstream() == ["fetch_live"]
    desk.clock.advance(timedelta(seconds=5))
    desk.measurements.live(desk.ada, P1)
    assert desk.upstream() == ["fetch_live"]


def test_a_live_value_is_never_repeated_when_the_api_is_down(desk: Desk) -> None:
    desk.measurements.live(desk.ada, P1)
    desk.clock.advance(timedelta(seconds=6))
    desk.api.fails = ApiUnavailable("refused")
    with pytest.raises(ApiUnavailable):
        desk.measurements.live(desk.ada, P1)


def test_published_prices_keep_their_date_and_outlive_an_outage(desk: Desk) -> None:
    index = pd.date_range(NOW - SPAN, NOW + timedelta(hours=12), freq="1h", name="time")
    desk.api.published["prices"] = Published(issued_at=NOW, values=pd.Series(0.3, index=index), unit="AUD/kWh")
    first = desk.measurements.prices(desk.ada, "p1", NOW, NOW + timedelta(hours=6))
    assert first is not None and len(first.values) == 6
    desk.clock.advance(timedelta(minutes=20))
    desk.api.fails = ApiUnavailable("refused")
    again = desk.measurements.prices(desk.ada, "p1", NOW + QUARTER, NOW + timedelta(hours=6))
    assert again is not None and again.issued_at == NOW
    assert desk.measurements.stats().rows == 0


def test_that_a_project_has_no_prices_is_remembered_too(desk: Desk) -> None:
    for _ in range(3):
        assert desk.measurements.prices(desk.ada, "p1", NOW, NOW + timedelta(hours=6)) is None
    assert desk.upstream() == ["fetch_prices"]


# a cache that does not work


def test_without_a_working_cache_everything_is_right_only_slower(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    (tmp_path / "measurements").write_text("a file where the folder should be")
    for _ in range(2):
        assert desk.measurements.open_project(desk.ada, P1).data_until == NOW
        assert desk.upstream() == ["list_measurands", "fetch_newest"]
    assert desk.measurements.stats().openings == 2


def test_a_row_of_another_shape_is_dropped_and_fetched_again(desk: Desk) -> None:
    desk.measurements.open_project(desk.ada, P1)
    (key,) = [key for key in desk.store.all_keys() if "window" in key]
    for wrong in (
        {},
        [],
        "x",
        {"fetched_at": 1},
        {"fetched_at": NOW.timestamp(), "asked": {}, "series": [1], "drops": []},
    ):
        desk.store.put(key, wrong, until=NOW + TIMEOUT)
        assert desk.measurements.open_project(desk.ada, P1).data_until == NOW


# single flight over HTTP, threads and processes


def open_in_process(url: str, folder: str, start: object) -> None:
    clock = FakeClock(NOW)
    api = HttpEnergyApi(url, clock=clock, limits=Limits(total_s=20))
    found = api.sign_in("ada@example.org", PASSWORD)
    mine = Session(
        session_id="s",
        person=found.person,
        projects=found.projects,
        token=found.token,
        opened_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    measurements = CachedMeasurements(api, DiskStore(Path(folder), clock=clock), clock=clock, timeout=TIMEOUT)
    start.wait(30)  # type: ignore[attr-defined]
    window = measurements.open_project(mine, found.projects[0])
    raise SystemExit(0 if window.data_until == NOW else 1)


def test_two_processes_make_one_upstream_call(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    with serving(StubApi(FakeClock(NOW), *EVERYTHING)) as stub:
        stub.measure("1", 5.0, since=SPAN)
        stub.measure("2", 7.0, since=SPAN)
        start = context.Barrier(2)
        workers = [context.Process(target=open_in_process, args=(stub.url, str(tmp_path), start)) for _ in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(timeout=60)
        assert [worker.exitcode for worker in workers] == [0, 0]
        assert len(stub.calls("/getprojectdata")) == 1
        assert len(stub.calls("/measurands")) == 1
    stats = CachedMeasurements(
        FakeEnergyApi(FakeClock(NOW)), DiskStore(tmp_path, clock=FakeClock(NOW)), clock=FakeClock(NOW), timeout=TIMEOUT
    ).stats()
    assert (stats.openings, stats.points_asked, stats.points_needed) == (2, NEEDED, NEEDED)


@pytest.mark.parametrize("extensions", [(), EVERYTHING])
def test_over_http_eight_threads_make_one_call_and_an_outage_is_survived(
    tmp_path: Path, extensions: tuple[str, ...]
) -> None:
    clock = FakeClock(NOW)
    with serving(StubApi(clock, *extensions)) as stub:
        stub.measure("1", 5.0, since=SPAN)
        stub.measure("2", 7.0, since=SPAN)
        api = HttpEnergyApi(stub.url, clock=clock)
        found = api.sign_in("ada@example.org", PASSWORD)
        mine = replace(session("ada"), person=found.person, projects=found.projects, token=found.token)
        own, later = found.projects[0], Later()
        store = DiskStore(tmp_path, clock=clock)
        measurements = CachedMeasurements(api, store, clock=clock, timeout=TIMEOUT, run=later)
        seen: list[object] = []
        threads = [
            threading.Thread(target=lambda: seen.append(measurements.open_project(mine, own).data_until))
            for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [NOW] * 8
        limits = [query for query in stub.calls("/getprojectdata") if query["limit"] == str(NEEDED)]
        assert len(limits) == 1
        clock.advance(timedelta(hours=1))
        stub.measure("1", 5.0, since=timedelta(hours=2))
        stub.measure("2", 7.0, since=timedelta(hours=2))
        stub.fault = answers(503)
        measurements.open_project(mine, own)
        later.finish()
        assert measurements.open_project(mine, own).saved
        stub.fault = None
        clock.advance(timedelta(seconds=6))
        measurements.open_project(mine, own)
        later.finish()
        back = measurements.open_project(mine, own)
        assert (back.saved, back.data_until) == (False, NOW + timedelta(hours=1))

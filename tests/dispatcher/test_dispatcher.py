"""The dispatcher's loop on fakes: the lease, the store that goes away, a person's release, the end."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dash_app.dispatcher import Dispatcher, Timing, run_dispatcher, stop_record
from dash_app.domain.dispatch import Mode, Stage, Telemetry
from dash_app.domain.recommendation import State
from dash_app.stop import StopFlag, stop_on_signals
from dash_app.workflows.dispatch_gate import Closure
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER, a_payload

Release = Callable[[str, str], dict[str, str]]
TIMING = Timing(poll_s=5.0, lease_s=30.0, guard_s=10.0)


class Office:
    """A bench without a lease of its own, and the socket's handler as the dispatcher hands it out."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.bench.store.leases.give_up(self.bench.tenure.lease)
        self.served: list[Release] = []
        self.dispatcher = self.another("first")

    def another(self, holder: str) -> Dispatcher:
        return Dispatcher(self.bench.given, [self.bench.plant], holder, TIMING, self.serve)

    def serve(self, release: Release) -> AbstractContextManager[object]:
        @contextmanager
        def open_socket() -> Iterator[None]:
            self.served.append(release)
            yield
            self.served.remove(release)

        return open_socket()

    def turn(self, times: int = 1) -> None:
        for _ in range(times):
            self.dispatcher.turn()
            self.bench.clock.advance(timedelta(seconds=5))


@pytest.fixture
def office() -> Office:
    return Office()


def test_the_holder_executes_renews_and_beats(office: Office) -> None:
    office.bench.approve()
    office.turn(20)
    assert office.bench.plant.mode is Mode.REMOTE
    assert {row.epoch for row in office.bench.store.ledger.kept} == {2}
    (beat,) = office.bench.store.states.heartbeats()
    assert (beat.name, beat.detail) == ("dispatcher", "epoch 2")


def test_the_second_candidate_neither_polls_nor_writes_nor_listens(office: Office) -> None:
    office.bench.approve()
    office.turn(2)
    writes, listening = len(office.bench.plant.writes), len(office.served)
    office.another("second").turn()
    assert (len(office.bench.plant.writes), len(office.served)) == (writes, listening) == (1, 1)


def test_a_dead_holder_is_followed_after_its_lease_and_the_value_is_adopted(office: Office) -> None:
    office.bench.approve()
    office.turn(2)
    office.bench.clock.advance(timedelta(seconds=31))
    office.dispatcher = office.another("second")
    office.turn(2)
    assert len(office.bench.plant.writes) == 1
    assert [row.epoch for row in office.bench.store.ledger.kept][-2:] == [3, 3]


def test_while_the_store_is_away_the_value_is_kept_alive_until_the_lease_is_nearly_over(office: Office) -> None:
    office.bench.approve()
    office.turn(2)
    office.bench.store.broken = True
    office.turn(2)
    assert office.bench.plant.mode is Mode.REMOTE
    office.turn(4)
    assert (office.bench.plant.mode, len(office.bench.plant.writes)) == (Mode.LOCAL, 1)
    (record,) = office.bench.spool.kept
    assert (record["what"], record["device"], record["failure"]) == ("release", "monash-ess1", "")


def test_the_store_s_return_is_an_alarm_and_control_resumes(office: Office) -> None:
    office.bench.approve()
    office.turn(2)
    office.bench.store.broken = True
    office.turn(8)
    office.bench.store.broken = False
    office.turn()
    assert office.bench.alarms() == {"store"}
    office.turn(2)
    assert (office.bench.plant.mode, office.bench.alarms()) == (Mode.REMOTE, set())


def test_a_person_s_release_needs_no_store_and_is_kept_locally(office: Office) -> None:
    plan = office.bench.approve()
    office.turn(2)
    office.bench.store.broken = True
    assert office.served[0]("monash", "olga") == {"monash-ess1": ""}
    assert office.bench.plant.mode is Mode.LOCAL
    office.turn(2)
    assert office.bench.plant.mode is Mode.LOCAL
    office.bench.store.broken = False
    office.turn()
    assert office.bench.state_of(plan) is State.STOPPED
    assert len(office.bench.plant.writes) == 1


def test_a_release_of_another_project_touches_nothing(office: Office) -> None:
    office.bench.approve()
    office.turn(2)
    assert office.served[0]("fontana", "olga") == {}
    assert office.bench.plant.mode is Mode.REMOTE


def test_a_stop_recorded_while_no_dispatcher_lived_is_obeyed_at_the_start(office: Office) -> None:
    plan = office.bench.approve()
    office.bench.spool.append(stop_record(Closure(project_id="monash", who="olga", at=office.bench.clock.now)))
    office.turn(2)
    assert (office.bench.state_of(plan), office.bench.plant.writes) == (State.STOPPED, [])


def test_a_full_disk_does_not_stop_a_release(office: Office) -> None:
    office.bench.approve()
    office.turn(2)

    def full(record: dict[str, str]) -> None:
        raise OSError("No space left on device")

    office.bench.spool.append = full  # type: ignore[method-assign]
    office.bench.store.broken = True
    office.turn(6)
    assert office.bench.plant.mode is Mode.LOCAL
    assert office.served[0]("monash", "olga") == {"monash-ess1": ""}


def run_until(office: Office, turns: int, fail: bool = False) -> None:
    stop = threading.Event()
    left = iter(range(turns))

    def count() -> None:
        if next(left, None) is None:
            stop.set()
        elif fail and office.bench.plant.writes:
            raise RuntimeError("a fault of our own")

    read = office.bench.plant.read

    def read_and_count() -> object:
        count()
        return read()

    office.bench.plant.read = read_and_count  # type: ignore[assignment,method-assign]
    timing = Timing(poll_s=0.0, lease_s=30.0, guard_s=10.0)
    run_dispatcher(
        office.bench.given, [office.bench.plant], stop=stop, serve=office.serve, holder="first", timing=timing
    )


def test_at_the_end_the_device_is_released_and_the_lease_given_up(office: Office) -> None:
    office.bench.approve()
    run_until(office, 2)
    assert (office.bench.plant.mode, office.bench.plant.closed, office.served) == (Mode.LOCAL, True, [])
    assert office.bench.stages()[-1] is Stage.RELEASED
    assert office.bench.store.leases.acquire("dispatch", "next", timedelta(seconds=30)) is not None


def test_a_fault_of_our_own_releases_the_device_and_is_raised(office: Office) -> None:
    office.bench.approve()
    with pytest.raises(RuntimeError, match="a fault of our own"):
        run_until(office, 9, fail=True)
    assert (office.bench.plant.mode, len(office.bench.plant.writes)) == (Mode.LOCAL, 1)


STEPS = ("law", "clock", "recommendations", "ledger", "states", "alarms", "sites", "rules_of")


class Faulty:
    """A port, or a function, that has a fault of our own from the moment it is told to."""

    def __init__(self, real: object) -> None:
        self.real, self.broken = real, False

    def __call__(self, *given: object) -> object:
        self.check()
        return self.real(*given)  # type: ignore[operator]

    def __getattr__(self, name: str) -> object:
        self.check()
        return getattr(self.real, name)

    def check(self) -> None:
        if self.broken:
            raise RuntimeError("a fault of our own")


@pytest.mark.parametrize("step", STEPS)
def test_a_fault_in_any_step_releases_the_device_ends_the_process_and_the_next_one_goes_on(
    office: Office, step: str
) -> None:
    office.bench.approve()
    healthy, read = office.bench.given, office.bench.plant.read
    faulty, reads = Faulty(getattr(healthy, step)), iter(range(99))

    def read_and_break() -> Telemetry:
        office.bench.clock.advance(timedelta(seconds=5))
        if next(reads) == 3:
            assert office.bench.plant.mode is Mode.REMOTE
            office.bench.plant.soc = None if step == "alarms" else 0.5
            faulty.broken = True
        return read()

    office.bench.plant.read = read_and_break  # type: ignore[method-assign]
    office.bench.given = replace(healthy, **{step: faulty})
    with pytest.raises(RuntimeError, match="a fault of our own"):
        run_dispatcher(
            office.bench.given,
            [office.bench.plant],
            stop=threading.Event(),
            serve=office.serve,
            holder="first",
            timing=Timing(poll_s=0.0),
        )
    assert (office.bench.plant.mode, office.bench.plant.releases) == (Mode.LOCAL, 1)
    office.bench.given, office.bench.plant.read, office.bench.plant.soc = healthy, read, 0.5  # type: ignore[method-assign]
    office.bench.clock.advance(timedelta(seconds=31))
    office.dispatcher = office.another("second")
    office.turn(2)
    assert office.bench.plant.mode is Mode.REMOTE


def test_the_next_turn_comes_with_the_next_slot_and_sooner_while_the_meter_has_not_shown_a_set_point(
    office: Office,
) -> None:
    assert office.dispatcher.pause_s() == 5.0
    office.bench.approve()
    office.dispatcher.turn()
    assert office.dispatcher.pause_s() == 1.5
    office.bench.clock.advance(timedelta(seconds=5))
    office.dispatcher.turn()
    assert office.dispatcher.pause_s() == 5.0
    office.bench.clock.now = NOON + QUARTER - timedelta(seconds=0.75)
    assert office.dispatcher.pause_s() == 0.75
    office.bench.clock.now = NOON + QUARTER
    assert office.dispatcher.pause_s() == 5.0


def test_a_release_that_fails_at_the_end_is_a_loud_alarm(office: Office) -> None:
    office.bench.approve()
    office.turn(2)
    office.bench.plant.unreachable = True
    office.dispatcher.shut_down()
    assert "release_failed" in office.bench.alarms()
    (alarm,) = [one for one in office.bench.store.alarms.open_alarms() if one.kind == "release_failed"]
    assert "its own watchdog will act" in alarm.message


def test_a_release_waits_for_the_write_that_is_on_its_way_and_comes_after_it(office: Office) -> None:
    office.bench.approve()
    sending, released = threading.Event(), threading.Event()
    order: list[str] = []

    def release() -> None:
        sending.wait(5)
        office.served[0]("monash", "olga")
        order.append("released")
        released.set()

    def slowly() -> None:
        sending.set()
        assert not released.wait(0.1), "a release must not overtake the write"
        order.append("written")

    office.bench.plant.before_hold = slowly
    person = threading.Thread(target=release)
    person.start()
    office.turn()
    person.join(5)
    assert order == ["written", "released"]
    office.turn()
    assert (office.bench.plant.mode, len(office.bench.plant.writes)) == (Mode.LOCAL, 1)


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Europe/Berlin", datetime(2026, 10, 24, 23, 0, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2027, 3, 27, 23, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2026, 10, 3, 14, 0, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2027, 4, 3, 14, 0, tzinfo=UTC)),
    ],
)
def test_no_slot_is_doubled_or_left_out_when_the_host_s_clock_changes(
    office: Office, zone: str, start: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        office.bench.clock.now = start
        office.dispatcher = office.another("first")
        powers = tuple(float(place % 7 + 1) for place in range(16))
        office.bench.approve(a_payload(start=start, powers_kw=powers))
        for _ in range(16 * 3):
            office.dispatcher.turn()
            office.bench.clock.advance(timedelta(minutes=5))
    finally:
        monkeypatch.undo()
        time.tzset()
    assert [kw for _, kw in office.bench.plant.writes] == list(powers)
    assert Stage.MISSED not in office.bench.stages()


def test_a_signal_sets_the_flag_and_wakes_who_waits() -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    flag = stop_on_signals()
    try:
        assert not flag.is_set()
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGTERM)).start()
        assert flag.wait(5.0) and flag.is_set()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_the_flag_stays_set() -> None:
    flag = StopFlag()
    flag.set()
    flag.set()
    assert flag.wait(0) and flag.wait(0)

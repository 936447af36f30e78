"""Somebody else commands the device: it is said, it is not fought, and only a new approval takes it back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from dash_app.domain.dispatch import Mode, Stage, Telemetry
from dash_app.domain.errors import DeviceUnreachable
from dash_app.domain.recommendation import State
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER, a_payload


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.approve()
    bench.tick(2)
    return bench


def taken_by_hand(bench: Bench) -> None:
    bench.plant.mode = Mode.LOCAL


def taken_by_another_writer(bench: Bench) -> None:
    bench.plant.setpoint_kw = -7.0


Take = Callable[[Bench], None]
HANDS = pytest.mark.parametrize("take", [taken_by_hand, taken_by_another_writer])


@HANDS
def test_whoever_takes_the_device_has_it_and_the_plan_is_stopped(bench: Bench, take: Take) -> None:
    take(bench)
    before = (bench.plant.mode, bench.plant.setpoint_kw)
    bench.tick(20)
    assert (bench.plant.mode, bench.plant.setpoint_kw) == before
    assert (len(bench.plant.writes), bench.plant.releases, bench.plant.refreshes) == (1, 0, 0)
    assert bench.alarms() == {"override"}
    assert bench.stages()[-1] is Stage.UNVERIFIED
    (plan,) = bench.store.recommendations.newest("monash")
    assert (plan.state, plan.changed_by) == (State.STOPPED, "dispatcher")


@HANDS
def test_a_restart_does_not_take_it_back(bench: Bench, take: Take) -> None:
    take(bench)
    bench.tick()
    bench.hand = bench.fresh_hand()
    bench.clock.now = NOON + QUARTER
    bench.tick(5)
    assert (len(bench.plant.writes), bench.plant.releases) == (1, 0)


@HANDS
def test_a_new_approval_takes_it_back_with_the_next_slot_and_clears_the_alarm(bench: Bench, take: Take) -> None:
    take(bench)
    bench.tick()
    bench.approve(a_payload(powers_kw=(-5.0,) * 8))
    bench.tick(2)
    assert len(bench.plant.writes) == 1
    bench.clock.now = NOON + QUARTER
    bench.tick(2)
    assert (bench.plant.writes[-1][1], bench.plant.mode, bench.alarms()) == (-5.0, Mode.REMOTE, set())


def test_the_alarm_says_what_was_found_and_what_to_do(bench: Bench) -> None:
    taken_by_another_writer(bench)
    bench.tick()
    (alarm,) = bench.store.alarms.open_alarms()
    assert "holds -7.000 kW, told was 10.000 kW" in alarm.message
    assert "until a plan is approved again" in alarm.message
    assert [row.what for row in bench.store.audit.kept].count("device yielded") == 1


def test_one_wrong_reading_is_looked_at_twice_before_anything_is_done(bench: Bench) -> None:
    read, flips = bench.plant.read, iter([True])

    def flipped() -> Telemetry:
        telemetry = read()
        if next(flips, False):
            return replace(telemetry, setpoint_kw=16_394.0)
        return telemetry

    bench.plant.read = flipped  # type: ignore[method-assign]
    bench.tick(3)
    assert (bench.alarms(), bench.plant.mode, len(bench.plant.writes)) == (set(), Mode.REMOTE, 1)


def test_a_device_that_went_local_for_want_of_a_refresh_was_not_taken(bench: Bench) -> None:
    bench.plant.unreachable = True
    bench.tick(12)
    bench.plant.unreachable, bench.plant.mode, bench.plant.setpoint_kw = False, Mode.LOCAL, 0.0
    bench.tick(4)
    assert (len(bench.plant.writes), bench.plant.mode, bench.alarms()) == (2, Mode.REMOTE, set())


def test_a_device_that_does_not_tell_its_set_point_is_judged_by_its_meter(bench: Bench) -> None:
    read = bench.plant.read
    bench.plant.read = lambda: replace(read(), setpoint_kw=None)  # type: ignore[method-assign]
    bench.tick(5)
    assert (bench.alarms(), bench.plant.mode) == (set(), Mode.REMOTE)
    bench.plant.deaf = True
    bench.tick(4)
    assert (bench.alarms(), bench.plant.mode) == ({"not_followed"}, Mode.LOCAL)


def test_a_device_that_is_gone_at_the_second_look_is_not_judged(bench: Bench) -> None:
    taken_by_another_writer(bench)
    read, first = bench.plant.read, iter([True])

    def once() -> Telemetry:
        if next(first, False):
            return read()
        raise DeviceUnreachable("gone")

    bench.plant.read = once  # type: ignore[method-assign]
    bench.tick()
    assert bench.alarms() == set()


def test_a_reboot_between_two_looks_is_no_hand_at_the_device(bench: Bench) -> None:
    read, looks = bench.plant.read, iter([False, True])

    def rebooting() -> Telemetry:
        if next(looks, False):
            bench.plant.boot_count = 2
        return read()

    bench.plant.mode = Mode.LOCAL
    bench.plant.read = rebooting  # type: ignore[method-assign]
    bench.tick()
    assert (bench.alarms(), bench.plant.mode, len(bench.plant.writes)) == (set(), Mode.REMOTE, 2)


def test_what_our_own_predecessor_wrote_too_late_is_replaced(bench: Bench) -> None:
    old = bench.store.ledger.kept[0]
    bench.store.leases.give_up(bench.tenure.lease)
    bench.tenure = bench.take_lease("second")
    bench.hand = bench.fresh_hand()
    bench.clock.now = NOON + 3 * QUARTER
    bench.tick(2)
    assert (bench.plant.setpoint_kw, old.setpoint_kw) == (-10.0, 10.0)
    bench.plant.setpoint_kw = 10.0
    bench.clock.advance(timedelta(seconds=5))
    bench.tick(2)
    assert (bench.plant.setpoint_kw, bench.alarms()) == (-10.0, set())

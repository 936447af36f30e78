"""What the dispatcher does when the plant does not do what it was told, or says nothing at all."""

from __future__ import annotations

import pytest

from dash_app.domain.dispatch import Mode, Stage
from dash_app.domain.errors import WrongDevice
from dash_app.workflows.dispatch_gate import Closure
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER


@pytest.fixture
def bench() -> Bench:
    bench = Bench()
    bench.approve()
    bench.tick(2)
    return bench


def test_the_third_missed_poll_is_an_alarm_and_its_return_clears_it(bench: Bench) -> None:
    bench.plant.unreachable = True
    bench.tick(2)
    assert bench.alarms() == set()
    bench.tick()
    assert bench.alarms() == {"telemetry"}
    bench.plant.unreachable = False
    bench.tick(4)
    assert bench.alarms() == set()


def test_a_silent_device_is_asked_less_often_and_again_at_once_when_it_answers(bench: Bench) -> None:
    bench.plant.unreachable = True
    asked = bench.plant.asked
    bench.tick(12)
    assert bench.plant.asked - asked == 3 + 3
    bench.plant.unreachable = False
    bench.tick(4)
    asked = bench.plant.asked
    bench.tick(3)
    assert bench.plant.asked - asked == 3


def test_a_short_silence_writes_nothing_new(bench: Bench) -> None:
    bench.plant.unreachable = True
    bench.tick(5)
    bench.plant.unreachable = False
    bench.tick(2)
    assert len(bench.plant.writes) == 1


def test_a_device_that_fell_back_in_the_silence_is_armed_again(bench: Bench) -> None:
    bench.plant.unreachable = True
    bench.tick(15)
    bench.plant.unreachable, bench.plant.mode, bench.plant.setpoint_kw = False, Mode.FALLBACK, 0.0
    bench.tick(4)
    assert (len(bench.plant.writes), bench.plant.mode) == (2, Mode.REMOTE)
    assert bench.stages()[-1] is Stage.FOLLOWED


def test_a_rebooted_device_is_armed_again(bench: Bench) -> None:
    bench.plant.boot_count, bench.plant.mode, bench.plant.setpoint_kw = 2, Mode.LOCAL, 0.0
    bench.tick()
    assert (len(bench.plant.writes), bench.plant.mode, bench.alarms()) == (2, Mode.REMOTE, set())


def test_a_stuck_register_is_unverified_released_and_alarmed_once(bench: Bench) -> None:
    bench.clock.now = NOON + 3 * QUARTER
    bench.plant.stuck = True
    bench.tick(4)
    rows = bench.stages()[-4:]
    assert rows == [Stage.INTENDED, Stage.SENT, Stage.UNVERIFIED, Stage.RELEASED]
    assert "mismatch" in bench.alarms()
    assert Stage.FOLLOWED not in rows


def test_power_that_does_not_follow_is_unverified_after_the_settle_time(bench: Bench) -> None:
    bench.plant.deaf = True
    bench.tick(2)
    assert bench.stages()[-1] is Stage.FOLLOWED
    bench.tick(2)
    assert bench.stages()[-2:] == [Stage.UNVERIFIED, Stage.RELEASED]
    assert (bench.alarms(), bench.plant.mode) == ({"not_followed"}, Mode.LOCAL)
    bench.tick(3)
    assert len(bench.plant.writes) == 1


def test_the_next_slot_is_tried_and_its_success_clears_the_alarm(bench: Bench) -> None:
    bench.plant.deaf = True
    bench.tick(4)
    bench.plant.deaf = False
    bench.clock.now = NOON + QUARTER
    bench.tick(2)
    assert (bench.stages()[-1], bench.alarms()) == (Stage.FOLLOWED, set())


def test_a_lost_acknowledgement_is_settled_by_looking_not_by_sending_again(bench: Bench) -> None:
    bench.clock.now = NOON + 3 * QUARTER
    bench.plant.lost_ack = True
    bench.tick(2)
    assert bench.stages()[-3:] == [Stage.INTENDED, Stage.SENT, Stage.UNVERIFIED]
    bench.plant.lost_ack = bench.plant.unreachable = False
    bench.tick(2)
    assert len(bench.plant.writes) == 2
    assert bench.stages()[-2:] == [Stage.READ_BACK, Stage.FOLLOWED]


def test_a_release_that_fails_is_a_loud_alarm_and_is_repeated(bench: Bench) -> None:
    bench.plant.mode = Mode.REMOTE
    release = bench.plant.release

    def fail() -> None:
        bench.plant.unreachable = True
        release()

    bench.plant.release = fail  # type: ignore[method-assign]
    bench.plant.soc = None
    bench.tick()
    assert {"release_failed", "no_control"} <= bench.alarms()
    bench.plant.release = release  # type: ignore[method-assign]
    bench.plant.unreachable = False
    bench.tick()
    assert bench.plant.mode is Mode.LOCAL


def test_another_device_at_the_address_is_an_alarm_at_once(bench: Bench) -> None:
    def read() -> None:
        raise WrongDevice("register 0 holds 1, not 47735")

    bench.plant.read = read  # type: ignore[assignment,method-assign]
    bench.tick()
    assert bench.alarms() == {"wrong_device"}


def test_what_the_plant_reports_is_shown_at_every_poll(bench: Bench) -> None:
    telemetry = bench.store.states.telemetry("monash-ess1")
    assert telemetry is not None and telemetry.battery_kw == 10.0


def test_a_release_by_a_person_is_no_override_and_stands_in_the_ledger_as_released(bench: Bench) -> None:
    bench.given.gate.close(Closure(project_id="monash", who="grace", at=bench.clock.now))
    bench.hand.plant.release()
    bench.tick(2)
    assert bench.alarms() == set()
    assert bench.stages()[-1] is Stage.RELEASED and Stage.UNVERIFIED not in bench.stages()
    assert bench.store.ledger.kept[-1].note == "stopped by grace"

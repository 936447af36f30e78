"""One tick of the dispatcher after the other, on fakes and a fake clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dash_app.domain.dispatch import Mode, Stage
from dash_app.domain.errors import LeaseLost
from dash_app.domain.recommendation import Payload, State
from dash_app.domain.schedule import Intent
from dash_app.workflows.dispatch_gate import Closure
from dash_app.workflows.dispatch_state import Tenure
from tests.fakes.bench import Bench
from tests.fakes.payloads import NOON, QUARTER, a_payload, a_step

CHAIN = [Stage.INTENDED, Stage.SENT, Stage.READ_BACK, Stage.FOLLOWED]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def follow_payload() -> Payload:
    steps = tuple(
        a_step(NOON + place * QUARTER, intent=Intent.FOLLOW, target_kw=20.0, battery_kw=10.0) for place in range(4)
    )
    return a_payload(steps=steps)


def test_an_approved_plan_is_intended_sent_read_back_followed_and_becomes_active(bench: Bench) -> None:
    plan = bench.approve()
    bench.tick(2)
    assert bench.stages() == CHAIN
    assert {row.setpoint_kw for row in bench.store.ledger.kept} == {10.0}
    assert {row.sequence for row in bench.store.ledger.kept} == {1}
    assert bench.store.ledger.kept[-1].measured_kw == 10.0
    assert bench.state_of(plan) is State.ACTIVE


def test_a_proposed_plan_moves_nothing(bench: Bench) -> None:
    bench.store.recommendations.add(a_payload(), by="planner")
    bench.tick(3)
    assert (bench.plant.writes, bench.stages()) == ([], [])


def test_a_value_that_stays_only_refreshes_the_watchdog_at_half_its_time(bench: Bench) -> None:
    bench.approve()
    bench.tick(13)
    assert len(bench.plant.writes) == 1
    assert bench.plant.refreshes == 2
    assert bench.stages() == CHAIN


def test_the_next_slot_has_its_own_order_and_rows(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.clock.now = NOON + QUARTER
    bench.tick(2)
    assert bench.stages() == CHAIN * 2
    assert len({order for order, _ in bench.plant.writes}) == 2


def test_follow_answers_the_measured_load_and_ignores_what_is_inside_the_deadband(bench: Bench) -> None:
    bench.approve(follow_payload())
    bench.tick(2)
    bench.plant.load_kw = 34.0
    bench.tick()
    bench.plant.load_kw = 34.04
    bench.tick()
    assert [kw for _, kw in bench.plant.writes] == [10.0, 14.0]
    assert len({order for order, _ in bench.plant.writes}) == 1
    assert [row.sequence for row in bench.store.ledger.kept if row.stage is Stage.INTENDED] == [1, 2]


def test_follow_stays_inside_the_band_of_the_order(bench: Bench) -> None:
    bench.approve(follow_payload())
    bench.plant.load_kw = 500.0
    bench.tick(2)
    assert bench.plant.writes[-1][1] == 20.0


def test_the_intent_is_durable_before_the_wire(bench: Bench) -> None:
    bench.approve()
    seen: list[list[Stage]] = []
    bench.plant.before_hold = lambda: seen.append(bench.stages())
    bench.tick()
    assert seen == [[Stage.INTENDED]]


def test_a_stop_in_the_store_releases_within_one_tick(bench: Bench) -> None:
    plan = bench.approve()
    bench.tick(2)
    bench.move(plan, State.STOPPED)
    bench.tick()
    assert bench.plant.mode is Mode.LOCAL
    assert bench.stages()[-1] is Stage.RELEASED


def test_a_plan_that_ends_is_completed_released_and_alarmed(bench: Bench) -> None:
    plan = bench.approve()
    bench.tick(2)
    bench.clock.now = NOON + 7 * QUARTER
    bench.tick(2)
    bench.clock.now = NOON + 8 * QUARTER
    bench.tick()
    assert bench.state_of(plan) is State.COMPLETED
    assert (bench.plant.mode, bench.alarms()) == (Mode.LOCAL, {"plan_ended"})


def test_a_plan_not_begun_before_it_expired_is_not_begun(bench: Bench) -> None:
    plan = bench.approve(a_payload(expires_at=NOON + QUARTER))
    bench.clock.now = NOON + QUARTER
    bench.tick()
    assert (bench.state_of(plan), bench.plant.writes) == (State.EXPIRED, [])


def test_slots_that_passed_while_nobody_dispatched_are_missed_and_never_replayed(bench: Bench) -> None:
    bench.approve()
    bench.tick()
    bench.clock.now = NOON + 3 * QUARTER
    bench.hand = bench.fresh_hand()
    bench.tick()
    missed = [row.slot_start for row in bench.store.ledger.kept if row.stage is Stage.MISSED]
    assert missed == [NOON + QUARTER, NOON + 2 * QUARTER]
    assert bench.plant.writes[-1][1] == -10.0
    bench.tick()
    assert [row.stage for row in bench.store.ledger.kept].count(Stage.MISSED) == 2


def test_slots_of_a_plan_that_was_replaced_while_nobody_dispatched_are_missed_too(bench: Bench) -> None:
    bench.approve()
    bench.tick()
    bench.clock.now = NOON + 2 * QUARTER + timedelta(minutes=5)
    bench.approve(a_payload(start=NOON + 2 * QUARTER, powers_kw=(5.0,) * 8))
    bench.clock.now = NOON + 4 * QUARTER
    bench.hand = bench.fresh_hand()
    bench.tick(2)
    missed = [row.slot_start for row in bench.store.ledger.kept if row.stage is Stage.MISSED]
    assert missed == [NOON + QUARTER, NOON + 3 * QUARTER]
    assert [kw for _, kw in bench.plant.writes] == [10.0, 5.0]


def test_after_a_restart_the_value_on_the_device_is_adopted_not_written_again(bench: Bench) -> None:
    bench.approve()
    bench.tick()
    bench.hand = bench.fresh_hand()
    bench.tick(2)
    assert len(bench.plant.writes) == 1
    assert bench.store.ledger.kept[-2].note == "found on the device"
    assert bench.stages()[-1] is Stage.FOLLOWED


def test_a_plan_approved_in_the_middle_of_a_slot_begins_with_the_next(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.approve(a_payload(powers_kw=(-5.0,) * 8))
    bench.tick(2)
    assert [kw for _, kw in bench.plant.writes] == [10.0]
    bench.clock.now = NOON + QUARTER
    bench.tick()
    assert [kw for _, kw in bench.plant.writes] == [10.0, -5.0]


@pytest.mark.parametrize("restarted", [False, True])
def test_until_a_plan_that_begins_with_the_next_slot_the_order_that_stands_is_executed(
    bench: Bench, restarted: bool
) -> None:
    bench.approve()
    bench.tick(2)
    bench.approve(a_payload(start=NOON + QUARTER, powers_kw=(-5.0,) * 8))
    bench.hand = bench.fresh_hand() if restarted else bench.hand
    bench.tick(2)
    assert (bench.plant.mode, bench.plant.writes[-1][1], bench.plant.releases) == (Mode.REMOTE, 10.0, 0)
    bench.clock.now = NOON + QUARTER
    bench.tick()
    assert [kw for _, kw in bench.plant.writes] == [10.0, -5.0]


def test_after_a_stop_nothing_stands_until_the_next_plan_begins(bench: Bench) -> None:
    plan = bench.approve()
    bench.tick(2)
    bench.move(plan, State.STOPPED)
    bench.approve(a_payload(start=NOON + QUARTER, powers_kw=(-5.0,) * 8))
    bench.tick(2)
    assert bench.plant.mode is Mode.LOCAL


def test_the_last_slot_of_a_plan_is_an_alarm_before_the_end(bench: Bench) -> None:
    bench.approve()
    bench.tick()
    bench.clock.now = NOON + 6 * QUARTER
    bench.tick()
    assert bench.alarms() == set()
    bench.clock.now = NOON + 7 * QUARTER
    bench.tick()
    assert bench.alarms() == {"plan_ending"}
    bench.approve(a_payload(start=NOON + 7 * QUARTER))
    bench.tick()
    assert bench.alarms() == set()


def test_after_a_restart_a_clock_that_went_back_does_not_bring_back_an_order(bench: Bench) -> None:
    bench.approve()
    bench.clock.now = NOON + QUARTER
    bench.tick()
    bench.hand = bench.fresh_hand()
    bench.clock.now = NOON
    bench.tick()
    assert (len(bench.plant.writes), bench.plant.mode) == (1, Mode.LOCAL)


def test_a_restart_does_not_give_a_slot_a_second_order(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.approve(a_payload(powers_kw=(-5.0,) * 8))
    bench.hand = bench.fresh_hand()
    bench.tick(2)
    assert [kw for _, kw in bench.plant.writes] == [10.0]


def test_a_plan_approved_after_a_stop_waits_for_the_next_slot(bench: Bench) -> None:
    plan = bench.approve()
    bench.tick(2)
    bench.move(plan, State.STOPPED)
    bench.approve(a_payload(powers_kw=(-5.0,) * 8))
    bench.tick(2)
    assert (bench.plant.mode, len(bench.plant.writes)) == (Mode.LOCAL, 1)
    bench.clock.now = NOON + QUARTER
    bench.tick()
    assert bench.plant.writes[-1][1] == -5.0


def test_a_clock_that_goes_back_does_not_bring_back_an_order(bench: Bench) -> None:
    bench.approve()
    bench.clock.now = NOON + QUARTER
    bench.tick()
    bench.clock.now = NOON
    bench.tick()
    assert (len(bench.plant.writes), bench.plant.mode) == (1, Mode.LOCAL)


def test_an_epoch_that_ends_while_sending_is_noticed(bench: Bench) -> None:
    bench.approve()

    def lose() -> None:
        bench.store.leases.give_up(bench.tenure.lease)
        assert bench.store.leases.acquire("dispatch", "second", timedelta(minutes=1)) is not None

    bench.plant.before_hold = lose
    with pytest.raises(LeaseLost):
        bench.tick()
    assert bench.hand.setpoint_kw is None


def test_an_old_epoch_writes_nothing(bench: Bench) -> None:
    bench.approve()
    bench.store.leases.give_up(bench.tenure.lease)
    assert bench.store.leases.acquire("dispatch", "second", timedelta(minutes=1)) is not None
    with pytest.raises(LeaseLost):
        bench.tick()
    assert (bench.plant.writes, bench.stages()) == ([], [])


def test_nothing_is_written_near_the_end_of_the_lease(bench: Bench) -> None:
    bench.approve()
    bench.tenure = Tenure(lease=bench.tenure.lease, until=0.0)
    bench.tick(2)
    assert (bench.plant.writes, bench.stages()) == ([], [])


def test_no_control_without_a_known_state_of_charge(bench: Bench) -> None:
    bench.approve()
    bench.tick(2)
    bench.plant.soc = None
    bench.tick()
    assert (bench.plant.mode, bench.alarms()) == (Mode.LOCAL, {"no_control"})
    bench.plant.soc = 0.5
    bench.tick(2)
    assert (bench.plant.mode, bench.alarms()) == (Mode.REMOTE, set())


def test_a_person_s_release_stops_the_plan_approved_before_and_not_the_one_after(bench: Bench) -> None:
    plan = bench.approve()
    bench.tick(2)
    bench.given.gate.close(Closure(project_id="monash", who="olga", at=bench.clock.now))
    bench.tick()
    assert (bench.state_of(plan), bench.plant.mode) == (State.STOPPED, Mode.LOCAL)
    assert bench.store.recommendations.transitions(plan.recommendation_id)[-1].who == "olga"
    bench.clock.now = NOON + QUARTER
    bench.approve(a_payload(powers_kw=(5.0,) * 8))
    bench.tick()
    assert bench.plant.writes[-1][1] == 5.0


def test_a_closed_gate_lets_no_write_through_even_under_an_intent(bench: Bench) -> None:
    bench.approve()
    intend = bench.store.ledger.intend

    def intend_then_release(*args: object, **kwargs: object) -> object:
        bench.given.gate.close(Closure(project_id="monash", who="olga", at=bench.clock.now))
        return intend(*args, **kwargs)  # type: ignore[arg-type]

    bench.store.ledger.intend = intend_then_release  # type: ignore[assignment,method-assign]
    bench.tick()
    assert (bench.plant.writes, bench.stages()[:2]) == ([], [Stage.INTENDED, Stage.REFUSED])


def test_a_value_refused_twice_is_not_tried_again_in_this_slot(bench: Bench) -> None:
    bench.approve()
    bench.plant.refuses = "exception 3"
    bench.tick(4)
    assert bench.stages() == [Stage.INTENDED, Stage.REFUSED] * 2 + [Stage.RELEASED]
    assert bench.alarms() == {"refused"}


def test_a_limit_that_moved_between_look_and_write_costs_one_tick(bench: Bench) -> None:
    bench.approve()
    bench.plant.refuses = "the state of charge just reached the corridor"
    bench.tick()
    bench.plant.refuses = ""
    bench.tick(2)
    assert bench.stages() == [Stage.INTENDED, Stage.REFUSED, *CHAIN]
    assert bench.alarms() == set()


def test_an_unreachable_device_is_tried_again_in_its_slot(bench: Bench) -> None:
    bench.approve()
    bench.plant.before_hold = lambda: setattr(bench.plant, "unreachable", True)
    bench.tick()
    bench.plant.before_hold, bench.plant.unreachable = (lambda: None), False
    bench.tick(2)
    assert bench.stages() == [Stage.INTENDED, Stage.UNREACHABLE, *CHAIN]


def test_two_devices_of_different_projects_do_not_share_orders(bench: Bench) -> None:
    bench.approve(replace(a_payload(), device_id="another"))
    bench.tick(2)
    assert bench.plant.writes == []


def test_no_write_begins_in_the_last_two_seconds_of_a_slot(bench: Bench) -> None:
    bench.approve()
    bench.clock.now = NOON + QUARTER - timedelta(seconds=2)
    bench.tick()
    assert (bench.plant.writes, bench.stages()) == ([], [])
    bench.clock.now = NOON + QUARTER
    bench.tick()
    assert len(bench.plant.writes) == 1


def test_a_slot_that_ends_while_its_intent_is_recorded_is_not_written(bench: Bench) -> None:
    bench.approve()
    intend = bench.store.ledger.intend

    def slowly(*args: object, **kwargs: object) -> object:
        row = intend(*args, **kwargs)  # type: ignore[arg-type]
        bench.clock.now = NOON + QUARTER
        return row

    bench.store.ledger.intend = slowly  # type: ignore[assignment,method-assign]
    bench.tick()
    assert (bench.plant.writes, bench.stages()) == ([], [Stage.INTENDED, Stage.UNREACHABLE])

"""One tick of the dispatcher for one device: look, decide, record the intent, write, believe nothing unchecked.

    poll -> still as told? -> which order holds now? -> law -> intended (durable) -> hold -> sent, read_back -> followed

An order is a slot of an approved plan. Every value written has its rows in the ledger; a value that does not change
only refreshes the device's watchdog. Whoever holds no valid lease writes nothing.
"""

from __future__ import annotations

from typing import assert_never

import structlog

from dash_app.domain.dispatch import (
    DispatchResult,
    Followed,
    Mode,
    NoControl,
    Order,
    ReadBack,
    Refused,
    Stage,
    Telemetry,
    Unreachable,
    Unverified,
)
from dash_app.domain.errors import DeviceError, LeaseLost
from dash_app.workflows.dispatch_orders import activate, order_now
from dash_app.workflows.dispatch_state import (
    AlarmKind,
    DispatchPorts,
    Hand,
    Tenure,
    clear_alarms,
    may_write,
    raise_alarm,
)
from dash_app.workflows.hand_back import give_up, stand_down
from dash_app.workflows.verify import check_device, poll
from dash_app.workflows.write_pace import next_kw, note_writes_of_today
from dash_app.workflows.yield_to import REGISTER_STEP_KW

REFUSALS_TO_GIVE_UP = 2

log = structlog.get_logger()


def dispatch_device(given: DispatchPorts, hand: Hand, tenure: Tenure) -> None:
    """Run one tick; raise StoreUnavailable or LeaseLost, after which nothing more may be written."""
    telemetry = poll(given, hand)
    closure = given.gate.closure(hand.project_id)
    if telemetry is not None and closure is None:
        check_device(given, hand, tenure, telemetry)
    order = order_now(given, hand, tenure)
    if order is None:
        why = "nothing is in force" if closure is None else f"stopped by {closure.who}"
        stand_down(given, hand, tenure, telemetry, why)
    elif order.order_id == hand.given_up:
        stand_down(given, hand, tenure, telemetry, "given up")
    elif _goes_backwards(hand, order):
        log.error("order_goes_backwards", device=hand.device_id, slot=order.step.start.isoformat())
        stand_down(given, hand, tenure, telemetry, "the clock went backwards")
    elif telemetry is None:
        keep_alive_if_due(given, hand, tenure)
    else:
        _execute(given, hand, tenure, order, telemetry)


def keep_alive_if_due(given: DispatchPorts, hand: Hand, tenure: Tenure) -> None:
    """Refresh the device's watchdog when half of it has passed; a device that does not answer falls back by itself."""
    now = given.monotonic()
    due = hand.setpoint_kw is not None and now - hand.refreshed_at >= hand.plant.refresh_s
    if not due or now < hand.next_poll_at or not may_write(given, tenure):
        return
    try:
        hand.plant.keep_alive()
        hand.refreshed_at = now
    except DeviceError as error:
        log.warning("keep_alive_failed", device=hand.device_id, why=str(error))


def _goes_backwards(hand: Hand, order: Order) -> bool:
    """Return whether a later slot was already written, in this life or, after a restart, by the ledger."""
    return hand.newest_slot is not None and order.step.end <= hand.newest_slot


def _execute(given: DispatchPorts, hand: Hand, tenure: Tenure, order: Order, telemetry: Telemetry) -> None:
    site = given.sites.site_of(hand.project_id)
    wanted = given.law(order.step, telemetry, site.battery if site else None)
    if isinstance(wanted, NoControl):
        _refrain(given, hand, tenure, order, telemetry, wanted)
        return
    clear_alarms(given, hand, AlarmKind.NO_CONTROL)
    if hand.order is None or hand.order.order_id != order.order_id:
        _begin(given, hand, order)
    if hand.setpoint_kw is None and not hand.must_write:
        _adopt(given, hand, tenure, order, telemetry)
    note_writes_of_today(given, hand)
    pace = next_kw(given, hand, order, telemetry, wanted)
    if isinstance(pace, NoControl):
        _refrain(given, hand, tenure, order, telemetry, pace, AlarmKind.BUDGET)
    elif pace is None:
        keep_alive_if_due(given, hand, tenure)
    elif may_write(given, tenure) and _is_in_time(given, order):
        _write(given, hand, tenure, order, pace)


def _refrain(
    given: DispatchPorts,
    hand: Hand,
    tenure: Tenure,
    order: Order,
    telemetry: Telemetry,
    reason: NoControl,
    kind: AlarmKind = AlarmKind.NO_CONTROL,
) -> None:
    raise_alarm(given, hand, kind, f"{reason.why}; the device is left to itself")
    if reason.until_next_slot:
        hand.given_up = order.order_id
    stand_down(given, hand, tenure, telemetry, reason.why)


def _begin(given: DispatchPorts, hand: Hand, order: Order) -> None:
    """Take an order in hand; after a restart its writes so far are found in the ledger."""
    written = [row.sequence for row in given.ledger.rows_of(order.order_id)]
    hand.take(order, max(written, default=0))
    hand.newest_slot = max(order.step.start, hand.newest_slot or order.step.start)
    log.info("order_begins", device=hand.device_id, order=order.order_id, slot=order.step.start.isoformat())


def _adopt(given: DispatchPorts, hand: Hand, tenure: Tenure, order: Order, telemetry: Telemetry) -> None:
    """Look before writing: if the device already holds what this order's newest intent says, do not write it again."""
    intents = [row for row in given.ledger.rows_of(order.order_id) if row.stage is Stage.INTENDED]
    newest = max(intents, key=lambda row: row.sequence, default=None)
    found_kw = telemetry.setpoint_kw
    if newest is None or newest.setpoint_kw is None or found_kw is None or telemetry.mode is not Mode.REMOTE:
        return
    if abs(found_kw - newest.setpoint_kw) > REGISTER_STEP_KW:
        return
    given.ledger.append(
        order,
        tenure.lease,
        sequence=hand.sequence,
        stage=Stage.READ_BACK,
        setpoint_kw=found_kw,
        note="found on the device",
    )
    hand.setpoint_kw, hand.written_at = found_kw, given.monotonic()


def _write(given: DispatchPorts, hand: Hand, tenure: Tenure, order: Order, setpoint_kw: float) -> None:
    """Record the intent, write, record the outcome, and make sure that the lease was still ours."""
    if not activate(given, order):
        stand_down(given, hand, tenure, None, "the plan is no longer in force")
        return
    given.ledger.intend(order, tenure.lease, sequence=hand.sequence + 1, setpoint_kw=setpoint_kw)
    hand.sequence += 1
    hand.yielded = False
    hand.forget()
    result = _send(given, hand, tenure, order, setpoint_kw)
    log.info("dispatched", device=hand.device_id, setpoint_kw=round(setpoint_kw, 3), result=type(result).__name__)
    _record(given, hand, tenure, order, result)
    if not given.leases.is_newest(tenure.lease):
        hand.forget()
        raise LeaseLost(f"{tenure.lease.holder}: epoch {tenure.lease.epoch} ended while a set-point was being sent.")


def _send(given: DispatchPorts, hand: Hand, tenure: Tenure, order: Order, setpoint_kw: float) -> DispatchResult:
    if not may_write(given, tenure):
        return Unreachable(why="nothing was sent: recording the intent took too long for the lease")
    if not _is_in_time(given, order):
        return Unreachable(why="nothing was sent: the slot is over or about to end")
    return hand.plant.hold(order, setpoint_kw)


def _is_in_time(given: DispatchPorts, order: Order) -> bool:
    """Return whether a write that begins now arrives before the order's slot ends."""
    left_s = (order.step.end - given.clock()).total_seconds()
    return left_s > given.rules_of(order.device_id).deadline_s


def _record(given: DispatchPorts, hand: Hand, tenure: Tenure, order: Order, result: DispatchResult) -> None:
    match result:
        case ReadBack(setpoint_kw=setpoint_kw) | Followed(setpoint_kw=setpoint_kw):
            _append(given, hand, tenure, order, Stage.SENT, setpoint_kw)
            _append(given, hand, tenure, order, Stage.READ_BACK, setpoint_kw)
            hand.setpoint_kw, hand.refusals, hand.must_write = setpoint_kw, 0, False
            hand.written_at = hand.refreshed_at = given.monotonic()
            clear_alarms(given, hand, AlarmKind.PLAN_ENDED)
        case Unverified(setpoint_kw=setpoint_kw, why=why):
            _append(given, hand, tenure, order, Stage.SENT, setpoint_kw)
            _append(given, hand, tenure, order, Stage.UNVERIFIED, setpoint_kw, why)
            _give_up_if_it_answers(given, hand, tenure, why)
        case Refused(setpoint_kw=setpoint_kw, why=why):
            _append(given, hand, tenure, order, Stage.REFUSED, setpoint_kw, why)
            _give_up_when_refused_again(given, hand, tenure, why)
        case Unreachable(why=why):
            _append(given, hand, tenure, order, Stage.UNREACHABLE, None, why)
        case _:
            assert_never(result)


def _give_up_when_refused_again(given: DispatchPorts, hand: Hand, tenure: Tenure, why: str) -> None:
    """Limits may move between look and write, so one refusal is looked at again; two are a fault in the set-up."""
    hand.refusals += 1
    if hand.refusals >= REFUSALS_TO_GIVE_UP:
        give_up(given, hand, tenure, AlarmKind.REFUSED, why)


def _give_up_if_it_answers(given: DispatchPorts, hand: Hand, tenure: Tenure, why: str) -> None:
    """A device that answers and holds something else is given back; a silent one is looked at again next tick."""
    try:
        hand.plant.read()
    except DeviceError as error:
        log.warning("outcome_unknown", device=hand.device_id, why=str(error))
        return
    give_up(given, hand, tenure, AlarmKind.MISMATCH, why)


def _append(
    given: DispatchPorts,
    hand: Hand,
    tenure: Tenure,
    order: Order,
    stage: Stage,
    setpoint_kw: float | None,
    note: str = "",
) -> None:
    given.ledger.append(order, tenure.lease, sequence=hand.sequence, stage=stage, setpoint_kw=setpoint_kw, note=note)

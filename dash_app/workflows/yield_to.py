"""Whoever else commands a device is not fought: we stop, say so, and come back only when a manager approves again."""

from __future__ import annotations

import structlog

from dash_app.domain.dispatch import Mode, Stage, Telemetry
from dash_app.domain.errors import DeviceError
from dash_app.domain.recommendation import State
from dash_app.workflows.dispatch_orders import move_plan, recent_intents
from dash_app.workflows.dispatch_state import WHO, AlarmKind, DispatchPorts, Hand, Tenure, raise_alarm

REGISTER_STEP_KW = 1e-3
"""How far a register's whole numbers may lie from what was asked for."""

log = structlog.get_logger()


def look_again(given: DispatchPorts, hand: Hand) -> Telemetry | None:
    """Read the device a second time; None when it does not answer now."""
    try:
        return hand.plant.read()
    except DeviceError as error:
        log.warning("second_look_failed", device=hand.device_id, why=str(error))
        return None


def yield_device(given: DispatchPorts, hand: Hand, tenure: Tenure, telemetry: Telemetry, why: str) -> None:
    """Stop the plan in force, alarm, and leave the device as it is: no value, no refresh, no release.

    What one of our own dispatchers was still sending when it lost its lease is no foreign command: it is replaced.
    """
    if telemetry.mode is Mode.REMOTE and _is_our_own(given, hand, tenure, telemetry.setpoint_kw):
        log.warning("late_write_of_our_own", device=hand.device_id, why=why)
        hand.forget()
        hand.must_write = True
        return
    if hand.order is not None:
        given.ledger.append(
            hand.order,
            tenure.lease,
            sequence=hand.sequence,
            stage=Stage.UNVERIFIED,
            setpoint_kw=hand.setpoint_kw,
            measured_kw=telemetry.battery_kw,
            note=why,
        )
        hand.given_up = hand.order.order_id
    hand.forget()
    hand.yielded = True
    raise_alarm(given, hand, AlarmKind.OVERRIDE, f"{why}; we keep away until a plan is approved again")
    given.audit.append(who=WHO, what="device yielded", project_id=hand.project_id, detail=f"{hand.device_id}: {why}")
    plan = given.recommendations.in_force(hand.project_id)
    if plan is not None:
        move_plan(given, plan, State.STOPPED, WHO, why)


def has_yielded(given: DispatchPorts, hand: Hand) -> bool:
    """Return whether we keep away from the device; after a restart the open alarms tell."""
    if hand.yielded is None:
        found = given.alarms.open_alarms(hand.project_id)
        mine = f"{hand.device_id}: "
        hand.yielded = any(one.kind == AlarmKind.OVERRIDE and one.message.startswith(mine) for one in found)
    return hand.yielded


def _is_our_own(given: DispatchPorts, hand: Hand, tenure: Tenure, held_kw: float | None) -> bool:
    if held_kw is None:
        return False
    rows = [row for row in recent_intents(given, hand, given.clock()) if row.epoch < tenure.lease.epoch]
    return any(row.setpoint_kw is not None and abs(row.setpoint_kw - held_kw) <= REGISTER_STEP_KW for row in rows)

"""Give a device back to itself, and say so: in the ledger, in the audit trail and, when it matters, as an alarm."""

from __future__ import annotations

import structlog

from dash_app.domain.dispatch import Mode, Stage, Telemetry
from dash_app.domain.errors import DeviceError
from dash_app.workflows.dispatch_state import WHO, AlarmKind, DispatchPorts, Hand, Tenure, clear_alarms, raise_alarm
from dash_app.workflows.yield_to import has_yielded

log = structlog.get_logger()


def give_up(given: DispatchPorts, hand: Hand, tenure: Tenure, kind: AlarmKind, why: str) -> None:
    """Release the device, alarm, and do not try this order again before the next slot."""
    hand.given_up = hand.order.order_id if hand.order is not None else ""
    raise_alarm(given, hand, kind, why)
    release(given, hand, tenure, why)


def stand_down(given: DispatchPorts, hand: Hand, tenure: Tenure, telemetry: Telemetry | None, why: str) -> None:
    """Release the device if we hold it, or if it is still commanded from afar although nothing is in force.

    One that we yielded to somebody else is theirs.
    """
    if hand.setpoint_kw is not None:
        release(given, hand, tenure, why)
    elif telemetry is not None and telemetry.mode is Mode.REMOTE and not has_yielded(given, hand):
        release_device(hand)


def release(given: DispatchPorts, hand: Hand, tenure: Tenure, why: str) -> None:
    """Release the device first, whatever happens to the store, then record it; a failure is a loud alarm."""
    failure = release_device(hand)
    if hand.order is not None:
        stage = Stage.UNVERIFIED if failure else Stage.RELEASED
        note = f"release failed: {failure}" if failure else why
        given.ledger.append(hand.order, tenure.lease, sequence=hand.sequence, stage=stage, note=note)
    given.audit.append(who=WHO, what="device released", project_id=hand.project_id, detail=f"{hand.device_id}: {why}")
    if failure:
        raise_alarm(given, hand, AlarmKind.RELEASE_FAILED, f"{failure}; its own watchdog will act")
    else:
        clear_alarms(given, hand, AlarmKind.RELEASE_FAILED)


def release_device(hand: Hand) -> str:
    """Write the release sequence; return "" or why the device did not confirm. Needs no store."""
    hand.forget()
    try:
        hand.plant.release()
    except DeviceError as error:
        log.error("release_failed", device=hand.device_id, why=str(error))
        return str(error)
    log.info("released", device=hand.device_id)
    return ""

"""Compare with the meter: what the plant reports, whether it still does what it was told, and what to do if not."""

from __future__ import annotations

import structlog

from dash_app.domain.dispatch import Mode, Stage, Telemetry
from dash_app.domain.errors import DeviceError, WrongDevice
from dash_app.workflows.dispatch_state import AlarmKind, DispatchPorts, Hand, Tenure, clear_alarms, raise_alarm
from dash_app.workflows.hand_back import give_up

POLLS_TO_ALARM = 3
SAME_KW = 1e-6

log = structlog.get_logger()


def poll(given: DispatchPorts, hand: Hand) -> Telemetry | None:
    """Return what the plant reports, and show it; None when it does not answer (the third time is an alarm)."""
    try:
        telemetry = hand.plant.read()
    except DeviceError as error:
        _count_missed(given, hand, error)
        return None
    hand.missed_polls = 0
    given.states.put_telemetry(telemetry)
    clear_alarms(given, hand, AlarmKind.TELEMETRY, AlarmKind.WRONG_DEVICE)
    return telemetry


def check_device(given: DispatchPorts, hand: Hand, tenure: Tenure, telemetry: Telemetry) -> None:
    """Check that the device holds what it was told and that the meter shows it; fall back when it does not."""
    rebooted = hand.boot_count is not None and telemetry.boot_count not in (None, hand.boot_count)
    hand.boot_count = telemetry.boot_count if telemetry.boot_count is not None else hand.boot_count
    if hand.setpoint_kw is None:
        return
    if rebooted or telemetry.mode is Mode.FALLBACK:
        log.warning("device_forgot", device=hand.device_id, rebooted=rebooted, mode=telemetry.mode.value)
        hand.forget()
    elif telemetry.mode is Mode.LOCAL:
        _distrust(given, hand, tenure, AlarmKind.OVERRIDE, "somebody took control at the device")
    elif telemetry.setpoint_kw is None or abs(telemetry.setpoint_kw - hand.setpoint_kw) > SAME_KW:
        why = f"the device holds {_kw(telemetry.setpoint_kw)}, told was {_kw(hand.setpoint_kw)}"
        _distrust(given, hand, tenure, AlarmKind.MISMATCH, why)
    else:
        _compare_with_meter(given, hand, tenure, telemetry, hand.setpoint_kw)


def _compare_with_meter(
    given: DispatchPorts, hand: Hand, tenure: Tenure, telemetry: Telemetry, setpoint_kw: float
) -> None:
    measured_kw, now = telemetry.battery_kw, given.monotonic()
    if measured_kw is not None and abs(measured_kw - setpoint_kw) <= hand.plant.tolerance_kw:
        hand.deviates_since = None
        if not hand.followed:
            _record_followed(given, hand, tenure, setpoint_kw, measured_kw)
        return
    if hand.deviates_since is None:
        hand.deviates_since = now
    if now - hand.deviates_since > hand.plant.settle_s:
        why = f"measured {_kw(measured_kw)}, told was {_kw(setpoint_kw)}, for more than {hand.plant.settle_s:g} s"
        _distrust(given, hand, tenure, AlarmKind.NOT_FOLLOWED, why, measured_kw=measured_kw)


def _record_followed(given: DispatchPorts, hand: Hand, tenure: Tenure, setpoint_kw: float, measured_kw: float) -> None:
    hand.followed = True
    if hand.order is not None:
        given.ledger.append(
            hand.order,
            tenure.lease,
            sequence=hand.sequence,
            stage=Stage.FOLLOWED,
            setpoint_kw=setpoint_kw,
            measured_kw=measured_kw,
        )
    clear_alarms(
        given, hand, AlarmKind.NOT_FOLLOWED, AlarmKind.MISMATCH, AlarmKind.OVERRIDE, AlarmKind.REFUSED, AlarmKind.STORE
    )


def _distrust(
    given: DispatchPorts, hand: Hand, tenure: Tenure, kind: AlarmKind, why: str, measured_kw: float | None = None
) -> None:
    """Record that the order is not verified, alarm, and give the device back until the next slot."""
    if hand.order is not None:
        given.ledger.append(
            hand.order,
            tenure.lease,
            sequence=hand.sequence,
            stage=Stage.UNVERIFIED,
            setpoint_kw=hand.setpoint_kw,
            measured_kw=measured_kw,
            note=why,
        )
    give_up(given, hand, tenure, kind, why)


def _count_missed(given: DispatchPorts, hand: Hand, error: DeviceError) -> None:
    hand.missed_polls += 1
    log.warning("poll_missed", device=hand.device_id, polls=hand.missed_polls, why=str(error))
    if isinstance(error, WrongDevice):
        raise_alarm(given, hand, AlarmKind.WRONG_DEVICE, str(error))
    if hand.missed_polls == POLLS_TO_ALARM:
        raise_alarm(given, hand, AlarmKind.TELEMETRY, f"silent for {POLLS_TO_ALARM} polls: {error}")


def _kw(value: float | None) -> str:
    return "an unknown power" if value is None else f"{value:.3f} kW"

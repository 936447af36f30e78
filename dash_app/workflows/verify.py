"""Compare with the meter: what the plant reports, whether it still does what it was told, and what to do if not."""

from __future__ import annotations

import structlog

from dash_app.domain.dispatch import Mode, Stage, Telemetry
from dash_app.domain.errors import DeviceError, WrongDevice
from dash_app.domain.site import Battery
from dash_app.workflows.dispatch_state import AlarmKind, DispatchPorts, Hand, Tenure, clear_alarms, raise_alarm
from dash_app.workflows.dispatch_trust import believed, contradicted, is_frozen, unknown
from dash_app.workflows.hand_back import give_up
from dash_app.workflows.yield_to import look_again, yield_device

POLLS_TO_ALARM = 3
SAME_KW = 1e-6
WATCHDOG_REFRESHES = 2
"""A device's watchdog lasts two refreshes, or longer."""
NEARLY_FULL, NEARLY_EMPTY = 0.95, 0.12

log = structlog.get_logger()


def poll(given: DispatchPorts, hand: Hand) -> Telemetry | None:
    """Return what the plant reports as far as it is believed, and show it; None when it does not answer.

    The third silence is an alarm; from then on it is asked less often, so that it does not hold up the other devices.
    """
    now = given.monotonic()
    if now < hand.next_poll_at:
        return None
    try:
        telemetry = hand.plant.read()
    except DeviceError as error:
        _count_missed(given, hand, error)
        return None
    hand.missed_polls = 0
    hand.blind = is_frozen(hand.seen, telemetry, given.rules_of(hand.device_id), now)
    if hand.blind:
        raise_alarm(given, hand, AlarmKind.TELEMETRY, f"its clock stands still at {telemetry.uptime_s} s")
        return unknown(telemetry)
    telemetry = believed(hand.seen, telemetry, _battery(given, hand), now)
    given.states.put_telemetry(telemetry)
    clear_alarms(given, hand, AlarmKind.TELEMETRY, AlarmKind.WRONG_DEVICE)
    return telemetry


def check_device(given: DispatchPorts, hand: Hand, tenure: Tenure, telemetry: Telemetry) -> None:
    """Check that the device holds what it was told and that the meter shows it; fall back when it does not."""
    rebooted = hand.boot_count is not None and telemetry.boot_count not in (None, hand.boot_count)
    hand.boot_count = telemetry.boot_count if telemetry.boot_count is not None else hand.boot_count
    if rebooted:
        hand.must_write = True
    if hand.setpoint_kw is None or hand.blind:
        return
    if rebooted or telemetry.mode is Mode.FALLBACK or _has_lapsed(given, hand, telemetry):
        log.warning("device_forgot", device=hand.device_id, rebooted=rebooted, mode=telemetry.mode.value)
        hand.forget()
    elif _foreign(hand, telemetry):
        _settle_foreign(given, hand, tenure)
    else:
        _compare_with_meter(given, hand, tenure, telemetry, hand.setpoint_kw)


def _has_lapsed(given: DispatchPorts, hand: Hand, telemetry: Telemetry) -> bool:
    """Return whether the device went local for want of a refresh: not every one can tell that from a hand at it."""
    silent_s = given.monotonic() - hand.refreshed_at
    return telemetry.mode is Mode.LOCAL and silent_s >= WATCHDOG_REFRESHES * hand.plant.refresh_s


def _foreign(hand: Hand, telemetry: Telemetry) -> str:
    """Return what shows that somebody else commands the device, or ""; one that tells no set-point has its meter."""
    if telemetry.mode is Mode.LOCAL:
        return "somebody took control at the device"
    held_kw, told_kw = telemetry.setpoint_kw, hand.setpoint_kw
    if held_kw is not None and told_kw is not None and abs(held_kw - told_kw) > SAME_KW:
        return f"the device holds {_kw(held_kw)}, told was {_kw(told_kw)}"
    return ""


def _settle_foreign(given: DispatchPorts, hand: Hand, tenure: Tenure) -> None:
    """Look a second time before acting: a flipped bit, a reboot under way or a late write of our own is no hand."""
    again = look_again(given, hand)
    if again is None:
        return
    if again.boot_count not in (None, hand.boot_count) or again.mode is Mode.FALLBACK:
        hand.forget()
        hand.must_write = True
    elif why := _foreign(hand, again):
        yield_device(given, hand, tenure, again, why)


def _compare_with_meter(
    given: DispatchPorts, hand: Hand, tenure: Tenure, telemetry: Telemetry, setpoint_kw: float
) -> None:
    measured_kw, now = telemetry.battery_kw, given.monotonic()
    if contradicted(hand.proof, telemetry, _battery(given, hand), now):
        why = f"measured {_kw(measured_kw)}, but the state of charge does not move with it"
        _distrust(given, hand, tenure, why, measured_kw)
    elif measured_kw is not None and abs(measured_kw - setpoint_kw) <= hand.plant.tolerance_kw:
        hand.deviates_since = None
        if not hand.followed and hand.seen.alive_at >= hand.written_at:
            _record_followed(given, hand, tenure, setpoint_kw, measured_kw)
    else:
        hand.deviates_since = now if hand.deviates_since is None else hand.deviates_since
        if now - hand.deviates_since > hand.plant.settle_s:
            why = f"measured {_kw(measured_kw)}, told was {_kw(setpoint_kw)}, for more than {hand.plant.settle_s:g} s"
            _distrust(given, hand, tenure, why + _excuse(telemetry.soc, setpoint_kw), measured_kw)


def _excuse(soc: float | None, setpoint_kw: float) -> str:
    """Return why a healthy battery may do less than it was told: it is nearly full, or nearly empty."""
    if soc is None:
        return ""
    if setpoint_kw < 0 and soc >= NEARLY_FULL:
        return f"; it is nearly full ({soc:.1%})"
    return f"; it is nearly empty ({soc:.1%})" if setpoint_kw > 0 and soc <= NEARLY_EMPTY else ""


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


def _distrust(given: DispatchPorts, hand: Hand, tenure: Tenure, why: str, measured_kw: float | None) -> None:
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
    give_up(given, hand, tenure, AlarmKind.NOT_FOLLOWED, why)


def _count_missed(given: DispatchPorts, hand: Hand, error: DeviceError) -> None:
    hand.missed_polls += 1
    log.warning("poll_missed", device=hand.device_id, polls=hand.missed_polls, why=str(error))
    if isinstance(error, WrongDevice):
        raise_alarm(given, hand, AlarmKind.WRONG_DEVICE, str(error))
    if hand.missed_polls == POLLS_TO_ALARM:
        raise_alarm(given, hand, AlarmKind.TELEMETRY, f"silent for {POLLS_TO_ALARM} polls: {error}")
    if hand.missed_polls >= POLLS_TO_ALARM:
        hand.next_poll_at = given.monotonic() + given.rules_of(hand.device_id).backoff_s


def _battery(given: DispatchPorts, hand: Hand) -> Battery | None:
    site = given.sites.site_of(hand.project_id)
    return site.battery if site else None


def _kw(value: float | None) -> str:
    return "an unknown power" if value is None else f"{value:.3f} kW"

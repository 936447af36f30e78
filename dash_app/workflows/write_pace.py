"""What is written next, if anything: the law's answer through ramp, deadband, pause and budget."""

from __future__ import annotations

from datetime import timedelta

from dash_app.domain.dispatch import NoControl, Order, Stage, Telemetry
from dash_app.domain.schedule import Step
from dash_app.workflows.dispatch_pacing import LoopRules, ramped_kw
from dash_app.workflows.dispatch_state import AlarmKind, DispatchPorts, Hand, clear_alarms

A_DAY = timedelta(days=1)
LONGEST_EXCESS_S = 60.0
"""How long a set-point may do too much for want of a budget: a refill later it is corrected."""


def next_kw(
    given: DispatchPorts, hand: Hand, order: Order, telemetry: Telemetry, wanted_kw: float
) -> float | NoControl | None:
    """Return the set-point to write now (kW, discharge positive), None to keep the present one, or why to give up.

    The first write of a slot is always due. A correction has to leave the deadband, to wait for the pause, and to be
    in the budget. Without a budget the present set-point stays, with two exceptions: the edge of the corridor is
    answered all the same, on credit, and a device that has done too much for a minute is given back.
    """
    rules, now = given.rules_of(hand.device_id), given.monotonic()
    held_kw = hand.setpoint_kw
    if held_kw is None or hand.ramp is None:
        hand.ramp = (telemetry.battery_kw if held_kw is None else held_kw, now)
    kw = ramped_kw(wanted_kw, hand.ramp[0], now - hand.ramp[1], order.step, rules)
    hand.ramp = (kw, now)
    if held_kw is None and hand.sequence == 0:
        return kw
    if held_kw is not None and _may_stay(kw - held_kw, now - hand.written_at, hand, rules):
        return None
    if hand.budget.take(rules, now):
        clear_alarms(given, hand, AlarmKind.BUDGET)
        return kw
    if held_kw is not None and leaves_corridor(held_kw, order.step, telemetry.soc):
        hand.budget.left -= 1
        return kw
    too_long = now - hand.written_at > LONGEST_EXCESS_S
    if held_kw is None or (too_long and does_too_much(held_kw, kw, hand.plant.tolerance_kw)):
        why = f"its set-point was written {rules.writes_per_day} times in a day"
        return NoControl(why=why, until_next_slot=True)
    return None


def _may_stay(change_kw: float, since_s: float, hand: Hand, rules: LoopRules) -> bool:
    return abs(change_kw) <= hand.plant.deadband_kw or since_s < rules.least_pause_s


def does_too_much(held_kw: float, wanted_kw: float, tolerance_kw: float) -> bool:
    """Return whether holding `held_kw` is more power, or power the other way, than `wanted_kw` beyond the tolerance."""
    if abs(held_kw) <= tolerance_kw:
        return False
    return held_kw * wanted_kw < 0 or abs(held_kw) > abs(wanted_kw) + tolerance_kw


def leaves_corridor(held_kw: float, step: Step, soc: float | None) -> bool:
    """Return whether holding `held_kw` takes a battery further beyond the edge of its corridor."""
    if soc is None:
        return False
    return (held_kw > 0 and soc <= step.soc_min) or (held_kw < 0 and soc >= step.soc_max)


def note_writes_of_today(given: DispatchPorts, hand: Hand) -> None:
    """After a restart the budget goes on where the ledger says that it was."""
    if hand.budget.started:
        return
    rules = given.rules_of(hand.device_id)
    rows = given.ledger.rows(hand.project_id, given.clock() - A_DAY, 8 * rules.writes_per_day)
    written = sum(row.stage is Stage.INTENDED and row.device_id == hand.device_id for row in rows)
    hand.budget.start_with(rules, written, given.monotonic())

"""When a proposed plan may still be approved: pure rules on the plan, a newer plan and the battery as it is now."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash_app.domain.dispatch import Telemetry
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Step
from dash_app.domain.site import Battery

LOOK_AT = 4
"""So many steps decide whether a newer plan differs, and whether the battery's present limits allow this one."""
POWER_TOLERANCE_KW = 0.05
SOC_TOLERANCE = 0.03
"""How far beside a corridor the battery may be (0..1): what two minutes at full power move.

A plan that leads a battery back inside its limits counts on its power from the moment it is computed; until somebody
approves it the battery does something else. The fastest battery we know moves 2.7 % in two minutes (5 kW, 6.4 kWh).
"""


def leaves_band(newer: Payload, older: Payload) -> bool:
    """Return whether the first steps of `newer` ask for a battery power that `older` does not allow at that time."""
    return any(not _allows(older, step) for step in newer.steps[:LOOK_AT])


def why_infeasible(payload: Payload, telemetry: Telemetry, battery: Battery, now: datetime) -> str | None:
    """Return in one sentence why the battery, as it is now, cannot follow what is left of the plan, or None.

    `telemetry.soc` must be known. The present power limits are asked of the next steps only (a full battery reports
    that it cannot charge, which says nothing about tomorrow); the SoC corridor of every step must be within reach.
    """
    left = [step for step in payload.steps if step.end > now]
    if not left:
        return "Every step of this plan is over."
    return _beyond_limits(left[:LOOK_AT], telemetry, battery) or _out_of_reach(left, telemetry.soc, battery, now)


def _allows(older: Payload, step: Step) -> bool:
    there = next((mine for mine in older.steps if mine.start <= step.start < mine.end), None)
    if there is None:
        return False
    return there.power_min_kw - POWER_TOLERANCE_KW <= step.battery_kw <= there.power_max_kw + POWER_TOLERANCE_KW


def _beyond_limits(steps: list[Step], telemetry: Telemetry, battery: Battery) -> str | None:
    charge = battery.charge_kw if telemetry.max_charge_kw is None else telemetry.max_charge_kw
    discharge = battery.discharge_kw if telemetry.max_discharge_kw is None else telemetry.max_discharge_kw
    for step in steps:
        if step.battery_kw > discharge + POWER_TOLERANCE_KW:
            return f"{battery.name} can discharge {discharge:.1f} kW now; the plan needs {step.battery_kw:.1f} kW."
        if -step.battery_kw > charge + POWER_TOLERANCE_KW:
            return f"{battery.name} can charge {charge:.1f} kW now; the plan needs {-step.battery_kw:.1f} kW."
    return None


def _out_of_reach(steps: list[Step], soc: float | None, battery: Battery, now: datetime) -> str | None:
    """Follow the lowest and the highest SoC within reach: each corridor must meet them when its step begins.

    Inside a step the dispatcher stops at the corridor's edges, so nothing leaves it there.
    """
    if soc is None:
        return f"The state of charge of {battery.name} is unknown."
    lowest = highest = soc
    for step in steps:
        low, high = step.soc_min - SOC_TOLERANCE, step.soc_max + SOC_TOLERANCE
        if highest < low or lowest > high:
            return _corridor_sentence(battery, step, soc, highest if highest < low else lowest)
        lowest = _within(lowest + soc_change(step.power_max_kw, battery, _hours_left(step, now)), low, high)
        highest = _within(highest + soc_change(step.power_min_kw, battery, _hours_left(step, now)), low, high)
    return None


def soc_change(power_kw: float, battery: Battery, hours: float) -> float:
    """Return how the SoC (0..1) changes at a battery power (discharge positive, at the AC meter).

    >>> bat = Battery(battery_id="b", name="B", device_id="d", capacity_kwh=100, charge_kw=50, discharge_kw=50,
    ...               charge_efficiency=0.8, discharge_efficiency=0.8, soc_min=0, soc_max=1)
    >>> soc_change(-10.0, bat, 1.0), soc_change(8.0, bat, 1.0)
    (0.08, -0.1)
    """
    stored_kw = -power_kw * battery.charge_efficiency if power_kw < 0 else -power_kw / battery.discharge_efficiency
    return stored_kw * hours / battery.capacity_kwh


def _hours_left(step: Step, now: datetime) -> float:
    return (step.end - max(step.start, now)) / timedelta(hours=1)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _corridor_sentence(battery: Battery, step: Step, soc: float, reached: float) -> str:
    return (
        f"{battery.name} is at {soc:.0%}; at {step.start:%H:%M} UTC the plan needs {step.soc_min:.0%} to "
        f"{step.soc_max:.0%}, and {reached:.0%} is possible."
    )

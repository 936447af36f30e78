"""The last check of a plan: what a device would be told lies within its limits, and says what the plan says."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dash_app.domain.errors import PlanRejected
from dash_app.domain.schedule import Step
from dash_app.domain.site import Battery
from optimizer.schedule.solution import Flows
from optimizer.schedule.validator_rules import TOLERANCE

ROUNDED_KW = 0.0005
"""Powers of steps are rounded to 1 W."""
NUMBERS = (
    *("target_kw", "battery_kw", "grid_kw", "power_min_kw", "power_max_kw", "soc_min", "soc_max"),
    "soc_end",
)


def check_steps(steps: Sequence[Step], flows: Flows, battery: Battery) -> None:
    """Raise PlanRejected naming the step and the rule unless every step can be told to the battery as it stands."""
    if len(steps) != len(flows.import_kw):
        raise PlanRejected(f"steps: {len(steps)} of {len(flows.import_kw)}")
    stored = flows.stored_kwh[battery.battery_id]
    planned = zip(steps, flows.battery_kw, flows.grid_kw, stored / battery.capacity_kwh, strict=True)
    for place, (step, battery_kw, grid_kw, soc) in enumerate(planned):
        broken = _broken(step, battery) or _differs(step, float(battery_kw), float(grid_kw), float(soc), battery)
        if broken:
            raise PlanRejected(f"step {place}: {broken}")


def _broken(step: Step, battery: Battery) -> str:
    """Return which rule a step breaks, without any tolerance for powers: a device may refuse a watt too much."""
    wrong = [name for name in NUMBERS if not _plain(getattr(step, name))]
    if wrong:
        return f"{wrong[0]}: {getattr(step, wrong[0])!r} is no number to tell a device"
    rules = {
        "band": -battery.charge_kw <= step.power_min_kw <= step.power_max_kw <= battery.discharge_kw,
        "power": step.power_min_kw <= step.battery_kw <= step.power_max_kw,
        "corridor": 0.0 <= step.soc_min <= step.soc_max <= 1.0,
        "soc_end": step.soc_min - TOLERANCE <= step.soc_end <= step.soc_max + TOLERANCE,
    }
    return next((f"{rule}: {step}" for rule, kept in rules.items() if not kept), "")


def _plain(value: float) -> bool:
    """Return whether a number is finite and no negative zero."""
    return math.isfinite(value) and not (value == 0 and math.copysign(1.0, value) < 0)


def _differs(step: Step, battery_kw: float, grid_kw: float, soc: float, battery: Battery) -> str:
    """Return what a step says otherwise than the plan, by more than its rounding."""
    slack_kw, slack_soc = ROUNDED_KW + TOLERANCE, TOLERANCE * max(1.0, 1.0 / battery.capacity_kwh)
    pairs = {
        "battery_kw": (step.battery_kw, battery_kw, slack_kw),
        "grid_kw": (step.grid_kw, grid_kw, slack_kw),
        "soc_end": (step.soc_end, soc, slack_soc),
    }
    said = (
        f"{name}: {told:g}, planned is {plan:g}"
        for name, (told, plan, slack) in pairs.items()
        if abs(told - plan) > slack
    )
    return next(said, "")

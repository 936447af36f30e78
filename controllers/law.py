"""The control law of the fast loop: from a step of the plan and what is measured now to one set-point. Pure."""

from __future__ import annotations

from datetime import timedelta
from math import isfinite
from typing import assert_never

from dash_app.domain.dispatch import NoControl, Telemetry
from dash_app.domain.schedule import Intent, Step
from dash_app.domain.site import RECOVERY_PACE, Battery
from dash_app.domain.value_table import power_by_value

LEAST_AHEAD = timedelta(minutes=1)
"""A power chosen by value is weighed for at least this long, also at the end of a slot."""


def setpoint_kw(step: Step, telemetry: Telemetry, battery: Battery | None = None) -> float | NoControl:
    """Return the battery power to ask for, kW, discharge positive.

    The answer lies inside the step's band, the battery's and the device's limits and the SoC corridor; at an edge of
    the corridor nothing is asked for that would leave it, and a battery outside its own limits is led back at the
    recovery pace even where the step only follows the meter. Without a known SoC, or without what `follow`, `limit` and
    `value` have to be measured against, the answer is NoControl.
    """
    if telemetry.soc is None:
        return NoControl(why="the state of charge is unknown")
    low, high = allowed_kw(step, telemetry.soc, telemetry, battery)
    if low > high:
        why = (
            f"nothing between {step.power_min_kw:g} and {step.power_max_kw:g} kW is allowed at SoC {telemetry.soc:.1%}"
        )
        return NoControl(why=why, until_next_slot=True)
    wanted = _wanted_kw(step, telemetry, battery, low, high)
    if wanted is None:
        return NoControl(why="the grid power is unknown")
    if battery is not None:
        wanted = _led_back_kw(wanted, step, telemetry.soc, battery)
    return min(max(wanted, low), high)


def allowed_kw(step: Step, soc: float, telemetry: Telemetry, battery: Battery | None) -> tuple[float, float]:
    """Return the lowest and highest power allowed now, kW, discharge positive; the lowest is higher when none is."""
    low, high = step.power_min_kw, step.power_max_kw
    soc_min, soc_max = _corridor(step, battery)
    if battery is not None:
        low, high = max(low, -battery.charge_kw), min(high, battery.discharge_kw)
    if telemetry.max_charge_kw is not None:
        low = max(low, -telemetry.max_charge_kw)
    if telemetry.max_discharge_kw is not None:
        high = min(high, telemetry.max_discharge_kw)
    if soc >= soc_max:
        low = max(low, 0.0)
    if soc <= soc_min:
        high = min(high, 0.0)
    return low, high


def _led_back_kw(wanted: float, step: Step, soc: float, battery: Battery) -> float:
    """Return at least the power with which the plan leads the battery back, where it is outside its limits."""
    if soc < battery.soc_floor:
        return min(wanted, max(min(step.battery_kw, 0.0), -RECOVERY_PACE * battery.charge_kw))
    if soc > battery.soc_max:
        return max(wanted, min(max(step.battery_kw, 0.0), RECOVERY_PACE * battery.discharge_kw))
    return wanted


def _corridor(step: Step, battery: Battery | None) -> tuple[float, float]:
    if battery is None:
        return step.soc_min, step.soc_max
    return max(step.soc_min, battery.soc_floor), min(step.soc_max, battery.soc_max)


def _wanted_kw(step: Step, telemetry: Telemetry, battery: Battery | None, low: float, high: float) -> float | None:
    """Return what the intent asks for; None where that depends on the net load and it is unknown."""
    match step.intent:
        case Intent.CHARGE:
            return -step.target_kw
        case Intent.DISCHARGE:
            return step.target_kw
        case Intent.IDLE:
            return 0.0
    net_load = net_load_kw(telemetry)
    if net_load is None or not isfinite(net_load):
        return None
    match step.intent:
        case Intent.FOLLOW:
            return net_load - step.target_kw
        case Intent.LIMIT:
            beyond = net_load - step.target_kw
            return max(beyond, 0.0) if step.target_kw >= 0 else min(beyond, 0.0)
        case Intent.VALUE:
            return _by_value_kw(step, telemetry, battery, net_load, (low, high))
        case _:
            assert_never(step.intent)


def _by_value_kw(
    step: Step, telemetry: Telemetry, battery: Battery | None, net_load: float, allowed: tuple[float, float]
) -> float:
    """Return the power that the step's table finds best until the step ends; without a table, the net load."""
    if step.table is None or telemetry.soc is None:
        return net_load
    soc_min, soc_max = _corridor(step, battery)
    ahead = max(step.end - max(telemetry.at, step.start), LEAST_AHEAD)
    return power_by_value(
        step.table,
        net_load_kw=net_load,
        soc=telemetry.soc,
        hours=ahead / timedelta(hours=1),
        low_kw=allowed[0],
        high_kw=allowed[1],
        soc_min=soc_min,
        soc_max=soc_max,
        at=telemetry.at,
    ).battery_kw


def net_load_kw(telemetry: Telemetry) -> float | None:
    """Return what battery and grid cover together, kW: by the grid meter, else by load and PV; None when unknown."""
    if telemetry.grid_kw is not None and telemetry.battery_kw is not None:
        return telemetry.grid_kw + telemetry.battery_kw
    if telemetry.load_kw is not None and telemetry.pv_kw is not None:
        return telemetry.load_kw - telemetry.pv_kw
    return None

"""The last gate before the wire: what the registers about to be sent decode to must lie inside every limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controllers.points import Point, Setpoint
from controllers.registers import encode
from dash_app.domain.errors import OutOfLimits
from dash_app.domain.schedule import Step

EPSILON_KW = 1e-6
"""Round-off that may be clamped; anything beyond it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The powers allowed, kW, discharge positive."""

    low_kw: float
    high_kw: float

    def within(self, step: Step, soc: float | None) -> Bounds:
        """Return these bounds cut by the order's band and SoC corridor; raise OutOfLimits when nothing is left."""
        if soc is None:
            raise OutOfLimits("the state of charge is unknown")
        low, high = max(self.low_kw, step.power_min_kw), min(self.high_kw, step.power_max_kw)
        if soc >= step.soc_max:
            low = max(low, 0.0)
        if soc <= step.soc_min:
            high = min(high, 0.0)
        if low > high:
            raise OutOfLimits(
                f"no power is allowed in {step.power_min_kw:g}..{step.power_max_kw:g} kW at SoC {soc:.1%}"
            )
        return Bounds(low_kw=low, high_kw=high)


def setpoint_registers(setpoint: Setpoint, setpoint_kw: float, bounds: Bounds) -> tuple[int, ...]:
    """Return the registers of a set-point, rounded into the bounds; raise OutOfLimits rather than leave them."""
    if not bounds.low_kw - EPSILON_KW <= setpoint_kw <= bounds.high_kw + EPSILON_KW:
        raise OutOfLimits(f"{setpoint_kw:g} kW is outside {bounds.low_kw:g}..{bounds.high_kw:g} kW")
    registers = encode(_raw_inside(setpoint, setpoint_kw, bounds), setpoint.type, setpoint.word_order)
    decoded_kw = kw_of_registers(setpoint, registers)
    if decoded_kw is None or not bounds.low_kw - EPSILON_KW <= decoded_kw <= bounds.high_kw + EPSILON_KW:
        raise OutOfLimits(f"registers {list(registers)} mean {decoded_kw} kW, not {setpoint_kw:g} kW inside the limits")
    return registers


def kw_of_registers(setpoint: Setpoint, registers: tuple[int, ...]) -> float | None:
    """Return what a device that holds these registers is told, kW, discharge positive."""
    point = Point(addr=setpoint.addr, type=setpoint.type, word_order=setpoint.word_order, scale=setpoint.scale)
    value = point.value_of(registers)
    return None if value is None else setpoint.sign.factor * value * setpoint.kw_per_unit


def _raw_inside(setpoint: Setpoint, setpoint_kw: float, bounds: Bounds) -> float:
    """Return the register value nearest to the set-point whose meaning lies inside the bounds."""
    per_raw = setpoint.sign.factor * setpoint.kw_per_unit * setpoint.scale
    raw, one, other = (kw / per_raw for kw in (setpoint_kw, bounds.low_kw, bounds.high_kw))
    low, high = min(one, other), max(one, other)
    if setpoint.type.is_float:
        return min(max(raw, low), high)
    slack = EPSILON_KW / abs(per_raw)
    return min(max(round(raw), math.ceil(low - slack)), math.floor(high + slack))

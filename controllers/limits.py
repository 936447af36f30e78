"""The last gate before the wire: what the registers about to be sent decode to must lie inside every limit."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controllers.commands import Setpoint
from controllers.points import Sign
from dash_app.domain.errors import OutOfLimits
from dash_app.domain.schedule import Step

EPSILON_KW = 1e-6
"""Round-off that may be clamped; anything beyond it is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The powers allowed, kW, discharge positive."""

    low_kw: float
    high_kw: float

    @classmethod
    def of(cls, setpoint: Setpoint, *, upper: float | None, lower: float | None) -> Bounds:
        """Return the file's limits, narrowed by what the device's limit registers say (magnitudes, in its unit)."""
        top = setpoint.max if upper is None else min(setpoint.max, abs(upper))
        bottom = setpoint.min if lower is None else max(setpoint.min, -abs(lower))
        kw = setpoint.kw_per_unit
        if setpoint.sign is Sign.DISCHARGE_POSITIVE:
            return cls(low_kw=bottom * kw, high_kw=top * kw)
        return cls(low_kw=-top * kw, high_kw=-bottom * kw)

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
    """Return the registers of a set-point, rounded into the bounds; raise OutOfLimits rather than leave them.

    With an opposite there are twice as many: what follows is the same value negated.
    """
    if not bounds.low_kw - EPSILON_KW <= setpoint_kw <= bounds.high_kw + EPSILON_KW:
        raise OutOfLimits(f"{setpoint_kw:g} kW is outside {bounds.low_kw:g}..{bounds.high_kw:g} kW")
    raw = _raw_inside(setpoint, setpoint_kw, bounds)
    registers = setpoint.registers_of(raw)
    decoded_kw = kw_of_registers(setpoint, registers)
    if decoded_kw is None or not bounds.low_kw - EPSILON_KW <= decoded_kw <= bounds.high_kw + EPSILON_KW:
        raise OutOfLimits(f"registers {list(registers)} mean {decoded_kw} kW, not {setpoint_kw:g} kW inside the limits")
    return registers if setpoint.opposite is None else (*registers, *setpoint.registers_of(-raw))


def kw_of_registers(setpoint: Setpoint, registers: tuple[int, ...]) -> float | None:
    """Return what a device that holds these registers is told, kW, discharge positive."""
    value = setpoint.read_as.value_of(registers)
    return None if value is None else setpoint.sign.factor * value * setpoint.kw_per_unit


def _raw_inside(setpoint: Setpoint, setpoint_kw: float, bounds: Bounds) -> float:
    """Return the register value nearest to the set-point whose meaning lies inside the bounds."""
    in_unit = setpoint.sign.factor * setpoint.kw_per_unit
    wanted, one, other = (
        (kw / in_unit - setpoint.offset) / setpoint.scale for kw in (setpoint_kw, bounds.low_kw, bounds.high_kw)
    )
    low, high = min(one, other), max(one, other)
    grain = setpoint.step / setpoint.scale or (0.0 if setpoint.type.is_float else 1.0)
    if not grain:
        return min(max(wanted, low), high)
    slack = EPSILON_KW / abs(in_unit * setpoint.scale)
    fewest, most = math.ceil((low - slack) / grain), math.floor((high + slack) / grain)
    return min(max(round(wanted / grain), fewest), most) * grain

"""The look before a write: limits, state of charge and permits, read twice, because a wire without a checksum lies."""

from __future__ import annotations

from dataclasses import dataclass

from controllers.commands import Setpoint, Write
from controllers.descriptions import DeviceDescription
from controllers.limits import Bounds
from controllers.reading import DeviceReader
from dash_app.domain.errors import OutOfLimits

PERCENT = 100.0
SAME_SHARE, SAME_UNITS = 0.05, 1.0
"""Two readings in a row may differ by a twentieth, or by one W or percent point; a flipped bit that matters is more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a set-point has to respect now: limits, state of charge (0..1), and what its register counts in."""

    bounds: Bounds
    soc: float | None
    setpoint: Setpoint


def look(reader: DeviceReader[DeviceDescription]) -> Seen:
    """Return what holds now; raise OutOfLimits where control is not allowed or two looks do not agree."""
    at = reader.opened()
    first, then = _values(reader, at), _values(reader, at)
    for one, other in zip(first, then, strict=True):
        if not _same(one, other):
            raise OutOfLimits(f"{at.device.id}: two readings in a row differ: {one} and {other}")
    soc, upper, lower, whole, *permits = then
    for permit, value in zip(at.permits, permits, strict=True):
        if permit.present and (why := permit.forbids(value)):
            raise OutOfLimits(f"{at.device.id} does not allow control: {why}")
    return Seen(
        bounds=Bounds.of(at.setpoint, upper=upper, lower=lower),
        soc=soc / PERCENT if soc is not None and 0 <= soc <= PERCENT else None,
        setpoint=_in_force(at, whole),
    )


def _values(reader: DeviceReader[DeviceDescription], at: DeviceDescription) -> tuple[float | None, ...]:
    setpoint = at.setpoint
    return reader.values((at.soc, setpoint.max_from, setpoint.min_from, setpoint.percent_of, *at.permits))


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= max(SAME_SHARE * max(abs(one), abs(other)), SAME_UNITS)


def _in_force(at: DeviceDescription, whole: float | None) -> Setpoint:
    setpoint = at.setpoint
    written = [step for step in (*at.arm, *at.refresh, *at.release) if isinstance(step, Write)]
    for register in (at.watchdog, setpoint, *written):
        if not register.present:
            raise OutOfLimits(f"{at.device.id} has no {' or '.join(register.sunspec)} to write to")
    if setpoint.opposite is not None and setpoint.opposite.addr != setpoint.addr + setpoint.width:
        raise OutOfLimits(f"{at.device.id}: the opposite of the set-point does not stand right behind it")
    if setpoint.percent_of is not None and (whole is None or whole <= 0):
        raise OutOfLimits(f"{at.device.id}: what 100 % of the set-point is, is unknown ({whole})")
    return setpoint.against(whole)

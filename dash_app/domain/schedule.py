"""A schedule made of intents: what each step asks a device to do, and the band it may do it in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Intent(StrEnum):
    """The mode of a step. All powers follow the site convention: supply to the site is positive."""

    FOLLOW = "follow"
    """Hold the planned grid power (`target_kw`, import positive); the battery absorbs the rest within its band."""
    CHARGE = "charge"
    """Charge with `target_kw` (positive number) whatever the site does, within the band."""
    DISCHARGE = "discharge"
    """Discharge with `target_kw` (positive number) whatever the site does, within the band."""
    IDLE = "idle"
    """Hold the battery at 0."""


class Objective(StrEnum):
    """What a plan minimises."""

    COST = "cost"
    CO2 = "co2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One slot of a schedule, as approved and as sent.

    `battery_kw` is what the plan expects (discharge positive); `grid_kw` the expected grid power (import positive);
    `power_min_kw`/`power_max_kw` bound the battery power (discharge positive) and `soc_min`/`soc_max` (0..1) the
    stored energy while this step is executed.
    """

    start: datetime
    end: datetime
    intent: Intent
    target_kw: float
    battery_kw: float
    grid_kw: float
    power_min_kw: float
    power_max_kw: float
    soc_min: float
    soc_max: float
    soc_end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a way of running the site over the horizon means: money in the project's currency, CO2 on import."""

    cost: float
    co2_kg: float | None
    import_kwh: float
    export_kwh: float
    peak_import_kw: float
    cycles: float

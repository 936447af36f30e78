"""A schedule made of intents: what each step asks a device to do, and the band it may do it in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from dash_app.domain.value_table import ValueTable


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
    LIMIT = "limit"
    """Keep the import at or below `target_kw` (where that is negative: the export at or below its size); the battery
    gives or takes only what is beyond, within its band, and rests otherwise."""
    VALUE = "value"
    """Decide on the measured net load by the step's table of the value of stored energy, within the band. Without a
    table, or with one that is too old, the battery follows the net load."""


class Objective(StrEnum):
    """What a plan minimises."""

    COST = "cost"
    CO2 = "co2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One slot of a schedule, as approved and as sent.

    `battery_kw` is what the plan expects (discharge positive); `grid_kw` the expected grid power (import positive);
    `power_min_kw`/`power_max_kw` bound the battery power (discharge positive) and `soc_min`/`soc_max` (0..1) the
    stored energy while this step is executed. A step with a `table` reads as what that table means on the expected net
    load, and is executed by it.
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
    table: ValueTable | None = None

    def as_ordered(self) -> Step:
        """Return the step as a device's order carries it: with the intent `value` where there is a table."""
        return self if self.table is None else replace(self, intent=Intent.VALUE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """What a way of running the site over the horizon means: money in the project's currency, CO2 on import."""

    cost: float
    co2_kg: float | None
    import_kwh: float
    export_kwh: float
    peak_import_kw: float
    cycles: float

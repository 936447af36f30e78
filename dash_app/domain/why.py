"""Why a plan is as it is: for each thing the battery does what it is worth, and what the limits cost. Pure data.

Every number is the difference of two optimal plans of the same problem, or arithmetic on the plan itself, so that each
sentence made of it can be checked by solving again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self


class Limit(StrEnum):
    """A limit that a plan reaches."""

    IMPORT = "import"
    EXPORT = "export"
    CHARGE = "charge"
    DISCHARGE = "discharge"
    FULL = "full"
    EMPTY = "empty"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """The best other plan minus this one.

    `goal` is what is minimised, money or kg of CO2, and never negative; `cost` is money, energy left in the battery
    valued, `co2_kg` None where CO2 is not known, `peak_kw` the highest import.
    """

    goal: float
    cost: float
    co2_kg: float | None
    peak_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReason:
    """One thing that the battery does from `start` to `end`, and why.

    `energy_kwh` is counted at the AC meter; `price` is what one of these kWh costs (charging: the buying price where
    the grid gives it, what selling it would bring where the sun does) or brings (discharging: likewise), in what is
    minimised. `other_*` say when the same energy is given back, or was taken, and for which price; None where that
    lies outside of the plan. The energy that was stored first is given back first. `without` compares with the best
    plan in which the battery rests during this run; None where there is none.
    """

    start: datetime
    end: datetime
    charging: bool
    energy_kwh: float
    price: float
    other_start: datetime | None
    other_end: datetime | None
    other_price: float | None
    without: Difference | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitReason:
    """A limit that the plan reaches for `hours` in all, first at `start`.

    `worth` is how much better the best plan would be, in what is minimised, with 1 kW (of a content: 1 kWh) more room
    over the whole horizon.
    """

    limit: Limit
    start: datetime
    hours: float
    worth: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """The reasons of a plan: `round_trip` is the share of stored energy that comes back, `wear` money per kWh given."""

    round_trip: float
    wear: float
    runs: tuple[RunReason, ...] = ()
    limits: tuple[LimitReason, ...] = ()

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> Self:
        """Return what `dataclasses.asdict` and JSON made of it; raise KeyError, TypeError or ValueError otherwise."""
        runs = tuple(_run(run) for run in raw["runs"])
        limits = tuple(_limit(limit) for limit in raw["limits"])
        return cls(round_trip=raw["round_trip"], wear=raw["wear"], runs=runs, limits=limits)


def _run(raw: dict[str, Any]) -> RunReason:
    times = {key: raw[key] and datetime.fromisoformat(raw[key]) for key in ("start", "end", "other_start", "other_end")}
    without = None if raw["without"] is None else Difference(**raw["without"])
    return RunReason(**{**raw, **times, "without": without})


def _limit(raw: dict[str, Any]) -> LimitReason:
    return LimitReason(**{**raw, "limit": Limit(raw["limit"]), "start": datetime.fromisoformat(raw["start"])})

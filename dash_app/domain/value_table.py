"""What stored energy is worth at the end of a step, and the power that is best now on the measured net load. Pure.

    cost(u) = h * ( i*max(n+u, 0) - x*max(-n-u, 0) + w*max(-u, 0) ) + D*max(n+u - P, 0) + U(e')
    e'      = e + h * ( eta_c*max(u, 0) - max(-u, 0)/eta_d )

n: net load (load minus PV) as measured, kW; e: stored energy, kWh; h: hours that the power is held; i, x: import and
export price; w: wear per kWh discharged; D, P: price on a peak above P; u > 0 charges, in here only. U(e') is the cost
still to come, straight between the points of the table: for each model of the net load, the class of n is found
between the classes of the table, and the models count alike. The least cost lies where a straight piece ends, so a
handful of candidates is exact for any prices.

Once per step, with what is measured:

    choice = power_by_value(table, net_load_kw=load_kw - pv_kw, soc=soc, hours=0.25, low_kw=-5.0, high_kw=5.0,
                            soc_min=0.1, soc_max=0.95, at=now)
    battery_kw = choice.battery_kw                              # discharge positive, inside all limits
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from dash_app.domain.value_checks import check_table

Array = npt.NDArray[np.float64]
Row = tuple[float, ...]

OLDEST = timedelta(hours=2)
"""A table older than this decides nothing: then the battery follows the net load."""
TIE = 1e-7
"""Costs closer than this share of what the table tells apart are equal."""
SAME_CLASS = 1e-9
NOTHING_KW = 1e-9


class Won(StrEnum):
    """Which candidate was the best, or why there was no choice."""

    FOLLOW = "follow"
    """The battery takes the net load: nothing is imported or exported."""
    PEAK = "peak"
    """Grid power stays at the highest import that is paid for anyway."""
    CHARGE_MOST = "charge_most"
    DISCHARGE_MOST = "discharge_most"
    STORED = "stored"
    """Energy is stored up to, or taken down to, a point of the table where its worth changes."""
    IDLE = "idle"
    TOO_OLD = "too_old"
    """The table is too old: the battery follows the net load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassWorth:
    """One model's classes of net load in a step (their means, kW, ascending), and the cost still to come after it.

    `cost[class][point]` belongs to the end of the step; each row may be moved up or down as a whole.
    """

    net_kw: Row
    cost: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueTable:
    """The worth of stored energy at the end of one step: what an order with the intent `value` carries.

    `stored_kwh` are the points of every cost row, ascending; prices are per kWh in what is minimised; efficiencies and
    capacity are the battery's. With `peak_price`, each kW imported above `peak_kw` costs it. Limits of the connection,
    kW, where they are known.
    """

    computed_at: datetime
    stored_kwh: Row
    models: tuple[ClassWorth, ...]
    import_price: float
    export_price: float
    capacity_kwh: float
    charge_efficiency: float
    discharge_efficiency: float
    wear_per_kwh: float = 0.0
    peak_price: float = 0.0
    peak_kw: float = 0.0
    import_limit_kw: float | None = None
    export_limit_kw: float | None = None

    def __post_init__(self) -> None:
        """Refuse a table that does not fit together; raise ValueError saying what is wrong."""
        check_table(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> ValueTable:
        """Return the table whose `asdict` is `raw` with times as ISO 8601; raise TypeError, KeyError or ValueError."""
        models = (
            ClassWorth(net_kw=tuple(one["net_kw"]), cost=tuple(tuple(row) for row in one["cost"]))
            for one in raw["models"]
        )
        times = {"computed_at": datetime.fromisoformat(raw["computed_at"])}
        return cls(**{**raw, **times, "stored_kwh": tuple(raw["stored_kwh"]), "models": tuple(models)})


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The battery power to ask for, kW, discharge positive, and the candidate that won."""

    battery_kw: float
    won: Won


def power_by_value(
    table: ValueTable,
    *,
    net_load_kw: float,
    soc: float,
    hours: float,
    low_kw: float,
    high_kw: float,
    soc_min: float = 0.0,
    soc_max: float = 1.0,
    at: datetime | None = None,
) -> Choice:
    """Return the best battery power between `low_kw` and `high_kw` (discharge positive) for the next `hours`.

    The stored energy stays within `soc_min`..`soc_max` (0..1) over these hours as far as the powers allow, and the
    grid within the connection's limits. Ramp limits are a narrower `low_kw`..`high_kw`. A table computed more than
    two hours before `at` is not asked. Raises ValueError where a number is not finite or the powers allow nothing.
    """
    numbers = (net_load_kw, soc, hours, low_kw, high_kw, soc_min, soc_max)
    if not np.isfinite(numbers).all() or hours <= 0 or low_kw > high_kw:
        raise ValueError(f"no power can be chosen from {numbers}")
    if at is not None and at - table.computed_at > OLDEST:
        return Choice(battery_kw=min(max(net_load_kw, low_kw), high_kw), won=Won.TOO_OLD)
    stored_kwh = soc * table.capacity_kwh
    ends = (soc_min * table.capacity_kwh, soc_max * table.capacity_kwh)
    lowest, highest = _reach(table, stored_kwh, hours, ends, net_load_kw, -high_kw, -low_kw)
    charge_kw = _candidates(table, net_load_kw, stored_kwh, hours, lowest, highest)
    worth = worth_of(table, net_load_kw)
    cost = step_cost(table, net_load_kw, charge_kw, hours)
    cost += np.interp(stored_after(table, stored_kwh, charge_kw, hours), np.array(table.stored_kwh), worth)
    best = _first_of_the_best(charge_kw, cost, net_load_kw, TIE * float(np.ptp(worth)))
    return Choice(
        battery_kw=min(max(-best, low_kw), high_kw) + 0.0, won=_won(table, best, net_load_kw, lowest, highest)
    )


def worth_of(table: ValueTable, net_load_kw: float) -> Array:
    """Return the cost still to come at each point of stored energy, for a net load between the classes: Uq."""
    rows = []
    for model in table.models:
        cost, place = np.array(model.cost), class_of(np.array(model.net_kw), net_load_kw)
        below = min(int(place), len(cost) - 1)
        above = min(below + 1, len(cost) - 1)
        rows.append(cost[below] + (place - below) * (cost[above] - cost[below]))
    return np.asarray(np.mean(rows, axis=0))


def class_of(net_kw: Array, net_load_kw: float) -> float:
    """Return the place of a net load between the means of its classes, 0..K-1; the middle of equal means.

    >>> class_of(np.array([0.0, 10.0, 20.0]), 15.0), class_of(np.array([5.0, 5.0, 5.0]), 5.0)
    (1.5, 1.0)
    """
    places = np.arange(len(net_kw), dtype=float)
    apart = SAME_CLASS * max(1.0, float(np.abs(net_kw).max()))
    from_below = np.interp(net_load_kw, net_kw + apart * places, places)
    from_above = np.interp(net_load_kw, net_kw - apart * places[::-1], places)
    return round(float(0.5 * (from_below + from_above)), 6)


def step_cost(table: ValueTable, net_load_kw: float, charge_kw: Array, hours: float) -> Array:
    """Return what the step itself costs at these powers (charging positive)."""
    grid_kw = net_load_kw + charge_kw
    energy = table.import_price * np.maximum(grid_kw, 0.0) - table.export_price * np.maximum(-grid_kw, 0.0)
    wear = table.wear_per_kwh * np.maximum(-charge_kw, 0.0)
    return np.asarray(hours * (energy + wear) + table.peak_price * np.maximum(grid_kw - table.peak_kw, 0.0))


def stored_after(table: ValueTable, stored_kwh: float, charge_kw: Array, hours: float) -> Array:
    """Return the stored energy after these powers (charging positive) have been held."""
    up, down = np.maximum(charge_kw, 0.0), np.maximum(-charge_kw, 0.0)
    return np.asarray(stored_kwh + hours * (table.charge_efficiency * up - down / table.discharge_efficiency))


def power_to(table: ValueTable, stored_kwh: float, then_kwh: Array, hours: float) -> Array:
    """Return the power (charging positive) that leads from one stored energy to others."""
    change = (then_kwh - stored_kwh) / hours
    return np.where(change > 0, change / table.charge_efficiency, change * table.discharge_efficiency)


def _reach(
    table: ValueTable,
    stored_kwh: float,
    hours: float,
    ends_kwh: tuple[float, float],
    net_load_kw: float,
    lowest: float,
    highest: float,
) -> tuple[float, float]:
    """Return the powers (charging positive) that keep corridor and connection, as far as `lowest`..`highest` allow."""
    to_floor, to_ceiling = power_to(table, stored_kwh, np.array(ends_kwh), hours)
    low, high = max(lowest, min(float(to_floor), 0.0)), min(highest, max(float(to_ceiling), 0.0))
    if table.import_limit_kw is not None:
        high = min(high, max(table.import_limit_kw - net_load_kw, low))
    if table.export_limit_kw is not None:
        low = max(low, min(-table.export_limit_kw - net_load_kw, high))
    low, high = min(max(low, lowest), highest), min(max(high, lowest), highest)
    return (low, high) if low <= high else (high, high)


def _candidates(
    table: ValueTable, net_load_kw: float, stored_kwh: float, hours: float, lowest: float, highest: float
) -> Array:
    to_points = power_to(table, stored_kwh, np.array(table.stored_kwh), hours)
    corners = [lowest, highest, 0.0, -net_load_kw]
    if table.peak_price > 0:
        corners.append(table.peak_kw - net_load_kw)
    every = np.concatenate((corners, to_points))
    return np.asarray(every[(every >= lowest) & (every <= highest)])


def _first_of_the_best(charge_kw: Array, cost: Array, net_load_kw: float, slack: float) -> float:
    """Return the cheapest power; among equals following the net load, then acting now rather than later."""
    best = charge_kw[cost <= cost.min() + slack]
    following = np.abs(best + net_load_kw) <= NOTHING_KW
    return float(best[following][0] if following.any() else best[np.argmax(np.abs(best))])


def _won(table: ValueTable, charge_kw: float, net_load_kw: float, lowest: float, highest: float) -> Won:
    grid_kw = net_load_kw + charge_kw
    if abs(grid_kw) <= NOTHING_KW:
        return Won.FOLLOW
    if abs(charge_kw) <= NOTHING_KW:
        return Won.IDLE
    if table.peak_price > 0 and abs(grid_kw - table.peak_kw) <= NOTHING_KW:
        return Won.PEAK
    if charge_kw > 0:
        return Won.CHARGE_MOST if charge_kw == highest else Won.STORED
    return Won.DISCHARGE_MOST if charge_kw == lowest else Won.STORED

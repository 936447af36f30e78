"""What came of a course: money, CO2, peak, cycles, and the share of the best possible saving."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.simulate.loop import Course
from optimizer.simulate.measured import Column, Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """`cost` is energy, wear and peaks minus the worth of what is stored more at the end; CO2 counts imports."""

    cost: float
    energy_cost: float
    demand_cost: float
    co2_kg: float | None
    peak_kw: float
    cycles: float
    flips_per_day: float


def figures_of(measured: Measured, course: Course, end_value: float) -> Figures:
    """Return the figures of a course; what is stored more at the end than at the start is worth `end_value` per kWh."""
    hours, battery = measured.step_h, measured.battery
    imported, exported = np.maximum(course.grid_kw, 0.0), np.maximum(-course.grid_kw, 0.0)
    discharged_kwh = hours * float(np.maximum(course.battery_kw, 0.0).sum())
    energy = hours * float(measured.of(Column.IMPORT_PRICE) @ imported - measured.of(Column.EXPORT_PRICE) @ exported)
    months = measured.months
    peaks = [float(imported[months == month].max()) for month in np.unique(months)]
    demand = measured.demand_price * sum(peaks)
    left_kwh = float(course.stored_kwh[-1] - course.stored_kwh[0])
    return Figures(
        cost=energy + demand + battery.wear_per_kwh * discharged_kwh - end_value * left_kwh,
        energy_cost=energy,
        demand_cost=demand,
        co2_kg=hours * float(measured.of(Column.CO2) @ imported) if measured.has_co2 else None,
        peak_kw=max(peaks),
        cycles=discharged_kwh / battery.capacity_kwh,
        flips_per_day=course.flips / (measured.steps * hours / 24),
    )


def share(cost: float, *, without: float, best: float) -> float:
    """Return the share (percent) of the best possible saving that a policy captured.

    >>> share(70.0, without=100.0, best=60.0)
    75.0
    """
    return 100.0 * (without - cost) / (without - best) if without > best else float("nan")

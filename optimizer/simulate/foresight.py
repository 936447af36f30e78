"""The best that anyone could have done: one programme over the whole window on what was measured.

A second formulation that shares nothing with what plans: import, export, charge, discharge and stored energy of every
step, and the highest import of every month. Steps in which the linear programme goes both ways at once, because a
price is below zero, get a binary and it is solved again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from optimizer.schedule.checks import Array
from optimizer.simulate.loop import Course
from optimizer.simulate.measured import Column, Measured

ROUNDS = 6
TOLERANCE_KW = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Best:
    """The course of perfect foresight and its cost, a lower bound by at most `gap` of itself.

    `both_ways` counts the steps that still go both ways: then no battery reaches the cost.
    """

    course: Course
    cost: float
    both_ways: int
    gap: float


def value_of_the_end(measured: Measured) -> float:
    """Return what one more kWh stored at the window's end would have been worth over the two days after it."""
    whole = _Programme(measured, measured.steps + measured.horizon, end_value=0.0, demand_price=0.0)
    found = linprog(whole.cost, A_eq=whole.equal, b_eq=whole.right, bounds=whole.limits, method="highs")
    if found.status != 0:
        raise ArithmeticError(f"{measured.name}: value of the end: {found.message}")
    return max(0.0, -float(found.eqlin.marginals[whole.steps + measured.steps - 1]))


def perfect_foresight(measured: Measured, end_value: float) -> Best:
    """Return the best course over the window, the energy left at its end valued at `end_value` per kWh."""
    programme = _Programme(measured, measured.steps, end_value=end_value, demand_price=measured.demand_price)
    pairs: dict[int, Array] = {0: np.empty(0, dtype=int), 2: np.empty(0, dtype=int)}
    for _ in range(ROUNDS):
        found = programme.solved(pairs)
        blocks = found.x[: 5 * measured.steps].reshape(5, measured.steps)
        fresh = {first: np.flatnonzero(blocks[first : first + 2].min(axis=0) > TOLERANCE_KW) for first in pairs}
        if not any(len(at) for at in fresh.values()):
            break
        pairs = {first: np.union1d(at, fresh[first]) for first, at in pairs.items()}
    imported, exported, charge, discharge, stored = blocks
    start = measured.soc_start * measured.battery.capacity_kwh
    course = Course(
        battery_kw=discharge - charge,
        grid_kw=imported - exported,
        stored_kwh=np.concatenate(([start], stored)),
        flips=0,
    )
    gap = float(getattr(found, "mip_gap", None) or 0.0)
    bound = float(found.fun) if gap == 0.0 else float(found.mip_dual_bound)
    return Best(
        course=course,
        cost=bound + end_value * start,
        both_ways=len(np.union1d(fresh[0], fresh[2])),
        gap=gap,
    )


class _Programme:
    """Cost, equalities, bounds and rows for `steps` steps from the window's first on."""

    def __init__(self, measured: Measured, steps: int, *, end_value: float, demand_price: float) -> None:
        self.name, self.steps = measured.name, steps
        battery, hours, beyond = measured.battery, measured.step_h, steps - measured.steps
        self.cost = _cost(measured, beyond, end_value)
        one, none = sparse.identity(steps, format="csr"), sparse.csr_matrix((steps, steps))
        change = one - sparse.eye(steps, k=-1, format="csr")
        gain, drain = hours * battery.charge_efficiency, hours / battery.discharge_efficiency
        self.equal = sparse.vstack(
            [sparse.hstack([one, -one, -one, one, none]), sparse.hstack([none, none, -gain * one, drain * one, change])]
        )
        self.right = np.concatenate((measured.net_kw(beyond=beyond), np.zeros(steps)))
        self.right[steps] = measured.soc_start * battery.capacity_kwh
        self.limits = _limits(measured, beyond)
        self._peaks = sparse.csr_matrix((0, 5 * steps))
        if demand_price > 0:
            self._with_peaks(measured.months, demand_price)

    def _with_peaks(self, months: Array, price: float) -> None:
        """Add a variable for each month that no import of it exceeds."""
        steps, count = self.steps, int(months.max()) + 1
        of_month = sparse.csr_matrix((np.ones(steps), (np.arange(steps), months)), shape=(steps, count))
        self._peaks = sparse.hstack([sparse.identity(steps), sparse.csr_matrix((steps, 4 * steps)), -of_month])
        self.cost = np.concatenate((self.cost, np.full(count, price)))
        self.equal = sparse.hstack([self.equal, sparse.csr_matrix((self.equal.shape[0], count))])
        self.limits = np.vstack((self.limits, np.tile([0.0, np.inf], (count, 1))))

    def solved(self, pairs: dict[int, Array]) -> Any:
        """Return the optimum in which block `first` and the next exclude each other at the steps of `pairs`."""
        count = sum(len(at) for at in pairs.values())
        columns = len(self.cost)
        cost = np.concatenate((self.cost, np.zeros(count)))
        limits = np.vstack((self.limits, np.tile([0.0, 1.0], (count, 1))))
        wider = sparse.csr_matrix((self.equal.shape[0], count))
        rows = [LinearConstraint(sparse.hstack([self.equal, wider]), self.right, self.right)]
        if self._peaks.shape[0]:
            wider = sparse.csr_matrix((self._peaks.shape[0], count))
            rows.append(LinearConstraint(sparse.hstack([self._peaks, wider]), -np.inf, 0.0))
        binary = columns
        for first, at in pairs.items():
            for step in at:
                rows.append(self._one_way(first * self.steps + step, binary, columns + count))
                binary += 1
        whole = np.concatenate((np.zeros(columns), np.ones(count)))
        found = milp(
            cost,
            constraints=rows,
            bounds=Bounds(limits[:, 0], limits[:, 1]),
            integrality=whole,
            options={"mip_rel_gap": 1e-7, "time_limit": 120.0},
        )
        if found.x is None:
            raise ArithmeticError(f"{self.name}: perfect foresight: {found.message}")
        return found

    def _one_way(self, column: int, binary: int, columns: int) -> LinearConstraint:
        """Return: this column only where the binary is 1, its counterpart in the next block only where it is 0."""
        other = column + self.steps
        most, most_other = self.limits[column, 1], self.limits[other, 1]
        entries = ([1.0, -most, 1.0, most_other], ([0, 0, 1, 1], [column, binary, other, binary]))
        return LinearConstraint(sparse.csr_matrix(entries, shape=(2, columns)), -np.inf, [0.0, most_other])


def _cost(measured: Measured, beyond: int, end_value: float) -> Array:
    hours, steps = measured.step_h, measured.steps + beyond
    parts = (
        hours * measured.of(Column.IMPORT_PRICE, beyond=beyond),
        -hours * measured.of(Column.EXPORT_PRICE, beyond=beyond),
        np.zeros(steps),
        np.full(steps, hours * measured.battery.wear_per_kwh),
        np.zeros(steps),
    )
    cost = np.concatenate(parts)
    cost[-1] -= end_value
    return cost


def _limits(measured: Measured, beyond: int) -> Array:
    battery, steps = measured.battery, measured.steps + beyond
    low, high = np.zeros((5, steps)), np.full((5, steps), np.inf)
    # no more is traded than the site and its battery together can move
    high[0] = high[1] = np.abs(measured.net_kw(beyond=beyond)) + battery.charge_kw + battery.discharge_kw
    high[2], high[3] = battery.charge_kw, battery.discharge_kw
    low[4] = battery.soc_floor * battery.capacity_kwh
    high[4] = battery.soc_max * battery.capacity_kwh
    return np.column_stack((low.ravel(), high.ravel()))

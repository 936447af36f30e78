"""A charge on the highest mean import of a billing window."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array, check_number
from optimizer.schedule.devices.device import Rule, window

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CapacityCharge(Rule):
    """A charge on the highest mean import over averaging intervals of m steps.

        intervals   B_0 = the first m - averaging_offset steps, then m steps each
        mean_b      = sum over t in B_b of h_t*gi_t / sum of h_t
                      mean_0 = (running_kwh + sum h_t*gi_t) / (m*dt_h) where running_kwh is known
        cost        price_per_kw * max(already_incurred_kw, mean_b of every interval that begins in a window)

    `averaging_offset` steps of the running interval are over already, in which `running_kwh` were imported.
    `windows` are pairs of steps [from, to); without any, all steps count. `already_incurred_kw` is the highest
    mean of the billing period so far.
    """

    device_id: str
    key: str
    price_per_kw: float
    already_incurred_kw: float = 0.0
    windows: tuple[tuple[int, int], ...] = ()
    averaging_steps: int = 1
    averaging_offset: int = 0
    running_kwh: float | None = None

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_number(f"{self.key}.price_per_kw", self.price_per_kw, low=0.0)
        check_number(f"{self.key}.already_incurred_kw", self.already_incurred_kw, low=0.0)
        check_number(f"{self.key}.averaging_steps", self.averaging_steps, low=1)
        check_number(f"{self.key}.averaging_offset", self.averaging_offset, low=0, high=self.averaging_steps - 1)
        if self.running_kwh is not None:
            check_number(f"{self.key}.running_kwh", self.running_kwh, low=0.0)
        for place, (first, end) in enumerate(self.windows):
            if not 0 <= first <= end <= problem.steps:
                raise InvalidProblem(f"{self.key}.windows[{place}]: {first}..{end} of {problem.steps} steps")

    def structure(self, problem: Problem) -> tuple[int, int]:
        """Return how the steps fall into intervals."""
        del problem
        return self.averaging_steps, self.averaging_offset

    @staticmethod
    def state(block: Block, averaging_steps: int, averaging_offset: int) -> None:
        """State the equations: the sum over an interval is a constant matrix, the weights are values."""
        peak = block.number("peak_kw")
        summed = _sums(block.steps, averaging_steps, averaging_offset)
        means = summed @ block.times(block.vector("weight"), block.model.import_kw)
        block.always("peak", means + block.vector("running_kw", summed.shape[0]) <= peak)
        block.always("incurred", peak >= block.scalar("already_incurred_kw"))
        block.cost = block.scalar("price_per_kw") * peak

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters; an interval outside of the windows weighs nothing."""
        weight = np.zeros(problem.steps)
        counted = self._counted(problem)
        blocks = list(intervals(problem.steps, self.averaging_steps, self.averaging_offset))
        running_kw = np.zeros(len(blocks))
        for place, (first, end) in enumerate(blocks):
            length_h = float(problem.hours[first:end].sum())
            if place == 0 and self.running_kwh is not None:
                length_h = self.averaging_steps * problem.dt_h
                running_kw[0] = self.running_kwh / length_h * counted[0]
            weight[first:end] = counted[first] * problem.hours[first:end] / length_h
        return {
            "weight": weight,
            "running_kw": running_kw,
            "already_incurred_kw": self.already_incurred_kw,
            "price_per_kw": self.price_per_kw,
        }

    def without_cost(self) -> CapacityCharge:
        """Return the charge at a price of 0."""
        return replace(self, price_per_kw=0.0)

    def _counted(self, problem: Problem) -> Array:
        if not self.windows:
            return np.ones(problem.steps)
        return np.clip(sum(window(problem.steps, first, end) for first, end in self.windows), 0.0, 1.0)


def intervals(steps: int, averaging_steps: int, averaging_offset: int) -> Iterator[tuple[int, int]]:
    """Yield the steps [from, to) of each interval.

    >>> list(intervals(5, 2, 1))
    [(0, 1), (1, 3), (3, 5)]
    """
    first, end = 0, averaging_steps - averaging_offset
    while first < steps:
        yield first, min(end, steps)
        first, end = end, end + averaging_steps


def _sums(steps: int, averaging_steps: int, averaging_offset: int) -> sp.csc_array:
    blocks = list(intervals(steps, averaging_steps, averaging_offset))
    rows = np.repeat(np.arange(len(blocks)), [end - first for first, end in blocks])
    return sp.csc_array((np.ones(steps), (rows, np.arange(steps))), shape=(len(blocks), steps))

"""What a device or a rule is to the rest: data, checked once, stated in the model once, given values for each solve."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from optimizer.schedule.checks import Array

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem

Series = dict[str, Array]
"""What a device does, by the names of problem-format.md."""


class Device(Protocol):
    """A device or a rule of the problem; `key` is its JSON key, `device_id` names it in the answer."""

    @property
    def device_id(self) -> str:
        """Return the id, unique in the problem."""

    @property
    def key(self) -> str:
        """Return the JSON key that errors and conflicts name."""

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""

    def structure(self, problem: Problem) -> tuple[Hashable, ...]:
        """Return what decides the matrices; everything else is a value."""

    @staticmethod
    def state(block: Block, *structure: Any) -> None:
        """State variables, constraints, powers and costs in the model."""

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters that `state` asked for."""

    def most_kw(self, problem: Problem) -> tuple[Array, Array]:
        """Return the most it could take, and give, in each step."""

    def series(self, problem: Problem, plan: Mapping[str, Array]) -> Series:
        """Return what the device does, states worked out from powers, given the values of its variables."""

    def net_kw(self, series: Series) -> Array:
        """Return what it takes minus what it gives in each step."""

    def uncontrolled(self, problem: Problem) -> Series:
        """Return what the device does where nobody plans: what a saving is compared with."""

    def without_cost(self) -> Device:
        """Return the same device at no cost of its own; what decides the matrices stays."""

    def most_co2_kg(self, problem: Problem) -> float:
        """Return the most CO2 it could emit over the horizon."""


class Free:
    """What costs nothing of its own and emits nothing."""

    __slots__ = ()

    def without_cost(self) -> Self:
        """Return itself."""
        return self

    def most_co2_kg(self, problem: Problem) -> float:
        """Return 0."""
        del problem
        return 0.0


class Rule(Free):
    """The half of a device that a rule needs not: it takes and gives nothing, and has nothing to tell."""

    __slots__ = ()

    def most_kw(self, problem: Problem) -> tuple[Array, Array]:
        """Return nothing taken and nothing given."""
        return np.zeros(problem.steps), np.zeros(problem.steps)

    def series(self, problem: Problem, plan: Mapping[str, Array]) -> Series:
        """Return no series."""
        del problem, plan
        return {}

    def net_kw(self, series: Series) -> Array:
        """Return no power: 0 broadcasts over the steps."""
        del series
        return np.zeros(1)

    def uncontrolled(self, problem: Problem) -> Series:
        """Return no series: a rule binds nobody who does not plan."""
        del problem
        return {}


def window(steps: int, first: int, end: int) -> Array:
    """Return 1 in the steps [first, end) and 0 elsewhere.

    >>> window(4, 1, 3).tolist()
    [0.0, 1.0, 1.0, 0.0]
    """
    inside = np.zeros(steps)
    inside[first:end] = 1.0
    return inside


def carried(start: float, kept: Array, change: Array) -> Array:
    """Return x_t = kept_t * x_{t-1} + change_t from x_{-1} = start.

    >>> carried(10.0, np.array([1.0, 0.5]), np.array([2.0, 1.0])).tolist()
    [12.0, 7.0]
    """
    values = []
    for share, more in zip(kept, change, strict=True):
        start = share * start + more
        values.append(start)
    return np.array(values)


def at_once(hours: Array, most_kw: Array, energy_kwh: float) -> Array:
    """Return powers that give `energy_kwh` as early as `most_kw` allows; means over a step, so the last may be less.

    >>> at_once(np.ones(4), np.array([0.0, 4.0, 4.0, 4.0]), 6.0).tolist()
    [0.0, 4.0, 2.0, 0.0]
    """
    given_kwh = np.minimum(np.cumsum(hours * most_kw), energy_kwh)
    return np.diff(given_kwh, prepend=0.0) / hours

"""A dimming signal: the grid operator limits what controllable devices draw, never below a floor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array, check_number
from optimizer.schedule.devices.device import Rule, window

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem

FLOOR_KW = 4.2
"""What a controllable device may always draw (German energy industry act, section 14a)."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dimming(Rule):
    """What may be drawn from the grid beyond the load that cannot be controlled, in the steps [start_step, end_step).

        gi_t <= max(load_t - pv_t, 0) + max(limit_kw, floor_kw)

    The plain load is never dimmed and is covered by PV first; a battery's discharge counts for the others.
    """

    device_id: str
    key: str
    start_step: int
    end_step: int
    limit_kw: float
    floor_kw: float = FLOOR_KW

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_number(f"{self.key}.limit_kw", self.limit_kw, low=0.0)
        check_number(f"{self.key}.floor_kw", self.floor_kw, low=0.0)
        if not 0 <= self.start_step <= self.end_step <= problem.steps:
            raise InvalidProblem(
                f"{self.key}: start_step {self.start_step}, end_step {self.end_step} of {problem.steps} steps"
            )

    def structure(self, problem: Problem) -> tuple[()]:
        """Return nothing: all of it is values."""
        del problem
        return ()

    @staticmethod
    def state(block: Block) -> None:
        """State the equation; outside of its steps the limit is out of reach."""
        block.at_most("limit_kw", block.model.import_kw, block.vector("import_limit_kw"), "kW")

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters."""
        from optimizer.schedule.values import most_import_kw

        return {"import_limit_kw": np.where(self.acts(problem), self.allowed_kw(problem), most_import_kw(problem) + 1)}

    def acts(self, problem: Problem) -> Array:
        """Return 1 where the signal is on."""
        return window(problem.steps, self.start_step, self.end_step)

    def allowed_kw(self, problem: Problem) -> Array:
        """Return the most that may be imported under the signal."""
        return np.maximum(problem.load_kw - problem.pv_kw, 0.0) + max(self.limit_kw, self.floor_kw)

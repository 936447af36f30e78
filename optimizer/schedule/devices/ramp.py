"""Ramp limits: how much a power may change from step to step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import check_number
from optimizer.schedule.devices.device import Rule

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RampLimit(Rule):
    """How much the power of a battery (`battery` is its place), or of the grid (None), may change between steps.

    |x_t - x_{t-1}| <= ramp_kw_per_step ,   x = d - c of the battery, or gi - ge
    x_{-1} = power_before_kw                (null: the first step is free)
    """

    device_id: str
    key: str
    battery: int | None
    ramp_kw_per_step: float
    power_before_kw: float | None = None

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_number(f"{self.key}.ramp_kw_per_step", self.ramp_kw_per_step, low=0.0)
        if self.power_before_kw is not None:
            check_number(f"{self.key}.power_before_kw", self.power_before_kw)
        if self.battery is not None and not 0 <= self.battery < len(problem.storages):
            raise InvalidProblem(f"{self.key}: there is no battery {self.battery}")

    def structure(self, problem: Problem) -> tuple[int | None, bool]:
        """Return whose power it is, and whether the one before is known."""
        del problem
        return self.battery, self.power_before_kw is not None

    @staticmethod
    def state(block: Block, battery: int | None, known: bool) -> None:
        """State the equations; without the power before, the change of the first step is left out."""
        model = block.model
        power = (
            model.import_kw - model.export_kw
            if battery is None
            else model.discharge_kw[battery] - model.charge_kw[battery]
        )
        ramp = block.scalar("ramp_kw_per_step")
        change = power - block.before(power) - block.vector("before_kw")
        if not known:
            change = change[1:] if block.steps > 1 else 0.0 * change
        block.at_most("ramp_kw_per_step", block.both_ways(change), ramp, "kW")

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters."""
        before = np.zeros(problem.steps)
        before[0] = self.power_before_kw or 0.0
        return {"ramp_kw_per_step": self.ramp_kw_per_step, "before_kw": before}

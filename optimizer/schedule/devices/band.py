"""Closer limits on one battery's power in single steps: what a person rules out, or what a question rules out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array, check_series
from optimizer.schedule.devices.device import Rule

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PowerBand(Rule):
    """How much the battery at place `battery` may charge and discharge at most in each step, kW; +inf is no limit.

    c_t <= charge_kw_t ,   d_t <= discharge_kw_t
    """

    device_id: str
    key: str
    battery: int
    charge_kw: Array
    discharge_kw: Array

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        for name, limit in (("charge_kw", self.charge_kw), ("discharge_kw", self.discharge_kw)):
            check_series(f"{self.key}.{name}", limit, problem.steps, low=0.0, unlimited=True)
        if not 0 <= self.battery < len(problem.storages):
            raise InvalidProblem(f"{self.key}: there is no battery {self.battery}")

    def structure(self, problem: Problem) -> tuple[int]:
        """Return whose power it is."""
        del problem
        return (self.battery,)

    @staticmethod
    def state(block: Block, battery: int) -> None:
        """State the equations."""
        model = block.model
        block.at_most("charge_kw", model.charge_kw[battery], block.vector("charge_kw"), "kW")
        block.at_most("discharge_kw", model.discharge_kw[battery], block.vector("discharge_kw"), "kW")

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters; what the battery can do anyway is no limit of this one."""
        storage = problem.storages[self.battery]
        return {
            "charge_kw": self.charge_kw.clip(max=storage.charge_kw),
            "discharge_kw": self.discharge_kw.clip(max=storage.discharge_kw),
        }

"""A price on turning round: what a change from charging to discharging costs a battery."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import check_number
from optimizer.schedule.devices.device import Rule

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SwitchingCost(Rule):
    """What each change of direction of a battery (`battery` is its place) costs; standing still changes nothing.

    way_t in {0, 1} ;  c_t <= charge_kw*way_t ;  d_t <= discharge_kw*(1 - way_t)
    turn_t >= |way_t - way_{t-1}| ,  way_{-1} from power_before_kw (d - c; null or 0: the first way is free)
    cost  cost_per_change*sum turn_t
    """

    device_id: str
    key: str
    battery: int
    cost_per_change: float
    power_before_kw: float | None = None

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_number(f"{self.key}.switching_cost", self.cost_per_change, low=0.0)
        if self.power_before_kw is not None:
            check_number(f"{self.key}.power_before_kw", self.power_before_kw)
        if not 0 <= self.battery < len(problem.storages):
            raise InvalidProblem(f"{self.key}: there is no battery {self.battery}")

    def structure(self, problem: Problem) -> tuple[int, bool]:
        """Return whose direction it is, and whether the one before is known."""
        del problem
        return self.battery, bool(self.power_before_kw)

    @staticmethod
    def state(block: Block, battery: int, known: bool) -> None:
        """State the equations."""
        model = block.model
        way, turn = block.variable("way", boolean=True), block.variable("turn")
        block.always("charging", model.charge_kw[battery] <= block.scalar("charge_kw") * way)
        block.always("discharging", model.discharge_kw[battery] <= block.scalar("discharge_kw") * (1 - way))
        change = way - block.before(way) - block.vector("way_before")
        if not known:
            change, turned = (change[1:], turn[1:]) if block.steps > 1 else (0.0 * change, turn)
        else:
            turned = turn
        block.always("turn_to_charge", change <= turned)
        block.always("turn_to_discharge", -change <= turned)
        block.always("turn_once", turn <= 1)
        block.cost = block.scalar("cost_per_change") * block.total(turn)

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters."""
        before, storage = np.zeros(problem.steps), problem.storages[self.battery]
        before[0] = float((self.power_before_kw or 0.0) < 0)
        return {
            "charge_kw": storage.charge_kw,
            "discharge_kw": storage.discharge_kw,
            "way_before": before,
            "cost_per_change": self.cost_per_change,
        }

    def without_cost(self) -> SwitchingCost:
        """Return the rule at a price of 0."""
        return replace(self, cost_per_change=0.0)

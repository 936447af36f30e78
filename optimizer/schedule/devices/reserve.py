"""A reserve: what the batteries hold back for when the grid fails, or somebody calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array, check_series
from optimizer.schedule.devices.device import Rule

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reserve(Rule):
    """What all batteries i together could still give at the AC meter at the end of each step, and on top in it.

    sum_i eta_discharge_i*(e_{i,t} - soc_min_i*cap_i) >= energy_kwh_t
    sum_i (discharge_kw_i - d_{i,t} + c_{i,t})        >= power_kw_t
    """

    device_id: str
    key: str
    energy_kwh: Array
    power_kw: Array

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_series(f"{self.key}.energy_kwh", self.energy_kwh, problem.steps, low=0.0)
        check_series(f"{self.key}.power_kw", self.power_kw, problem.steps, low=0.0)
        if not problem.storages:
            raise InvalidProblem(f"{self.key}: a battery is needed to hold it")

    def structure(self, problem: Problem) -> tuple[int]:
        """Return the number of batteries."""
        return (len(problem.storages),)

    @staticmethod
    def state(block: Block, batteries: int) -> None:
        """State the equations."""
        model = block.model
        energy = sum(block.scalar(f"eta{i}") * model.stored_kwh[i] for i in range(batteries))
        power = sum(model.charge_kw[i] - model.discharge_kw[i] for i in range(batteries))
        block.at_most("energy_kwh", block.vector("energy_kwh"), energy, "kWh")
        block.at_most("power_kw", block.vector("power_kw"), power, "kW")

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters; what the batteries cannot give is added to what is wanted."""
        least = sum(storage.eta_discharge * storage.soc_min * storage.capacity_kwh for storage in problem.storages)
        most_kw = sum(storage.discharge_kw for storage in problem.storages)
        # nothing wanted is nothing held back, also where a battery starts below its floor
        none_kwh, none_kw = -least - 1.0, -2.0 * most_kw - 1.0
        return {f"eta{i}": storage.eta_discharge for i, storage in enumerate(problem.storages)} | {
            "energy_kwh": np.where(self.energy_kwh > 0, self.energy_kwh + least, none_kwh),
            "power_kw": np.where(self.power_kw > 0, self.power_kw - most_kw, none_kw),
        }

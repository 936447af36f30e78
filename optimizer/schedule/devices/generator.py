"""A generator: fuel against imports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.schedule.checks import Array, check_number
from optimizer.schedule.devices.device import Series
from optimizer.schedule.devices.running import Running, state_running

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Generator:
    """A generator that supplies p_t at the AC meter.

        min_kw*on_t <= p_t <= max_kw*on_t ;  on and start as Running says
        cost  dt*(cost_per_kwh*p_t + cost_per_h_on*on_t) + cost_per_start*start_t
        CO2   dt*co2_kg_per_kwh*p_t , weighed and limited like that of imports

    Without a least power, cost of being on, cost of starts or limits on runs, `on` is left out: p_t <= max_kw.
    """

    device_id: str
    key: str
    max_kw: float
    cost_per_kwh: float
    min_kw: float = 0.0
    cost_per_h_on: float = 0.0
    cost_per_start: float = 0.0
    co2_kg_per_kwh: float = 0.0
    running: Running = field(default_factory=Running)
    always_switched: bool = False

    @property
    def switched(self) -> bool:
        """Whether being on or off matters."""
        costly = self.cost_per_h_on > 0 or self.cost_per_start > 0
        return self.always_switched or self.min_kw > 0 or costly or not self.running.free

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        del problem
        for name in ("max_kw", "cost_per_kwh", "cost_per_h_on", "cost_per_start", "co2_kg_per_kwh"):
            check_number(f"{self.key}.{name}", getattr(self, name), low=0.0)
        check_number(f"{self.key}.min_kw", self.min_kw, low=0.0, high=self.max_kw)
        self.running.check(self.key)

    def structure(self, problem: Problem) -> tuple[bool, int]:
        """Return whether binaries are needed, and the shortest run."""
        del problem
        return self.switched, self.running.min_run_steps

    @staticmethod
    def state(block: Block, switched: bool, min_run_steps: int) -> None:
        """State the equations."""
        power = block.variable("power_kw")
        block.given_kw = power
        block.cost = block.vector("cost_per_kw") @ power
        block.co2_kg = block.vector("co2_kg_per_kw") @ power
        if not switched:
            block.always("max_kw", power <= block.scalar("max_kw"))
            return
        on, start = state_running(block, min_run_steps)
        block.always("max_kw", power <= block.scalar("max_kw") * on)
        block.always("min_kw", power >= block.scalar("min_kw") * on)
        block.cost = block.cost + block.vector("cost_on") @ on + block.scalar("cost_per_start") * block.total(start)

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters; the price of CO2 is part of what a kWh costs."""
        always, hours = np.ones(problem.steps), problem.hours
        per_kwh = self.cost_per_kwh + problem.co2_price_per_kg * self.co2_kg_per_kwh
        return self.running.values(always, always) | {
            "cost_per_kw": hours * per_kwh,
            "co2_kg_per_kw": hours * self.co2_kg_per_kwh,
            "cost_on": hours * self.cost_per_h_on,
            "cost_per_start": self.cost_per_start,
            "max_kw": self.max_kw,
            "min_kw": self.min_kw,
        }

    def most_kw(self, problem: Problem) -> tuple[Array, Array]:
        """Return the most it could take, and give, in each step."""
        return np.zeros(problem.steps), np.full(problem.steps, self.max_kw)

    def series(self, problem: Problem, plan: Mapping[str, Array]) -> Series:
        """Return its power and when it is on."""
        del problem
        power = plan["power_kw"]
        return {"power_kw": power, "on": plan["on"].round() if "on" in plan else (power > 0).astype(float)}

    def net_kw(self, series: Series) -> Array:
        """Return what it takes: less than nothing."""
        return -series["power_kw"]

    def uncontrolled(self, problem: Problem) -> Series:
        """Return it standing still: the grid covers what the site needs."""
        return {"power_kw": np.zeros(problem.steps), "on": np.zeros(problem.steps)}

    def without_cost(self) -> Generator:
        """Return the generator at no cost, switched where it was before."""
        return replace(self, always_switched=self.switched, cost_per_kwh=0.0, cost_per_h_on=0.0, cost_per_start=0.0)

    def most_co2_kg(self, problem: Problem) -> float:
        """Return the CO2 of full power all the time."""
        return float(problem.hours.sum()) * self.max_kw * self.co2_kg_per_kwh

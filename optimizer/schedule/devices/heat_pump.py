"""A heat pump with a thermal store: heat made when power is cheap, used when it is cold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from optimizer.schedule.checks import Array, check_number, check_series
from optimizer.schedule.devices.device import Free, Series, carried
from optimizer.schedule.devices.running import Running, state_running

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeatPump(Free):
    """A heat pump that takes p_t, and a store that holds h_t of heat at the end of a step.

        h_t = (1 - loss_per_h)^dt * h_{t-1} + dt*(cop_t*p_t - heat_load_kw_t) ,   h_{-1} = heat_init_kwh
        heat_min_kwh <= h_t <= heat_max_kwh ;  h_{N-1} >= heat_end_min_kwh       (null = none)
        min_kw*on_t <= p_t <= max_kw*on_t ;  on and start as Running says

    No heat is thrown away. Without a least power or limits on runs, `on` is left out: p_t <= max_kw.
    """

    device_id: str
    key: str
    max_kw: float
    cop: Array
    heat_load_kw: Array
    heat_max_kwh: float
    heat_init_kwh: float
    heat_min_kwh: float = 0.0
    heat_end_min_kwh: float | None = None
    loss_per_h: float = 0.0
    min_kw: float = 0.0
    running: Running = field(default_factory=Running)

    @property
    def switched(self) -> bool:
        """Whether being on or off matters."""
        return self.min_kw > 0 or not self.running.free

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_series(f"{self.key}.cop", self.cop, problem.steps, low=0.0)
        check_series(f"{self.key}.heat_load_kw", self.heat_load_kw, problem.steps, low=0.0)
        for name in ("max_kw", "heat_max_kwh", "heat_init_kwh"):
            check_number(f"{self.key}.{name}", getattr(self, name), low=0.0)
        check_number(f"{self.key}.heat_min_kwh", self.heat_min_kwh, low=0.0, high=self.heat_max_kwh)
        if self.heat_end_min_kwh is not None:
            check_number(f"{self.key}.heat_end_min_kwh", self.heat_end_min_kwh, low=0.0)
        check_number(f"{self.key}.loss_per_h", self.loss_per_h, low=0.0, high=1.0)
        check_number(f"{self.key}.min_kw", self.min_kw, low=0.0, high=self.max_kw)
        self.running.check(self.key)

    def structure(self, problem: Problem) -> tuple[bool, int]:
        """Return whether binaries are needed, and the shortest run."""
        del problem
        return self.switched, self.running.min_run_steps

    @staticmethod
    def state(block: Block, switched: bool, min_run_steps: int) -> None:
        """State the equations."""
        power, heat = block.variable("power_kw"), block.variable("heat_kwh")
        made = block.times(block.vector("heat_per_kw"), power)
        kept = block.times(block.vector("kept"), block.before(heat))
        block.always("store", heat == kept + made - block.vector("used_kwh"))
        block.always("heat_max_kwh", heat <= block.scalar("most_kwh"))
        block.at_most("heat_min_kwh", block.vector("least_kwh"), heat, "kWh")
        block.taken_kw = power
        if switched:
            on, _ = state_running(block, min_run_steps)
            block.always("min_kw", power >= block.scalar("min_kw") * on)
            block.at_most("max_kw", power, block.scalar("max_kw") * on, "kW")
        else:
            block.at_most("max_kw", power, block.scalar("max_kw"), "kW")

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters; the start stands in the first value of what is used."""
        kept, always = self._kept(problem), np.ones(problem.steps)
        used_kwh = problem.hours * self.heat_load_kw
        used_kwh[0] -= kept[0] * self.heat_init_kwh
        least = np.full(problem.steps, self.heat_min_kwh)
        if self.heat_end_min_kwh is not None:
            least[-1] = max(least[-1], self.heat_end_min_kwh)
        return self.running.values(always, always) | {
            "heat_per_kw": problem.hours * self.cop,
            "kept": kept,
            "used_kwh": used_kwh,
            "least_kwh": least,
            "most_kwh": self.heat_max_kwh,
            "max_kw": self.max_kw,
            "min_kw": self.min_kw,
        }

    def most_kw(self, problem: Problem) -> tuple[Array, Array]:
        """Return the most it could take, and give, in each step."""
        return np.full(problem.steps, self.max_kw), np.zeros(problem.steps)

    def series(self, problem: Problem, plan: Mapping[str, Array]) -> Series:
        """Return its power, when it is on, and the heat in the store."""
        power = plan["power_kw"]
        change = problem.hours * (self.cop * power - self.heat_load_kw)
        on = plan["on"].round() if "on" in plan else (power > 0).astype(float)
        return {"power_kw": power, "on": on, "heat_kwh": carried(self.heat_init_kwh, self._kept(problem), change)}

    def net_kw(self, series: Series) -> Array:
        """Return what it takes."""
        return series["power_kw"]

    def uncontrolled(self, problem: Problem) -> Series:
        """Return it as its thermostat runs it: the store is held at what it holds now, or at what it must end with.

        In each step it makes what is used and lost, as far as its power goes; switching within a step is a mean.
        """
        wanted_kwh = min(max(self.heat_init_kwh, self.heat_min_kwh, self.heat_end_min_kwh or 0.0), self.heat_max_kwh)
        heat, powers = self.heat_init_kwh, []
        for hours, kept, cop, used_kw in zip(
            problem.hours, self._kept(problem), self.cop, self.heat_load_kw, strict=True
        ):
            left = kept * heat - hours * used_kw
            power = min(max(wanted_kwh - left, 0.0) / (hours * cop), self.max_kw) if cop > 0 else 0.0
            heat = left + hours * cop * power
            powers.append(power)
        power_kw = np.array(powers)
        return self.series(problem, {"power_kw": power_kw, "on": (power_kw > 0).astype(float)})

    def _kept(self, problem: Problem) -> Array:
        return np.asarray((1.0 - self.loss_per_h) ** problem.hours)

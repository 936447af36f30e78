"""A load that may wait, but not be chopped up: a wash, a pump, a charge of a process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array, check_number
from optimizer.schedule.devices.device import Free, Series, at_once, window
from optimizer.schedule.devices.running import Running, state_running

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DeferrableLoad(Free):
    """A load that runs in the steps [start_step, end_step), in runs of at least m steps, started at most k times.

    min_kw*on_t <= y_t <= max_kw*on_t ;  on_t = 0 outside of its window
    dt*sum y_t = energy_kwh
    on and start as Running says; a run that starts is over by end_step
    """

    device_id: str
    key: str
    energy_kwh: float
    max_kw: float
    min_kw: float
    start_step: int
    end_step: int
    running: Running

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_number(f"{self.key}.energy_kwh", self.energy_kwh, low=0.0)
        check_number(f"{self.key}.max_kw", self.max_kw, low=0.0)
        check_number(f"{self.key}.min_kw", self.min_kw, low=0.0, high=self.max_kw)
        if not 0 <= self.start_step <= self.end_step <= problem.steps:
            raise InvalidProblem(
                f"{self.key}: start_step {self.start_step}, end_step {self.end_step} of {problem.steps} steps"
            )
        self.running.check(self.key)

    def structure(self, problem: Problem) -> tuple[int]:
        """Return the shortest run."""
        del problem
        return (self.running.min_run_steps,)

    @staticmethod
    def state(block: Block, min_run_steps: int) -> None:
        """State the equations."""
        on, _ = state_running(block, min_run_steps)
        power = block.variable("power_kw")
        block.always("max_kw", power <= block.scalar("max_kw") * on)
        block.always("min_kw", power >= block.scalar("min_kw") * on)
        taken_kwh, wanted_kwh = block.vector("hours") @ power, block.scalar("energy_kwh")
        block.always("energy_at_most", taken_kwh <= wanted_kwh)
        block.at_most("energy_kwh", wanted_kwh, taken_kwh, "kWh")
        block.taken_kw = power

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters."""
        last_start = max(self.start_step, self.end_step - self.running.min_run_steps + 1)
        return self.running.values(self._window(problem), window(problem.steps, self.start_step, last_start)) | {
            "max_kw": self.max_kw,
            "min_kw": self.min_kw,
            "hours": problem.hours,
            "energy_kwh": self.energy_kwh,
        }

    def most_kw(self, problem: Problem) -> tuple[Array, Array]:
        """Return the most it could take, and give, in each step."""
        return self.max_kw * self._window(problem), 0.0 * problem.hours

    def series(self, problem: Problem, plan: Mapping[str, Array]) -> Series:
        """Return its power and when it is on."""
        del problem
        return {"power_kw": plan["power_kw"], "on": plan["on"].round()}

    def net_kw(self, series: Series) -> Array:
        """Return what it takes."""
        return series["power_kw"]

    def uncontrolled(self, problem: Problem) -> Series:
        """Return it running at full power from the first step of its window on, until it has its energy."""
        power = at_once(problem.hours, self.max_kw * self._window(problem), self.energy_kwh)
        return {"power_kw": power, "on": (power > 0).astype(float)}

    def _window(self, problem: Problem) -> Array:
        return window(problem.steps, self.start_step, self.end_step)

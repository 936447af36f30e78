"""What runs or stands still: starts, the shortest run and the most starts, for loads, heat pumps and generators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a device may be switched; `ran_steps`: how long it has been running before the first step (0: it stands).

    on_t in {0, 1} ;  start_t >= on_t - on_{t-1} ,  on_{-1} = 1 if ran_steps > 0
    start_{t-m+1} + .. + start_t <= on_t          m = min_run_steps: what has started runs on
    on_t = 1 for t < m - ran_steps                if it was running
    sum start_t <= max_starts                     (null = any number)
    """

    min_run_steps: int = 1
    max_starts: int | None = None
    ran_steps: int = 0

    @property
    def free(self) -> bool:
        """Whether any switching is allowed, so that no binary is needed for it."""
        return self.min_run_steps <= 1 and self.max_starts is None

    def check(self, key: str) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        for name, value, least in (
            ("min_run_steps", self.min_run_steps, 1),
            ("max_starts", self.max_starts, 0),
            ("ran_steps", self.ran_steps, 0),
        ):
            if value is not None and value < least:
                raise InvalidProblem(f"{key}.{name}: {value} must be at least {least}")

    def values(self, may_run: Array, may_start: Array) -> dict[str, Any]:
        """Return the values for `state_running`; both arrays are 1 where allowed and 0 elsewhere."""
        steps = len(may_run)
        ran, must = np.zeros(steps), np.zeros(steps)
        if self.ran_steps:
            ran[0] = 1.0
            must[: max(0, self.min_run_steps - self.ran_steps)] = 1.0
        return {
            "ran": ran,
            "must_run": must,
            "may_run": may_run,
            "may_start": may_start,
            "most_starts": float(steps if self.max_starts is None else self.max_starts),
        }


def state_running(block: Block, min_run_steps: int) -> tuple[Any, Any]:
    """State the equations of Running; return the variables `on` and `start`."""
    on, start = block.variable("on", boolean=True), block.variable("start")
    block.always("starting", on - block.before(on) - block.vector("ran") <= start)
    block.always("may_start", start <= block.vector("may_start"))
    block.always("may_run", on <= block.vector("may_run"))
    block.always("must_run", on >= block.vector("must_run"))
    started = sum(block.before(start, back) for back in range(1, min_run_steps)) + start
    block.always("min_run", started <= on)
    block.always("max_starts", block.total(start) <= block.scalar("most_starts"))
    return on, start

"""Do not change your mind for pennies: the next steps of the plan in force are kept unless a new plan gains enough.

What is kept is what was approved: the intent and its target. The battery power that this means is worked out anew on
the expected net load; everything after the kept steps is planned anew in either case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from dash_app.domain.recommendation import Note, NoteKind
from dash_app.domain.schedule import Intent, Step
from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem, SocTarget
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator_devices import devices_net_kw

THRESHOLD = 0.05
"""What a new plan has to gain over the kept steps, in what is minimised: money, or kg of CO2."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Steady:
    """The plan to go on with, and the note that says whether the committed steps are kept and what a change gains."""

    solution: Solution
    note: Note

    @property
    def kept(self) -> bool:
        """Whether the committed steps are kept."""
        return self.note.kind is NoteKind.KEPT


def keep_committed(
    problem: Problem,
    fresh: Solution,
    committed: Sequence[Step],
    *,
    threshold: float = THRESHOLD,
    time_limit_s: float = 60.0,
) -> Steady:
    """Return `fresh`, the optimum of `problem`, or the best plan that begins with `committed`, if that is as good.

    `committed` are the steps of the plan in force from the problem's first step on. The problem has one battery.
    """
    moved_kw = np.zeros(problem.steps) if fresh.flows is None else devices_net_kw(problem, fresh.flows)
    kept = solve_schedule(pinned(problem, committed, moved_kw), time_limit_s=time_limit_s)
    if kept.status is not Status.OPTIMAL or kept.objective is None or fresh.objective is None:
        return Steady(solution=fresh, note=Note(kind=NoteKind.NOT_POSSIBLE))
    gain = max(0.0, kept.objective - fresh.objective)
    better = NoteKind.CHANGED if gain > threshold else NoteKind.KEPT
    return Steady(solution=fresh if gain > threshold else kept, note=Note(kind=better, gain=gain, threshold=threshold))


def pinned(problem: Problem, committed: Sequence[Step], moved_kw: Array | float = 0.0) -> Problem:
    """Return the problem whose first steps end with the energy that the committed steps lead to.

    `moved_kw` is what the other devices take of what the plan moves.
    """
    storage = problem.storages[0]
    kept, hours, stored = storage.kept_fraction(problem.hours), problem.hours, storage.start_kwh
    low, high = storage.lowest_kwh(problem.steps), storage.highest_kwh(problem.steps)
    targets = []
    for t, power_kw in enumerate(committed_kw(problem, committed, moved_kw)):
        charge = float(np.clip(-power_kw, 0.0, storage.charge_kw))
        discharge = float(np.clip(power_kw, 0.0, storage.discharge_kw))
        change = hours[t] * (storage.eta_charge * charge - discharge / storage.eta_discharge)
        stored = float(np.clip(kept[t] * stored + change, low[t], high[t]))
        soc = min(1.0, stored / storage.capacity_kwh)
        targets.append(SocTarget(after_step=t, minimum=soc, maximum=soc))
    return replace(problem, storages=(replace(storage, soc_targets=(*storage.soc_targets, *targets)),))


def committed_kw(problem: Problem, committed: Sequence[Step], moved_kw: Array | float = 0.0) -> Array:
    """Return the battery power (discharge positive) that the steps mean on the net load of the problem."""
    net_kw = problem.load_kw - problem.pv_kw + moved_kw
    powers = [_battery_kw(step, float(net)) for step, net in zip(committed, net_kw, strict=False)]
    return np.array([min(max(kw, s.power_min_kw), s.power_max_kw) for kw, s in zip(powers, committed, strict=False)])


def _battery_kw(step: Step, net_kw: float) -> float:
    match step.intent:
        case Intent.FOLLOW:
            return net_kw - step.target_kw
        case Intent.CHARGE:
            return -step.target_kw
        case Intent.DISCHARGE:
            return step.target_kw
        case Intent.IDLE:
            return 0.0
        case _:
            return step.battery_kw

"""One battery at any prices: the least cost of what is still to come, as a piecewise linear function of stored energy.

V[t](e) = min over x of  stage[t](x) + V[t+1](kept[t] * e + x),   x: the energy that goes into the battery in step t

Both functions on the right are piecewise linear, so the best x is at a kink of the stage or leads to a kink of V[t+1],
and between two neighbouring differences of such kinks V[t] is concave. Its chords are therefore a bound from below:
`bound` is what no plan can undercut, whatever the prices. The grid of stored energy is made of these kinks alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem
from optimizer.schedule.stages import Stage, stages_of
from optimizer.schedule.values import wanted_max_kwh, wanted_min_kwh

TOLERANCE_KWH = 1e-9
FOLLOWED_KWH = 1e-5
"""By how much the way may leave the edge that the recursion knows: more than its tolerances add up to. The linear
programme that follows keeps every limit."""
PRUNED = 1e-8
"""A kink that changes a value by less than this share of what the load costs in all is left out, and counted."""
NOTABLE = 20.0
"""A chord that is too low by more than so many times that gets another kink."""
PASSES = 3


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """The cost that is still to come at the end of a step: straight between its kinks at `kwh`, infinite outside."""

    kwh: Array
    cost: Array

    def at(self, kwh: Array, slack_kwh: float = TOLERANCE_KWH) -> Array:
        """Return the cost at these energies."""
        edges = np.concatenate(([self.kwh[0] - slack_kwh], self.kwh, [self.kwh[-1] + slack_kwh]))
        costs = np.concatenate((self.cost[:1], self.cost, self.cost[-1:]))
        return np.interp(kwh, edges, costs, left=np.inf, right=np.inf)

    def attractive(self) -> Array:
        """Return the kinks that something may lead to: the ends, and where the slope rises."""
        slopes = np.diff(self.cost) / np.diff(self.kwh)
        inner = np.flatnonzero(np.diff(slopes) > 0) + 1
        return np.concatenate(([0], inner, [len(self.kwh) - 1])) if len(self.kwh) > 1 else np.array([0])


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """What the recursion found: battery power (charging positive) and grid power (import positive) of each step.

    No plan costs less than `bound`.
    """

    battery_kw: Array
    grid_kw: Array
    bound: float


def applies_to(problem: Problem) -> bool:
    """Return whether the recursion covers everything in the problem."""
    return (
        len(problem.storages) == 1
        and problem.storages[0].charge_most_kw is None
        and problem.storages[0].discharge_most_kw is None
        and not problem.flexible_loads
        and not problem.devices
        and problem.demand_charge is None
        and problem.co2_limit_kg is None
    )


def solve_recursion(problem: Problem) -> Way | None:
    """Return the way of least cost, or None where no way keeps every limit."""
    stages = stages_of(problem)
    if stages is None:
        return None
    backward = _values(problem, stages)
    if backward is None:
        return None
    values, slack = backward
    bound = float(values[0].cost[0]) - slack
    battery_kw, grid_kw = _followed(problem, stages, values)
    return Way(battery_kw, grid_kw, bound)


def _values(problem: Problem, stages: list[Stage]) -> tuple[list[Value], float] | None:
    """Return the value at the start of each step and after the last, and how much too high it may be in all."""
    storage = problem.storages[0]
    low, high = wanted_min_kwh(storage, problem.steps), wanted_max_kwh(storage, problem.steps)
    kept = storage.kept_fraction(problem.hours)
    lows, highs = np.concatenate(([storage.start_kwh], low)), np.concatenate(([storage.start_kwh], high))
    ends = np.unique([low[-1], high[-1]])
    value, slack = Value(ends, np.zeros(len(ends))), 0.0
    allowed = PRUNED * float(np.sum(problem.hours * np.abs(problem.import_weight) * (problem.load_kw + problem.pv_kw)))
    values = [value]
    for t in range(problem.steps - 1, -1, -1):
        earlier = _one_step_earlier(stages[t], value, float(kept[t]), lows[t], highs[t], NOTABLE * allowed)
        if earlier is None:
            return None
        value, raised = _pruned(earlier, allowed)
        slack += raised
        values.append(value)
    return values[::-1], slack


def _one_step_earlier(stage: Stage, later: Value, kept: float, low: float, high: float, notable: float) -> Value | None:
    """Return V[t] between `low` and `high`, or None where nothing there leads on."""
    low = max(low, (later.kwh[0] - stage.kwh[-1]) / kept - TOLERANCE_KWH) if kept > 0 else low
    high = min(high, (later.kwh[-1] - stage.kwh[0]) / kept + TOLERANCE_KWH) if kept > 0 else high
    if low > high + TOLERANCE_KWH:
        return None
    high = max(low, high)
    between = ((later.kwh[:, None] - stage.kwh[None, :]) / kept).ravel() if kept > 0 else np.zeros(0)
    kwh = np.unique(np.concatenate(([low, high], between[(between > low) & (between < high)])))
    kwh = kwh[np.concatenate(([True], np.diff(kwh) > TOLERANCE_KWH))]
    choices = _choices(stage, later, kept * kwh)
    more = _crossings(kwh, choices, notable)
    cost = choices.min(axis=0)
    if len(more):
        cost = np.concatenate((cost, _choices(stage, later, kept * more).min(axis=0)))
        kwh, order = np.unique(np.concatenate((kwh, more)), return_index=True)
        cost = cost[order]
    good = np.isfinite(cost)
    return Value(kwh[good], cost[good]) if good.any() else None


def _choices(stage: Stage, later: Value, left_kwh: Array) -> Array:
    """Return what each choice costs from each of these energies on: to a kink of the stage, or of the later value."""
    at = stage.attractive()
    by_stage = stage.cost[at][:, None] + later.at(left_kwh[None, :] + stage.kwh[at][:, None])
    to = later.attractive()
    by_value = later.cost[to][:, None] + stage.at(later.kwh[to][:, None] - left_kwh[None, :])
    return np.concatenate((by_stage, by_value))


def _crossings(kwh: Array, choices: Array, notable: float) -> Array:
    """Return where between two neighbours their best choices cost the same, if a chord would lie notably below."""
    best, here = choices.argmin(axis=0), np.arange(len(kwh) - 1)
    left, right, after = best[:-1], best[1:], here + 1
    a_here, a_after = choices[left, here], choices[left, after]
    b_here, b_after = choices[right, here], choices[right, after]
    both = np.isfinite(a_here) & np.isfinite(a_after) & np.isfinite(b_here) & np.isfinite(b_after) & (left != right)
    a_here, a_after, b_here, b_after = (values[both] for values in (a_here, a_after, b_here, b_after))
    rise, fall = b_here - a_here, a_after - b_after
    share = rise / np.maximum(rise + fall, 1e-300)
    below = (1.0 - share) * a_here + share * b_after
    notably = a_here + share * (a_after - a_here) - below > notable
    start = kwh[:-1][both]
    return np.asarray((start + share * (kwh[1:][both] - start))[notably])


def _pruned(value: Value, allowed: float) -> tuple[Value, float]:
    """Return the value without the kinks that hardly matter, and by how much it may have been raised."""
    kwh, cost, raised = value.kwh, value.cost, 0.0
    for _ in range(PASSES):
        if len(kwh) < 3:
            break
        share = (kwh[1:-1] - kwh[:-2]) / (kwh[2:] - kwh[:-2])
        chord = cost[:-2] + share * (cost[2:] - cost[:-2])
        change = chord - cost[1:-1]
        leave = np.abs(change) <= allowed
        leave[1:] &= ~(leave[:-1] & (np.arange(1, len(leave)) % 2 == 1))
        leave[:-1] &= ~(leave[1:] & (np.arange(len(leave) - 1) % 2 == 1))
        if not leave.any():
            break
        raised += max(0.0, float(change[leave].max()))
        keep = np.concatenate(([True], ~leave, [True]))
        kwh, cost = kwh[keep], cost[keep]
    return Value(kwh, cost), raised


def _followed(problem: Problem, stages: list[Stage], values: list[Value]) -> tuple[Array, Array]:
    """Return battery and grid power along the best way from the present stored energy."""
    storage = problem.storages[0]
    stored, kept = storage.start_kwh, storage.kept_fraction(problem.hours)
    battery_kw, grid_kw = np.zeros(problem.steps), np.zeros(problem.steps)
    for t, stage in enumerate(stages):
        left, later = float(kept[t]) * stored, values[t + 1]
        moves = np.concatenate((stage.kwh, later.kwh - left))
        costs = stage.at(moves, FOLLOWED_KWH) + later.at(left + moves, FOLLOWED_KWH)
        move = float(moves[int(np.argmin(costs))])
        battery_kw[t] = stage.power_kw(move)
        grid_kw[t] = stage.grid_kw(battery_kw[t])
        stored = left + move
    return battery_kw, grid_kw

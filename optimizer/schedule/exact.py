"""Solve a problem exactly: a linear programme wherever that is enough, binaries for the directions where it is not.

Importing and exporting at once never pays where importing counts at least as much as exporting gains. Charging and
discharging at once only burns energy, which pays only where less net load costs money: at a negative price, or at an
export limit that cannot be kept otherwise. So binaries are put into the steps with such prices, and the plan is looked
at: a plan of a relaxed problem that goes one way in every step is the exact one; otherwise the steps that go both ways
get binaries too, and the problem is solved again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.compiled import Compiled, compiled_for
from optimizer.schedule.highs import Answer, Outcome, solve_matrices
from optimizer.schedule.model import Shape
from optimizer.schedule.problem import Problem, Storage
from optimizer.schedule.relax import find_conflicts
from optimizer.schedule.rounding import check_claim, without_round_off
from optimizer.schedule.solution import Duals, Flows, Solution, Status
from optimizer.schedule.validator import check_plan, objective_of

BOTH_WAYS_KW = 1e-7
"""Above this, a plan does go both ways in a step; the smaller of two powers up to this becomes 0."""
ROUNDS = 4
"""How often single steps get binaries before all of them do."""


@dataclass(frozen=True, slots=True)
class Directions:
    """The steps in which a binary picks the direction of the grid, and of the batteries."""

    grid: frozenset[int]
    battery: frozenset[int]

    def __or__(self, other: Directions) -> Directions:
        """Return the steps of both."""
        return Directions(self.grid | other.grid, self.battery | other.battery)

    def shape(self, problem: Problem) -> Shape:
        """Return the shape of the problem with these binaries."""
        return Shape.of(problem, tuple(sorted(self.grid)), tuple(sorted(self.battery)))


def solve_exactly(problem: Problem, *, time_limit_s: float) -> Solution:
    """Return the optimal plan, checked by the validator; or why there is none. Raise SolverFailed or PlanRejected."""
    directions, spent_s = directions_by_price(problem), 0.0
    for round_number in range(ROUNDS + 1):
        compiled = compiled_for(directions.shape(problem), problem)
        answer = _run(compiled, problem, max(0.0, time_limit_s - spent_s))
        spent_s += answer.seconds
        if answer.outcome is Outcome.INFEASIBLE:
            return _infeasible(problem, directions, spent_s, time_limit_s)
        candidates = [flows_of(compiled, problem, plan) for plan in answer.plans]
        single = [flows for flows in candidates if not _both_ways(flows)]
        if single:
            return _solution(problem, compiled, answer, single[0], spent_s)
        if answer.outcome is Outcome.TIME_LIMIT:
            return Solution(status=Status.TIME_LIMIT, solve_ms=1e3 * spent_s, keyed=problem.keyed)
        directions = directions | (_steps_both_ways(candidates) if round_number < ROUNDS - 1 else _all_steps(problem))
    raise AssertionError("with binaries in all steps no plan goes both ways")


def directions_by_price(problem: Problem) -> Directions:
    """Return the steps whose prices alone could make it pay to go both ways."""
    buy, sell = problem.import_weight, problem.export_weight
    costly_surplus = (buy < 0) | ((sell < 0) & (not problem.curtailment))
    return Directions(
        grid=frozenset(np.flatnonzero(buy < sell).tolist()),
        battery=frozenset(np.flatnonzero(costly_surplus).tolist()) if problem.storages else frozenset(),
    )


def _run(compiled: Compiled, problem: Problem, time_limit_s: float) -> Answer:
    answer = solve_matrices(
        compiled.matrices(problem),
        secondary=preferences(compiled, problem),
        time_limit_s=time_limit_s,
        basis=compiled.basis,
    )
    if answer.basis is not None:
        compiled.basis = answer.basis
    return answer


def preferences(compiled: Compiled, problem: Problem) -> list[Array]:
    """Return what decides among equally good plans: money where the objective leaves it out, then acting early."""
    first = float(problem.hours[0] / problem.dt_h)
    if first not in compiled.early:
        compiled.early = {first: _acting_early(compiled, problem)}
    early = [compiled.early[first]]
    return early if problem.energy_weight > 0 else [_money(compiled, problem), *early]


def _acting_early(compiled: Compiled, problem: Problem) -> Array:
    """Return weights that grow with time, so that ties end early, with little movement, and always the same way."""
    late = np.linspace(0.0, 1.0, problem.steps)
    later_costs_more = (problem.hours / problem.dt_h) * (1.0 + late**1.5)
    model = compiled.model
    weights: dict[Any, Array | float] = {
        model.import_kw: 1e-3 * later_costs_more,
        model.export_kw: 1e-3 * later_costs_more,
    }
    for index, (charge, discharge) in enumerate(zip(model.charge_kw, model.discharge_kw, strict=True)):
        weights[charge] = weights[discharge] = (1.0 + 0.01 * index) * later_costs_more
    for index, flexible in enumerate(model.flexible_kw):
        weights[flexible] = (1.0 + 0.01 * index) * later_costs_more
    for block in model.devices:
        powers = (variable for name, variable in block.variables.items() if name.endswith("_kw") and name != "peak_kw")
        weights |= dict.fromkeys(powers, later_costs_more)
    if model.curtailed_kw is not None:
        weights[model.curtailed_kw] = 0.1 * later_costs_more
    return compiled.program.cost_of(weights)


def _money(compiled: Compiled, problem: Problem) -> Array:
    model, share = compiled.model, problem.hours / problem.dt_h
    return compiled.program.cost_of(
        {model.import_kw: share * problem.import_price, model.export_kw: -share * problem.export_price}
    )


def flows_of(compiled: Compiled, problem: Problem, plan: Array) -> Flows:
    """Return a plan as flows that keep balance and storage to the last digit, round-off taken away.

    Raise PlanRejected where the solver's numbers lie further outside of their limits than round-off does.
    """
    model, values = compiled.model, compiled.program.values
    names = [storage.battery_id for storage in problem.storages]
    pairs = [
        _one_way(storage, values(plan, charge), values(plan, discharge))
        for storage, charge, discharge in zip(problem.storages, model.charge_kw, model.discharge_kw, strict=True)
    ]
    charge, discharge = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    flexible = [
        without_round_off(f"flexible_kw of {load.load_id}", values(plan, variable), load.max_kw)
        for load, variable in zip(problem.flexible_loads, model.flexible_kw, strict=True)
    ]
    curtailed = np.zeros(problem.steps)
    if model.curtailed_kw is not None:
        curtailed = without_round_off("curtailed_kw", values(plan, model.curtailed_kw), problem.pv_kw)
    devices = _device_series(compiled, problem, plan)
    net = problem.load_kw - problem.pv_kw + curtailed + sum(flexible) + sum(charge) - sum(discharge)
    net = net + sum(device.net_kw(devices[device.device_id]) for device in problem.devices)
    both = np.minimum(values(plan, model.import_kw), values(plan, model.export_kw))
    both = np.where(both > BOTH_WAYS_KW, both, 0.0)
    stored = [storage.stored_kwh(problem.hours, *pair) for storage, pair in zip(problem.storages, pairs, strict=True)]
    return Flows(
        import_kw=np.maximum(net, 0.0) + both,
        export_kw=np.maximum(-net, 0.0) + both,
        curtailed_kw=curtailed,
        charge_kw=dict(zip(names, charge, strict=True)),
        discharge_kw=dict(zip(names, discharge, strict=True)),
        stored_kwh=dict(zip(names, stored, strict=True)),
        flexible_kw=dict(zip((load.load_id for load in problem.flexible_loads), flexible, strict=True)),
        devices={device_id: series for device_id, series in devices.items() if series},
    )


def _device_series(compiled: Compiled, problem: Problem, plan: Array) -> dict[str, dict[str, Array]]:
    series = {}
    for device, block in zip(problem.devices, compiled.model.devices, strict=True):
        values = {
            name: without_round_off(f"{name} of {device.device_id}", compiled.program.values(plan, made))
            for name, made in block.variables.items()
        }
        series[device.device_id] = device.series(problem, values)
    return series


def _one_way(storage: Storage, charge_kw: Array, discharge_kw: Array) -> tuple[Array, Array]:
    """Return both powers with what is only tolerance taken away."""
    most_kw = storage.most_charge_kw(len(charge_kw))
    charge = without_round_off(f"charge_kw of {storage.battery_id}", charge_kw, most_kw)
    most_kw = storage.most_discharge_kw(len(discharge_kw))
    discharge = without_round_off(f"discharge_kw of {storage.battery_id}", discharge_kw, most_kw)
    noise = np.minimum(charge, discharge) <= BOTH_WAYS_KW
    return np.where(noise & (charge < discharge), 0.0, charge), np.where(noise & (discharge <= charge), 0.0, discharge)


def _both_ways(flows: Flows) -> bool:
    steps = _steps_both_ways([flows])
    return bool(steps.grid or steps.battery)


def _steps_both_ways(candidates: Iterable[Flows]) -> Directions:
    grid: set[int] = set()
    battery: set[int] = set()
    for flows in candidates:
        grid.update(np.flatnonzero(np.minimum(flows.import_kw, flows.export_kw) > 0).tolist())
        for name, charge_kw in flows.charge_kw.items():
            battery.update(np.flatnonzero(np.minimum(charge_kw, flows.discharge_kw[name]) > 0).tolist())
    return Directions(frozenset(grid), frozenset(battery))


def _all_steps(problem: Problem) -> Directions:
    return Directions(frozenset(range(problem.steps)), frozenset(range(problem.steps)))


def _solution(problem: Problem, compiled: Compiled, answer: Answer, flows: Flows, spent_s: float) -> Solution:
    objective = objective_of(problem, flows)
    solution = Solution(
        status=Status.OPTIMAL if answer.outcome is Outcome.OPTIMAL else Status.TIME_LIMIT,
        objective=objective,
        flows=flows,
        gap=answer.gap if answer.gap is not None and math.isfinite(answer.gap) else None,
        solve_ms=1e3 * spent_s,
        duals=duals_of(compiled, problem, answer),
        keyed=problem.keyed,
    )
    check_plan(problem, solution)
    check_claim(min(compiled.claimed_cost(plan) for plan in answer.plans), objective)
    return solution


def duals_of(compiled: Compiled, problem: Problem, answer: Answer) -> Duals | None:
    """Return the worth of limits; HiGHS gives d objective / d right side, which is <= 0 where more is better."""
    if answer.row_dual is None:
        return None
    constraints, dual = compiled.model.constraints, compiled.program.dual
    worth = {name: -dual(answer.row_dual, constraint) + 0.0 for name, constraint in constraints.items()}
    return Duals(
        stored_energy={storage.battery_id: worth[f"storage{i}"] for i, storage in enumerate(problem.storages)},
        import_limit=worth["import_limit"],
        export_limit=worth["export_limit"],
        peak=worth.get("peak", np.zeros(problem.steps)),
    )


def _infeasible(problem: Problem, directions: Directions, spent_s: float, time_limit_s: float) -> Solution:
    """Return what contradicts; where time runs out on the directions, they are left out: the room is a lower bound."""
    left_s = time_limit_s - spent_s
    conflicts = find_conflicts(problem, directions.shape(problem), time_limit_s=left_s)
    return Solution(
        status=Status.INFEASIBLE,
        solve_ms=1e3 * spent_s,
        conflicts=conflicts or find_conflicts(problem, Shape.of(problem), time_limit_s=left_s),
        keyed=problem.keyed,
    )

"""The reasons of a plan, from the problem itself: what each charge and discharge is worth, and what each limit costs.

Nothing is read off dual values, which say nothing at a kink: each number is the difference of two optimal objectives,
found by solving once more with one thing changed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise

import numpy as np

from dash_app.domain.errors import EnergyError
from dash_app.domain.time import TimeGrid
from dash_app.domain.why import Difference, Limit, LimitReason, RunReason, Why
from optimizer.baseline import money_of
from optimizer.schedule.checks import Array
from optimizer.schedule.devices.band import PowerBand
from optimizer.schedule.origins import Lot, kwh_price, lots_of
from optimizer.schedule.problem import Problem, Storage
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule

Steps = np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
"""Which steps of a horizon are meant."""
REST_KW = 0.05
"""Below this power the battery rests."""
AT_LIMIT = 1e-4
"""So close to a limit, kW or kWh, a plan is at it."""
MOST_RUNS = 6
LEAST_WORTH = 0.005
"""Half a cent, or 5 g of CO2: a limit whose room is worth less is no reason."""


@dataclass(frozen=True, slots=True)
class _Run:
    first: int
    end: int
    charging: bool
    kwh: float


def explain(problem: Problem, solution: Solution, grid: TimeGrid, *, time_limit_s: float = 2.0) -> Why:
    """Return why the optimal `solution` of `problem` is as it is; the problem has one battery.

    The largest runs and all limits are solved for while `time_limit_s` lasts; what is left over then is not told.
    """
    flows, storage = solution.flows, problem.storages[0]
    if flows is None or solution.objective is None:
        raise ValueError(f"only a plan has reasons, this is {solution.status.value}")
    asked = _Question(problem, solution.objective, flows, time.monotonic() + time_limit_s)
    wear = problem.degradation_cost_per_kwh_discharged
    lots = lots_of(problem, storage, flows)
    price = kwh_price(problem, flows, flows.discharge_kw[storage.battery_id] - flows.charge_kw[storage.battery_id])
    largest = sorted(_runs(problem, flows), key=lambda run: -run.kwh)[:MOST_RUNS]
    runs = [_run_reason(asked, run, lots, price, grid) for run in sorted(largest, key=lambda run: run.first)]
    limits = sorted(_limit_reasons(asked, grid), key=lambda reason: -reason.worth)
    return Why(round_trip=storage.eta_charge * storage.eta_discharge, wear=wear, runs=tuple(runs), limits=tuple(limits))


@dataclass(frozen=True, slots=True)
class _Question:
    """What is compared with: a problem, its best objective, its plan; and until when answers are waited for."""

    problem: Problem
    objective: float
    flows: Flows
    until: float

    def best(self, other: Problem) -> Solution | None:
        """Return the best plan of another problem; None where there is none, or no time is left."""
        left_s = self.until - time.monotonic()
        if left_s <= 0:
            return None
        try:
            found = solve_schedule(other, time_limit_s=left_s)
        except EnergyError:
            return None
        return found if found.status is Status.OPTIMAL else None


def without_run(problem: Problem, first: int, end: int) -> Problem:
    """Return the problem in which the battery rests in the steps [first, end)."""
    free = np.full(problem.steps, np.inf)
    free[first:end] = 0.0
    rest = PowerBand(device_id="rest", key="rest", battery=0, charge_kw=free, discharge_kw=free)
    return replace(problem, devices=(*problem.devices, rest))


def with_room(problem: Problem, limit: Limit) -> Problem:
    """Return the problem in which one limit has room for 1 kW more, a content for 1 kWh more, in every step."""
    storage = problem.storages[0]
    match limit:
        case Limit.IMPORT:
            return replace(problem, import_limit_kw=problem.import_limit_kw + 1.0)
        case Limit.EXPORT:
            return replace(problem, export_limit_kw=problem.export_limit_kw + 1.0)
        case Limit.CHARGE:
            changed = replace(storage, charge_kw=storage.charge_kw + 1.0)
        case Limit.DISCHARGE:
            changed = replace(storage, discharge_kw=storage.discharge_kw + 1.0)
        case Limit.FULL:
            changed = _larger(storage, problem.steps)
        case Limit.EMPTY:
            floor = np.maximum(storage.lowest_kwh(problem.steps) - 1.0, 0.0)
            changed = replace(storage, floor_kwh=floor, soc_min=max(0.0, storage.soc_min - 1.0 / storage.capacity_kwh))
    return replace(problem, storages=(changed, *problem.storages[1:]))


def _larger(storage: Storage, steps: int) -> Storage:
    """Return a battery that holds 1 kWh more; what is wanted of its content stays, in kWh."""
    room = storage.capacity_kwh + 1.0
    share = storage.capacity_kwh / room
    return replace(
        storage,
        capacity_kwh=room,
        soc_min=share * storage.soc_min,
        soc_max=min(1.0, share * storage.soc_max + 1.0 / room),
        soc_init=share * storage.soc_init,
        soc_end_min=None if storage.soc_end_min is None else share * storage.soc_end_min,
        soc_targets=tuple(
            replace(target, minimum=share * target.minimum, maximum=target.maximum and share * target.maximum)
            for target in storage.soc_targets
        ),
        floor_kwh=storage.lowest_kwh(steps),
        ceiling_kwh=storage.highest_kwh(steps) + 1.0,
    )


def _runs(problem: Problem, flows: Flows) -> Iterator[_Run]:
    """Yield the steps in a row in which the battery goes one way."""
    power = flows.battery_kw
    ways = np.where(np.abs(power) < REST_KW, 0, np.sign(power))
    edges = [0, *(np.flatnonzero(np.diff(ways)) + 1).tolist(), problem.steps]
    for first, end in pairwise(edges):
        if ways[first]:
            kwh = float(np.abs(problem.hours[first:end] * power[first:end]).sum())
            yield _Run(first, end, bool(ways[first] < 0), kwh)


def _run_reason(asked: _Question, run: _Run, lots: list[Lot], price: Array, grid: TimeGrid) -> RunReason:
    kwh = np.abs(asked.problem.hours * asked.flows.battery_kw)[run.first : run.end]
    others = [(lot.discharged if run.charging else lot.charged, lot.kwh) for lot in lots if _of(lot, run)]
    inside = [(step, amount) for step, amount in others if step is not None]
    steps, amounts = [step for step, _kwh in inside], [amount for _step, amount in inside]
    return RunReason(
        start=_at(grid, run.first),
        end=_at(grid, run.end),
        charging=run.charging,
        energy_kwh=run.kwh,
        price=float(np.average(price[run.first : run.end], weights=kwh)),
        other_start=_at(grid, min(steps)) if steps else None,
        other_end=_at(grid, max(steps) + 1) if steps else None,
        other_price=float(np.average(price[steps], weights=amounts)) if steps else None,
        without=_difference(asked, without_run(asked.problem, run.first, run.end)),
    )


def _of(lot: Lot, run: _Run) -> bool:
    step = lot.charged if run.charging else lot.discharged
    return step is not None and run.first <= step < run.end


def _difference(asked: _Question, other: Problem) -> Difference | None:
    found = asked.best(other)
    if found is None or found.objective is None or found.flows is None:
        return None
    mine, theirs = _worth(asked.problem, asked.flows), _worth(asked.problem, found.flows)
    co2 = None if mine[1] is None or theirs[1] is None else theirs[1] - mine[1]
    goal = max(0.0, found.objective - asked.objective)
    return Difference(goal=goal, cost=theirs[0] - mine[0], co2_kg=co2, peak_kw=theirs[2] - mine[2])


def _worth(problem: Problem, flows: Flows) -> tuple[float, float | None, float]:
    """Return what a plan costs, energy left in the battery valued; its CO2; its peak."""
    storage, money = problem.storages[0], money_of(problem, flows)
    left_kwh = float(flows.stored_kwh[storage.battery_id][-1]) - storage.start_kwh
    mean = float(np.average(problem.import_price, weights=problem.hours))
    return money.cost - mean * storage.eta_discharge * left_kwh, money.co2_kg, money.peak_import_kw


def _limit_reasons(asked: _Question, grid: TimeGrid) -> Iterator[LimitReason]:
    for limit, reached in _reached(asked.problem, asked.flows):
        if not reached.any():
            continue
        found = asked.best(with_room(asked.problem, limit))
        if found is None or found.objective is None or asked.objective - found.objective < LEAST_WORTH:
            continue
        yield LimitReason(
            limit=limit,
            start=_at(grid, int(np.argmax(reached))),
            hours=float(asked.problem.hours[reached].sum()),
            worth=asked.objective - found.objective,
        )


def _reached(problem: Problem, flows: Flows) -> Iterator[tuple[Limit, Steps]]:
    storage = problem.storages[0]
    name, steps = storage.battery_id, problem.steps
    stored = flows.stored_kwh[name]
    yield Limit.IMPORT, flows.import_kw >= problem.import_limit_kw - AT_LIMIT
    yield Limit.EXPORT, flows.export_kw >= problem.export_limit_kw - AT_LIMIT
    yield Limit.CHARGE, flows.charge_kw[name] >= storage.charge_kw - AT_LIMIT
    yield Limit.DISCHARGE, flows.discharge_kw[name] >= storage.discharge_kw - AT_LIMIT
    yield Limit.FULL, stored >= storage.highest_kwh(steps) - AT_LIMIT
    yield Limit.EMPTY, stored <= storage.lowest_kwh(steps) + AT_LIMIT


def _at(grid: TimeGrid, step: int) -> datetime:
    return grid.start + step * grid.step

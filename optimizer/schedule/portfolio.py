"""Many sites at once: one after the other through the same HiGHS, in an order in which neighbours are alike.

The basis that solved one site starts the next one, so the more alike two neighbours are, the fewer steps it takes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dash_app.domain.errors import PlanRejected, SolverFailed
from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution
from optimizer.schedule.solve import solve_schedule

PARTS = 12
"""Into how many parts of the horizon a site's days are averaged to be compared."""


def solve_portfolio(
    problems: Sequence[Problem], *, time_limit_s: float = 60.0
) -> tuple[Solution | SolverFailed | PlanRejected, ...]:
    """Return the answer to each problem, in their order; a site that fails is a value and stops no other one.

    `time_limit_s` is for each site.
    """
    answers = {index: answer_of(problems[index], time_limit_s) for index in order_of(problems)}
    return tuple(answers[index] for index in range(len(problems)))


def answer_of(problem: Problem, time_limit_s: float) -> Solution | SolverFailed | PlanRejected:
    """Return the answer to one problem, a failure as a value."""
    try:
        return solve_schedule(problem, time_limit_s=time_limit_s)
    except (SolverFailed, PlanRejected) as error:
        return error


def order_of(problems: Sequence[Problem]) -> list[int]:
    """Return the problems' indices so that those of one structure follow each other, each beside one that is alike."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for index, problem in enumerate(problems):
        groups.setdefault(_structure(problem), []).append(index)
    return [index for group in groups.values() for index in _chain(group, problems)]


def _structure(problem: Problem) -> tuple[object, ...]:
    devices = tuple(type(device).__name__ for device in problem.devices)
    flags = (problem.curtailment, problem.demand_charge is None, problem.co2_limit_kg is None)
    return (problem.steps, len(problem.storages), len(problem.flexible_loads), *flags, *devices)


def _chain(group: list[int], problems: Sequence[Problem]) -> list[int]:
    """Return the group as a chain in which each one is the nearest of those that are left."""
    features = np.stack([_features(problems[index]) for index in group])
    left = np.ones(len(group), dtype=bool)
    at, chain = 0, [group[0]]
    left[0] = False
    while left.any():
        away = np.where(left, np.sum((features - features[at]) ** 2, axis=1), np.inf)
        at = int(np.argmin(away))
        left[at] = False
        chain.append(group[at])
    return chain


def _features(problem: Problem) -> Array:
    """Return what decides on a plan, free of the site's size: net load and energies per kW of battery, and prices."""
    power_kw = sum(storage.charge_kw for storage in problem.storages) or 1.0
    stored_kwh = sum(storage.start_kwh for storage in problem.storages)
    capacity_kwh = sum(storage.capacity_kwh for storage in problem.storages)
    price = float(np.mean(np.abs(problem.import_price))) or 1.0
    series = (
        (problem.load_kw - problem.pv_kw) / power_kw,
        problem.import_price / price,
        problem.export_price / price,
    )
    starts = np.linspace(0, problem.steps, PARTS, endpoint=False).astype(int)
    parts = [np.add.reduceat(values, starts) * (PARTS / problem.steps) for values in series]
    return np.concatenate([*parts, [stored_kwh / power_kw, capacity_kwh / power_kw]])

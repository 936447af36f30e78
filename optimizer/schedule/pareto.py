"""Money against CO2: a handful of plans of which none is better in both.

The two ends are the cheapest plan and the cheapest of the cleanest ones; between them the CO2 of imports and devices is
limited in equal parts. All are one family: the same model with another
limit, so one compiled problem serves all of them, each starting from the basis of the one before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import emitted_kg, objective_of
from optimizer.schedule.values import most_co2_kg

LEAST_POINTS, MOST_POINTS = 5, 9
SLACK = 1e-7
"""How much, relative and in kg, a limit on the least CO2 stays above it: more than the solver's own tolerance."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Point:
    """One plan of the front: its money (the demand charge and wear included), its CO2, and the plan itself."""

    cost: float
    co2_kg: float
    solution: Solution


def pareto_front(problem: Problem, *, points: int = 7, time_limit_s: float = 60.0) -> tuple[Point, ...]:
    """Return plans from the cheapest to the cleanest, 5 to 9 of them, or fewer where they coincide.

    Money is the objective without a price on CO2. A limit on CO2 in `problem` bounds the whole front. Empty where no
    plan exists, or the time for one of them was not enough; raise InvalidProblem without CO2 intensities.
    """
    if problem.co2_kg_per_kwh is None:
        raise InvalidProblem("co2_kg_per_kwh: needed to set money against CO2")
    if not LEAST_POINTS <= points <= MOST_POINTS:
        raise InvalidProblem(f"points: {points} lies outside {LEAST_POINTS}..{MOST_POINTS}")
    top_kg = most_co2_kg(problem) if problem.co2_limit_kg is None else problem.co2_limit_kg
    money = replace(problem, energy_weight=1.0, co2_price_per_kg=0.0, co2_limit_kg=top_kg)
    ends = _ends(money, time_limit_s)
    if ends is None:
        return ()
    dirty_kg, clean_kg = ends
    limits = np.linspace(dirty_kg, clean_kg, points) if dirty_kg > _above(clean_kg) else np.array([clean_kg])
    front = [_point(money, _above(float(limit)), time_limit_s) for limit in limits]
    found = [point for point in front if point is not None]
    return _not_dominated(found) if len(found) == len(front) else ()


def _ends(money: Problem, time_limit_s: float) -> tuple[float, float] | None:
    """Return the CO2 of the cheapest plan and of the cleanest one."""
    ends = []
    for problem in (money, _for_co2(money)):
        solution = solve_schedule(problem, time_limit_s=time_limit_s)
        if solution.status is not Status.OPTIMAL or solution.flows is None:
            return None
        ends.append(emitted_kg(problem, solution.flows))
    return ends[0], ends[1]


def _for_co2(money: Problem) -> Problem:
    """Return the problem of the least CO2: nothing else counts."""
    demand = money.demand_charge
    return replace(
        money,
        energy_weight=0.0,
        co2_price_per_kg=1.0,
        degradation_cost_per_kwh_discharged=0.0,
        demand_charge=None if demand is None else replace(demand, price_per_kw=0.0),
        devices=tuple(device.without_cost() for device in money.devices),
    )


def _point(money: Problem, limit_kg: float, time_limit_s: float) -> Point | None:
    solution = solve_schedule(replace(money, co2_limit_kg=limit_kg), time_limit_s=time_limit_s)
    if solution.status is not Status.OPTIMAL or solution.flows is None:
        return None
    return Point(cost=objective_of(money, solution.flows), co2_kg=emitted_kg(money, solution.flows), solution=solution)


def _above(limit_kg: float) -> float:
    return limit_kg * (1.0 + SLACK) + SLACK


def _not_dominated(points: list[Point]) -> tuple[Point, ...]:
    """Return the points that no later one beats in CO2 at the same cost; CO2 falls from point to point."""
    kept: list[Point] = []
    for point in points:
        if kept and point.co2_kg > kept[-1].co2_kg - SLACK:
            continue
        while kept and point.cost <= kept[-1].cost + SLACK * (1.0 + abs(kept[-1].cost)):
            kept.pop()
        kept.append(point)
    return tuple(kept)

"""Prices that would need binaries, without any: a recursion picks the directions, a linear programme does the rest.

The plan keeps every limit; how far it may be from the best one is proven by the recursion's bound and said as `gap`.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np

from optimizer.schedule.compiled import Compiled, compiled_for
from optimizer.schedule.dynamic_programme import Way, applies_to, solve_recursion
from optimizer.schedule.exact import directions_by_price, duals_of, flows_of, preferences, solve_exactly
from optimizer.schedule.highs import Matrices, Outcome, solve_matrices
from optimizer.schedule.model import Shape
from optimizer.schedule.problem import Problem
from optimizer.schedule.rounding import check_claim
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.validator import check_plan, objective_of


def solve_fast(problem: Problem, *, time_limit_s: float) -> Solution:
    """Return a FEASIBLE plan with its proven gap where the prices would need binaries.

    Everything else is answered exactly: what is a linear programme anyway, what the recursion does not cover
    (several batteries, flexible loads, devices, a demand charge, a limit on CO2), and what has no plan.
    """
    directions = directions_by_price(problem)
    if applies_to(problem) and (directions.grid or directions.battery):
        began = time.monotonic()
        way = solve_recursion(problem)
        found = None if way is None else _polished(problem, way, time_limit_s, began)
        if found is not None:
            return found
    return solve_exactly(problem, time_limit_s=time_limit_s)


def _polished(problem: Problem, way: Way, time_limit_s: float, began: float) -> Solution | None:
    """Return the best plan that goes the same ways, checked by the validator; None where there is none."""
    compiled = compiled_for(Shape.of(problem), problem)
    answer = solve_matrices(
        _one_way(compiled, compiled.matrices(problem), way),
        secondary=preferences(compiled, problem),
        time_limit_s=time_limit_s,
    )
    if answer.outcome is not Outcome.OPTIMAL:
        return None
    flows = flows_of(compiled, problem, answer.plans[0])
    objective = objective_of(problem, flows)
    solution = Solution(
        status=Status.FEASIBLE,
        objective=objective,
        flows=flows,
        gap=max(0.0, objective - way.bound) / max(abs(objective), abs(way.bound), 1e-9),
        solve_ms=1e3 * (time.monotonic() - began),
        duals=duals_of(compiled, problem, answer),
        keyed=problem.keyed,
    )
    check_plan(problem, solution)
    check_claim(compiled.claimed_cost(answer.plans[0]), objective)
    return solution


def _one_way(compiled: Compiled, matrices: Matrices, way: Way) -> Matrices:
    """Return the matrices with 0 as the upper bound of every power against the way."""
    model, importing, charging = compiled.model, way.grid_kw >= 0, way.battery_kw > 0
    against = {
        model.import_kw: ~importing,
        model.export_kw: importing,
        model.charge_kw[0]: ~charging,
        model.discharge_kw[0]: charging,
    }
    blocked = compiled.program.cost_of({variable: steps.astype(float) for variable, steps in against.items()})
    return replace(matrices, upper=np.where(blocked > 0, 0.0, matrices.upper))

"""The ways in: light to import, because CVXPY and HiGHS are loaded by the first solve only."""

from __future__ import annotations

from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution


def solve_schedule(problem: Problem, *, time_limit_s: float = 60.0) -> Solution:
    """Return the optimal plan of `problem`, or the status that says why there is none.

    Every plan has passed the validator. Status TIME_LIMIT carries the best plan found so far, if any, and its gap;
    INFEASIBLE carries the limits that contradict each other. Raise SolverFailed when HiGHS gives up, PlanRejected
    when its plan breaks a rule.
    """
    from optimizer.schedule.exact import solve_exactly

    return solve_exactly(problem, time_limit_s=time_limit_s)


def solve_schedule_fast(problem: Problem, *, time_limit_s: float = 60.0) -> Solution:
    """Return a plan in milliseconds where prices would need binaries: status FEASIBLE, with a proven gap.

    Everything else is solved as by `solve_schedule`, whose promises hold here too.
    """
    from optimizer.schedule.fast import solve_fast

    return solve_fast(problem, time_limit_s=time_limit_s)

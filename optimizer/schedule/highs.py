"""HiGHS: one set of matrices in, one answer out. The status is looked at before any value.

A linear programme is solved in stages from one basis: the objective first; then, among all plans that reach it, the
secondary objectives one after the other. A later stage moves only what the duals leave free, and what it returns is
kept only if the first objective is not worse by more than 1e-9 of itself. Binaries are solved first and then fixed,
so that a mixed-integer plan gets exact directions, duals and the same choice among its ties.
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np

from dash_app.domain.errors import SolverFailed
from optimizer.schedule.checks import Array
from optimizer.schedule.isolated import solve_apart
from optimizer.schedule.matrices import Answer, Matrices, Outcome, linear_program

__all__ = ["Answer", "Matrices", "Outcome", "linear_program", "solve_here", "solve_matrices"]

MIP_GAP = 1e-9
SAME_OBJECTIVE = 1e-9
"""How much of itself the objective may lose to a secondary one."""
FREE = 1e-10
"""A dual below this counts as 0: the variable or limit may move without a price."""
PRIMAL_SIMPLEX = 4
GRACE_S = 10.0
"""Time beyond the limit for fixing the directions of an incumbent: milliseconds in practice."""
OPTIONS: dict[str, bool | int | float | str] = {
    "output_flag": False,
    "threads": 1,
    "parallel": "off",
    "random_seed": 0,
    "mip_rel_gap": MIP_GAP,
    "mip_abs_gap": MIP_GAP,
    "mip_feasibility_tolerance": 1e-9,
    "primal_feasibility_tolerance": 1e-9,
    "dual_feasibility_tolerance": 1e-9,
}


def solve_matrices(
    matrices: Matrices,
    *,
    secondary: Sequence[Array] = (),
    time_limit_s: float,
    basis: highspy.HighsBasis | None = None,
) -> Answer:
    """Return the answer to `matrices`; raise SolverFailed when HiGHS ends in any other way than an Outcome.

    A linear programme with a resident is settled there wherever that is possible; binaries are searched in a process
    of their own, which is killed where it overruns its limit.
    """
    if matrices.binary.any():
        return solve_apart(matrices, secondary, time_limit_s)
    if matrices.resident is not None:
        settled = matrices.resident.solve(matrices, secondary, time_limit_s)
        if settled is not None:
            return settled
    return solve_here(matrices, secondary=secondary, time_limit_s=time_limit_s, basis=basis)


def solve_here(
    matrices: Matrices,
    *,
    secondary: Sequence[Array] = (),
    time_limit_s: float,
    basis: highspy.HighsBasis | None = None,
) -> Answer:
    """Return the answer to `matrices` from a new HiGHS in this process; raise SolverFailed as `solve_matrices` does."""
    solver = _loaded(matrices)
    solver.setOptionValue("time_limit", time_limit_s)
    if basis is not None and not matrices.binary.any():
        solver.setBasis(basis)
    solver.run()
    outcome = _outcome(solver)
    if outcome is Outcome.INFEASIBLE or not _has_plan(solver, matrices):
        return Answer(outcome=outcome, seconds=solver.getRunTime())
    gap = 0.0
    if matrices.binary.any():
        gap = float(solver.getInfo().mip_gap)
        _fix_binaries(solver, matrices, time_limit_s)
    first = solver.getSolution()
    basis = solver.getBasis()
    plans = _stages(solver, matrices, first, secondary)
    return Answer(
        outcome=outcome,
        plans=plans,
        row_dual=np.array(first.row_dual),
        gap=gap,
        seconds=solver.getRunTime(),
        basis=None if matrices.binary.any() else basis,
    )


def _loaded(matrices: Matrices) -> highspy.Highs:
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in OPTIONS.items():
        solver.setOptionValue(name, value)
    solver.passModel(linear_program(matrices))
    return solver


def _outcome(solver: highspy.Highs) -> Outcome:
    """Return the outcome of the last run; every variable is bounded, so `unbounded or infeasible` is the latter."""
    status = solver.getModelStatus()
    known = {
        highspy.HighsModelStatus.kOptimal: Outcome.OPTIMAL,
        highspy.HighsModelStatus.kInfeasible: Outcome.INFEASIBLE,
        highspy.HighsModelStatus.kUnboundedOrInfeasible: Outcome.INFEASIBLE,
        highspy.HighsModelStatus.kTimeLimit: Outcome.TIME_LIMIT,
    }
    if status not in known:
        raise SolverFailed(f"HiGHS ended with {solver.modelStatusToString(status)}")
    return known[status]


def _has_plan(solver: highspy.Highs, matrices: Matrices) -> bool:
    if solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
        return True
    feasible = highspy.SolutionStatus.kSolutionStatusFeasible
    return bool(matrices.binary.any() and solver.getInfo().primal_solution_status == int(feasible))


def _fix_binaries(solver: highspy.Highs, matrices: Matrices, time_limit_s: float) -> None:
    at = np.flatnonzero(matrices.binary).astype(np.int32)
    values = np.round(np.array(solver.getSolution().col_value)[at])
    continuous = np.full(len(at), int(highspy.HighsVarType.kContinuous), dtype=np.uint8)
    solver.changeColsIntegrality(len(at), at, continuous)
    solver.changeColsBounds(len(at), at, values, values)
    solver.setOptionValue("time_limit", time_limit_s + GRACE_S)
    solver.run()
    if _outcome(solver) is not Outcome.OPTIMAL:
        raise SolverFailed(f"the directions that HiGHS found lead to no plan: {_outcome(solver)}")


def _stages(
    solver: highspy.Highs, matrices: Matrices, first: highspy.HighsSolution, secondary: Sequence[Array]
) -> tuple[Array, ...]:
    """Return the plan of each stage, the last first; a stage that fails or costs anything ends the search."""
    plans = [np.array(first.col_value)]
    allowed = float(matrices.cost @ plans[0])
    allowed += SAME_OBJECTIVE * max(abs(allowed), SAME_OBJECTIVE)
    solution = first
    solver.setOptionValue("simplex_strategy", PRIMAL_SIMPLEX)
    for cost in secondary:
        _freeze(solver, solution)
        every = np.arange(len(cost), dtype=np.int32)
        solver.changeColsCost(len(cost), every, cost)
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            break
        solution = solver.getSolution()
        plan = np.array(solution.col_value)
        if float(matrices.cost @ plan) > allowed:
            break
        plans.append(plan)
    return tuple(reversed(plans))


def _freeze(solver: highspy.Highs, solution: highspy.HighsSolution) -> None:
    """Fix every column and row whose dual is not 0: what is left free is the face of plans that are equally good."""
    columns = np.flatnonzero(np.abs(np.array(solution.col_dual)) > FREE).astype(np.int32)
    rows = np.flatnonzero(np.abs(np.array(solution.row_dual)) > FREE).astype(np.int32)
    at_columns, at_rows = np.array(solution.col_value)[columns], np.array(solution.row_value)[rows]
    solver.changeColsBounds(len(columns), columns, at_columns, at_columns)
    solver.changeRowsBounds(len(rows), rows, at_rows, at_rows)  # type: ignore[attr-defined]

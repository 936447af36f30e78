"""The rolling path: one HiGHS that stays, whose numbers are changed in place and whose basis moves with the clock.

It solves the very matrices that CVXPY compiled. Rows that bound a single variable become bounds; the costs of the
preferences among ties are added as a trifle first, then taken away: if the plan stays, it is the preferred one of all
that are best. Whatever this path cannot settle it leaves to the cold one (`highs.solve_matrices`).
"""

from __future__ import annotations

from collections.abc import Sequence

import highspy
import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.folding import Folding
from optimizer.schedule.matrices import Answer, Matrices, Outcome, linear_program

LARGEST_COST = 1e3
"""Costs are scaled so that a trifle is still far above HiGHS's tolerance."""
SMALLEST_COST = 1e-12
TRIFLE = 1e-6
"""What the preference among ties may weigh against the largest cost while it is searched for."""
FURTHEST = 4
"""By how many steps a horizon may have moved for its basis to be moved along."""
FEW = 64
"""So many coefficients are changed one by one; more, and the model is handed over again."""
DUAL_SIMPLEX = 1


class Resident:
    """One persistent HiGHS for matrices of one pattern."""

    def __init__(self, folding: Folding, options: dict[str, bool | int | float | str]) -> None:
        self._folding, self._layout = folding, folding.layout
        self._solver = highspy.Highs()  # type: ignore[no-untyped-call]
        for name, value in {**options, "simplex_strategy": DUAL_SIMPLEX}.items():
            self._solver.setOptionValue(name, value)
        self._last: Matrices | None = None
        self._iterations = 0

    def solve(self, matrices: Matrices, secondary: Sequence[Array], time_limit_s: float) -> Answer | None:
        """Return the optimum, preferred by the one secondary cost among its ties; None where this is not settled."""
        if len(secondary) > 1 or not self._folding.fold(matrices):
            return None
        self._load(matrices)
        began = self._solver.getRunTime()
        self._solver.setOptionValue("time_limit", began + time_limit_s)
        scale = LARGEST_COST / max(float(np.max(np.abs(matrices.cost))), SMALLEST_COST)
        if not self._ran(scale, matrices.cost, secondary):
            return None
        found = self._solver.getSolution()
        return Answer(
            outcome=Outcome.OPTIMAL,
            plans=(np.array(found.col_value),),
            row_dual=self._folding.row_dual(np.array(found.row_dual), np.array(found.col_dual)) / scale,
            gap=0.0,
            seconds=self._solver.getRunTime() - began,
        )

    @property
    def iterations(self) -> int:
        """How many steps of the simplex method the last solve took."""
        return int(self._iterations)

    def forget(self) -> None:
        """Start from nothing at the next solve."""
        self._last = None
        self._solver.clearModel()
        self._solver.setOptionValue("presolve", "choose")

    def _load(self, matrices: Matrices) -> None:
        if self._last is None:
            self._pass_model(matrices)
        else:
            self._move(self._last, matrices)
        self._last = matrices

    def _pass_model(self, matrices: Matrices) -> None:
        self._solver.passModel(linear_program(self._folding.folded(matrices)))

    def _move(self, last: Matrices, matrices: Matrices) -> None:
        """Change the numbers in place; move the basis along with the horizon."""
        solver, folding = self._solver, self._folding
        solver.setOptionValue("presolve", "off")
        basis, steps = solver.getBasis(), self._steps_moved(last, matrices)
        changed = folding.kept_of(np.flatnonzero(matrices.a.data != last.a.data))
        if len(changed) > FEW:
            self._pass_model(matrices)
        else:
            for row, column, value in folding.entries(changed, matrices.a.data):
                solver.changeCoeff(row, column, value)
            columns, rows = folding.columns, folding.rows
            solver.changeColsBounds(len(columns), columns, folding.lower, folding.upper)
            solver.changeRowsBounds(len(rows), rows, *folding.row_bounds(matrices))  # type: ignore[attr-defined]
        if steps or len(changed) > FEW:
            solver.setBasis(_moved(basis, *folding.moved_by(steps)))

    def _steps_moved(self, last: Matrices, matrices: Matrices) -> int:
        """Return by how many steps the costs and right sides seem to have moved since the last solve."""
        old, new = self._by_step(last), self._by_step(matrices)
        steps = new.shape[1]
        away = [np.abs(new[:, : steps - k] - old[:, k:]).sum() / (steps - k) for k in range(min(FURTHEST + 1, steps))]
        return int(np.argmin(away))

    def _by_step(self, matrices: Matrices) -> Array:
        """Return the costs and right sides that have one value per step, as a table; both count alike."""
        layout = self._layout
        costs, rights = matrices.cost[layout.column_table], matrices.right[layout.row_table]
        parts = [part / max(float(np.abs(part).sum()), SMALLEST_COST) for part in (costs, rights)]
        return np.concatenate(parts)

    def _ran(self, scale: float, cost: Array, secondary: Sequence[Array]) -> bool:
        """Solve with the preferences, then without; return whether the plan is optimal and stayed what it was."""
        self._iterations = 0
        for weights in secondary:
            if not self._is_optimal_at(scale * cost + (TRIFLE * LARGEST_COST) * weights):
                return False
        return self._is_optimal_at(scale * cost) and (
            not secondary or self._solver.getInfo().simplex_iteration_count <= 0
        )

    def _is_optimal_at(self, cost: Array) -> bool:
        self._solver.changeColsCost(len(cost), self._folding.columns, cost)
        self._solver.run()
        self._iterations += max(0, self._solver.getInfo().simplex_iteration_count)
        if self._solver.getModelStatus() == highspy.HighsModelStatus.kOptimal:
            return True
        self.forget()
        return False


def _moved(basis: highspy.HighsBasis, columns: Sequence[int], rows: Sequence[int]) -> highspy.HighsBasis:
    column_status, row_status = list(basis.col_status), list(basis.row_status)
    moved = highspy.HighsBasis()
    moved.col_status = [column_status[index] for index in columns]
    moved.row_status = [row_status[index] for index in rows]
    moved.valid, moved.alien = True, True
    return moved

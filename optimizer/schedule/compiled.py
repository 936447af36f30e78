"""One compiled problem per shape: CVXPY states the model once, afterwards only its numbers change.

Compiled problems are kept per thread: their parameters hold the numbers of the solve at hand.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import cvxpy as cp
import highspy
import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.highs import Matrices
from optimizer.schedule.model import Model, Shape
from optimizer.schedule.problem import Problem

KEPT_SHAPES = 8
_KEPT = threading.local()


class Program:
    """A CVXPY problem as matrices, for the values its parameters have at the moment."""

    def __init__(self, problem: cp.Problem) -> None:
        """Compile the problem; every parameter must have a value."""
        data, _, _ = problem.get_problem_data(cp.HIGHS)
        self._program = data["param_prob"]
        columns = len(data["c"])
        self._lower = _bounds(data["lower_bounds"], columns, -np.inf)
        self._upper = _bounds(data["upper_bounds"], columns, np.inf)
        self._binary = np.zeros(columns, dtype=bool)
        self._binary[data["bool_vars_idx"]] = True
        self._lower[self._binary], self._upper[self._binary] = 0.0, 1.0
        self._equalities = data["dims"].zero
        self._rows = _rows_by_constraint(self._program.constraints)

    def matrices(self) -> Matrices:
        """Return the matrices for the present values of the parameters."""
        cost, _, a, right = self._program.apply_parameters()
        return Matrices(
            cost=np.asarray(cost, dtype=float),
            a=-a.tocsc(),
            right=np.asarray(right, dtype=float),
            equalities=self._equalities,
            lower=self._lower,
            upper=self._upper,
            binary=self._binary,
        )

    def values(self, plan: Array, variable: Any) -> Array:
        """Return the values of one CVXPY variable in a plan."""
        start = self._program.var_id_to_col[variable.id]
        return plan[start : start + variable.size]

    def cost_of(self, weights: dict[Any, Array | float]) -> Array:
        """Return a cost vector with `weights` on the given CVXPY variables and 0 elsewhere."""
        cost = np.zeros(len(self._lower))
        for variable, weight in weights.items():
            start = self._program.var_id_to_col[variable.id]
            cost[start : start + variable.size] = weight
        return cost

    def dual(self, row_dual: Array, constraint: cp.Constraint) -> Array:
        """Return d objective / d right side of a constraint, one value per row as it was written, `<=` or `==`."""
        return row_dual[self._rows[constraint.id]]


class Compiled:
    """The compiled model of one shape. `basis` is where the last solve ended: a good start for the next one."""

    def __init__(self, shape: Shape, first: Problem) -> None:
        self.model = Model(shape)
        self.model.set_values(first)
        self.program = Program(self.model.problem())
        self.basis: highspy.HighsBasis | None = None

    def matrices(self, problem: Problem) -> Matrices:
        """Return the matrices for the numbers of `problem`, which must have this shape."""
        self.model.set_values(problem)
        return self.program.matrices()


def compiled_for(shape: Shape, first: Problem) -> Compiled:
    """Return the compiled problem of a shape, building it on first use in this thread."""
    kept: OrderedDict[Shape, Compiled] = _KEPT.__dict__.setdefault("by_shape", OrderedDict())
    if shape not in kept:
        kept[shape] = Compiled(shape, first)
        if len(kept) > KEPT_SHAPES:
            kept.popitem(last=False)
    kept.move_to_end(shape)
    return kept[shape]


def _bounds(given: Array | None, columns: int, otherwise: float) -> Array:
    return np.full(columns, otherwise) if given is None else np.array(given, dtype=float)


def _rows_by_constraint(constraints: list[Any]) -> dict[int, slice]:
    starts = np.cumsum([0, *(constraint.size for constraint in constraints)])
    return {c.id: slice(int(starts[i]), int(starts[i + 1])) for i, c in enumerate(constraints)}

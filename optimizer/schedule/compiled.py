"""One compiled problem per shape: CVXPY states the model once, afterwards only its numbers change.

Compiled problems are kept per thread: their parameters hold the numbers of the solve at hand.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from copy import copy
from dataclasses import replace
from typing import Any

import cvxpy as cp
import highspy
import numpy as np
import scipy.sparse as sp

from optimizer.schedule.checks import Array
from optimizer.schedule.folding import Folding, Layout
from optimizer.schedule.highs import OPTIONS, Matrices
from optimizer.schedule.model import Model, Shape
from optimizer.schedule.problem import Problem
from optimizer.schedule.rolling import Resident

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
        self._map = ParameterMap(self._program)

    def matrices(self) -> Matrices:
        """Return the matrices for the present values of the parameters."""
        cost, a, right = self._map.applied()
        return Matrices(
            cost=cost,
            a=a,
            right=right,
            equalities=self._equalities,
            lower=self._lower,
            upper=self._upper,
            binary=self._binary,
        )

    @property
    def constant(self) -> float:
        """What the objective holds beside the cost of the variables, for the last matrices."""
        return self._map.constant

    def folding(self, steps: int) -> Folding:
        """Return the pattern of the matrices, and which variables and constraints have one entry per step."""
        columns = (
            start
            for variable, start in self._program.var_id_to_col.items()
            if self._program.id_to_var[variable].size == steps
        )
        rows = (rows.start for rows in self._rows.values() if rows.stop - rows.start == steps)
        layout = Layout(steps, tuple(sorted(columns)), tuple(sorted(rows)))
        return Folding(self.matrices().a, self._equalities, layout)

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


class ParameterMap:
    """CVXPY's own map from parameters to matrices, applied without its detours: two products with sparse matrices."""

    def __init__(self, program: Any) -> None:
        program.reduced_A.cache()
        self._cost, self._entries = sp.csr_array(program.q), program.reduced_A.reduced_mat
        indices, starts, (rows, columns) = program.reduced_A.problem_data_index
        last = int(starts[columns - 1])
        pattern = indices[:last].astype(np.int32), starts[:columns].astype(np.int32)
        self._pattern = sp.csc_array((np.zeros(last), *pattern), shape=(rows, columns - 1))
        self._right_rows, self._rows, self._last = indices[last:], rows, last
        columns_of = (
            (program.id_to_param[name], at)
            for name, at in program.param_id_to_col.items()
            if name in program.id_to_param
        )
        self._parameters = [(slice(at, at + parameter.size), parameter) for parameter, at in columns_of]
        self._size = program.total_param_size + 1
        self.constant = 0.0

    def applied(self) -> tuple[Array, sp.csc_array, Array]:
        """Return cost, matrix and right side for the present values of the parameters; keep the cost's constant."""
        values = np.ones(self._size)
        for columns, parameter in self._parameters:
            values[columns] = np.ravel(parameter.value, order="F")
        entries = self._entries @ values
        right = np.zeros(self._rows)
        right[self._right_rows] = entries[self._last :]
        matrix = copy(self._pattern)
        matrix.data = -entries[: self._last]
        cost = self._cost @ values
        self.constant = float(cost[-1])
        return cost[:-1], matrix, right


class Compiled:
    """The compiled model of one shape, with the HiGHS that solves its linear programmes.

    `basis` is where the last solve without that HiGHS ended, `early` the preference among ties by the share that is
    left of the first step.
    """

    def __init__(self, shape: Shape, first: Problem) -> None:
        self.model = Model(shape)
        self.model.set_values(first)
        self.program = Program(self.model.problem())
        self.basis: highspy.HighsBasis | None = None
        self.early: dict[float, Array] = {}
        self._cost = np.zeros(0)
        self.resident = Resident(self.program.folding(shape.steps), OPTIONS)

    def matrices(self, problem: Problem) -> Matrices:
        """Return the matrices for the numbers of `problem`, which must have this shape."""
        self.model.set_values(problem)
        matrices = replace(self.program.matrices(), resident=self.resident)
        self._cost = matrices.cost
        return matrices

    def claimed_cost(self, plan: Array) -> float:
        """Return what a plan costs in the last matrices: what the solver claims."""
        return float(self._cost @ plan) + self.program.constant


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

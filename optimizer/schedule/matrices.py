"""What goes into HiGHS and what comes out of it, whichever of the two paths solves it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import highspy
import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.schedule.checks import Array

if TYPE_CHECKING:
    from optimizer.schedule.rolling import Resident


class Outcome(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matrices:
    """minimise `cost @ x` so that `a @ x` is `right` in the first `equalities` rows and at most `right` below them.

    `resident` is the HiGHS that solved matrices of this pattern before, if there is one.
    """

    cost: Array
    a: sp.csc_array
    right: Array
    equalities: int
    lower: Array
    upper: Array
    binary: npt.NDArray[np.bool_]
    resident: Resident | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """The outcome; `plans` are values of x, the most preferred first; `row_dual` is d objective / d right.

    Without any feasible plan `plans` is empty and `gap` is None. `basis` may start the next, similar problem.
    """

    outcome: Outcome
    plans: tuple[Array, ...] = ()
    row_dual: Array | None = None
    gap: float | None = None
    seconds: float = 0.0
    basis: highspy.HighsBasis | None = None


def linear_program(matrices: Matrices) -> highspy.HighsLp:
    """Return the matrices as HiGHS wants them."""
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = matrices.a.shape
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = matrices.cost, matrices.lower, matrices.upper
    lp.row_lower_ = np.where(np.arange(lp.num_row_) < matrices.equalities, matrices.right, -np.inf)
    lp.row_upper_ = matrices.right
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_, lp.a_matrix_.index_ = matrices.a.indptr, matrices.a.indices
    lp.a_matrix_.value_ = matrices.a.data
    if matrices.binary.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(binary)] for binary in matrices.binary]
    return lp

"""Rows that bound a single variable, folded into the bounds of that variable; and how rows and columns follow time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp

from optimizer.schedule.checks import Array
from optimizer.schedule.matrices import Matrices

CROSSED = 1e-9
"""Bounds that cross by no more than this are equal."""
Indices = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Layout:
    """Where blocks with one entry per step begin among the columns and among the rows."""

    steps: int
    columns: tuple[int, ...]
    rows: tuple[int, ...]

    @cached_property
    def column_table(self) -> Indices:
        """The columns of these blocks, one row for each block and one column for each step."""
        return _table(self.columns, self.steps)

    @cached_property
    def row_table(self) -> Indices:
        """The rows of these blocks, likewise."""
        return _table(self.rows, self.steps)

    def moved_by(self, steps: int, starts: tuple[int, ...], length: int) -> Indices:
        """Return for each position the one that was `steps` later in its block; the last ones stay."""
        moved = np.arange(length, dtype=np.int32)
        for start in starts:
            moved[start : start + self.steps - steps] += steps
        return moved


class Folding:
    """The pattern of one layout; `fold` fills `lower` and `upper` with the bounds of the folded rows."""

    def __init__(self, a: sp.csc_array, equalities: int, layout: Layout) -> None:
        rows, columns = a.shape
        counts = np.bincount(a.indices, minlength=rows)
        single = (counts == 1) & (np.arange(rows) >= equalities)
        column_of = np.repeat(np.arange(columns), np.diff(a.indptr))
        in_single = single[a.indices]
        self.layout, self._shape = layout, a.shape
        self._at = np.flatnonzero(in_single)
        self._row, self._column = a.indices[self._at], column_of[self._at]
        self._kept = ~in_single
        self._kept_rows = np.flatnonzero(~single)
        self._new_row = np.cumsum(~single) - 1
        self._entry_row, self._entry_column = self._new_row[a.indices], column_of
        starts = np.concatenate(([0], np.cumsum(self._kept)))[a.indptr]
        self._pattern = (self._entry_row[self._kept], starts, (len(self._kept_rows), columns))
        self._equality = self._kept_rows < equalities
        self.columns: Indices = np.arange(columns, dtype=np.int32)
        self.rows: Indices = np.arange(len(self._kept_rows), dtype=np.int32)
        self.lower, self.upper = np.zeros(columns), np.zeros(columns)
        self._value, self._limit = np.zeros(0), np.zeros(0)

    def fold(self, matrices: Matrices) -> bool:
        """Set the bounds; return False where a single coefficient is 0 or bounds contradict each other."""
        self._value = matrices.a.data[self._at]
        if not np.all(np.abs(self._value) > CROSSED):
            return False
        self._limit = matrices.right[self._row] / self._value
        self.lower, self.upper = matrices.lower.copy(), matrices.upper.copy()
        above = self._value > 0
        np.minimum.at(self.upper, self._column[above], self._limit[above])
        np.maximum.at(self.lower, self._column[~above], self._limit[~above])
        crossed = self.lower > self.upper
        if np.any(self.lower[crossed] - self.upper[crossed] > CROSSED):
            return False
        self.upper[crossed] = self.lower[crossed]
        return True

    def folded(self, matrices: Matrices) -> Matrices:
        """Return the matrices without the folded rows."""
        indices, starts, shape = self._pattern
        a = sp.csc_array((matrices.a.data[self._kept], indices, starts), shape=shape)
        return replace(
            matrices,
            a=a,
            right=matrices.right[self._kept_rows],
            equalities=int(self._equality.sum()),
            lower=self.lower,
            upper=self.upper,
            resident=None,
        )

    def row_bounds(self, matrices: Matrices) -> tuple[Array, Array]:
        """Return the lower and upper bounds of the rows that are left."""
        right = matrices.right[self._kept_rows]
        return np.where(self._equality, right, -np.inf), right

    def kept_of(self, entries: npt.NDArray[np.intp]) -> npt.NDArray[np.intp]:
        """Return those of these entries of the matrix that are in rows that are left."""
        return entries[self._kept[entries]]

    def entries(self, entries: npt.NDArray[np.intp], data: Array) -> Iterator[tuple[int, int, float]]:
        """Yield row, column and value of entries of the matrix, in the numbering of what is left."""
        yield from zip(
            self._entry_row[entries].tolist(), self._entry_column[entries].tolist(), data[entries].tolist(), strict=True
        )

    def moved_by(self, steps: int) -> tuple[Sequence[int], Sequence[int]]:
        """Return where the status of each column and of each row that is left was before the horizon moved."""
        all_rows, columns = self._shape
        moved = self.layout.moved_by(steps, self.layout.rows, all_rows)[self._kept_rows]
        own = np.flatnonzero(~np.isin(moved, self._kept_rows))
        moved[own] = self._kept_rows[own]
        return (
            self.layout.moved_by(steps, self.layout.columns, columns).tolist(),
            self._new_row[moved].tolist(),
        )

    def row_dual(self, kept_dual: Array, column_dual: Array) -> Array:
        """Return the duals of all rows: a folded row has the reduced cost of the variable whose bound it is."""
        dual = np.zeros(self._shape[0])
        dual[self._kept_rows] = kept_dual
        reduced = column_dual[self._column]
        at_upper = (self._value > 0) & (reduced < 0) & (self._limit <= self.upper[self._column])
        at_lower = (self._value < 0) & (reduced > 0) & (self._limit >= self.lower[self._column])
        binding = np.flatnonzero(at_upper | at_lower)[::-1]
        owner = np.full(self._shape[1], -1)
        owner[self._column[binding]] = binding  # of several rows the first one
        binding = binding[owner[self._column[binding]] == binding]
        dual[self._row[binding]] = reduced[binding] / self._value[binding]
        return dual


def _table(starts: tuple[int, ...], steps: int) -> Indices:
    first = np.array(starts, dtype=np.int32).reshape(-1, 1)
    return np.asarray(first + np.arange(steps, dtype=np.int32), dtype=np.int32)

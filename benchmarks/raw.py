"""The yardstick of the speed benchmarks: a cold HiGHS `run()` on the matrix of a problem, built beforehand.

The matrix is the smaller one of two: rows that only bound a variable are its bounds already, so that HiGHS has as
little to read as anybody could give it. HiGHS runs with its own defaults, presolve included.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import highspy

from optimizer.schedule.compiled import compiled_for
from optimizer.schedule.highs import linear_program
from optimizer.schedule.model import Shape
from optimizer.schedule.problem import Problem


def raw_ms(problem: Problem) -> float:
    """Return the milliseconds of a cold run on the linear programme of a problem."""
    compiled = compiled_for(Shape.of(problem), problem)
    matrices = compiled.matrices(problem)
    folding = compiled.program.folding(problem.steps)
    if not folding.fold(matrices):
        raise ValueError("the bounds of this problem contradict each other")
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("threads", 1)
    solver.passModel(linear_program(folding.folded(matrices)))
    return milliseconds(solver.run)


def milliseconds(action: Callable[[], object]) -> float:
    """Return the processor time of a call: on a machine shared with others, the clock on the wall says little."""
    began = time.process_time()
    action()
    return 1e3 * (time.process_time() - began)


def verdict(ratio: float, target: float) -> str:
    """Return the words for a figure beside its target.

    >>> verdict(0.5, 1.0), verdict(1.2, 1.0)
    ('target <= 1: met', 'target <= 1: missed')
    """
    return f"target <= {target:g}: {'met' if ratio <= target else 'missed'}"


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else 0.5 * (ordered[half - 1] + ordered[half])

"""Checks of numbers before any solve: each raises InvalidProblem with the JSON key, the value and the limit."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from dash_app.domain.errors import InvalidProblem

Array = npt.NDArray[np.float64]


def check_number(key: str, value: float, *, low: float = -math.inf, high: float = math.inf) -> None:
    """Raise InvalidProblem unless `low <= value <= high` and the value is finite."""
    if not math.isfinite(value):
        raise InvalidProblem(f"{key}: {value} is not a finite number")
    if not low <= value <= high:
        raise InvalidProblem(f"{key}: {value:g} lies outside {low:g}..{high:g}")


def check_positive(key: str, value: float) -> None:
    """Raise InvalidProblem unless the value is finite and above 0."""
    if not math.isfinite(value) or value <= 0:
        raise InvalidProblem(f"{key}: {value:g} must be a finite number above 0")


def check_series(key: str, values: Array, steps: int, *, low: float = -math.inf, unlimited: bool = False) -> None:
    """Raise InvalidProblem naming the first step that is missing, not finite or below `low`.

    `unlimited` allows +inf: no limit.
    """
    if values.shape != (steps,):
        raise InvalidProblem(f"{key}: {values.size} values for {steps} steps")
    wrong = np.isnan(values) | (values < low) | (np.isinf(values) & ~(unlimited & (values > 0)))
    if wrong.any():
        step = int(np.argmax(wrong))
        wanted = "finite" if low == -math.inf else f"finite and at least {low:g}"
        raise InvalidProblem(f"{key}[{step}]: {values[step]:g} must be {wanted}")

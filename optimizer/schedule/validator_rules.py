"""What the validator says no with: the step, the rule, the value and what is allowed."""

from __future__ import annotations

import numpy as np

from dash_app.domain.errors import PlanRejected
from optimizer.schedule.checks import Array

TOLERANCE = 1e-6
"""kW, kWh and kg; relative for money."""


def check_equal(rule: str, value: Array, wanted: Array) -> None:
    """Raise PlanRejected naming the first step in which the values differ."""
    refuse(np.abs(value - wanted) > TOLERANCE, rule, value, wanted)


def check_most(rule: str, value: Array, most: Array) -> None:
    """Raise PlanRejected naming the first step in which a value is too large."""
    refuse(value > most + TOLERANCE, rule, value, most)


def check_least(rule: str, value: Array, least: Array) -> None:
    """Raise PlanRejected naming the first step in which a value is too small."""
    refuse(value < least - TOLERANCE, rule, value, least)


def refuse(
    wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], rule: str, value: Array, wanted: Array | str
) -> None:
    """Raise PlanRejected naming the first wrong step and the rule."""
    if wrong.any():
        step = int(np.argmax(wrong))
        limit = wanted if isinstance(wanted, str) else f"{wanted[step]:g}"
        raise PlanRejected(f"step {step}: {rule}: {value[step]:g}, allowed is {limit}")

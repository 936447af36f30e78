"""What a solver's round-off may be: taken away within a tolerance, refused beyond it, and no negative zero."""

from __future__ import annotations

import numpy as np

from dash_app.domain.errors import PlanRejected
from optimizer.schedule.checks import Array
from optimizer.schedule.validator_rules import TOLERANCE, check_least, check_most

NOTHING = 1e-9
"""A value up to this is the solver's own tolerance and becomes 0."""


def without_round_off(name: str, values: Array, most: Array | float | None = None) -> Array:
    """Return values within 0 and `most`; raise PlanRejected naming the step where one lies further outside.

    >>> without_round_off("power_kw", np.array([-1e-7, -0.0, 5.0000001]), 5.0).tolist()
    [0.0, 0.0, 5.0]
    """
    inside = np.where(values > NOTHING, values, 0.0)
    if most is not None:
        inside = np.minimum(inside, most)
    if not np.max(np.abs(inside - values)) <= TOLERANCE:
        _refuse(name, values, np.inf if most is None else most)
    return inside


def _refuse(name: str, values: Array, most: Array | float) -> None:
    if not np.all(np.isfinite(values)):
        raise PlanRejected(f"{name}: the solver's answer holds what is no finite number")
    check_least(name, values, np.zeros(len(values)))
    check_most(name, values, np.broadcast_to(np.asarray(most, dtype=float), values.shape))


def check_claim(claimed: float, cost: float) -> None:
    """Raise PlanRejected where a plan costs more than the solver claims that it does."""
    if cost > claimed + TOLERANCE * max(1.0, abs(claimed)):
        raise PlanRejected(f"objective: the solver claims {claimed:g}, its plan costs {cost:g}")

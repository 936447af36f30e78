"""What a kind of forecast is made of: simple models, what the boosting learns from, and how fast its scores age."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from optimizer.forecast.boosting import Booster, predict
from optimizer.forecast.components import Component
from optimizer.forecast.history import History

BOOSTING = "boosting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What the boosting sees for consecutive targets: `x[lead, feature]`; it learns (actual - base) / scale."""

    x: np.ndarray
    base: np.ndarray
    scale: np.ndarray


RowsOf = Callable[[History, pd.DatetimeIndex, np.ndarray], Rows]
"""Takes what is known, consecutive targets from the origin on, and what the simple models say: `said[model, lead]`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How long scores and errors count, and how fast the interval's levels follow what arrives."""

    window: timedelta
    half_life: timedelta
    level_step: float


LOAD_TUNING = Tuning(window=timedelta(days=56), half_life=timedelta(days=28), level_step=0.01)
PV_TUNING = Tuning(window=timedelta(days=28), half_life=timedelta(days=10), level_step=0.02)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One kind of forecast for one site; `scale` is the size of an error to be expected at each target, or None."""

    kind: str
    simple: Mapping[str, Component]
    tuning: Tuning
    rows: RowsOf | None = None
    boost: Mapping[str, Any] = field(default_factory=dict)
    scale: Callable[[History, pd.DatetimeIndex], np.ndarray] | None = None

    def names(self, booster: Booster | None) -> tuple[str, ...]:
        """Return the names of what `say` returns, row by row."""
        return tuple(self.simple) if booster is None else (BOOSTING, *self.simple)

    def say(self, known: History, targets: pd.DatetimeIndex, booster: Booster | None) -> np.ndarray:
        """Return what each component says, never below zero: `said[component, lead]`.

        Raises ValueError for a booster that was trained on what lay beyond this origin.
        """
        simple = np.array([np.maximum(component(known, targets), 0.0) for component in self.simple.values()])
        if booster is None:
            return simple
        rows = self.rows_of(known, targets, simple)
        boosted = rows.base + rows.scale * predict(booster, rows.x, origin=known.origin)
        return np.vstack([np.maximum(boosted, 0.0)[None, :], simple])

    def rows_of(self, known: History, targets: pd.DatetimeIndex, said: np.ndarray) -> Rows:
        """Return what the boosting sees; raise ValueError for a recipe of simple models only."""
        if self.rows is None:
            raise ValueError("this recipe has nothing to train")
        return self.rows(known, targets, said)

    def size_of_error(self, known: History, targets: pd.DatetimeIndex) -> np.ndarray:
        """Return the size of an error to be expected at each target, above zero."""
        return np.ones(len(targets)) if self.scale is None else self.scale(known, targets)

"""The recipes: which models a load and a PV forecast are made of, by the length of the history (cold-start ladder)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from optimizer.forecast import components as parts
from optimizer.forecast.components import Component
from optimizer.forecast.harmonic import harmonic_regression
from optimizer.forecast.history import History
from optimizer.forecast.load_rows import load_rows
from optimizer.forecast.pv_rows import pv_rows
from optimizer.forecast.recipe import LOAD_TUNING, PV_TUNING, Recipe
from optimizer.forecast.similar import day_type_mean, similar_days, weekly_profile_carried
from optimizer.forecast.sun import error_scale, local_sun, pv_components

COLD_DAYS = 8.0
YOUNG_DAYS = 28.0

LOAD_COMPONENTS: dict[str, Component] = {
    "harmonic_regression": harmonic_regression,
    "profile_carried_on": weekly_profile_carried,
    "similar_days": similar_days,
    "day_type_mean": day_type_mean,
    "weekly_median": parts.weekly_median,
    "day_mean": parts.day_mean,
}

LOAD_BOOST: dict[str, Any] = {
    "rounds": 300,
    "learning_rate": 0.05,
    "num_leaves": 31,
    "min_data_in_leaf": 60,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
}

PV_BOOST: dict[str, Any] = {
    "rounds": 200,
    "learning_rate": 0.04,
    "num_leaves": 6,
    "min_data_in_leaf": 400,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.8,
    "bagging_freq": 1,
    "lambda_l2": 5.0,
}


def load_recipe(history: History) -> Recipe:
    """Return the recipe for a load with a history of this length."""
    return Recipe(kind="load", simple=load_components(history), tuning=LOAD_TUNING, rows=load_rows, boost=LOAD_BOOST)


def load_components(history: History) -> dict[str, Component]:
    """Return the load components that a history of this length can carry."""
    if history.days < COLD_DAYS:
        return {"day_naive": parts.day_naive}
    if history.days < YOUNG_DAYS:
        return {name: LOAD_COMPONENTS[name] for name in ("weekly_median", "day_mean")}
    return LOAD_COMPONENTS


def pv_recipe(
    history: History,
    *,
    latitude: float,
    longitude: float,
    measured_shift: timedelta = timedelta(0),
    issued_at: datetime | None = None,
) -> Recipe:
    """Return the recipe for the arrays of a place; `measured_shift` is served minus measured time at `issued_at`."""
    sun = local_sun(history, latitude, longitude, measured_shift, issued_at)
    return Recipe(
        kind="pv",
        simple=pv_components(sun),
        tuning=PV_TUNING,
        rows=pv_rows(sun),
        boost=PV_BOOST,
        scale=lambda known, targets: error_scale(sun, known, targets),
    )

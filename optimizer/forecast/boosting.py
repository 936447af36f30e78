"""Gradient boosting by LightGBM, kept as its own text: one thread, the same answer each time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

FIXED: dict[str, Any] = {
    "objective": "l1",
    "num_threads": 1,
    "deterministic": True,
    "force_col_wise": True,
    "seed": 1,
    "verbosity": -1,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Booster:
    """A trained model as LightGBM writes it, and the local moment up to which it has seen the truth."""

    text: str
    refit_at: pd.Timestamp


def fit(
    x: np.ndarray, target: np.ndarray, weights: np.ndarray, settings: Mapping[str, Any], *, refit_at: pd.Timestamp
) -> Booster:
    """Return the boosting of `target` on the rows of `x`; `settings` holds LightGBM's own keys and `rounds`."""
    import lightgbm

    params = FIXED | {key: value for key, value in settings.items() if key != "rounds"}
    data = lightgbm.Dataset(x, label=target, weight=weights, params={"verbosity": -1}, free_raw_data=True)
    model = lightgbm.train(params, data, num_boost_round=settings["rounds"])
    return Booster(text=model.model_to_string(), refit_at=refit_at)


def predict(booster: Booster, x: np.ndarray, *, origin: pd.Timestamp) -> np.ndarray:
    """Return the model's answer for each row; raise ValueError for an origin before its training, or other columns."""
    from lightgbm.basic import LightGBMError

    if origin < booster.refit_at:
        raise ValueError(f"a model trained at {booster.refit_at} has seen what comes after {origin}")
    try:
        return np.asarray(_model(booster.text).predict(x, num_threads=1), dtype=float)
    except LightGBMError as error:
        raise ValueError(f"a model that does not fit these {x.shape[1]} columns: {error}") from error


@lru_cache(maxsize=32)
def _model(text: str) -> Any:
    import lightgbm

    return lightgbm.Booster(model_str=text)

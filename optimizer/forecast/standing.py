"""How two forecasters stand to each other out of sample, each judged by what it had issued before the truth came."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from optimizer.forecast.mix import learn_weights, mix
from optimizer.forecast.recipe import BOOSTING, Tuning
from optimizer.forecast.training import Trained


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Mean absolute errors (kW) of a trained forecaster and of the simple mix over the same `scored` values."""

    trained_kw: float
    simple_kw: float
    scored: int


def standing_of(trained: Trained, tuning: Tuning) -> Standing | None:
    """Return how a forecaster did in its own record, beside the simple mix; None where it has issued nothing yet.

    Only forecasts with the boosting count: each was made by a model that had not seen what it forecast. The simple mix
    is made of what the simple models had said, with the weights that were due to them at each origin.
    """
    runs = trained.record.runs
    if BOOSTING not in runs.names:
        return None
    boosted = np.isfinite(runs.forecasts[runs.names.index(BOOSTING)]).any(axis=1)
    rows = [place for place, name in enumerate(runs.names) if name != BOOSTING]
    simple = replace(runs, names=tuple(runs.names[place] for place in rows), forecasts=runs.forecasts[rows])
    said = np.full_like(trained.record.mixed, np.nan)
    for place in np.flatnonzero(boosted).tolist():
        weights = learn_weights(simple, runs.origins[place], tuning.window)
        said[place] = mix(simple.forecasts[:, place], weights, runs.step)
    mine, rival = np.abs(trained.record.mixed - runs.actuals), np.abs(said - runs.actuals)
    both = np.isfinite(mine) & np.isfinite(rival)
    if not both.any():
        return None
    return Standing(trained_kw=float(mine[both].mean()), simple_kw=float(rival[both].mean()), scored=int(both.sum()))

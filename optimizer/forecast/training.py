"""Train, keep, bring up to date: a trained forecaster is a value that can be stored and applied in milliseconds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.boosting import Booster, fit
from optimizer.forecast.history import History
from optimizer.forecast.mix import EVERY, one_blas_thread
from optimizer.forecast.recipe import Recipe
from optimizer.forecast.record import KEPT, Record, continue_record, empty_record, origins_between

REFIT_EVERY = timedelta(days=28)
LEAST_DAYS = 63.0
"""With less history than this nothing is trained: the simple models carry the forecast."""

WARM_UP = timedelta(weeks=5)
LEARN_ON = timedelta(weeks=52)
SAMPLE_EVERY = timedelta(hours=13)
SAMPLED_LEADS = 20
HALF_LIFE_WEEKS = 26.0
EPOCH = pd.Timestamp("2000-01-01")


@dataclass(frozen=True, slots=True, kw_only=True)
class Samples:
    """What the boosting was shown: one row for each (origin, lead); `at` is the target's end, by local time."""

    x: np.ndarray
    target: np.ndarray
    weight: np.ndarray
    at: np.ndarray
    newest: pd.Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A trained forecaster: what it learned, on what, and its record out of sample. Holds no code and can be pickled.

    `names` are the components in the order of the record; `days` is the length of the history it was trained on.
    """

    kind: str
    trained_at: datetime
    booster: Booster
    samples: Samples
    record: Record
    days: float

    @property
    def due_at(self) -> pd.Timestamp:
        """When it should be trained again, by local time."""
        return self.booster.refit_at + REFIT_EVERY


def train(
    recipe: Recipe,
    history: History,
    *,
    trained_at: datetime,
    previous: Trained | None = None,
    pooled: tuple[tuple[Recipe, History], ...] = (),
) -> Trained:
    """Return a forecaster trained on everything in `history`.

    With `previous` only what is new is gone through, and its record goes on. Otherwise the last eight weeks are
    forecast by models that had not seen them, so that weights and intervals exist from the start. `pooled` are further
    arrays to learn from (PV). Raises ValueError when there are less than nine weeks of history.
    """
    if history.days < LEAST_DAYS:
        raise ValueError(f"{history.days:.0f} days of history are too few to train on; {LEAST_DAYS:.0f} are needed")
    end = history.origin
    sources = ((recipe, history), *pooled)
    samples = _collect(sources, end, None if previous is None else previous.samples)
    record = advance(previous, recipe, history).record if previous else _first_record(recipe, history, samples)
    booster = _boost(recipe, samples, end)
    kept = record.part(np.asarray(record.origins >= end - KEPT))
    return Trained(
        kind=recipe.kind, trained_at=trained_at, booster=booster, samples=samples, record=kept, days=history.days
    )


def advance(trained: Trained, recipe: Recipe, history: History) -> Trained:
    """Return the forecaster with a forecast on record for every six hours up to the end of `history`."""
    record = trained.record
    start = record.origins[-1] + EVERY if len(record.origins) else trained.booster.refit_at
    origins = origins_between(start, history.origin)
    origins = origins[origins >= trained.booster.refit_at]
    return replace(trained, record=continue_record(record, recipe, history, origins, trained.booster))


def _first_record(recipe: Recipe, history: History, samples: Samples) -> Record:
    """Forecast the last eight weeks, each four by a model trained before them; without one where history is short."""
    record = empty_record(recipe.names(None), history)
    end = history.origin
    for start in (end - 2 * REFIT_EVERY, end - REFIT_EVERY):
        first = history.values.index[0]
        if start - first < timedelta(days=28):
            continue
        booster = _boost(recipe, samples, start) if start - first >= timedelta(days=LEAST_DAYS) else None
        origins = origins_between(start, start + REFIT_EVERY)
        record = continue_record(record, recipe, history, origins, booster)
    return record


def _boost(recipe: Recipe, samples: Samples, refit_at: pd.Timestamp) -> Booster:
    known = samples.at <= np.datetime64(refit_at)
    age_weeks = pd.to_timedelta(np.datetime64(refit_at) - samples.at[known]) / pd.Timedelta(weeks=1)
    weight = samples.weight[known] * 0.5 ** (np.asarray(age_weeks) / HALF_LIFE_WEEKS)
    return fit(samples.x[known], samples.target[known], weight, recipe.boost, refit_at=refit_at)


def _collect(sources: tuple[tuple[Recipe, History], ...], end: pd.Timestamp, previous: Samples | None) -> Samples:
    parts = [] if previous is None else [previous]
    with one_blas_thread():
        for recipe, history in sources:
            first = max(history.values.index[0] + WARM_UP, end - LEARN_ON)
            start = first if previous is None else max(first, previous.newest)
            ticks = pd.date_range(_next_tick(start), min(end, history.origin), freq=SAMPLE_EVERY, inclusive="left")
            parts += [_sample(recipe, history, origin) for origin in ticks]
    if not parts:
        raise ValueError("nothing to learn from")
    at = np.concatenate([part.at for part in parts])
    kept = at >= np.datetime64(end - LEARN_ON)
    return Samples(
        x=np.concatenate([part.x for part in parts])[kept],
        target=np.concatenate([part.target for part in parts])[kept],
        weight=np.concatenate([part.weight for part in parts])[kept],
        at=at[kept],
        newest=end,
    )


def _next_tick(start: pd.Timestamp) -> pd.Timestamp:
    return EPOCH + pd.Timedelta(SAMPLE_EVERY) * int(np.ceil((start - EPOCH) / pd.Timedelta(SAMPLE_EVERY)))


def _sample(recipe: Recipe, history: History, origin: pd.Timestamp) -> Samples:
    """Return rows at some leads of one origin: a quarter of them in the first sixteenth: the next hours."""
    steps = round(timedelta(hours=48) / history.step)
    targets = pd.date_range(origin, periods=steps, freq=history.step)
    known = history.before(origin)
    rows = recipe.rows_of(known, targets, recipe.say(known, targets, None))
    measured = history.measured.reindex(targets).to_numpy()
    usable = np.flatnonzero(np.isfinite(measured) & (rows.scale > 0.0))
    random = np.random.default_rng(abs(int(origin.timestamp())))
    near = usable[usable < max(1, steps // 16)]
    some = np.union1d(_pick(random, near, SAMPLED_LEADS // 4), _pick(random, usable, SAMPLED_LEADS))
    best = max(float(rows.scale.max(initial=0.0)), 1e-9)
    return Samples(
        x=rows.x[some],
        target=(measured[some] - rows.base[some]) / np.where(rows.scale[some] > 0, rows.scale[some], 1.0),
        weight=rows.scale[some] / best,
        at=(targets[some] + history.step).to_numpy(),
        newest=origin,
    )


def _pick(random: np.random.Generator, places: np.ndarray, count: int) -> np.ndarray:
    return random.choice(places, size=min(count, len(places)), replace=False) if len(places) else places

"""The record of what was forecast: issued origin by origin, scored when the truth arrives, never rewritten.

Weights and intervals are learned from it; a newer model never re-scores what an older one said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from optimizer.forecast.boosting import Booster
from optimizer.forecast.conformal import LEVELS, next_levels, spread_of
from optimizer.forecast.history import History
from optimizer.forecast.mix import BUCKET_EDGES_H, EVERY, Runs, learn_weights, mix, one_blas_thread
from optimizer.forecast.recipe import Recipe

LEADS = timedelta(hours=48)
KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Past forecasts in the order of their issue.

    `runs` holds what each component said and what came; `mixed[origin, lead]` the forecast issued; `sizes` the size of
    error expected; `bands[level, origin, lead]` the quantiles issued at conformal.LEVELS; `levels[bucket, level]` is
    where the adaptive correction stands.
    """

    runs: Runs
    mixed: np.ndarray
    sizes: np.ndarray
    bands: np.ndarray
    levels: np.ndarray

    def seen_from(self, history: History) -> Record:
        """Return the record with what was measured up to the end of `history`."""
        leads = self.mixed.shape[1]
        since = (self.origins.to_numpy() - history.measured.index[0].to_datetime64()) / np.timedelta64(history.step)
        at = np.rint(since).astype(int).reshape(-1, 1) + np.arange(leads)[None, :]
        measured = history.measured.to_numpy()
        known = (at >= 0) & (at < len(measured))
        actuals = np.where(known, measured[np.clip(at, 0, len(measured) - 1)], np.nan)
        return replace(self, runs=replace(self.runs, actuals=actuals))

    @property
    def origins(self) -> pd.DatetimeIndex:
        """The local moments of issue."""
        return self.runs.origins

    def up_to(self, leads: int) -> Record:
        """Return the first `leads` steps of each forecast."""
        runs = replace(self.runs, forecasts=self.runs.forecasts[:, :, :leads], actuals=self.runs.actuals[:, :leads])
        return replace(
            self, runs=runs, mixed=self.mixed[:, :leads], sizes=self.sizes[:, :leads], bands=self.bands[:, :, :leads]
        )

    def part(self, rows: np.ndarray) -> Record:
        """Return the origins marked in `rows`."""
        runs = replace(
            self.runs,
            origins=self.runs.origins[rows],
            forecasts=self.runs.forecasts[:, rows],
            actuals=self.runs.actuals[rows],
        )
        return replace(self, runs=runs, mixed=self.mixed[rows], sizes=self.sizes[rows], bands=self.bands[:, rows])


def empty_record(names: tuple[str, ...], history: History, horizon: timedelta = LEADS) -> Record:
    """Return a record without forecasts, for these components."""
    leads = max(1, round(horizon / history.step))
    runs = Runs(
        names=names,
        origins=pd.DatetimeIndex([]),
        forecasts=np.empty((len(names), 0, leads)),
        actuals=np.empty((0, leads)),
        step=history.step,
    )
    return Record(
        runs=runs,
        mixed=np.empty((0, leads)),
        sizes=np.empty((0, leads)),
        bands=np.empty((len(LEVELS), 0, leads)),
        levels=np.tile(np.array(LEVELS), (len(BUCKET_EDGES_H) + 1, 1)),
    )


def continue_record(
    record: Record, recipe: Recipe, history: History, origins: pd.DatetimeIndex, booster: Booster | None
) -> Record:
    """Return the record with a forecast issued at each of `origins`, from what was known there."""
    record = _with_names(record, recipe.names(booster))
    said, sizes = _say_at(recipe, history, origins, booster, record.mixed.shape[1])
    runs = replace(
        record.runs,
        origins=pd.DatetimeIndex(record.origins.append(origins)),
        forecasts=np.concatenate([record.runs.forecasts, said], axis=1),
        actuals=np.concatenate([record.runs.actuals, np.full((len(origins), record.mixed.shape[1]), np.nan)]),
    )
    more = np.full((len(origins), record.mixed.shape[1]), np.nan)
    whole = Record(
        runs=runs,
        mixed=np.concatenate([record.mixed, more]),
        sizes=np.concatenate([record.sizes, sizes]),
        bands=np.concatenate([record.bands, np.tile(more, (len(LEVELS), 1, 1))], axis=1),
        levels=record.levels,
    )
    return _issue(whole.seen_from(history), recipe, len(record.origins))


def origins_between(start: pd.Timestamp, end: pd.Timestamp) -> pd.DatetimeIndex:
    """Return an origin every six hours from `start` up to, not including, `end`."""
    return pd.date_range(start, end, freq=EVERY, inclusive="left") if start < end else pd.DatetimeIndex([])


def _say_at(
    recipe: Recipe, history: History, origins: pd.DatetimeIndex, booster: Booster | None, leads: int
) -> tuple[np.ndarray, np.ndarray]:
    said = np.empty((len(recipe.names(booster)), len(origins), leads))
    sizes = np.empty((len(origins), leads))
    with one_blas_thread():
        for place, origin in enumerate(origins):
            targets = pd.date_range(origin, periods=leads, freq=history.step)
            known = history.before(origin)
            said[:, place] = recipe.say(known, targets, booster)
            sizes[place] = recipe.size_of_error(known, targets)
    return said, sizes


def _issue(record: Record, recipe: Recipe, first: int) -> Record:
    """Fill in mix, quantiles and levels from origin number `first` on, each from what was known there."""
    mixed, bands, levels = record.mixed.copy(), record.bands.copy(), record.levels
    for place in range(first, len(record.origins)):
        origin = record.origins[place]
        so_far = replace(record, mixed=mixed, bands=bands, levels=levels)
        levels = next_levels(so_far, place, recipe.tuning)
        weights = learn_weights(record.runs, origin, recipe.tuning.window)
        mixed[place] = mix(record.runs.forecasts[:, place], weights, record.runs.step)
        targets = pd.date_range(origin, periods=mixed.shape[1], freq=record.runs.step)
        spread = spread_of(replace(so_far, levels=levels), origin, targets, record.sizes[place], LEVELS, recipe.tuning)
        bands[:, place] = np.sort(np.maximum(mixed[place][None, :] + spread, 0.0), axis=0)
    return replace(record, mixed=mixed, bands=bands, levels=levels)


def _with_names(record: Record, names: tuple[str, ...]) -> Record:
    """Return the record with a row for each of `names`, NaN where one said nothing yet."""
    if record.runs.names == names:
        return record
    rows = [
        record.runs.forecasts[record.runs.names.index(name)]
        if name in record.runs.names
        else np.full(record.mixed.shape, np.nan)
        for name in names
    ]
    return replace(record, runs=replace(record.runs, names=names, forecasts=np.array(rows)))

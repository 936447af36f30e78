"""What the net load may be: classes in each slot of the day, and how they follow each other. From the past alone.

v[kind, slot, r]   mean of the r-th of K equal-count bins of what was seen in that slot and its neighbours
P[r, r']           how often class r is followed by class r', plus 0.5; each row adds up to 1

Model A pools the errors of forecasts and adds its classes to the newest forecast; model B pools the net load itself,
working days apart from weekends. Either is an `Outlook`: class means for each step of a horizon, and P.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from optimizer.schedule.checks import Array
from optimizer.value.constants import CLASSES, SMOOTH_HOURLY, SMOOTH_SLOTS, TRANSITION_PRIOR

Places = npt.NDArray[np.int64]
DAY = timedelta(days=1)
SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """One model's view of a horizon: `net_kw[step, class]`, ascending in each step, and `follows[class, class]`."""

    net_kw: Array
    follows: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Classes:
    """Class means `means[kind, slot, class]` (kind: 0 working day, 1 weekend) and transitions `follows`."""

    means: Array
    follows: Array

    def outlook(self, slots: Places, kinds: Places | None = None, forecast_kw: Array | None = None) -> Outlook:
        """Return the classes for the steps of a horizon: added to a forecast (model A) or as they are (model B)."""
        kinds = np.zeros(len(slots), dtype=np.int64) if kinds is None else kinds
        net_kw = self.means[np.minimum(kinds, len(self.means) - 1), slots]
        return Outlook(net_kw=net_kw if forecast_kw is None else net_kw + forecast_kw[:, None], follows=self.follows)


def classes_of(
    values: Array, slots: Places, *, slots_per_day: int, kinds: Places | None = None, count: int = CLASSES
) -> Classes:
    """Return the classes of what was seen: errors of forecasts, or net loads, kW, in time order; NaN is left out.

    `slots` and `kinds` are those of the values (`slots_of`, `kinds_of`). A slot of which one kind of day has fewer
    than `count` values borrows from all days, then from the whole day. Raises ValueError without `count` values.
    """
    seen = np.isfinite(values)
    if seen.sum() < count:
        raise ValueError(f"{int(seen.sum())} values are too few for {count} classes")
    pooled = [values[seen & (slots == slot)] for slot in range(slots_per_day)]
    every = [_neighbours(pooled, slot) for slot in range(slots_per_day)]
    every = [pool if len(pool) >= count else values[seen] for pool in every]
    if kinds is None:
        bins = [[_bins(pool, count) for pool in every]]
    else:
        bins = [_bins_of_kind(values, slots, seen & (kinds == kind), every, count) for kind in (0, 1)]
    means = np.array([[[float(one.mean()) for one in slot] for slot in kind] for kind in bins])
    edges = np.array([[[one[0] for one in slot[1:]] for slot in kind] for kind in bins])
    own = np.zeros(len(values), dtype=np.int64) if kinds is None else kinds
    return Classes(means=means, follows=_follows(values, edges[own, slots], seen, count))


def slots_of(index: pd.DatetimeIndex, zone: ZoneInfo, step: timedelta) -> Places:
    """Return the slot of the day, on the site's clock, that each time lies in."""
    local = index.tz_convert(zone)
    minutes = np.asarray(local.hour * 60 + local.minute, dtype=np.int64)
    return minutes // int(step / timedelta(minutes=1))


def kinds_of(index: pd.DatetimeIndex, zone: ZoneInfo) -> Places:
    """Return 1 where a time lies on a weekend at the site, else 0."""
    return np.asarray(index.tz_convert(zone).day_of_week >= SATURDAY, dtype=np.int64)


def _bins_of_kind(
    values: Array, slots: Places, own: npt.NDArray[np.bool_], every: list[Array], count: int
) -> list[list[Array]]:
    pooled = [values[own & (slots == slot)] for slot in range(len(every))]
    pools = [_neighbours(pooled, slot) for slot in range(len(every))]
    return [_bins(pool if len(pool) >= count else other, count) for pool, other in zip(pools, every, strict=True)]


def _neighbours(pooled: list[Array], slot: int) -> Array:
    """Return what was seen in a slot and on both sides of it, across midnight."""
    reach = SMOOTH_HOURLY if len(pooled) <= DAY / timedelta(hours=1) else SMOOTH_SLOTS
    around = {(slot + by) % len(pooled) for by in range(-reach, reach + 1)}
    return np.concatenate([pooled[place] for place in sorted(around)])


def _bins(pool: Array, count: int) -> list[Array]:
    return np.array_split(np.sort(pool), count)


def _follows(values: Array, edges: Array, seen: npt.NDArray[np.bool_], count: int) -> Array:
    """Return the transitions between the classes of values that follow each other."""
    place = (values[:, None] >= edges).sum(axis=1)
    both = seen[:-1] & seen[1:]
    counts = np.full((count, count), TRANSITION_PRIOR)
    np.add.at(counts, (place[:-1][both], place[1:][both]), 1.0)
    return np.asarray(counts / counts.sum(axis=1, keepdims=True))

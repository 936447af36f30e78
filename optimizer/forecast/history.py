"""From a measured series to what forecasts are built on: regular, in local wall-clock time, its faults counted."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from optimizer.forecast.calendar import day_type_calendar
from optimizer.forecast.faults import find_faults

LOOKBACK = timedelta(weeks=26)
"""Nothing older than this is used without training."""

TRAINED_LOOKBACK = timedelta(weeks=80)
"""How far back training looks."""

APPLIED_LOOKBACK = {"load": timedelta(weeks=54), "pv": timedelta(weeks=10)}
"""How far back a trained forecaster looks when it is applied: a year of similar days, or the record's two months."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A series in local wall-clock time.

    `values` has a regular naive local index ending just before the origin; faults are filled from the same slot one
    and two weeks before, then forward. `measured` is the same without filling. `left_out` counts, by kind of fault,
    what was measured and not used; `day_types` is the site's calendar by naive midnight, beyond the end too.
    """

    values: pd.Series
    measured: pd.Series
    step: timedelta
    zone: ZoneInfo
    missing: int
    left_out: dict[str, int]
    day_types: pd.Series

    @property
    def steps_per_day(self) -> int:
        """The number of steps in an ordinary day."""
        return round(timedelta(days=1) / self.step)

    @property
    def origin(self) -> pd.Timestamp:
        """The local moment at which the history ends: where the first step of a forecast begins."""
        return self.values.index[-1] + self.step

    @property
    def days(self) -> float:
        """The length of what was measured, in days."""
        return len(self.measured) / self.steps_per_day

    @property
    def spikes(self) -> int:
        """How many values were far above all others."""
        return self.left_out["spikes"]

    @property
    def zero_runs(self) -> int:
        """How many values were part of a run of zeros that cannot be true."""
        return self.left_out["zero_runs"]

    @property
    def excluded(self) -> int:
        """How many values were measured and not used."""
        return sum(self.left_out.values())

    def before(self, origin: pd.Timestamp) -> History:
        """Return the part known at the local `origin`."""
        end = max(0, round((origin - self.values.index[0]) / pd.Timedelta(self.step)))
        return replace(self, values=self.values.iloc[:end], measured=self.measured.iloc[:end])

    def day_type_of(self, targets: pd.DatetimeIndex) -> np.ndarray:
        """Return the day type (calendar.py) of naive local times."""
        return self.day_types.to_numpy()[self.day_number(targets)]

    def day_number(self, targets: pd.DatetimeIndex) -> np.ndarray:
        """Return the place of each local time's day in `day_types`."""
        day = (targets.as_unit("s").asi8 - pd.Timestamp(self.day_types.index[0]).timestamp()) // 86400
        return np.clip(day.astype(int), 0, len(self.day_types) - 1)


def build_history(
    series: pd.Series, *, zone: ZoneInfo, issued_at: datetime, positive: bool = True, lookback: timedelta = LOOKBACK
) -> History:
    """Return the history of `series` (UTC index, regular, NaN gaps) known at `issued_at`.

    `positive` says that a long run of zeros cannot be true (a building's load); a PV array's nights are. The hour a
    clock change doubles is averaged, the hour it skips is a gap. Raises ValueError when fewer than two values are left.
    """
    step = _step_of(series)
    stamp = pd.Timestamp(issued_at)
    known = series[(series.index <= stamp - step) & (series.index >= stamp - lookback)]
    if known.notna().sum() < 2:
        raise ValueError(f"{int(known.notna().sum())} values are too few for a forecast")
    known = known[known.first_valid_index() :].astype(float)
    local = to_local(pd.DatetimeIndex(known.index), zone)
    faults = find_faults(known, local, step, positive=positive)
    usable = known.mask(np.logical_or.reduce([mask.to_numpy() for mask in faults.values()]))
    if usable.notna().sum() < 2:
        raise ValueError(f"{int(usable.notna().sum())} values are too few for a forecast: the rest is implausible")
    measured = _to_local(usable, zone, step)
    return History(
        values=_fill(measured, step),
        measured=measured,
        step=step,
        zone=zone,
        missing=int(known.isna().sum()),
        left_out={name: int(mask.sum()) for name, mask in faults.items()},
        day_types=day_type_calendar(measured.index[0], measured.index[-1], zone),
    )


def to_local(index: pd.DatetimeIndex, zone: ZoneInfo) -> pd.DatetimeIndex:
    """Return UTC times as naive local wall-clock times (repeated where the clock repeats them)."""
    return index.tz_convert(zone).tz_localize(None)


def _step_of(series: pd.Series) -> timedelta:
    if len(series) < 2:
        raise ValueError(f"{len(series)} values are too few for a forecast")
    return timedelta(seconds=float(np.median(np.diff(pd.DatetimeIndex(series.index).as_unit("s").asi8))))


def _to_local(series: pd.Series, zone: ZoneInfo, step: timedelta) -> pd.Series:
    local = series.set_axis(to_local(pd.DatetimeIndex(series.index), zone)).groupby(level=0).mean()
    return local.reindex(pd.date_range(local.index[0], local.index[-1], freq=step))


def _fill(measured: pd.Series, step: timedelta) -> pd.Series:
    week = round(timedelta(weeks=1) / step)
    filled = measured.fillna(measured.shift(week)).fillna(measured.shift(2 * week))
    return filled.ffill().bfill()

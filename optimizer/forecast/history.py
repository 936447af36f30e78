"""From a measured series to what forecasts are built on: regular, in local wall-clock time, its faults counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

CAP_FACTOR = 3.0
"""Values above this multiple of the 99.5 % quantile are spikes."""

ZERO_RUN = timedelta(hours=12)
"""A load of exactly 0 for longer than this is a gap written as zeros."""

LOOKBACK = timedelta(weeks=26)
"""Nothing older than this is used by any component."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A series in local wall-clock time.

    `values` has a regular naive local index ending just before the origin; faults are filled from the same slot one
    and two weeks before, then forward. `measured` is the same without filling. The counts say what was left out.
    """

    values: pd.Series
    measured: pd.Series
    step: timedelta
    zone: ZoneInfo
    missing: int
    spikes: int
    zero_runs: int

    @property
    def steps_per_day(self) -> int:
        """The number of steps in an ordinary day."""
        return round(timedelta(days=1) / self.step)

    @property
    def days(self) -> float:
        """The length of what was measured, in days."""
        return len(self.measured) / self.steps_per_day

    @property
    def excluded(self) -> int:
        """How many values were measured and not used."""
        return self.spikes + self.zero_runs

    def before(self, origin: pd.Timestamp) -> History:
        """Return the part known at the local `origin`."""
        known = slice(None, origin - self.step)
        return History(
            values=self.values[known],
            measured=self.measured[known],
            step=self.step,
            zone=self.zone,
            missing=self.missing,
            spikes=self.spikes,
            zero_runs=self.zero_runs,
        )


def build_history(series: pd.Series, *, zone: ZoneInfo, issued_at: datetime, positive: bool = True) -> History:
    """Return the history of `series` (UTC index, regular, NaN gaps) known at `issued_at`.

    `positive` says that a long run of zeros cannot be true (a building's load); a PV array's nights are. The hour a
    clock change doubles is averaged, the hour it skips is a gap. Raises ValueError when fewer than two values are left.
    """
    step = _step_of(series)
    stamp = pd.Timestamp(issued_at)
    known = series[(series.index <= stamp - step) & (series.index >= stamp - LOOKBACK)]
    if known.notna().sum() < 2:
        raise ValueError(f"{int(known.notna().sum())} values are too few for a forecast")
    known = known[known.first_valid_index() :].astype(float)
    spikes = known > CAP_FACTOR * known.quantile(0.995)
    zeros = _long_zeros(known, step) if positive else pd.Series(False, index=known.index)
    usable = known.mask(spikes | zeros)
    measured = _to_local(usable, zone, step)
    return History(
        values=_fill(measured, step),
        measured=measured,
        step=step,
        zone=zone,
        missing=int(known.isna().sum()),
        spikes=int(spikes.sum()),
        zero_runs=int(zeros.sum()),
    )


def to_local(index: pd.DatetimeIndex, zone: ZoneInfo) -> pd.DatetimeIndex:
    """Return UTC times as naive local wall-clock times (repeated where the clock repeats them)."""
    return index.tz_convert(zone).tz_localize(None)


def _step_of(series: pd.Series) -> timedelta:
    if len(series) < 2:
        raise ValueError(f"{len(series)} values are too few for a forecast")
    return timedelta(seconds=float(np.median(np.diff(pd.DatetimeIndex(series.index).as_unit("s").asi8))))


def _long_zeros(series: pd.Series, step: timedelta) -> pd.Series:
    is_zero = series == 0.0
    run = (is_zero != is_zero.shift()).cumsum()
    return is_zero & (is_zero.groupby(run).transform("size") * step > ZERO_RUN)


def _to_local(series: pd.Series, zone: ZoneInfo, step: timedelta) -> pd.Series:
    local = series.set_axis(to_local(pd.DatetimeIndex(series.index), zone)).groupby(level=0).mean()
    return local.reindex(pd.date_range(local.index[0], local.index[-1], freq=step))


def _fill(measured: pd.Series, step: timedelta) -> pd.Series:
    week = round(timedelta(weeks=1) / step)
    filled = measured.fillna(measured.shift(week)).fillna(measured.shift(2 * week))
    return filled.ffill().bfill()

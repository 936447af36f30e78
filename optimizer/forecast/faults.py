"""What a meter cannot have meant: each rule returns a mask of values to leave out, so that they can be counted.

Gaps are left to the history; here are values that were written and are not true.
"""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

CAP_FACTOR = 3.0
"""Values above this multiple of the 99.5 % quantile are spikes."""

ZERO_RUN = timedelta(hours=12)
"""A load of exactly 0 for longer than this is a gap written as zeros."""

ARRAY_OFF = timedelta(hours=48)
"""An array that gives exactly 0 for longer than this is off: snow melts, and no night of a served place is so long."""

STUCK_LOAD = timedelta(hours=24)
"""A load that is exactly the same for longer than this is a meter that stands still."""

STUCK_PV = timedelta(hours=4)
NIGHT_H = 4.0
"""The hour of local time around which no array gives anything, whatever the season and the clock."""


def find_faults(known: pd.Series, local: pd.DatetimeIndex, step: timedelta, *, positive: bool) -> dict[str, pd.Series]:
    """Return a mask for each kind of fault of a series (UTC index, kW); `local` are its wall-clock times.

    `positive` says that a long run of zeros cannot be true (a building's load); a PV array's nights are.
    """
    length = _run_length(known, step)
    zero = known == 0.0
    masks = {
        "spikes": known > CAP_FACTOR * known.quantile(0.995),
        "negative": known < 0.0,
        "zero_runs": zero & (length > (ZERO_RUN if positive else ARRAY_OFF)),
        "stuck": ~zero & (length > (STUCK_LOAD if positive else STUCK_PV)),
    }
    if not positive:
        masks["cumulative"] = _whole_days_with_night_yield(known, local)
    return _counted_once(masks)


def _run_length(series: pd.Series, step: timedelta) -> pd.Series:
    run = (series != series.shift()).cumsum()
    return run.groupby(run).transform("size") * step


def _whole_days_with_night_yield(known: pd.Series, local: pd.DatetimeIndex) -> pd.Series:
    """Mark days on which an array gives power before dawn: a counter or a frozen value, wrong by day as well."""
    hour = np.asarray(local.hour)
    night = np.where((hour >= NIGHT_H - 2) & (hour < NIGHT_H), known.to_numpy(), 0.0)
    days = np.asarray(local.normalize())
    most = pd.Series(night).groupby(days).transform("max").to_numpy()
    return pd.Series(most > 0.05 * known.quantile(0.995), index=known.index)


def _counted_once(masks: dict[str, pd.Series]) -> dict[str, pd.Series]:
    """Return the masks without what an earlier one already holds."""
    seen = next(iter(masks.values())) & False
    once = {}
    for name, mask in masks.items():
        once[name] = mask & ~seen
        seen = seen | mask
    return once

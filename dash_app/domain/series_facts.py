"""What the values of one series say about themselves: lowest, mean, highest, energy, how much of it is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.kpi import Coverage, coverage_of


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesFacts:
    """Facts of one series at its own resolution, in its own unit; None where nothing was measured.

    `sum_h` is the integral over time in unit-hours (kWh of a power in kW) of the values that are there.
    `longest_gap` is the length of the longest one; `last_at` is the start of the last step with a value.
    """

    lowest: float | None
    mean: float | None
    highest: float | None
    sum_h: float | None
    count: int
    coverage: Coverage
    longest_gap: timedelta
    last: float | None
    last_at: datetime | None


def facts_of(values: pd.Series, step: timedelta, until: datetime) -> SeriesFacts:
    """Return the facts of a regular series of which values are due until `until`.

    >>> index = pd.date_range("2020-09-28", periods=4, freq="30min", tz="UTC")
    >>> found = facts_of(pd.Series([2.0, float("nan"), 6.0, 1.0], index=index), timedelta(minutes=30), index[-1])
    >>> found.lowest, found.mean, found.highest, found.sum_h, found.count
    (1.0, 3.0, 6.0, 4.5, 3)
    """
    known = values.replace([np.inf, -np.inf], np.nan)
    coverage = coverage_of(known, step, until)
    longest = max((end - begin for begin, end in coverage.gaps), default=timedelta(0))
    known = known.dropna()
    if known.empty:
        return SeriesFacts(
            lowest=None,
            mean=None,
            highest=None,
            sum_h=None,
            count=0,
            coverage=coverage,
            longest_gap=longest,
            last=None,
            last_at=None,
        )
    numbers = known.to_numpy(dtype=float)
    with np.errstate(over="ignore"):
        mean, total = float(np.mean(numbers)), float(np.sum(numbers))
    return SeriesFacts(
        lowest=float(numbers.min()),
        mean=mean,
        highest=float(numbers.max()),
        sum_h=total * (step / timedelta(hours=1)),
        count=len(numbers),
        coverage=coverage,
        longest_gap=longest,
        last=float(numbers[-1]),
        last_at=pd.Timestamp(known.index[-1]).to_pydatetime(),
    )

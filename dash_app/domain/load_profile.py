"""The shape of a demand: base load, load factor, its highest events, duration curve, and how it lies over the days.

Everything is computed from the full resolution; a missing value is neither 0 nor filled. Power in kW.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.kpi import DayEnergy
from dash_app.domain.time import local_midnight

BASE_PERCENTILE = 0.05
"""The base load is what the demand exceeds 95 % of the time: lower than that is a rare dip or a meter at rest."""
HALF_WAY = 0.5
TOP = 5
APART = timedelta(hours=4)
ONE_HOUR = timedelta(hours=1)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Peak:
    """One event of high demand: its highest step, and from when to when it stayed near it, UTC."""

    at: datetime
    power_kw: float
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DayGrid:
    """Mean power by local day (columns) and time of day (rows), kW, NaN where there is no value.

    `missing` marks cells that should have a value; a cell without value that is not missing does not exist (an hour
    that the clock skipped) or is still to come. `doubled` marks the hour that the clock repeated: the mean of both.
    """

    days: tuple[date, ...]
    minutes: tuple[int, ...]
    mean_kw: np.ndarray
    missing: np.ndarray
    doubled: np.ndarray


def base_load(power_kw: pd.Series, percentile: float = BASE_PERCENTILE) -> float | None:
    """Return the power that is exceeded all but `percentile` (0..1) of the measured time; None without a value.

    base load = 5th percentile of the mean powers of all measured steps, linear between two of them.

    >>> base_load(pd.Series([float(kw) for kw in range(101)]))
    5.0
    """
    known = power_kw.dropna()
    return None if known.empty else float(np.quantile(known.to_numpy(dtype=float), percentile))


def base_share(power_kw: pd.Series, percentile: float = BASE_PERCENTILE) -> float | None:
    """Return the share of the energy that the base load alone makes up: base load / mean power, at most 1.

    >>> base_share(pd.Series([10.0, 10.0, 10.0, 30.0]), 0.0)
    0.6666666666666666
    """
    base, mean = base_load(power_kw, percentile), power_kw.mean()
    return min(1.0, base / float(mean)) if base is not None and mean > 0 else None


def load_factor(power_kw: pd.Series) -> float | None:
    """Return how evenly the demand is spread: mean power / peak power, 0..1; None without a demand.

    >>> load_factor(pd.Series([20.0, 40.0, None, 60.0]))
    0.6666666666666666
    """
    peak = power_kw.max()
    return float(power_kw.mean() / peak) if peak > 0 else None


def top_peaks(power_kw: pd.Series, step: timedelta, count: int = TOP, *, apart: timedelta = APART) -> tuple[Peak, ...]:
    """Return the highest distinct events of a regular series, highest first.

    An event reaches from its highest step to both sides for as long as the power stays above half way between the base
    load and that peak; a missing value ends it. The next peak is sought outside of all events found so far, and what is
    less than `apart` away from one of them belongs to it: a machine that cycles all afternoon is one event.

    >>> index = pd.date_range("2020-09-28", periods=6, freq="h", tz="UTC")
    >>> power_kw = pd.Series([1.0, 9.0, 8.0, 1.0, 7.0, 1.0], index=index)
    >>> peaks = top_peaks(power_kw, timedelta(hours=1), apart=timedelta(0))
    >>> [(peak.power_kw, (peak.end - peak.start) // timedelta(hours=1)) for peak in peaks]
    [(9.0, 2), (7.0, 1)]
    """
    base = base_load(power_kw)
    if base is None:
        return ()
    values, free = power_kw.to_numpy(dtype=float), power_kw.notna().to_numpy(copy=True)
    found: list[Peak] = []
    while free.any() and len(found) < count:
        place = int(np.flatnonzero(free)[np.argmax(values[free])])
        if values[place] <= base:
            break
        first, last = _event(values, place, base + HALF_WAY * (values[place] - base))
        event = _peak(power_kw, step, place, first, last)
        if free[first : last + 1].all() and all(_gap(event, other) >= apart for other in found):
            found.append(event)
        free[first : last + 1] = False
    return tuple(found)


def duration_curve(power_kw: pd.Series) -> pd.Series:
    """Return the powers from the highest down, by the share of the measured time (0..1) in which they are reached.

    >>> duration_curve(pd.Series([1.0, 4.0, 2.0, None, 3.0])).to_dict()
    {0.25: 4.0, 0.5: 3.0, 0.75: 2.0, 1.0: 1.0}
    """
    ordered = np.sort(power_kw.dropna().to_numpy(dtype=float))[::-1]
    return pd.Series(ordered, index=np.arange(1, len(ordered) + 1) / max(len(ordered), 1))


def day_grid(
    power_kw: pd.Series, first: date, last: date, zone: ZoneInfo, until: datetime, *, cell: timedelta = ONE_HOUR
) -> DayGrid:
    """Return the mean power of each local day from `first` to `last` by its time of day, in rows of `cell`.

    Cells are those of the clock on the wall: on a day of 23 hours one does not exist, on a day of 25 one holds two.
    What begins at `until` or later is still to come.
    """
    index = pd.DatetimeIndex(power_kw.index)
    local = index.tz_convert(zone)
    minute = (local.hour * 60 + local.minute) // (cell // timedelta(minutes=1)) * (cell // timedelta(minutes=1))
    days = tuple(first + k * ONE_DAY for k in range((last - first).days + 1))
    minutes = tuple(range(0, 24 * 60, cell // timedelta(minutes=1)))
    means = power_kw.groupby([minute, local.date]).mean().unstack()
    mean_kw = means.reindex(index=list(minutes), columns=list(days)).to_numpy(dtype=float)
    due, doubled = _due(days, minutes, zone, until, cell)
    return DayGrid(days=days, minutes=minutes, mean_kw=mean_kw, missing=due & np.isnan(mean_kw), doubled=doubled & due)


def week_before(days: Iterable[DayEnergy]) -> tuple[tuple[DayEnergy, DayEnergy | None], ...]:
    """Return each day with the same weekday of the week before, None where that day is not known whole.

    >>> monday = date(2020, 9, 21)
    >>> days = [DayEnergy(day=monday + k * ONE_DAY, energy_kwh=float(k), complete=True) for k in range(8)]
    >>> day, before = week_before(days)[-1]
    >>> day.energy_kwh, before.energy_kwh
    (7.0, 0.0)
    """
    known = {day.day: day for day in days}
    whole = {day.day: day for day in known.values() if day.complete}
    return tuple((known[day], whole.get(day - 7 * ONE_DAY)) for day in sorted(known))


def _event(values: np.ndarray, place: int, threshold: float) -> tuple[int, int]:
    below = np.flatnonzero(~(values > threshold))
    before, after = below[below < place], below[below > place]
    return int(before[-1]) + 1 if len(before) else 0, int(after[0]) - 1 if len(after) else len(values) - 1


def _gap(one: Peak, two: Peak) -> timedelta:
    return max(one.start - two.end, two.start - one.end)


def _peak(power_kw: pd.Series, step: timedelta, place: int, first: int, last: int) -> Peak:
    def moment(position: int) -> datetime:
        return pd.Timestamp(power_kw.index[position]).to_pydatetime()

    return Peak(at=moment(place), power_kw=float(power_kw.iloc[place]), start=moment(first), end=moment(last) + step)


def _due(
    days: tuple[date, ...], minutes: tuple[int, ...], zone: ZoneInfo, until: datetime, cell: timedelta
) -> tuple[np.ndarray, np.ndarray]:
    """Return which cells exist and are over, and which of them the clock passed twice."""
    start, end = local_midnight(days[0], zone), min(local_midnight(days[-1] + ONE_DAY, zone), until)
    moments = pd.date_range(start, end - cell, freq=cell).tz_convert(zone) if end - cell >= start else None
    times = np.zeros((len(minutes), len(days)), dtype=int)
    if moments is not None:
        rows = (moments.hour * 60 + moments.minute) // (cell // timedelta(minutes=1))
        columns = [(day - days[0]).days for day in moments.date]
        np.add.at(times, (rows.to_numpy(), np.array(columns)), 1)
    return times > 0, times > 1

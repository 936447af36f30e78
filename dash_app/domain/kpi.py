"""Key figures of a power series: current, total, average and peak, and what they are worth when values are missing.

Everything is computed from the full resolution, never from plotted points. Power in kW, energy in kWh.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.frames import Power
from dash_app.domain.time import local_midnight
from dash_app.domain.units import energy_kwh

LATE_STEPS = 2
"""A series may lag this many of its own steps behind now before the missing tail counts as a gap."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """How much of a series is there: a fraction 0..1 of its steps, and each gap as (start, end), UTC.

    `silent` says that the last gap reaches up to the newest step that is due.
    """

    fraction: float
    gaps: tuple[tuple[datetime, datetime], ...]
    silent: bool = False

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return not self.gaps


@dataclass(frozen=True, slots=True, kw_only=True)
class DayEnergy:
    """The energy of one local day, kWh; `complete` says that none of its steps is missing so far."""

    day: date
    energy_kwh: float
    complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpis:
    """Key figures of one quantity; None where nothing was measured.

    `total_kwh` is the energy of the values that are there: with gaps the true total is at least that much.
    `peak_at` is the start of the step with the highest mean power, `current_at` that of the newest value.
    """

    current_kw: float | None
    current_at: datetime | None
    total_kwh: float | None
    covered_h: float
    average_kw: float | None
    peak_kw: float | None
    peak_at: datetime | None
    lowest_kw: float | None
    coverage: Coverage
    days: tuple[DayEnergy, ...]


def expected_until(power_kw: pd.Series, step: timedelta, until: datetime) -> datetime:
    """Return up to when values are due: `until`, or the newest value's end while the lag is at most two steps."""
    newest = power_kw.last_valid_index()
    if newest is None:
        return until
    end = _moment(newest) + step
    return end if until - end <= LATE_STEPS * step else until


def coverage_of(power_kw: pd.Series, step: timedelta, until: datetime) -> Coverage:
    """Return how much of a regular series is there before `until`.

    >>> index = pd.date_range("2020-09-28", periods=4, freq="h", tz="UTC")
    >>> known = coverage_of(pd.Series([1.0, None, None, 4.0], index=index), timedelta(hours=1), index[-1] + index.freq)
    >>> known.fraction, len(known.gaps)
    (0.5, 1)
    """
    due = power_kw.loc[power_kw.index <= expected_until(power_kw, step, until) - step]
    if due.empty:
        return Coverage(fraction=0.0, gaps=())
    missing = due.isna().to_numpy()
    edges = np.flatnonzero(np.diff(np.concatenate([[False], missing, [False]])))
    stamps = pd.DatetimeIndex(due.index)
    begins, ends = stamps[edges[::2]].to_pydatetime(), (stamps[edges[1::2] - 1] + step).to_pydatetime()
    gaps = tuple(zip(begins, ends, strict=True))
    return Coverage(fraction=float(1.0 - missing.mean()), gaps=gaps, silent=bool(missing[-1]))


def kpis_of(power_kw: pd.Series, step: timedelta, until: datetime, zone: ZoneInfo) -> Kpis:
    """Return the key figures of a regular power series at native resolution `step`, as known at `until`.

    >>> index = pd.date_range("2020-09-28", periods=4, freq="30min", tz="UTC")
    >>> power_kw = pd.Series([2.0, 4.0, 6.0, 0.0], index=index)
    >>> figures = kpis_of(power_kw, timedelta(minutes=30), index[-1], ZoneInfo("UTC"))
    >>> figures.total_kwh, figures.average_kw, figures.peak_kw, figures.current_kw
    (6.0, 3.0, 6.0, 0.0)
    """
    known = power_kw.dropna()
    step_h = step / timedelta(hours=1)
    coverage = coverage_of(power_kw, step, until)
    if known.empty:
        return _nothing(coverage)
    total = energy_kwh(known, step_h)
    return Kpis(
        current_kw=float(known.iloc[-1]),
        current_at=_moment(known.index[-1]),
        total_kwh=total,
        covered_h=len(known) * step_h,
        average_kw=total / (len(known) * step_h),
        peak_kw=float(known.max()),
        peak_at=_moment(known.idxmax()),
        lowest_kw=float(known.min()),
        coverage=coverage,
        days=_days(known, coverage, step_h, zone),
    )


def average_on_local_days(power_kw: pd.Series, step: timedelta, zone: ZoneInfo) -> pd.Series:
    """Return `power_kw` as means over `step`, with steps counted from the site's midnight and labelled by their start.

    A mean is missing only when every value of its step is. Whole days are civil days of 23, 24 or 25 hours.
    """
    if power_kw.empty:
        return power_kw
    local = power_kw.copy()
    local.index = pd.DatetimeIndex(power_kw.index).tz_convert(zone)
    if step >= timedelta(days=1):
        averaged = local.resample("D").mean()
    else:
        midnight = local_midnight(local.index[0].date(), zone)
        averaged = power_kw.resample(step, origin=pd.Timestamp(midnight)).mean()
    averaged.index = pd.DatetimeIndex(averaged.index).tz_convert("UTC").rename(power_kw.index.name)
    return averaged


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSources:
    """Where the load's energy came from, kWh: PV first, then the battery, then the grid; `missing_h` could not tell."""

    pv_kwh: float
    battery_kwh: float
    grid_kwh: float
    missing_h: float

    @property
    def total_kwh(self) -> float:
        """The energy that was attributed."""
        return self.pv_kwh + self.battery_kwh + self.grid_kwh


def load_sources(balance: pd.DataFrame, step: timedelta) -> LoadSources:
    """Attribute the load of each step to PV first, then to the discharging battery, the rest to the grid.

    `balance` is a frame of `frames.Power` in kW; steps with a missing value are left out and counted.

    >>> index = pd.date_range("2020-09-28", periods=2, freq="h", tz="UTC")
    >>> frame = pd.DataFrame({"pv_kw": [10.0, 0.0], "load_kw": [6.0, 8.0], "battery_kw": [-4.0, 5.0],
    ...                       "grid_kw": [0.0, 3.0]}, index=index)
    >>> sources = load_sources(frame, timedelta(hours=1))
    >>> sources.pv_kwh, sources.battery_kwh, sources.grid_kwh
    (6.0, 5.0, 3.0)
    """
    known = balance.dropna()
    step_h = step / timedelta(hours=1)
    from_pv = known[Power.PV_KW].clip(upper=known[Power.LOAD_KW])
    from_battery = known[Power.BATTERY_KW].clip(lower=0.0).clip(upper=known[Power.LOAD_KW] - from_pv)
    from_grid = known[Power.LOAD_KW] - from_pv - from_battery
    return LoadSources(
        pv_kwh=float(from_pv.sum() * step_h),
        battery_kwh=float(from_battery.sum() * step_h),
        grid_kwh=float(from_grid.sum() * step_h),
        missing_h=(len(balance) - len(known)) * step_h,
    )


def _days(known: pd.Series, coverage: Coverage, step_h: float, zone: ZoneInfo) -> tuple[DayEnergy, ...]:
    dates = pd.Series(pd.DatetimeIndex(known.index).tz_convert(zone).date, index=known.index)
    broken = {day for gap in coverage.gaps for day in _days_of(gap, zone)}
    return tuple(
        DayEnergy(day=day, energy_kwh=energy_kwh(part, step_h), complete=day not in broken)
        for day, part in known.groupby(dates)
    )


def _days_of(gap: tuple[datetime, datetime], zone: ZoneInfo) -> list[date]:
    first = gap[0].astimezone(zone).date()
    last = (gap[1] - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


def _moment(stamp: object) -> datetime:
    return pd.Timestamp(stamp).to_pydatetime()  # type: ignore[arg-type]


def _nothing(coverage: Coverage) -> Kpis:
    return Kpis(
        current_kw=None,
        current_at=None,
        total_kwh=None,
        covered_h=0.0,
        average_kw=None,
        peak_kw=None,
        peak_at=None,
        lowest_kw=None,
        coverage=coverage,
        days=(),
    )

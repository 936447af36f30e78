"""Rules that hold PV against the sun: production at night, and a clock that runs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from dash_app.domain.quality import Finding, Floats, Rule, Severity, Signal, runs_of
from dash_app.domain.quality_sun import HORIZON_DEG
from dash_app.domain.site import Quantity

GROUP_DAYS = 3
"""Nights that are not further apart than this are one finding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """PV above `above_level` of its level with the sun below `sun_deg` during the whole step, `least_h` in a night."""

    above_level: float = 0.02
    sun_deg: float = -6.0
    least_h: float = 1.0


def find_night(signal: Signal, rule: Night = Night()) -> tuple[Finding, ...]:
    """Return nights with production; neighbouring nights are one finding."""
    if signal.quantity is not Quantity.PV_KW or signal.elevation is None or signal.level <= 0:
        return ()
    values = np.nan_to_num(signal.array, nan=0.0)
    suspect = (values > rule.above_level * signal.level) & (signal.elevation.max(axis=0) < rule.sun_deg)
    least, apart = signal.steps_in(rule.least_h), signal.steps_in(24 * GROUP_DAYS)
    runs = [run for run in _bridged(suspect, signal.steps_in(1.0)) if suspect[run[0] : run[1]].sum() >= least]
    found = []
    for first, after in _grouped(runs, apart):
        places = first + np.flatnonzero(suspect[first:after])
        energy = float(values[places].sum()) * signal.step_h
        evidence = {"highest_kw": float(values[places].max()), "energy_kwh": energy}
        found.append(signal.finding(Rule.NIGHT, Severity.SERIOUS, first, after, len(places), **evidence))
    return tuple(found)


def _bridged(mask: np.ndarray, steps: int) -> list[tuple[int, int]]:
    return _grouped(runs_of(mask), steps)


def _grouped(runs: list[tuple[int, int]], apart: int) -> list[tuple[int, int]]:
    """Join runs that are at most `apart` steps from each other."""
    joined: list[tuple[int, int]] = []
    for first, after in runs:
        if joined and first - joined[-1][1] <= apart:
            joined[-1] = (joined[-1][0], after)
        else:
            joined.append((first, after))
    return joined


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockOffset:
    """The middle of PV's day lies `least_h` or more beside the middle of the sun's day, on the mean of `days` days.

    PV's day is the time above `above_level` of its level; a day counts with at least `shortest_h` of it, but with
    no more than `longest_more_h` beyond the sun's day. Where a panel looks moves its energy, but hardly the first and
    the last light on it.
    """

    least_h: float = 0.8
    days: int = 21
    least_days: int = 10
    above_level: float = 0.01
    shortest_h: float = 3.0
    longest_more_h: float = 3.0


def find_clock_offset(signal: Signal, rule: ClockOffset = ClockOffset()) -> tuple[Finding, ...]:
    """Return stretches in which the stamps do not fit the sun; `offset_h` is positive when they are late."""
    if signal.quantity is not Quantity.PV_KW or signal.elevation is None or signal.level <= 0:
        return ()
    offset = _daily_offset(signal, rule)
    mean = offset.rolling(rule.days, min_periods=rule.least_days, center=True).mean()
    mean = mean.where(offset.notna()).bfill(limit=rule.days // 2).ffill(limit=rule.days // 2)
    found = []
    for sign in (1.0, -1.0):
        for first, after in runs_of((sign * mean >= rule.least_h).to_numpy()):
            if offset.iloc[first:after].notna().sum() >= rule.least_days // 2:
                found.append(_offset_finding(signal, offset.iloc[first:after]))
    return tuple(sorted(found, key=lambda finding: finding.start))


def _offset_finding(signal: Signal, offset: pd.Series) -> Finding:
    begin, end = offset.index[0], offset.index[-1] + timedelta(days=1)
    index = signal.values.index
    first, after = int(index.searchsorted(begin)), int(index.searchsorted(end))
    days = int(offset.notna().sum())
    hours = float(offset.mean())
    return signal.finding(
        Rule.CLOCK, Severity.WARNING, first, max(first + 1, after), offset_h=hours, days=float(days)
    )  # fmt: skip


def _daily_offset(signal: Signal, rule: ClockOffset) -> pd.Series:
    """Return, for each solar day, the middle of PV's day minus that of the sun's, hours; NaN where it cannot tell.

    A solar day runs from the lowest sun to the next one, so that it is whole in every zone.
    """
    assert signal.elevation is not None  # noqa: S101 - the rule asks before
    heights = signal.elevation.mean(axis=0)
    night = _solar_days(heights, signal)
    starts = np.flatnonzero(np.diff(night, prepend=-1))
    lit = np.nan_to_num(signal.array, nan=0.0) > rule.above_level * signal.level
    up = heights > HORIZON_DEG
    hours = np.arange(len(heights), dtype=np.float64) * signal.step_h
    pv = _middle(hours, lit, starts, signal.step_h)
    sun = _middle(hours, up, starts, signal.step_h)
    missing = np.add.reduceat(np.isnan(signal.array), starts) * signal.step_h
    length = np.add.reduceat(lit, starts) * signal.step_h
    whole = np.diff(np.append(starts, len(heights))) * signal.step_h >= 23
    sunlit = np.add.reduceat(up, starts) * signal.step_h
    usable = (length >= rule.shortest_h) & (length <= sunlit + rule.longest_more_h) & (missing == 0) & whole
    days = pd.DatetimeIndex(signal.values.index[starts])
    offset = pd.Series(np.where(usable, pv - sun, np.nan), index=days)
    return offset[~offset.index.duplicated()]


def _solar_days(heights: Floats, signal: Signal) -> np.ndarray:
    """Return the number of the solar day of each step: it changes where the sun is lowest."""
    per_day = signal.steps_in(24)
    lowest = int(np.argmin(heights[:per_day]))
    return np.asarray((np.arange(len(heights)) - lowest) // per_day)


def _middle(hours: Floats, mask: np.ndarray, starts: np.ndarray, step_h: float) -> Floats:
    first = np.minimum.reduceat(np.where(mask, hours, np.inf), starts)
    last = np.maximum.reduceat(np.where(mask, hours + step_h, -np.inf), starts)
    with np.errstate(invalid="ignore"):
        return np.asarray((first + last) / 2)

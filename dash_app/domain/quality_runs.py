"""Rules about stretches of time: nothing there, zeros written for nothing, a value that does not move."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dash_app.domain.quality import Bools, Finding, Rule, Severity, Signal, runs_of
from dash_app.domain.site import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """A gap of at least `own_line_h` is a finding of its own, shorter ones are counted together.

    From `serious_h` on it is serious.
    """

    own_line_h: float = 3.0
    serious_h: float = 24.0


def find_gaps(signal: Signal, rule: Gaps = Gaps()) -> tuple[Finding, ...]:
    """Return where nothing was measured; of a sparse signal all gaps are one finding."""
    missing = np.isnan(signal.array)
    runs = runs_of(missing)
    own = [] if signal.sparse else [run for run in runs if (run[1] - run[0]) * signal.step_h >= rule.own_line_h]
    long = tuple(
        signal.finding(Rule.GAP, _gap_severity(run, signal, rule), *run, hours=(run[1] - run[0]) * signal.step_h)
        for run in own
    )
    rest = [run for run in runs if run not in set(own)]
    return (*long, *_short_gaps(signal, rest))


def _gap_severity(run: tuple[int, int], signal: Signal, rule: Gaps) -> Severity:
    return Severity.SERIOUS if (run[1] - run[0]) * signal.step_h >= rule.serious_h else Severity.WARNING


def _short_gaps(signal: Signal, runs: list[tuple[int, int]]) -> tuple[Finding, ...]:
    if not runs:
        return ()
    count = sum(after - first for first, after in runs)
    evidence = {"gaps": float(len(runs)), "hours": count * signal.step_h}
    return (signal.finding(Rule.SHORT_GAPS, Severity.NOTE, runs[0][0], runs[-1][1], count, **evidence),)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZeroRuns:
    """Zeros are suspicious where a signal otherwise stays away from 0, and where PV should see the sun.

    Load: the lowest hundredth of its positive values is above `floor_share` of their median, zeros are rarer than
    `most_zeros`. PV: nothing for `pv_h` hours in a row, `least_sunny_h` of them with the sun above
    `sun_deg`.
    """

    floor_share: float = 0.1
    most_zeros: float = 0.2
    serious_h: float = 6.0
    pv_h: float = 20.0
    least_sunny_h: float = 4.0
    sun_deg: float = 10.0


def find_zero_runs(signal: Signal, rule: ZeroRuns = ZeroRuns()) -> tuple[Finding, ...]:
    """Return runs of exact zeros that look like missing readings."""
    if signal.quantity is Quantity.PV_KW:
        return _dark_days(signal, rule)
    if signal.quantity is not Quantity.LOAD_KW:
        return ()
    values = signal.array
    positive = values[values > 0]
    zero = values == 0
    if not zero.any() or len(positive) < 24 or zero.sum() > rule.most_zeros * np.isfinite(values).sum():
        return ()
    usual, floor = float(np.median(positive)), float(np.quantile(positive, 0.01))
    if floor < rule.floor_share * usual:
        return ()
    return tuple(
        signal.finding(
            Rule.ZERO_RUN,
            Severity.SERIOUS if (after - first) * signal.step_h >= rule.serious_h else Severity.WARNING,
            first,
            after,
            hours=(after - first) * signal.step_h,
            usual_kw=usual,
        )
        for first, after in runs_of(zero)
    )


def _dark_days(signal: Signal, rule: ZeroRuns) -> tuple[Finding, ...]:
    if signal.elevation is None or signal.level <= 0:
        return ()
    nothing = signal.array <= max(0.0, 1e-3 * signal.level)
    sunny = signal.elevation.min(axis=0) > rule.sun_deg
    found = []
    for first, after in runs_of(nothing):
        sunny_h = float(sunny[first:after].sum()) * signal.step_h
        if (after - first) * signal.step_h >= rule.pv_h and sunny_h >= rule.least_sunny_h:
            hours = (after - first) * signal.step_h
            found.append(signal.finding(Rule.ZERO_RUN, Severity.SERIOUS, first, after, hours=hours, sunny_h=sunny_h))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """A value above `above_level` of the level that does not move for `load_h` hours (other meters: `other_h`).

    Meters that count in steps of more than `coarse` of the level are left to the rule for coarse meters, and a value of
    less than `least_quanta` such steps may repeat by chance. PV also must not creep along a straight line (by less than
    `creep` of the level or one quantum a step) for `pv_h` hours.
    """

    above_level: float = 0.01
    load_h: float = 8.0
    other_h: float = 12.0
    coarse: float = 0.01
    least_quanta: float = 20.0
    pv_h: float = 12.0
    creep: float = 0.005
    serious_h: float = 24.0


def find_stuck(signal: Signal, rule: Stuck = Stuck()) -> tuple[Finding, ...]:
    """Return where a value stood still although it was not 0."""
    if signal.level <= 0 or signal.quantity is Quantity.SOC:
        return ()
    of_pv = signal.quantity is Quantity.PV_KW
    if not of_pv and signal.quantum > rule.coarse * signal.level:
        return ()
    values = signal.array
    change = np.abs(np.diff(values, prepend=np.nan))
    tolerance = max(rule.creep * signal.level, 1.01 * signal.quantum) if of_pv else 0.0
    lowest = (
        rule.above_level * signal.level
        if of_pv
        else max(rule.above_level * signal.level, rule.least_quanta * signal.quantum)
    )
    still = (change <= tolerance) & (values > lowest)
    hours = rule.pv_h if of_pv else rule.load_h if signal.quantity is Quantity.LOAD_KW else rule.other_h
    return _standing(signal, still, hours, rule)


def _standing(signal: Signal, still: Bools, hours: float, rule: Stuck) -> tuple[Finding, ...]:
    values, least = signal.array, signal.steps_in(hours)
    return tuple(
        signal.finding(
            Rule.STUCK,
            Severity.SERIOUS if (after - first + 1) * signal.step_h >= rule.serious_h else Severity.WARNING,
            first - 1,
            after,
            hours=(after - first + 1) * signal.step_h,
            from_kw=float(values[first - 1]),
            to_kw=float(values[after - 1]),
        )
        for first, after in runs_of(still)
        if after - first + 1 >= least
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """A sub-meter that counts nothing (below `below_level` of its level) for `days` days stands still."""

    days: float = 21.0
    warning_days: float = 60.0
    below_level: float = 0.001


def find_standstill(signal: Signal, rule: Standstill = Standstill()) -> tuple[Finding, ...]:
    """Return where a meter of an appliance, of gas or of heat counted nothing for weeks; gaps inside do not end it."""
    if signal.quantity is not Quantity.OTHER_KW:
        return ()
    values = signal.array
    nothing = ~(values > rule.below_level * signal.level)
    found = []
    for first, after in runs_of(nothing):
        known = np.flatnonzero(np.isfinite(values[first:after]))
        if not len(known):
            continue
        first, after = first + int(known[0]), first + int(known[-1]) + 1
        days = (after - first) * signal.step_h / 24
        if days >= rule.days and len(known) >= 0.5 * (after - first):
            severity = Severity.WARNING if days >= rule.warning_days else Severity.NOTE
            found.append(signal.finding(Rule.STANDSTILL, severity, first, after, len(known), days=days))
    return tuple(found)

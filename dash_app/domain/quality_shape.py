"""Rules about values that cannot be: spikes, the energy of a gap in one step, counters taken for power, signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dash_app.domain.quality import NOT_NEGATIVE, Finding, Rule, Severity, Signal, runs_of
from dash_app.domain.site import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Spikes:
    """A spike is above `factor` x the level for at most `longest_h`, and not usual within `around_h` before and after.

    It must also stand `apart` x above everything that is no such candidate. Sub-meters need `other_days` of values: an
    appliance may run once in weeks. PV with a known nameplate is judged by that alone: above `nameplate_factor` x it.
    A first value after a gap of `jump_gap_h` or more is a jump (the energy of the gap in one step) from `jump_factor` x
    the level on, if it is also at least `jump_mean_share` of what the mean would have brought during the gap.
    """

    factor: float = 4.0
    apart: float = 1.5
    longest_h: float = 4.0
    other_days: float = 26.0
    around_h: float = 24.0
    nameplate_factor: float = 1.5
    jump_gap_h: float = 3.0
    jump_factor: float = 2.0
    jump_mean_share: float = 0.4


def find_spikes(signal: Signal, rule: Spikes = Spikes()) -> tuple[Finding, ...]:
    """Return values far above what the signal otherwise reaches."""
    if signal.level <= 0 or signal.quantity is Quantity.SOC or _too_short(signal, rule):
        return ()
    values = signal.array
    above = np.nan_to_num(values, nan=0.0) > _high(signal, rule)
    least = 0.0 if _by_nameplate(signal) else rule.apart * float(np.nanmax(np.where(above, 0.0, values)))
    jumps = {first for first, _after, _gap in _jumps(signal, rule)}
    around, longest = signal.steps_in(rule.around_h), signal.steps_in(rule.longest_h)
    found = []
    for first, after in runs_of(above):
        nearby = int(above[max(0, first - around) : after + around].sum())
        highest = float(values[first:after].max())
        if nearby <= longest and highest > least and first not in jumps:
            found.append(
                signal.finding(
                    Rule.SPIKE, Severity.SERIOUS, first, after, highest_kw=highest, factor=highest / signal.level
                )
            )
    return tuple(found)


def find_jumps(signal: Signal, rule: Spikes = Spikes()) -> tuple[Finding, ...]:
    """Return first values after a gap that are so high that they hold the energy of the whole gap."""
    if signal.level <= 0 or signal.quantity is Quantity.SOC:
        return ()
    values = signal.array
    return tuple(
        signal.finding(
            Rule.JUMP,
            Severity.SERIOUS,
            first,
            after,
            highest_kw=float(values[first]),
            level_kw=signal.level,
            gap_h=gap * signal.step_h,
        )
        for first, after, gap in _jumps(signal, rule)
    )


def _jumps(signal: Signal, rule: Spikes) -> list[tuple[int, int, int]]:
    """Return (first, after, steps of the gap before) of each jump; a slow meter repeats it for some steps."""
    values, found = signal.array, []
    usual = float(np.nanmean(values))
    for begin, first in runs_of(np.isnan(values)):
        if begin == 0 or first >= len(values) or (first - begin) * signal.step_h < rule.jump_gap_h:
            continue
        value, steps = float(values[first]), first - begin + 1
        if value > rule.jump_factor * signal.level and value > rule.jump_mean_share * steps * usual:
            same = values[first : first + signal.steps_in(rule.longest_h)] == value
            found.append((first, first + int(np.argmin(np.append(same, False))), first - begin))
    return found


def _high(signal: Signal, rule: Spikes) -> float:
    if _by_nameplate(signal):
        return rule.nameplate_factor * (signal.nameplate_kw or 0.0)
    return rule.factor * signal.level


def _too_short(signal: Signal, rule: Spikes) -> bool:
    places = np.flatnonzero(np.isfinite(signal.array))
    days = (places[-1] - places[0]) * signal.step_h / 24
    return signal.quantity is Quantity.OTHER_KW and bool(days < rule.other_days)


def _by_nameplate(signal: Signal) -> bool:
    return signal.quantity is Quantity.PV_KW and bool(signal.nameplate_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cumulative:
    """A power that never falls for `load_h` hours (PV: `pv_h`) and rises by `rise` of the level is a counter.

    It changes at least `least_changes` times, and no flat part takes more than `longest_flat` of it.
    """

    load_h: float = 22.0
    pv_h: float = 14.0
    rise: float = 0.02
    above_level: float = 0.01
    least_changes: int = 6
    longest_flat: float = 0.5
    coarse: float = 0.01


METERED = frozenset({Quantity.PV_KW, Quantity.LOAD_KW, Quantity.IMPORT_KW, Quantity.EXPORT_KW})


def find_cumulative(signal: Signal, rule: Cumulative = Cumulative()) -> tuple[Finding, ...]:
    """Return where a power only ever rises, as a counter does."""
    of_pv = signal.quantity is Quantity.PV_KW
    if signal.quantity not in METERED or signal.level <= 0:
        return ()
    if not of_pv and signal.quantum > rule.coarse * signal.level:
        return ()
    values = signal.array
    change = np.diff(values, prepend=np.nan)
    rising = (change >= 0) & (values > rule.above_level * signal.level)
    least = signal.steps_in(rule.pv_h if of_pv else rule.load_h)
    found = []
    for first, after in runs_of(rising):
        if after - first + 1 < least:
            continue
        first -= 1
        rise = float(values[after - 1] - values[first])
        moves = np.flatnonzero(change[first + 1 : after] > 0)
        if rise < rule.rise * signal.level or len(moves) < rule.least_changes:
            continue
        if np.diff(moves, prepend=0, append=after - first).max() <= rule.longest_flat * (after - first):
            hours = (after - first) * signal.step_h
            found.append(signal.finding(Rule.CUMULATIVE, Severity.SERIOUS, first, after, hours=hours, rise_kw=rise))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Negative:
    """Values below -`tolerance` of the level; with more than `reversed_share` of them the sign is reversed."""

    tolerance: float = 1e-6
    reversed_share: float = 0.5


def find_negative(signal: Signal, rule: Negative = Negative()) -> tuple[Finding, ...]:
    """Return values below 0 of a quantity that has none, as one finding."""
    if signal.quantity not in NOT_NEGATIVE:
        return ()
    values = signal.array
    below = np.nan_to_num(values, nan=0.0) < -rule.tolerance * max(signal.level, 1e-3)
    places = np.flatnonzero(below)
    if not len(places):
        return ()
    moving = int((np.nan_to_num(values, nan=0.0) != 0).sum())
    share = len(places) / max(1, moving)
    severity = Severity.SERIOUS if share > rule.reversed_share else Severity.WARNING
    first, after = int(places[0]), int(places[-1]) + 1
    lowest = float(values[places].min())
    return (signal.finding(Rule.NEGATIVE, severity, first, after, len(places), lowest_kw=lowest, share=share),)

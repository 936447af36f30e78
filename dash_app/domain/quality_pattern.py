"""Rules about patterns that no plant makes: values in blocks, one day written again, a meter with few steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dash_app.domain.quality import Finding, Floats, Rule, Severity, Signal, day_rows, runs_of
from dash_app.domain.site import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """Equal values in blocks of `sizes` steps: a slower meter on a finer grid.

    On a day, changes fall onto one phase of the block in at least `one_phase` of the cases and that phase changes in
    at least `moves` of its steps; `days` such days in a row (a day that cannot tell may stand between) are a finding.
    """

    sizes: tuple[int, ...] = (4, 2, 3, 6, 12)
    one_phase: float = 0.98
    moves: float = 0.5
    days: int = 3
    least_changes: int = 8


def find_blocks(signal: Signal, rule: Blocks = Blocks()) -> tuple[Finding, ...]:
    """Return days on which a value repeats itself in blocks, for the largest block that fits."""
    if signal.quantity is Quantity.SOC or signal.values.empty:
        return ()
    table = day_rows(signal.values, signal.step)
    flat = table.reshape(-1)
    before = np.concatenate(([np.nan], flat[:-1]))
    known = np.isfinite(flat) & np.isfinite(before) & ((flat != 0) | (before != 0))
    changed = (known & (flat != before)).reshape(table.shape)
    known = known.reshape(table.shape)
    taken = np.zeros(len(table), dtype=bool)
    found: list[Finding] = []
    for size in sorted(rule.sizes, reverse=True):
        if table.shape[1] % size or size >= table.shape[1]:
            continue
        days = _in_blocks(known, changed, size, rule) & ~taken
        for first, after in _joined(days, ~known.any(axis=1), rule.days):
            taken[first:after] = True
            found.append(_block_finding(signal, first, after, size, int(changed[first:after].sum())))
    return tuple(found)


def _in_blocks(known: np.ndarray, changed: np.ndarray, size: int, rule: Blocks) -> np.ndarray:
    days, steps = known.shape
    by_phase = changed.reshape(days, steps // size, size).sum(axis=1)
    chances = known.reshape(days, steps // size, size).sum(axis=1)
    best = by_phase.argmax(axis=1)
    row = np.arange(days)
    total = by_phase.sum(axis=1)
    in_phase = by_phase[row, best]
    enough = total >= min(rule.least_changes, max(3, steps // size // 2))
    moving = in_phase >= rule.moves * np.maximum(1, chances[row, best])
    return np.asarray(enough & moving & (in_phase >= rule.one_phase * total) & (chances.min(axis=1) > 0))


def _joined(days: np.ndarray, silent: np.ndarray, least: int) -> list[tuple[int, int]]:
    """Return runs of flagged days, a day without values or a single other day between them forgiven."""
    forgiven = days.copy()
    for first, after in runs_of(~days):
        inside = first > 0 and after < len(days)
        if inside and (silent[first:after].all() or after - first <= 1):
            forgiven[first:after] = True
    return [run for run in runs_of(forgiven) if days[run[0] : run[1]].sum() >= least]


def _block_finding(signal: Signal, first_day: int, after_day: int, size: int, changes: int) -> Finding:
    per_day = int(24 / signal.step_h)
    offset = _offset(signal, per_day)
    first = max(0, first_day * per_day - offset)
    after = min(len(signal.values), after_day * per_day - offset)
    minutes = size * signal.step_h * 60
    return signal.finding(Rule.BLOCKS, Severity.WARNING, first, after, changes, size=float(size), minutes=minutes)


def _offset(signal: Signal, per_day: int) -> int:
    first = pd.Timestamp(signal.values.index[0])
    return int((first - first.floor("D")) / pd.Timedelta(signal.step)) % per_day


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedDays:
    """A day (UTC) with `distinct` different values and `known` of its steps that stood there before."""

    distinct: int = 10
    known: float = 0.9


def find_repeated_days(signal: Signal, rule: RepeatedDays = RepeatedDays()) -> tuple[Finding, ...]:
    """Return days that are copies of an earlier day of the same signal."""
    table = day_rows(signal.values, signal.step)
    if not len(table):
        return ()
    known = np.isfinite(table).mean(axis=1) >= rule.known
    rich = np.array([known[day] and _rich(table[day], rule.distinct) for day in range(len(table))])
    _different, first_seen, again = np.unique(
        np.nan_to_num(table, nan=-1.0), axis=0, return_index=True, return_inverse=True
    )
    copied = rich & (first_seen[again.reshape(-1)] < np.arange(len(table)))
    per_day = table.shape[1]
    offset = _offset(signal, per_day)
    size = len(signal.values)
    return tuple(
        signal.finding(
            Rule.REPEATED_DAY,
            Severity.SERIOUS,
            max(0, first * per_day - offset),
            min(size, after * per_day - offset),
            days=float(after - first),
        )
        for first, after in runs_of(copied)
    )


def _rich(row: Floats, distinct: int) -> bool:
    return len(np.unique(row[np.isfinite(row)])) >= distinct


@dataclass(frozen=True, slots=True, kw_only=True)
class Coarse:
    """A meter whose smallest step is at least `share` of its level."""

    share: float = 0.02
    least_values: int = 96


def find_coarse(signal: Signal, rule: Coarse = Coarse()) -> tuple[Finding, ...]:
    """Return one finding for a meter that counts in large steps."""
    known = np.flatnonzero(np.isfinite(signal.array))
    if signal.level <= 0 or len(known) < rule.least_values or signal.quantity is Quantity.SOC:
        return ()
    share = signal.quantum / signal.level
    if share < rule.share:
        return ()
    first, after = int(known[0]), int(known[-1]) + 1
    evidence = {"quantum_kw": signal.quantum, "share": share}
    return (signal.finding(Rule.COARSE, Severity.NOTE, first, after, len(known), **evidence),)

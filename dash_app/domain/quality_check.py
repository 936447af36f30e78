"""All rules on everything that a site measures, worst first; and how complete each day is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.kpi import expected_until
from dash_app.domain.quality import Finding, Signal
from dash_app.domain.quality_pattern import (
    Blocks,
    Coarse,
    RepeatedDays,
    find_blocks,
    find_coarse,
    find_repeated_days,
)
from dash_app.domain.quality_runs import (
    Gaps,
    Standstill,
    Stuck,
    ZeroRuns,
    find_gaps,
    find_standstill,
    find_stuck,
    find_zero_runs,
)
from dash_app.domain.quality_shape import (
    Cumulative,
    Negative,
    Spikes,
    find_cumulative,
    find_jumps,
    find_negative,
    find_spikes,
)
from dash_app.domain.quality_sunlit import ClockOffset, Night, find_clock_offset, find_night

FAINT = 0.1
"""Below this share of its level PV may be the light of dusk under a wrong stamp."""
COUNTER_FOR_SURE = timedelta(days=2)
"""A shorter rise may be a stuck value between a morning and an evening."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of every rule on one signal."""

    gaps: Gaps = field(default_factory=Gaps)
    zero_runs: ZeroRuns = field(default_factory=ZeroRuns)
    stuck: Stuck = field(default_factory=Stuck)
    standstill: Standstill = field(default_factory=Standstill)
    spikes: Spikes = field(default_factory=Spikes)
    cumulative: Cumulative = field(default_factory=Cumulative)
    negative: Negative = field(default_factory=Negative)
    blocks: Blocks = field(default_factory=Blocks)
    repeated_days: RepeatedDays = field(default_factory=RepeatedDays)
    coarse: Coarse = field(default_factory=Coarse)
    night: Night = field(default_factory=Night)
    clock: ClockOffset = field(default_factory=ClockOffset)


def check_signal(
    signal: Signal, rules: Parameters = Parameters(), *, gaps_since: datetime | None = None
) -> tuple[Finding, ...]:
    """Return everything that looks wrong with one signal, worst first; gaps only from `gaps_since` on."""
    gaps = find_gaps(signal.since(gaps_since) if gaps_since else signal, rules.gaps)
    return worst_first((*gaps, *(_check_values(signal, rules) if signal.values.notna().any() else ())))


def _check_values(signal: Signal, rules: Parameters) -> tuple[Finding, ...]:
    counted = find_cumulative(signal, rules.cumulative)
    stuck = [one for one in find_stuck(signal, rules.stuck) if not _explained(one, counted)]
    clock = find_clock_offset(signal, rules.clock)
    night = [one for one in find_night(signal, rules.night) if not _is_dusk(one, clock, signal)]
    return (
        *find_zero_runs(signal, rules.zero_runs),
        *counted,
        *stuck,
        *find_standstill(signal, rules.standstill),
        *find_spikes(signal, rules.spikes),
        *find_jumps(signal, rules.spikes),
        *find_negative(signal, rules.negative),
        *find_blocks(signal, rules.blocks),
        *find_repeated_days(signal, rules.repeated_days),
        *find_coarse(signal, rules.coarse),
        *night,
        *clock,
    )


def _explained(stuck: Finding, counters: Sequence[Finding]) -> bool:
    """Return whether a stuck value is only a flat or slow part of a counter that was found there."""
    rising = stuck.evidence["to_kw"] > stuck.evidence["from_kw"]
    return any(
        min(stuck.end, counter.end) - max(stuck.start, counter.start) > 0.5 * stuck.length
        for counter in counters
        if rising or counter.length >= COUNTER_FOR_SURE
    )


def _is_dusk(night: Finding, clocks: Sequence[Finding], signal: Signal) -> bool:
    """Return whether production at night is only the last light of a clock that is off."""
    faint = night.evidence["highest_kw"] < FAINT * signal.level
    return faint and any(clock.start <= night.start and night.end <= clock.end for clock in clocks)


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, then by how long they last, the newest first among equals."""
    return tuple(sorted(findings, key=lambda one: (one.severity, one.length, one.start), reverse=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A column of the calendar: the local days from `first` to `last`, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """How many of the values that are due in a stretch are there; `due` is 0 where nothing is due yet."""

    there: int
    due: int

    @property
    def share(self) -> float | None:
        """The share that is there, 0..1, or None where nothing is due."""
        return self.there / self.due if self.due else None


def stretches(first: date, last: date, most: int = 31) -> tuple[Stretch, ...]:
    """Return the days from `first` to `last` as columns: single days, or as many days each as keeps to `most`.

    >>> len(stretches(date(2020, 1, 1), date(2020, 12, 31), most=53)), stretches(date(2020, 1, 1), date(2020, 1, 2))[1]
    (53, Stretch(first=datetime.date(2020, 1, 2), last=datetime.date(2020, 1, 2)))
    """
    days = (last - first).days + 1
    size = next((size for size in (1, 7, 14, 28) if -(-days // size) <= most), 56)
    starts = [first + timedelta(days=place) for place in range(0, days, size)]
    return tuple(Stretch(first=start, last=min(last, start + timedelta(days=size - 1))) for start in starts)


def presence_of(
    signal: Signal, columns: Sequence[Stretch], zone: ZoneInfo, start: datetime, until: datetime
) -> tuple[Presence, ...]:
    """Return for each column how many of the values due between `start` and `until` are there."""
    due_until = expected_until(signal.values, signal.step, until)
    values = signal.values.loc[
        (signal.values.index >= start) & (signal.values.index <= pd.Timestamp(due_until) - signal.step)
    ]
    edges = [pd.Timestamp(column.first).tz_localize(zone) for column in columns]
    edges.append(pd.Timestamp(columns[-1].last + timedelta(days=1)).tz_localize(zone))
    places = values.index.searchsorted(pd.DatetimeIndex([edge.tz_convert("UTC") for edge in edges]))
    there = np.concatenate(([0], np.cumsum(values.notna().to_numpy())))
    return tuple(
        Presence(there=int(there[after] - there[begin]), due=int(after - begin)) for begin, after in pairwise(places)
    )

"""What can be wrong with measurements: the words of the rules, and the signal that they look at.

A rule is a pure function of a `Signal` and its parameters (a frozen dataclass with defaults and units) that returns
`Finding`s. Rules never change a value. `quality_check` puts all of them together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

from dash_app.domain.site import Quantity

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

NOT_NEGATIVE = frozenset(
    {
        Quantity.PV_KW,
        Quantity.LOAD_KW,
        Quantity.CHARGE_KW,
        Quantity.DISCHARGE_KW,
        Quantity.IMPORT_KW,
        Quantity.EXPORT_KW,
        Quantity.OTHER_KW,
    }
)
"""Quantities that the energy API serves as non-negative numbers."""
ACTIVE_SHARE = 0.05
"""A day counts as active when its highest value is above this share of a high day's highest value."""
HIGH_DAY = 0.75
"""A high day is higher than this share of all days."""


class Rule(StrEnum):
    """What a finding is about."""

    GAP = "gap"
    SHORT_GAPS = "short_gaps"
    ZERO_RUN = "zero_run"
    STUCK = "stuck"
    CUMULATIVE = "cumulative"
    SPIKE = "spike"
    JUMP = "jump"
    NIGHT = "night"
    BLOCKS = "blocks"
    REPEATED_DAY = "repeated_day"
    COARSE = "coarse"
    STANDSTILL = "standstill"
    CLOCK = "clock"
    NEGATIVE = "negative"
    NET_OF_PV = "net_of_pv"
    ABOVE_TOTAL = "above_total"
    RESIDUAL = "residual"


class Severity(IntEnum):
    """How much a finding matters; the order is that of the page, worst last."""

    NOTE = 1
    WARNING = 2
    SERIOUS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that looks wrong between `start` and `end` (UTC): `count` steps of one measurand.

    `evidence` holds the numbers that speak for it, by names that carry their unit.
    """

    rule: Rule
    measurand_id: str
    start: datetime
    end: datetime
    count: int
    severity: Severity
    evidence: Mapping[str, float] = field(default_factory=dict)

    @property
    def length(self) -> timedelta:
        """How long it lasted."""
        return self.end - self.start

    def meets(self, start: datetime, end: datetime) -> bool:
        """Return whether any of it lies between `start` and `end`."""
        return self.start < end and self.end > start


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One measurand as the rules see it: values by the start of each step, regular, NaN where nothing was measured.

    `level` is a usual high value (the median of the daily maxima of active days), `quantum` the smallest step between
    two different values, both in the unit of the values. `elevation` is the sun's at both ends of each step, degrees,
    at the time of measurement: shape (2, n); None where the place is not known. `nameplate_kw` is None where unknown.
    """

    measurand_id: str
    quantity: Quantity
    values: pd.Series
    step: timedelta
    level: float
    quantum: float
    sparse: bool = False
    nameplate_kw: float | None = None
    elevation: Floats | None = None

    @property
    def array(self) -> Floats:
        """The values as they are."""
        return self.values.to_numpy(dtype=float)

    @property
    def step_h(self) -> float:
        """The step in hours."""
        return self.step / timedelta(hours=1)

    def since(self, start: datetime) -> Signal:
        """Return the part of the signal that begins at `start`; its level stays that of the whole."""
        place = int(self.values.index.searchsorted(pd.Timestamp(start)))
        elevation = None if self.elevation is None else self.elevation[:, place:]
        return replace(self, values=self.values.iloc[place:], elevation=elevation)

    def start_of(self, place: int) -> datetime:
        """Return the start of a step."""
        return pd.Timestamp(self.values.index[place]).to_pydatetime()

    def steps_in(self, hours: float) -> int:
        """Return how many whole steps fill at least `hours`."""
        return max(1, int(np.ceil(hours / self.step_h)))

    def finding(
        self, rule: Rule, severity: Severity, first: int, after: int, count: int | None = None, **evidence: float
    ) -> Finding:
        """Return a finding on the steps from `first` up to, but without, `after`."""
        return Finding(
            rule=rule,
            measurand_id=self.measurand_id,
            start=self.start_of(first),
            end=self.start_of(after - 1) + self.step,
            count=after - first if count is None else count,
            severity=severity,
            evidence=evidence,
        )


def signal_of(
    measurand_id: str,
    quantity: Quantity,
    values: pd.Series,
    step: timedelta,
    *,
    sparse: bool = False,
    nameplate_kw: float | None = None,
    elevation: Floats | None = None,
) -> Signal:
    """Return a signal with its level and quantum taken from the values themselves."""
    level = level_of(values, step)
    return Signal(
        measurand_id=measurand_id,
        quantity=quantity,
        values=values,
        step=step,
        level=min(level, nameplate_kw) if nameplate_kw else level,
        quantum=quantum_of(values),
        sparse=sparse,
        nameplate_kw=nameplate_kw,
        elevation=elevation,
    )


def level_of(values: pd.Series, step: timedelta) -> float:
    """Return the median of the daily maxima (UTC days) of active days; 0 where nothing positive was measured.

    >>> index = pd.date_range("2020-09-28", periods=4, freq="12h", tz="UTC")
    >>> level_of(pd.Series([1.0, 5.0, 7.0, 2.0], index=index), timedelta(hours=12))
    6.0
    """
    highest = day_rows(values, step).max(axis=1, initial=-np.inf, where=day_rows(values, step) > 0)
    highest = highest[np.isfinite(highest)]
    if not len(highest):
        return 0.0
    active = highest[highest >= ACTIVE_SHARE * np.quantile(highest, HIGH_DAY)]
    return float(np.median(active))


def quantum_of(values: pd.Series) -> float:
    """Return the usual smallest difference between two different values; 0 where all are the same.

    >>> quantum_of(pd.Series([1.0, 3.0, 2.0, 2.0]))
    1.0
    """
    different = np.unique(np.round(values.to_numpy(dtype=float), 6))
    different = different[np.isfinite(different)]
    return float(np.quantile(np.diff(different), 0.05)) if len(different) > 2 else 0.0


def day_rows(values: pd.Series, step: timedelta) -> Floats:
    """Return the values as a table of UTC days x steps; what lies outside of the series is NaN."""
    per_day = max(1, int(timedelta(days=1) / step))
    if values.empty:
        return np.empty((0, per_day))
    first = pd.Timestamp(values.index[0])
    before = int((first - first.floor("D")) / pd.Timedelta(step))
    rows = -(-(before + len(values)) // per_day)
    table = np.full(rows * per_day, np.nan)
    table[before : before + len(values)] = values.to_numpy(dtype=float)
    return table.reshape(rows, per_day)


def runs_of(mask: Bools) -> list[tuple[int, int]]:
    """Return the runs of True as (first, after).

    >>> runs_of(np.array([False, True, True, False, True]))
    [(1, 3), (4, 5)]
    """
    padded = np.concatenate(([False], mask, [False])).astype(np.int8)
    edges = np.flatnonzero(np.diff(padded))
    return [(int(first), int(after)) for first, after in zip(edges[::2], edges[1::2], strict=True)]

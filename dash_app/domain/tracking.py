"""Set-point against measured: what a battery was told, as the ledger has it, beside what its meter showed.

Powers in kW, discharge positive, on UTC indexes; NaN where nothing was told or measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from dash_app.domain.dispatch import LedgerRow, Stage
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.time import INDEX_NAME

HOLD_ON = timedelta(seconds=60)
"""A set-point counts as held on into the next slot for as long as the next order may take to be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracking:
    """What was told and measured between `start` and `end`. `told` holds until its next row, `ahead` is planned.

    `measured` are means over `step`; `tolerance_kw` is the allowed deviation, None where it is not known here.
    """

    start: datetime
    end: datetime
    now: datetime
    told: pd.Series
    measured: pd.Series
    step: timedelta
    ahead: pd.Series
    tolerance_kw: float | None = None

    def deviation(self) -> pd.Series:
        """Return |measured - told| in the middle of each measured step in which both are known."""
        if self.told.empty or self.measured.empty:
            return pd.Series(dtype=float)
        told = self.told.reindex(self.measured.index + self.step / 2, method="ffill")
        return pd.Series(abs(self.measured.to_numpy() - told.to_numpy()), index=self.measured.index).dropna()


def told_by(rows: Sequence[LedgerRow], now: datetime) -> pd.Series:
    """Return the set-points that were read back from the device; NaN from a release, or a slot's end, on."""
    points: list[tuple[datetime, float]] = []
    until: datetime | None = None
    for row in sorted(rows, key=lambda row: row.row_id):
        if row.stage not in (Stage.READ_BACK, Stage.RELEASED):
            continue
        if until is not None and row.at > until + HOLD_ON:
            points.append((until, float("nan")))
        held = row.stage is Stage.READ_BACK and row.setpoint_kw is not None
        points.append((row.at, float(row.setpoint_kw) if held and row.setpoint_kw is not None else float("nan")))
        until = row.slot_end if held else None
    if until is not None:
        points.append((until, float("nan")) if now > until + HOLD_ON else (now, points[-1][1]))
    return _series(points)


def planned(plan: Recommendation | None, now: datetime, end: datetime) -> pd.Series:
    """Return what the plan in force expects of the battery from now to `end`, its last value repeated there."""
    steps = [step for step in plan.payload.steps if step.end > now and step.start < end] if plan else []
    points = [(max(step.start, now), step.battery_kw) for step in steps]
    return _series([*points, (min(steps[-1].end, end), steps[-1].battery_kw)] if steps else [])


def _series(points: Sequence[tuple[datetime, float]]) -> pd.Series:
    """Return points as a series; of several at one moment the last one counts."""
    index = pd.DatetimeIndex(pd.to_datetime([at for at, _kw in points], utc=True), name=INDEX_NAME)
    series = pd.Series([kw for _at, kw in points], index=index, dtype=float)
    return series[~series.index.duplicated(keep="last")].sort_index()

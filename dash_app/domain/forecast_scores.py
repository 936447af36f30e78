"""How good forecasts were, one row for each step of each of them whose truth is known: `scored_steps` builds the rows.

Powers in kW; an error is forecast minus measured. The reference is persistence: the same time of the newest day (or
week) that had been measured when the forecast was issued.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.forecast_error import whole_steps
from dash_app.domain.forecasting import LEAD_EDGES_H, ForecastRecord
from dash_app.domain.frames import Band, Price
from dash_app.domain.quality_sun import HORIZON_DEG, step_elevation

ONE_DAY, ONE_WEEK, ONE_HOUR = timedelta(days=1), timedelta(days=7), timedelta(hours=1)
BUCKETS = len(LEAD_EDGES_H) + 1
REACH = timedelta(hours=48) + ONE_WEEK
"""So long before the first scored step persistence needs measurements: two days of lead, a week back."""


class Scored(StrEnum):
    """The columns of scored steps. `LEAD_H` is from the issue to the END of the step, as weights count it."""

    ISSUED_AT = "issued_at"
    VALID_AT = "valid_at"
    LEAD_H = "lead_h"
    REAL = "real_kw"
    SAID = "said_kw"
    LOW = "low_kw"
    HIGH = "high_kw"
    DAY_BEFORE = "day_before_kw"
    WEEK_BEFORE = "week_before_kw"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Errors over `count` steps; a positive bias is "too high". `measured_kw` is the mean of what came.

    `day_mae_kw` is the error of persistence by the day over the steps that have both, `skill` how much smaller ours is
    there (0..1, negative where persistence is better); `week_skill` the same by the week. None where nothing has both.
    """

    count: int
    mae_kw: float
    bias_kw: float
    measured_kw: float
    day_mae_kw: float | None
    skill: float | None
    week_skill: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How often what came lay below P10, below P50, above P90, and within the 80 % band: shares of `count` steps."""

    count: int
    below: float
    under_median: float
    above: float

    @property
    def held(self) -> float:
        """The share that the 80 % band held."""
        return max(0.0, 1.0 - self.below - self.above)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorCost:
    """What errors cost at most against a perfect forecast, in the project's currency, over the `hours` with prices.

    cost = sum of |forecast - measured| in kWh x (import price - export price) of its step: a kWh that was foreseen
    wrong is bought or sold at the meter, and foreseen right it can be worth no more than the one price and no less
    than the other. `unpriced_h` had no published price.
    """

    cost: float
    hours: float
    unpriced_h: float

    @property
    def per_day(self) -> float | None:
        """The cost of a day's errors; None where no hour has a price."""
        return self.cost * 24.0 / self.hours if self.hours > 0 else None


def scored_steps(
    records: Iterable[ForecastRecord], measured: pd.Series, measured_step: timedelta, start: datetime, until: datetime
) -> pd.DataFrame:
    """Return a row (columns of Scored) for each step that began after its issue, from `start` on, over by `until`.

    `measured` must reach back to `start` - REACH for persistence to be known everywhere. A step is compared with the
    mean of all values in it, or with the value that it is a part of, whichever is longer.
    """
    by_step: dict[timedelta, list[ForecastRecord]] = {}
    for record in records:
        by_step.setdefault(max(record.step, measured_step), []).append(record)
    parts = [
        _with_truth(_issued_rows(group, step, start, until), measured, measured_step, step)
        for step, group in by_step.items()
    ]
    rows = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[column.value for column in Scored])
    return rows.dropna(subset=[Scored.REAL, Scored.SAID]).reset_index(drop=True)


def said_by(record: ForecastRecord, step: timedelta | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return starts of steps (UTC, naive) and P10, P50, P90 over them: in steps of `step`, or as issued.

    Plain arrays, because a page looks at hundreds of forecasts at once.
    """
    frame = record.frame
    if step is not None and step != record.step:
        frame = pd.DataFrame({band: whole_steps(frame[band], record.step, step) for band in frame.columns})
    names, starts = frame.columns.tolist(), pd.DatetimeIndex(frame.index)
    values = frame.to_numpy(dtype=float)
    return starts.asi8.view(f"datetime64[{starts.unit}]"), values[:, [names.index(band) for band in Band]]


def in_daylight(
    rows: pd.DataFrame, measured: pd.DatetimeIndex, step: timedelta, place: tuple[float, float]
) -> pd.Series:
    """Return which rows have the sun above the horizon: what is certain by night is not scored.

    `measured` is when the values of the rows were measured: another moment than VALID_AT where a replay serves them.
    """
    height = step_elevation(measured, step, *place).max(axis=0)
    return pd.Series(height > HORIZON_DEG, index=rows.index)


def newest_of_each(rows: pd.DataFrame) -> pd.DataFrame:
    """Return of each moment the row of the newest forecast: what plans were made with."""
    newest = rows.sort_values([Scored.VALID_AT, Scored.ISSUED_AT])
    return newest.drop_duplicates(Scored.VALID_AT, keep="last").reset_index(drop=True)


def score(rows: pd.DataFrame) -> Score | None:
    """Return the errors over all rows; None without any."""
    if rows.empty:
        return None
    said, real = _column(rows, Scored.SAID), _column(rows, Scored.REAL)
    day_mae, skill = _skill(said, real, _column(rows, Scored.DAY_BEFORE))
    return Score(
        count=len(rows),
        mae_kw=float(np.abs(said - real).mean()),
        bias_kw=float((said - real).mean()),
        measured_kw=float(real.mean()),
        day_mae_kw=day_mae,
        skill=skill,
        week_skill=_skill(said, real, _column(rows, Scored.WEEK_BEFORE))[1],
    )


def lead_bucket(rows: pd.DataFrame) -> pd.Series:
    """Return the bucket of forecasting.LEAD_EDGES_H of each row: 0 is up to 1 h."""
    found = np.searchsorted(LEAD_EDGES_H, rows[Scored.LEAD_H].to_numpy(dtype=float), side="left")
    return pd.Series(found, index=rows.index)


def scores_by_lead(rows: pd.DataFrame) -> tuple[Score | None, ...]:
    """Return the errors in each lead-time bucket."""
    buckets = lead_bucket(rows)
    return tuple(score(rows[buckets == bucket]) for bucket in range(BUCKETS))


def scores_by_hour(rows: pd.DataFrame, zone: ZoneInfo) -> tuple[Score | None, ...]:
    """Return the errors in each hour of the site's day."""
    hours = pd.DatetimeIndex(pd.to_datetime(rows[Scored.VALID_AT], utc=True)).tz_convert(zone).hour
    return tuple(score(rows[hours == hour]) for hour in range(24))


def calibration(rows: pd.DataFrame) -> Calibration | None:
    """Return how often the quantiles held; None where no row has a band."""
    banded = rows.dropna(subset=[Scored.LOW, Scored.HIGH])
    if banded.empty:
        return None
    real = banded[Scored.REAL]
    return Calibration(
        count=len(banded),
        below=float((real < banded[Scored.LOW]).mean()),
        under_median=float((real < banded[Scored.SAID]).mean()),
        above=float((real > banded[Scored.HIGH]).mean()),
    )


def cost_of_error(rows: pd.DataFrame, prices: pd.DataFrame, step: timedelta) -> ErrorCost | None:
    """Return what the errors of the rows cost at most (see ErrorCost); None without rows.

    `prices` are frames.Price on starts of steps; of several forecasts of a moment each counts.
    """
    if rows.empty:
        return None
    spread = (prices[Price.IMPORT] - prices[Price.EXPORT]).clip(lower=0.0)
    worth = spread.reindex(pd.DatetimeIndex(rows[Scored.VALID_AT])).to_numpy(dtype=float)
    off_kwh = (rows[Scored.SAID] - rows[Scored.REAL]).abs().to_numpy(dtype=float) * (step / ONE_HOUR)
    priced = np.isfinite(worth)
    return ErrorCost(
        cost=float((off_kwh * worth)[priced].sum()),
        hours=float(priced.sum() * (step / ONE_HOUR)),
        unpriced_h=float((~priced).sum() * (step / ONE_HOUR)),
    )


def _issued_rows(records: list[ForecastRecord], step: timedelta, start: datetime, until: datetime) -> pd.DataFrame:
    """Return what was said and when, of steps that began after the issue and inside of the range: in plain arrays."""
    first, last = (np.datetime64(pd.Timestamp(moment).tz_convert(None)) for moment in (start, until - step))
    begins, said, issued = [], [], []
    for record in records:
        index, values = said_by(record, step)
        at = np.datetime64(pd.Timestamp(record.issued_at).tz_convert(None))
        inside = (index >= max(first, at)) & (index <= last)
        begins.append(index[inside])
        said.append(values[inside])
        issued.append(np.full(int(inside.sum()), at))
    rows = pd.DataFrame(np.concatenate(said), columns=[Scored.LOW.value, Scored.SAID.value, Scored.HIGH.value])
    rows[Scored.VALID_AT] = pd.DatetimeIndex(np.concatenate(begins), tz="UTC")
    rows[Scored.ISSUED_AT] = pd.DatetimeIndex(np.concatenate(issued), tz="UTC")
    return rows


def _with_truth(rows: pd.DataFrame, measured: pd.Series, measured_step: timedelta, step: timedelta) -> pd.DataFrame:
    """Add what came, and what persistence would have said: nothing of that was measured after the issue."""
    real = whole_steps(measured, measured_step, step).dropna()
    valid = pd.DatetimeIndex(rows[Scored.VALID_AT])
    lead = valid + step - pd.DatetimeIndex(rows[Scored.ISSUED_AT])
    rows[Scored.LEAD_H] = lead / pd.Timedelta(hours=1)
    rows[Scored.REAL] = real.reindex(valid).to_numpy(dtype=float)
    for column, season in ((Scored.DAY_BEFORE, ONE_DAY), (Scored.WEEK_BEFORE, ONE_WEEK)):
        seasons = -(-lead // pd.Timedelta(season))
        rows[column] = real.reindex(valid - seasons * pd.Timedelta(season)).to_numpy(dtype=float)
    return rows[[column.value for column in Scored]]


def _skill(said: np.ndarray, real: np.ndarray, reference: np.ndarray) -> tuple[float | None, float | None]:
    """Return the error of a reference and how much smaller ours is, over the steps that have both."""
    both = np.isfinite(reference)
    if not both.any():
        return None, None
    other, ours = float(np.abs(reference - real)[both].mean()), float(np.abs(said - real)[both].mean())
    return other, (1.0 - ours / other if other > 0 else None)


def _column(rows: pd.DataFrame, column: Scored) -> np.ndarray:
    return rows[column].to_numpy(dtype=float)

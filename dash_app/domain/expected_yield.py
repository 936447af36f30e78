"""What arrays should have produced on a day: the clear sky of that day times their own recent performance.

The clear sky is the one of the date of MEASUREMENT: replayed data saw the sun of another date. It is given, not made,
here: any series that is proportional to the irradiance of a cloudless sky will do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

REFERENCE_DAYS = 28
MIN_DAYS = 7
DAY_KNOWN = 0.9
"""A day counts as a reference when values are there for this share of its clear-sky energy."""
LOW, HIGH = 0.1, 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedDay:
    """What one local day should have brought, kWh: `expected_kwh`, and the span in which 8 of 10 such days lie.

    `performance` is kW per unit of clear sky over the `reference_days` before it that were measured.
    """

    day: date
    expected_kwh: float
    low_kwh: float
    high_kwh: float
    performance: float
    reference_days: int


def expected_yield(
    pv_kw: pd.Series,
    clear_sky: pd.Series,
    step: timedelta,
    days: Iterable[date],
    zone: ZoneInfo,
    *,
    reference_days: int = REFERENCE_DAYS,
) -> tuple[ExpectedDay, ...]:
    """Return what each of `days` should have produced; days with fewer than `MIN_DAYS` references are left out.

    expected(d) = sum of C over d x h x [ sum of P over d-28 .. d-1 / sum of C over the same steps ], with P the
    measured power in kW, C the clear sky and h the step in hours. The day itself is never its own reference. The span
    is made of the 10th and 90th percentile of the references' own daily ratios.

    `pv_kw` and `clear_sky` stand on the same regular UTC index (of serving); `clear_sky` must cover the days whole.
    """
    table = _daily(pv_kw, clear_sky, zone)
    step_h = step / timedelta(hours=1)
    found = (_expected(table, day, step_h, reference_days) for day in days)
    return tuple(day for day in found if day is not None)


def _daily(pv_kw: pd.Series, clear_sky: pd.Series, zone: ZoneInfo) -> pd.DataFrame:
    """Return per local day: the sum of P where known, of C over the same steps, and of C over the whole day."""
    sky = clear_sky.clip(lower=0.0)
    power = pv_kw.reindex(sky.index)
    seen = sky.where(power.notna() & sky.notna(), 0.0)
    steps = pd.DataFrame({"power": power.where(sky.notna()), "seen": seen, "sky": sky})
    return steps.groupby(pd.DatetimeIndex(sky.index).tz_convert(zone).date).sum()


def _expected(table: pd.DataFrame, day: date, step_h: float, reference_days: int) -> ExpectedDay | None:
    before = table.loc[(table.index >= day - timedelta(days=reference_days)) & (table.index < day)]
    before = before.loc[(before["sky"] > 0) & (before["seen"] >= DAY_KNOWN * before["sky"])]
    if len(before) < MIN_DAYS or day not in table.index:
        return None
    performance = float(before["power"].sum() / before["seen"].sum())
    low, high = np.quantile(before["power"] / before["seen"], [LOW, HIGH])
    sky_h = float(table["sky"].loc[day]) * step_h
    return ExpectedDay(
        day=day,
        expected_kwh=performance * sky_h,
        low_kwh=float(low) * sky_h,
        high_kwh=float(high) * sky_h,
        performance=performance,
        reference_days=len(before),
    )

"""One calendar month (UTC) of one measurand in the cache: which days are known, since when, and their values.

A month is kept whole or in part; what two pages want of it they share. Values are written as 8-byte floats in base64,
NaN where nothing was measured: a year of a dozen series is read in some tens of milliseconds.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dash_app.domain.site import Measurand

DAY = timedelta(days=1)
MAX_SLOTS = 31 * 86_400
Values = npt.NDArray[np.float64]


class ChunkUnreadable(Exception):
    """A cached month that this version did not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A month: for each known day of it when it was fetched, and how many values were left out then."""

    month: datetime
    step_s: int
    days: dict[int, tuple[datetime, int]]
    values: Values

    def knows(self, day: datetime, *, since: datetime) -> bool:
        """Return whether a day was fetched after `since`."""
        known = self.days.get(day.day)
        return known is not None and known[0] > since

    def with_days(self, days: Iterable[datetime], series: pd.Series, fetched_at: datetime, dropped: int) -> Chunk:
        """Return the month with these days as `series` has them; `dropped` is said with the first of them."""
        values, known = self.values.copy(), dict(self.days)
        slots, new = slots_of(series, self.step_s), series.to_numpy(dtype=float)
        first = first_slot(self.month, self.step_s)
        for day in days:
            begin, end = first_slot(day, self.step_s), first_slot(day + DAY, self.step_s)
            values[begin - first : end - first] = np.nan
            inside = (slots >= begin) & (slots < end)
            values[slots[inside] - first] = new[inside]
            known[day.day] = (fetched_at, dropped)
            dropped = 0
        return replace(self, days=known, values=values)

    def day(self, day: datetime) -> tuple[int, Values]:
        """Return the first slot of a day and its values."""
        begin, end = first_slot(day, self.step_s), first_slot(day + DAY, self.step_s)
        first = first_slot(self.month, self.step_s)
        return begin, self.values[begin - first : end - first]

    def as_json(self) -> dict[str, Any]:
        """Return what `chunk_from` reads."""
        return {
            "step_s": self.step_s,
            "days": [[day, at.timestamp(), dropped] for day, (at, dropped) in self.days.items()],
            "values": base64.b64encode(self.values.astype("<f8").tobytes()).decode(),
        }


def empty_chunk(measurand: Measurand, month: datetime) -> Chunk:
    """Return a month of which nothing is known."""
    step_s = step_of(measurand)
    return Chunk(month=month, step_s=step_s, days={}, values=np.full(_slots_in(month, step_s), np.nan))


def chunk_from(raw: Any, measurand: Measurand, month: datetime) -> Chunk:
    """Return a month from its JSON; raise ChunkUnreadable for anything but a whole month of this measurand."""
    try:
        step_s = int(raw["step_s"])
        days = {int(day): (datetime.fromtimestamp(at, tz=UTC), int(dropped)) for day, at, dropped in raw["days"]}
        values = np.frombuffer(base64.b64decode(raw["values"], validate=True), dtype="<f8")
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError, OSError) as error:
        raise ChunkUnreadable(str(error)) from None
    if step_s != step_of(measurand) or len(values) != _slots_in(month, step_s) or np.isinf(values).any():
        raise ChunkUnreadable(f"{len(values)} values every {step_s} s")
    return Chunk(month=month, step_s=step_s, days=days, values=values.astype(np.float64, copy=False))


def step_of(measurand: Measurand) -> int:
    """Return the step of a measurand in whole seconds."""
    return max(1, int(measurand.resolution.total_seconds()))


def month_of(day: datetime) -> datetime:
    """Return the beginning of the month that holds a day."""
    return day.replace(day=1)


def first_slot(moment: datetime, step_s: int) -> int:
    """Return the number, counted from the epoch, of the first step that begins at or after a moment."""
    return math.ceil(moment.timestamp() / step_s)


def slots_of(series: pd.Series, step_s: int) -> npt.NDArray[np.int64]:
    """Return the numbers of the steps of a series on the grid of its measurand."""
    stamps = pd.DatetimeIndex(series.index).as_unit("s").asi8
    return np.asarray(stamps // step_s, dtype=np.int64)


def _slots_in(month: datetime, step_s: int) -> int:
    after = month_of(month + 32 * DAY)
    return first_slot(after, step_s) - first_slot(month, step_s)

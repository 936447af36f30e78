"""What is expected at each moment of planning: forecasts of load and PV, and the prices known or guessed by then."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from optimizer.schedule.checks import Array
from optimizer.simulate.measured import Column, Measured

PUBLISHED_AT_H = 16
"""Tomorrow's prices are out from this local hour on (the tariff of the offices)."""
DAYS_BACK = 7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outlook:
    """Expectations: each array is `[origin, lead]`; an origin every `every` steps from the window's first step on."""

    every: int
    load_kw: Array
    pv_kw: Array
    import_price: Array
    export_price: Array
    co2: Array | None

    def row(self, step: int) -> int:
        """Return the row of the newest origin at `step`."""
        return step // self.every


def perfect(measured: Measured, every: int) -> Outlook:
    """Return the outlook of someone who knows the next two days."""
    return Outlook(
        every=every,
        load_kw=ahead(measured, Column.LOAD_KW, every),
        pv_kw=ahead(measured, Column.PV_KW, every),
        import_price=ahead(measured, Column.IMPORT_PRICE, every),
        export_price=ahead(measured, Column.EXPORT_PRICE, every),
        co2=ahead(measured, Column.CO2, every) if measured.has_co2 else None,
    )


def ahead(measured: Measured, column: Column, every: int) -> Array:
    """Return what came after each origin."""
    values = measured.of(column, beyond=measured.horizon)
    windows = np.lib.stride_tricks.sliding_window_view(values, measured.horizon)
    return np.asarray(windows[: measured.steps : every])


def as_published(outlook: Outlook, measured: Measured, *, day_ahead: bool) -> Outlook:
    """Return the outlook with prices (and CO2) known only as far as they are out.

    `day_ahead`: to the end of the local day, from 16:00 on to the end of the next. Otherwise (a spot price) only the
    hour at hand. What is not out is the mean of the same time of day over the last seven days, or of those there are.
    """
    known = _known_until(measured, outlook.every, day_ahead)
    columns = [Column.IMPORT_PRICE, Column.EXPORT_PRICE, *([Column.CO2] if outlook.co2 is not None else [])]
    made = {column: _guessed(measured, column, outlook.every, known) for column in columns}
    return replace(
        outlook,
        import_price=made[Column.IMPORT_PRICE],
        export_price=made[Column.EXPORT_PRICE],
        co2=made.get(Column.CO2),
    )


def _known_until(measured: Measured, every: int, day_ahead: bool) -> Array:
    """Return, for each origin, how many of the coming steps have a published price."""
    origins = measured.index[::every]
    if not day_ahead:
        return np.full(len(origins), every)
    local = origins.tz_convert(measured.zone)
    days = np.where(local.hour >= PUBLISHED_AT_H, 2, 1)
    ends = [(stamp.normalize() + pd.DateOffset(days=int(day))) for stamp, day in zip(local, days, strict=True)]
    return np.array([(end - stamp) // measured.step for end, stamp in zip(ends, local, strict=True)])


def _guessed(measured: Measured, column: Column, every: int, known: Array) -> Array:
    values = measured.frame[column].to_numpy(dtype=float)
    day = round(24 / measured.step_h)
    rows = []
    for place, count in enumerate(known):
        origin = measured.first + place * every
        out = values[: origin + int(count)]
        rows.append(
            np.concatenate((out[origin:], _same_time_before(out, day, measured.horizon - int(count))))[
                : measured.horizon
            ]
        )
    return np.array(rows)


def _same_time_before(out: Array, day: int, wanted: int) -> Array:
    """Return the mean of the same time of day over the last days of `out`, for `wanted` steps after its end."""
    if wanted <= 0:
        return np.empty(0)
    recent = np.full(DAYS_BACK * day, np.nan)
    last = out[-DAYS_BACK * day :]
    recent[len(recent) - len(last) :] = last
    by_day = recent.reshape(DAYS_BACK, day)
    there = np.isfinite(by_day)
    mean = np.where(there, by_day, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1)
    mean = np.where(there.any(axis=0), mean, np.nanmean(last))
    return np.resize(mean, wanted)

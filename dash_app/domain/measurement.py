"""Measurements as they travel inside: one series per measurand, and the site balance built from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pandas as pd

from dash_app.domain.frames import Power, check_index
from dash_app.domain.site import Measurand, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What is known of a project between `start` and `end`.

    `series` maps measurand ids to float series at native resolution on a regular UTC index, NaN where nothing was
    measured (power in kW, SoC in 0..1). `data_until` is the end of the newest measured step. `saved` says that the
    API could not be asked, so these are the cache's values of `fetched_at`; `dropped` counts unreadable values,
    `dropped_by` those of each measurand of a fetch.
    """

    start: datetime
    end: datetime
    series: dict[str, pd.Series]
    fetched_at: datetime
    data_until: datetime | None
    saved: bool = False
    dropped: int = 0
    dropped_by: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveValue:
    """The newest value of one measurand and its moment."""

    measurand_id: str
    at: datetime
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A price or CO2 series as it was published: values per kWh on a regular UTC index, NaN where unknown."""

    issued_at: datetime
    values: pd.Series
    unit: str


def total_of(window: Window, measurands: tuple[Measurand, ...], quantity: Quantity, step: timedelta) -> pd.Series:
    """Return the sum over all measurands of `quantity` on the site's connection, as means over `step`.

    A step in which any of the parts is missing is missing, also where the window lacks the whole part: a partial sum
    is never shown as a total.
    Parts at a coarser resolution are held constant inside their step. Without any part the result is all NaN.
    """
    index = pd.date_range(
        pd.Timestamp(window.start).floor(step), pd.Timestamp(window.end) - pd.Timedelta(1, "us"), freq=step, name="time"
    )
    nothing = pd.Series(dtype=float, index=index[:0])
    parts = [
        resample_mean(window.series.get(m.measurand_id, nothing), m.resolution, step).reindex(index)
        for m in measurands
        if m.quantity is quantity and m.on_connection
    ]
    if not parts:
        return pd.Series(float("nan"), index=index, name=quantity.value)
    return pd.concat(parts, axis=1).sum(axis=1, skipna=False).rename(quantity.value)


def resample_mean(series: pd.Series, resolution: timedelta, step: timedelta) -> pd.Series:
    """Return `series` as means over `step`: averaged when coarser, held constant when finer; gaps stay gaps.

    A coarser step is missing only when every value in it is missing.
    """
    check_index(series.index)
    if step == resolution or series.empty:
        return series
    if step > resolution:
        return series.resample(step).mean()
    end = series.index[-1] + resolution
    fine = pd.date_range(series.index[0], end, freq=step, inclusive="left", name=series.index.name)
    return series.reindex(fine, method="ffill", tolerance=pd.Timedelta(resolution - timedelta(microseconds=1)))


def power_frame(window: Window, measurands: tuple[Measurand, ...], step: timedelta) -> pd.DataFrame:
    """Return the site balance (frames.Power) as means over `step`.

    Load and PV are measured; a site without PV (or battery) measurands has 0 there by definition. The grid power is
    what closes the balance: `grid_kw = load_kw - pv_kw - battery_kw`.
    """
    there = {m.quantity for m in measurands if m.on_connection}
    load = total_of(window, measurands, Quantity.LOAD_KW, step)
    pv = _or_zero(window, measurands, Quantity.PV_KW, step, Quantity.PV_KW in there)
    discharge = _or_zero(window, measurands, Quantity.DISCHARGE_KW, step, Quantity.DISCHARGE_KW in there)
    charge = _or_zero(window, measurands, Quantity.CHARGE_KW, step, Quantity.CHARGE_KW in there)
    battery = discharge - charge
    return pd.DataFrame(
        {Power.PV_KW: pv, Power.LOAD_KW: load, Power.BATTERY_KW: battery, Power.GRID_KW: load - pv - battery}
    )


def _or_zero(
    window: Window, measurands: tuple[Measurand, ...], quantity: Quantity, step: timedelta, there: bool
) -> pd.Series:
    total = total_of(window, measurands, quantity, step)
    return total if there else total.fillna(0.0)

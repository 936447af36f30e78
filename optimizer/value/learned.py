"""Both models of a site's net load: its own past forecasts out of sample, and its days as measured."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.time import TimeGrid
from optimizer.forecast.record import Record
from optimizer.schedule.checks import Array
from optimizer.value.classes import Outlook, classes_of, kinds_of, slots_of
from optimizer.value.constants import LEAD, POOL

DAY = timedelta(days=1)


def outlooks_of(
    grid: TimeGrid, zone: ZoneInfo, *, forecast_kw: Array, net_load: pd.Series, errors: pd.Series | None
) -> list[Outlook]:
    """Return the classes of net load over a horizon: by errors of forecasts where they are known, and by days.

    `net_load` is measured, kW on a UTC index; `errors` are of `errors_of`. Raises ValueError with too little of either.
    """
    index, a_day = grid.index(), DAY // grid.step
    slots, kinds = slots_of(index, zone, grid.step), kinds_of(index, zone)
    pool = at_step(net_load[net_load.index >= net_load.index[-1] - POOL], grid.step)
    past = pd.DatetimeIndex(pool.index)
    days = classes_of(pool.to_numpy(), slots_of(past, zone, grid.step), slots_per_day=a_day, kinds=kinds_of(past, zone))
    outlooks = [days.outlook(slots, kinds)]
    if errors is not None:
        pool = at_step(errors, grid.step)
        clock = pd.DatetimeIndex(pool.index)
        of_day = np.asarray((clock - clock.normalize()) // pd.Timedelta(grid.step), dtype=np.int64)
        wrong = classes_of(pool.to_numpy(), of_day, slots_per_day=a_day)
        outlooks.insert(0, wrong.outlook(slots, forecast_kw=forecast_kw))
    return outlooks


def errors_of(load: Record, pv: Record | None) -> pd.Series | None:
    """Return measured minus forecast net load of the last weeks, kW by local time, of forecasts less than a day old."""
    load_errors = _errors_by_target(load)
    if pv is None:
        return load_errors
    pv_errors = _errors_by_target(pv)
    if load_errors is None or pv_errors is None:
        return None
    step = max(load.runs.step, pv.runs.step)
    both = at_step(load_errors, step).sub(at_step(pv_errors, step)).dropna()
    return None if both.empty else both.asfreq(pd.tseries.frequencies.to_offset(step))


def at_step(series: pd.Series, step: timedelta) -> pd.Series:
    """Return means over steps, or the value of the step around where the series is coarser."""
    means = series.resample(step).mean()
    own = series.index.to_series().diff().min()
    return means.ffill(limit=int(own / step) - 1) if own >= 2 * pd.Timedelta(step) else means


def _errors_by_target(record: Record) -> pd.Series | None:
    """Return the errors of forecasts a day apart from the newest one backwards, each for the day that it began."""
    origins, leads = record.origins, LEAD // record.runs.step
    if not len(origins):
        return None
    parts, next_origin = [], origins[-1] + LEAD
    for place in range(len(origins) - 1, -1, -1):
        if origins[place] < origins[-1] - POOL:
            break
        if origins[place] + LEAD > next_origin:
            continue
        next_origin = origins[place]
        wrong = (record.runs.actuals[place] - record.mixed[place])[:leads]
        targets = pd.date_range(next_origin, periods=len(wrong), freq=record.runs.step)
        parts.append(pd.Series(wrong, index=targets))
    return pd.concat(parts[::-1]).asfreq(pd.tseries.frequencies.to_offset(record.runs.step))

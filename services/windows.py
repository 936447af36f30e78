"""Windows from the points of an answer, and cut to what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

import pandas as pd

from dash_app.domain.measurement import LiveValue, Window
from dash_app.domain.site import Measurand
from services.series import Harvest, data_until, empty_series, regular

Values = TypeVar("Values", pd.Series, pd.DataFrame)


def window_of(
    found: Harvest,
    measurands: tuple[Measurand, ...],
    *,
    now: datetime,
    ceiling_kw: Callable[[Measurand], float | None],
) -> Window:
    """Return the window of an answer: every asked measurand has a series, an empty one where nothing came."""
    series, dropped_by = {}, dict(found.dropped_by)
    for measurand in measurands:
        series[measurand.measurand_id] = empty_series()
        points = found.points.get(measurand.measurand_id)
        if points is not None:
            kept, implausible = regular(points, measurand, now=now, ceiling_kw=ceiling_kw(measurand))
            series[measurand.measurand_id] = kept
            dropped_by[measurand.measurand_id] = dropped_by.get(measurand.measurand_id, 0) + implausible
    starts = [each.index[0].to_pydatetime() for each in series.values() if not each.empty]
    return Window(
        start=min(starts, default=now),
        end=now,
        series=series,
        fetched_at=now,
        data_until=data_until(measurands, series),
        dropped=sum(dropped_by.values()),
        dropped_by=dropped_by,
    )


def clipped(window: Window, measurands: tuple[Measurand, ...], start: datetime, end: datetime) -> Window:
    """Return the part of a window whose steps begin in `start <= t < end`."""
    series = {name: between(each, start, end) for name, each in window.series.items()}
    return replace(window, start=start, end=end, series=series, data_until=data_until(measurands, series))


def between(series: Values, start: datetime, end: datetime) -> Values:
    """Return the rows whose steps begin in `start <= t < end`."""
    return series[(series.index >= start) & (series.index < end)]


def newest_value(measurand: Measurand, window: Window) -> LiveValue | None:
    """Return the newest value of a measurand that the window holds, or None."""
    known = window.series[measurand.measurand_id].dropna()
    if known.empty:
        return None
    at = pd.DatetimeIndex(known.index)[-1].to_pydatetime()
    return LiveValue(measurand_id=measurand.measurand_id, at=at, value=float(known.iloc[-1]))

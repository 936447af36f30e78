"""Points and columns from the wire as regular series: sorted, unique, on the grid of their resolution, in kW or 0..1.

Rules, the same whatever order a server sends: points are sorted by time, stably; of two with the same stamp the last
one sent wins; several within one step become their mean. What cannot be read or cannot be true is left out and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dash_app.domain.errors import ApiUnreadable
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.time import INDEX_NAME
from services.parsing import as_list, as_object, moment_s, number_of, positive_field, text_field
from services.parsing import field as part_of

NOISE_KW = 0.1
"""A meter around zero reads a little below it: down to here that is 0."""
SOC_NOISE = 0.005
ABSURD_KW = 1e6
FUTURE_SLACK = timedelta(hours=1)
FORECAST_AHEAD = timedelta(days=14)
MAX_STEPS = 400_000
"""The longest series kept in memory: one stray stamp must not make a series of decades."""

POWER_IN_KW = {"w": 1e-3, "kw": 1.0, "mw": 1e3}
SHARE = {"%": 1e-2, "": 1e-2, "kw": 1e-2, "1": 1.0, "fraction": 1.0}
FORECASTS = frozenset({Quantity.PV_FORECAST_KW, Quantity.LOAD_FORECAST_KW})

Ceiling = Callable[[Measurand], float | None]
"""The highest plausible power of a measurand in kW, or None where no nameplate is known."""


@dataclass(slots=True)
class Points:
    """Samples of one measurand in the order they came: seconds since the epoch and the API's own unit."""

    times_s: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(slots=True)
class Harvest:
    """The readable points of an answer by measurand id, and how many could not be read."""

    points: dict[str, Points] = field(default_factory=dict)
    dropped: int = 0
    dropped_by: dict[str, int] = field(default_factory=dict)

    def add(self, measurand_id: str, time_s: float | None, value: float | None) -> None:
        """Keep a point, or count it when its time or its value could not be read."""
        if time_s is None or value is None:
            self.dropped += 1
            self.dropped_by[measurand_id] = self.dropped_by.get(measurand_id, 0) + 1
            return
        kept = self.points.setdefault(measurand_id, Points())
        kept.times_s.append(time_s)
        kept.values.append(value)

    @property
    def count(self) -> int:
        """How many points there are, readable or not."""
        return self.dropped + sum(len(kept.values) for kept in self.points.values())


def harvest(answer: Any, path: str, into: Harvest) -> str | None:
    """Read a `getprojectdata` answer, rows or columns; return the path of its next page, or None."""
    following = None
    for place, raw in enumerate(as_list(answer, path)):
        where = f"{path}[{place}]"
        group = as_object(raw, where)
        if "series" in group:
            _harvest_columns(as_list(group["series"], f"{where}.series"), f"{where}.series", into)
        else:
            harvest_rows(as_list(part_of(group, "data", where), f"{where}.data"), f"{where}.data", into)
        following = group.get("next") or following
    return following if isinstance(following, str) else None


def harvest_rows(rows: list[Any], where: str, into: Harvest) -> None:
    """Read rows of one point each; a row whose value is null says that nothing was measured."""
    for place, raw in enumerate(rows):
        at = f"{where}[{place}]"
        row = as_object(raw, at)
        measurand_id = text_field(row, "measurandId", at)
        stamp, value = part_of(row, "roundedTimestamp", at), part_of(row, "value", at)
        if value is not None:
            into.add(measurand_id, moment_s(stamp), number_of(value))


def regular(points: Points, measurand: Measurand, *, now: datetime, ceiling_kw: float | None) -> tuple[pd.Series, int]:
    """Return the series of one measurand on the grid of its resolution, and how many points were implausible."""
    times = np.asarray(points.times_s, dtype=float)
    values = np.asarray(points.values, dtype=float) * scale_of(measurand)
    values, plausible = _plausible(values, measurand.quantity, ceiling_kw)
    plausible &= times < _latest(measurand, now).timestamp()
    dropped = int(len(times) - plausible.sum())
    times, values = times[plausible], values[plausible]
    if not len(times):
        return empty_series(), dropped
    return _on_grid(times, values, int(measurand.resolution.total_seconds())), dropped


def empty_series() -> pd.Series:
    """Return a series without values."""
    return pd.Series([], index=pd.DatetimeIndex([], tz="UTC", name=INDEX_NAME), dtype=float)


def regular_series(start: datetime, step_s: int, values: Iterable[float | None]) -> pd.Series:
    """Return the series of a column: values from `start` every `step_s`, None as NaN."""
    known = values if isinstance(values, np.ndarray) else [np.nan if value is None else value for value in values]
    numbers = np.array(known, dtype=float)
    index = pd.date_range(start, periods=len(numbers), freq=timedelta(seconds=step_s), name=INDEX_NAME, unit="us")
    return pd.Series(numbers, index=index)


def on_grid(known: pd.Series, measurand: Measurand) -> pd.Series:
    """Return known values, in any order, on the grid of the measurand; of two with one stamp the last one wins."""
    unique = known[~known.index.duplicated(keep="last")].sort_index()
    if len(unique) < 2:
        return unique
    index = pd.date_range(unique.index[0], unique.index[-1], freq=measurand.resolution, name=INDEX_NAME)
    return unique.reindex(index)


def scale_of(measurand: Measurand) -> float:
    """Return the factor from the API's stated unit to kW, or to 0..1 for a SoC (percent unless it says otherwise)."""
    unit = measurand.unit.strip().lower()
    table = SHARE if measurand.quantity is Quantity.SOC else POWER_IN_KW
    return table.get(unit, 1.0)


def newest_of(measurand: Measurand, series: pd.Series) -> datetime | None:
    """Return the end of the newest measured step of a series, or None."""
    known = series.index[series.notna().to_numpy()]
    return None if known.empty else pd.DatetimeIndex(known)[-1].to_pydatetime() + measurand.resolution


def data_until(measurands: Iterable[Measurand], series: Mapping[str, pd.Series]) -> datetime | None:
    """Return the end of the newest measured step over all signals that are no forecasts, or None."""
    ends = [newest_of(m, series[m.measurand_id]) for m in measurands if m.measurand_id in series and not is_forecast(m)]
    return max((end for end in ends if end is not None), default=None)


def is_forecast(measurand: Measurand) -> bool:
    """Return whether a measurand is a forecast, whose stamps may lie ahead."""
    return measurand.quantity in FORECASTS


def _harvest_columns(columns: list[Any], where: str, into: Harvest) -> None:
    for place, raw in enumerate(columns):
        at = f"{where}[{place}]"
        column = as_object(raw, at)
        measurand_id, step_s = text_field(column, "measurandId", at), positive_field(column, "step_s", at)
        values = as_list(part_of(column, "values", at), f"{at}.values")
        start_s = moment_s(part_of(column, "start", at)) if values else 0.0
        if start_s is None:
            raise ApiUnreadable(f"{at}.start: not a time")
        for step, value in enumerate(values):
            if value is not None:
                into.add(measurand_id, start_s + step * step_s, number_of(value))


def _plausible(values: Any, quantity: Quantity, ceiling_kw: float | None) -> tuple[Any, Any]:
    """Return the values with noise around the bounds removed, and which of them can be true."""
    if quantity is Quantity.SOC:
        return np.clip(values, 0.0, 1.0), (values >= -SOC_NOISE) & (values <= 1 + SOC_NOISE)
    highest = min(ABSURD_KW, ceiling_kw if ceiling_kw is not None else ABSURD_KW)
    if quantity in {Quantity.OTHER_KW, Quantity.UNKNOWN}:
        return values, np.abs(values) <= highest
    return np.maximum(values, 0.0), (values >= -NOISE_KW) & (values <= highest)


def _latest(measurand: Measurand, now: datetime) -> datetime:
    return now + (FORECAST_AHEAD if is_forecast(measurand) else FUTURE_SLACK)


def _on_grid(times: Any, values: Any, step_s: int) -> pd.Series:
    """Return means per step; the input is unsorted and may repeat a stamp (the last one wins)."""
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    last = np.append(times[1:] != times[:-1], True)
    slots, values = (times[last] // step_s).astype(np.int64), values[last]
    recent = slots > slots[-1] - MAX_STEPS
    slots, values = slots[recent], values[recent]
    first = np.flatnonzero(np.append(True, slots[1:] != slots[:-1]))
    means = np.add.reduceat(values, first) / np.diff(np.append(first, len(slots)))
    filled = np.full(int(slots[-1] - slots[0]) + 1, np.nan)
    filled[slots[first] - slots[0]] = means
    return regular_series(datetime.fromtimestamp(int(slots[0]) * step_s, tz=UTC), step_s, filled)

"""What stands in the measurement cache: keys, the 48 h row of a project, and how each is written as JSON.

A row holds for each measurand `{start, step_s, values}` (null where nothing was measured), the newest stamp, until when
the API was asked, and when it was fetched. Whatever cannot be read back is RowUnreadable: the caller drops the row.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd

from dash_app.domain.measurement import LiveValue, Published
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.weather import Observed, Weather
from services.series import empty_series, regular_series

SCHEMA_VERSION = 1


class RowUnreadable(Exception):
    """A cached value that this version did not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The last 48 h of a project: `asked` says until when the API was asked for a signal, `drops` counts by fetch."""

    fetched_at: datetime
    asked: dict[str, datetime]
    series: dict[str, pd.Series]
    drops: tuple[tuple[datetime, int], ...] = ()

    @property
    def dropped(self) -> int:
        """How many values of the window were unreadable or implausible."""
        return sum(count for _, count in self.drops)

    def newest(self, measurand: Measurand) -> datetime | None:
        """Return the stamp (the start) of the newest measured step, or None."""
        mine = self.series.get(measurand.measurand_id)
        if mine is None:
            return None
        places = np.flatnonzero(mine.notna().to_numpy())
        return pd.Timestamp(mine.index[places[-1]]).to_pydatetime() if len(places) else None

    def as_json(self) -> dict[str, Any]:
        """Return what `row_from` reads."""
        stamps = {name: series.dropna().index for name, series in self.series.items()}
        return {
            "fetched_at": self.fetched_at.timestamp(),
            "asked": {name: moment.timestamp() for name, moment in self.asked.items()},
            "newest": {name: index[-1].timestamp() for name, index in stamps.items() if len(index)},
            "series": {name: series_as_json(series) for name, series in self.series.items()},
            "drops": [[moment.timestamp(), count] for moment, count in self.drops],
        }


def row_from(raw: Any) -> Row:
    """Return a row from its JSON; raise RowUnreadable."""
    try:
        return Row(
            fetched_at=_moment(raw["fetched_at"]),
            asked={name: _moment(value) for name, value in raw["asked"].items()},
            series={name: series_from(value) for name, value in raw["series"].items()},
            drops=tuple((_moment(moment), int(count)) for moment, count in raw["drops"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise RowUnreadable(str(error)) from None


def key_of(kind: str, user_id: str, project_id: str, *more: str) -> str:
    """Return a cache key; it begins with whom and what it belongs to, and ends with the schema version."""
    return json.dumps([kind, user_id, project_id, *more, SCHEMA_VERSION])


def kind_of(key: str) -> str:
    """Return the kind of a key, or "" for a key of another making."""
    try:
        parts = json.loads(key)
    except ValueError:
        return ""
    return str(parts[0]) if isinstance(parts, list) and parts else ""


def set_version(measurands: tuple[Measurand, ...]) -> str:
    """Return the version of a measurand set: it changes with ids, quantities, resolutions and units."""
    facts = sorted([m.measurand_id, m.quantity.value, m.resolution.total_seconds(), m.unit] for m in measurands)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:12]


def series_as_json(series: pd.Series) -> dict[str, Any]:
    """Return `{start, step_s, values}` of a regular series; null where nothing was measured."""
    if series.empty:
        return {"start": 0.0, "step_s": 1, "values": []}
    index = pd.DatetimeIndex(series.index)
    step_s = int((index[1] - index[0]).total_seconds()) if len(index) > 1 else 1
    values = [None if math.isnan(value) else value for value in series.to_numpy(dtype=float).tolist()]
    return {"start": index[0].timestamp(), "step_s": step_s, "values": values}


def series_from(raw: Any) -> pd.Series:
    """Return the series of `series_as_json`."""
    if not raw["values"]:
        return empty_series()
    return regular_series(_moment(raw["start"]), int(raw["step_s"]), raw["values"])


def measurands_as_json(measurands: tuple[Measurand, ...]) -> list[dict[str, Any]]:
    """Return a listing as JSON."""
    return [
        {**asdict(m), "resolution": m.resolution.total_seconds(), "measured_shift": m.measured_shift.total_seconds()}
        for m in measurands
    ]


def measurands_from(raw: Any) -> tuple[Measurand, ...]:
    """Return the listing of `measurands_as_json`."""
    times = ("resolution", "measured_shift")
    return tuple(
        Measurand(**{**m, "quantity": Quantity(m["quantity"]), **{name: timedelta(seconds=m[name]) for name in times}})
        for m in raw
    )


def live_as_json(values: tuple[LiveValue, ...]) -> list[list[Any]]:
    """Return live values as JSON."""
    return [[value.measurand_id, value.at.timestamp(), value.value] for value in values]


def live_from(raw: Any) -> tuple[LiveValue, ...]:
    """Return the values of `live_as_json`."""
    return tuple(LiveValue(measurand_id=name, at=_moment(at), value=float(value)) for name, at, value in raw)


def published_as_json(published: Published | None) -> dict[str, Any] | None:
    """Return a published series as JSON; null says that the project has none."""
    if published is None:
        return None
    series = series_as_json(published.values)
    return {"issued_at": published.issued_at.timestamp(), "unit": published.unit, "series": series}


def published_from(raw: Any) -> Published | None:
    """Return the series of `published_as_json`."""
    if raw is None:
        return None
    return Published(issued_at=_moment(raw["issued_at"]), values=series_from(raw["series"]), unit=str(raw["unit"]))


def weather_as_json(observed: Observed | None) -> dict[str, Any] | None:
    """Return observed weather as JSON; null says that the project has none."""
    if observed is None:
        return None
    columns = {str(name): series_as_json(observed.values[name].astype(float)) for name in observed.values.columns}
    return {"issued_at": observed.issued_at.timestamp() if observed.issued_at else None, "columns": columns}


def weather_from(raw: Any) -> Observed | None:
    """Return the weather of `weather_as_json`."""
    if raw is None:
        return None
    columns = {name: series_from(raw["columns"][name]) for name in Weather}
    issued_at = None if raw["issued_at"] is None else _moment(raw["issued_at"])
    return Observed(issued_at=issued_at, values=pd.DataFrame(columns))


def _moment(seconds: Any) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)

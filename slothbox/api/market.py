"""GET /prices, /co2 and /weather: what is published at this moment, nothing else."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from flask import Blueprint, Response

from slothbox.api.answer import immutable_answer, iso, json_answer, numbers
from slothbox.api.context import edge
from slothbox.api.errors import ApiError
from slothbox.api.guard import current_account, own_site
from slothbox.api.query import moment_parameter
from slothbox.sites import DemoSite, MarketKind, MarketSpec

DEFAULT_PAST = timedelta(hours=48)
DEFAULT_AHEAD = timedelta(days=15)
LONGEST = timedelta(days=366 * 3)

routes = Blueprint("market", __name__)


@routes.get("/prices")
def prices() -> Response:
    """Answer the published prices per kWh in the project's currency."""
    return _published(MarketKind.PRICES)


@routes.get("/co2")
def co2() -> Response:
    """Answer the published carbon intensity in kg per kWh."""
    return _published(MarketKind.CO2)


@routes.get("/weather")
def weather() -> Response:
    """Answer observed weather up to now."""
    return _published(MarketKind.WEATHER)


def _published(kind: MarketKind) -> Response:
    site = own_site(current_account(), "project")
    spec = site.market(kind)
    if spec is None:
        raise ApiError(404, f"This project has no {kind.value}.")
    now = edge().clock()
    start = moment_parameter("from") or now - DEFAULT_PAST
    end = moment_parameter("to") or now + DEFAULT_AHEAD
    if end - start > LONGEST:
        raise ApiError(422, "from and to lie more than three years apart.")
    value = _series(site, spec, start, end, now)
    return immutable_answer(value) if end <= now - timedelta(days=1) else json_answer(value)


def _series(site: DemoSite, spec: MarketSpec, start: datetime, end: datetime, now: datetime) -> dict[str, Any]:
    issued_at, known = edge().published.read(site.project_id, spec.kind, start, end, now)
    first = pd.Timestamp(start).ceil(spec.step)
    last = known.index.max() if len(known) else first - spec.step
    grid = pd.date_range(first, last, freq=spec.step)
    columns = {name: numbers(known.get(name, pd.Series(dtype=float)).reindex(grid)) for name, _ in spec.columns}
    answer = {
        "issued_at": iso(issued_at) if issued_at else None,
        "start": iso(first),
        "step_s": int(spec.step.total_seconds()),
        "unit": spec.unit,
    }
    if spec.kind is MarketKind.WEATHER:
        return answer | {"series": columns}
    return answer | {"values": columns["value"], "estimated": False}

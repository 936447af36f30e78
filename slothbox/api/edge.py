"""What the edge itself posts: samples of the simulated plant, and what markets and weather services published."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from flask import Blueprint, Response

from slothbox.api.answer import body_object
from slothbox.api.context import edge
from slothbox.api.errors import ApiError
from slothbox.api.guard import check_edge, current_account
from slothbox.api.query import parse_moment
from slothbox.demo.model import BATTERY_STEP
from slothbox.sites import DemoSite, MarketKind, MarketSpec, demo_sites

MOST_VALUES = 200_000
AHEAD_ALLOWED = timedelta(minutes=2)

routes = Blueprint("edge", __name__)


@dataclass(frozen=True, slots=True)
class Sample:
    """One posted value."""

    measurand_id: str
    moment: datetime
    value: float


@routes.post("/edge/samples")
def post_samples() -> Response:
    """Store samples (means of a minute, by its start) or, with `live`, replace the newest values."""
    check_edge(current_account())
    body = body_object()
    site = _site(body)
    samples = _samples(site, body)
    if body.get("live") is True:
        for sample in samples:
            edge().live.put(site.project_id, sample.measurand_id, sample.moment, sample.value)
    else:
        edge().archive.put(site.project_id, _by_measurand(samples))
    return Response(status=204)


@routes.post("/edge/published")
def post_published() -> Response:
    """Store a publication: a regular series of prices, CO2 or weather, null where nothing was published."""
    check_edge(current_account())
    body = body_object()
    site = _site(body)
    spec = _market(site, body)
    issued_at = parse_moment(body.get("issued_at"), "issued_at")
    edge().published.put(site.project_id, spec.kind, issued_at, _publication(spec, body))
    return Response(status=204)


def _site(body: dict[str, Any]) -> DemoSite:
    site = demo_sites().get(str(body.get("project")))
    if site is None:
        raise ApiError(404, "There is no such project.")
    return site


def _samples(site: DemoSite, body: dict[str, Any]) -> list[Sample]:
    entries = body.get("samples")
    if not isinstance(entries, list) or len(entries) > MOST_VALUES:
        raise ApiError(422, f"samples is a list of up to {MOST_VALUES} values.")
    simulated = {spec.measurand_id for spec in site.measurands if spec.simulated}
    latest = edge().clock() + AHEAD_ALLOWED
    live = body.get("live") is True
    samples = [_sample(entry, simulated) for entry in entries]
    for sample in samples:
        if sample.moment > latest:
            raise ApiError(422, "A sample lies in the future.")
        if not live and sample.moment.timestamp() % BATTERY_STEP.total_seconds():
            raise ApiError(422, "The time of a sample is the start of a whole minute.")
    return samples


def _sample(entry: object, simulated: set[str]) -> Sample:
    if not isinstance(entry, dict) or str(entry.get("measurandId")) not in simulated:
        raise ApiError(422, "A sample names no measurand that the edge may post.")
    moment = parse_moment(entry.get("time"), "time")
    return Sample(str(entry["measurandId"]), moment, _number(entry.get("value"), "value"))


def _by_measurand(samples: list[Sample]) -> dict[str, pd.Series]:
    table = pd.DataFrame([(s.measurand_id, s.moment, s.value) for s in samples], columns=["id", "time", "value"])
    once = table.drop_duplicates(["id", "time"])
    return {str(measurand): part.set_index("time")["value"] for measurand, part in once.groupby("id")}


def _market(site: DemoSite, body: dict[str, Any]) -> MarketSpec:
    spec = site.market(str(body.get("kind"))) if body.get("kind") in list(MarketKind) else None
    if spec is None:
        raise ApiError(422, "kind is no series that this project has.")
    if body.get("step_s") != spec.step.total_seconds() or body.get("unit") != spec.unit:
        raise ApiError(422, f"step_s and unit of this series are {spec.step.total_seconds():.0f} and {spec.unit}.")
    return spec


def _publication(spec: MarketSpec, body: dict[str, Any]) -> pd.DataFrame:
    start = pd.Timestamp(parse_moment(body.get("start"), "start"))
    if start != start.floor(spec.step):
        raise ApiError(422, "start is the start of a whole step.")
    given = body.get("series") if spec.kind is MarketKind.WEATHER else {"value": body.get("values")}
    names = [name for name, _ in spec.columns]
    if not isinstance(given, dict) or not set(given) <= set(names) or not given:
        raise ApiError(422, f"The series are {', '.join(names)}.")
    columns = {name: _values(values, name) for name, values in given.items()}
    if len({len(values) for values in columns.values()}) != 1:
        raise ApiError(422, "The series have different lengths.")
    count = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.date_range(start, periods=count, freq=spec.step), dtype=float)


def _values(values: object, name: str) -> list[float]:
    if not isinstance(values, list) or len(values) > MOST_VALUES:
        raise ApiError(422, f"{name} is a list of up to {MOST_VALUES} numbers.")
    return [math.nan if value is None else _number(value, name) for value in values]


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ApiError(422, f"{name} is not a number.")
    return float(value)

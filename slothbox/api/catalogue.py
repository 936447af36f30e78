"""What the API can do and what it measures: /capabilities, /listmeasurands, /measurands, /live."""

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from flask import Blueprint, Response

from slothbox.api.answer import iso, json_answer
from slothbox.api.context import edge
from slothbox.api.guard import current_account, own_site, own_sites
from slothbox.replay import load_replay
from slothbox.sites import DemoSite, MeasurandSpec

EXTENSIONS = ("refresh", "roles", "measurands", "history", "columns", "live", "prices", "co2", "weather")
LIVE_FOR = timedelta(minutes=5)

routes = Blueprint("catalogue", __name__)


@routes.get("/capabilities")
def capabilities() -> Response:
    """Name the extensions; open to everyone."""
    return json_answer({"version": 1, "extensions": EXTENSIONS, "demo": True})


@routes.get("/listmeasurands")
def list_measurands() -> Response:
    """List the measurands of all the account's projects."""
    specs = [spec for site in own_sites(current_account()) for spec in site.measurands]
    return json_answer([_listed(spec) for spec in specs])


@routes.get("/measurands")
def measurands() -> Response:
    """Describe the measurands of one project."""
    site = own_site(current_account(), "project")
    now = edge().clock()
    return json_answer([_described(site, spec, now) for spec in site.measurands])


@routes.get("/live")
def live() -> Response:
    """Answer the value that each measurand has now; what is missing now is left out."""
    site = own_site(current_account(), "project")
    now = edge().clock()
    held = [(spec, _live_value(site, spec, now)) for spec in site.measurands]
    values = [
        {"measurandId": spec.measurand_id, "roundedTimestamp": iso(value[0]), "value": value[1]}
        for spec, value in held
        if value is not None
    ]
    return json_answer({"time": iso(now), "values": values})


def _listed(spec: MeasurandSpec) -> dict[str, Any]:
    step_s = int(spec.step.total_seconds())
    return {"measurandId": spec.measurand_id, "measurandName": spec.code, "resolution": step_s}


def _described(site: DemoSite, spec: MeasurandSpec, now: datetime) -> dict[str, Any]:
    span = edge().history.span(site, spec, now)
    return _listed(spec) | {
        "title": spec.title,
        "measurandCategoryType": spec.category.value,
        "unit": spec.unit,
        "onConnection": spec.on_connection,
        "sparse": spec.sparse,
        "simulated": spec.simulated,
        "kwp": spec.kwp,
        "first": iso(span[0]) if span else None,
        "last": iso(span[1]) if span else None,
        "sourceStart": _source_time(site, spec, span[0]) if span else None,
        "sourceNow": _source_time(site, spec, now),
    }


def _source_time(site: DemoSite, spec: MeasurandSpec, moment: datetime) -> str | None:
    """Return when that was measured, with the offset of the site's zone then; None for what was never measured."""
    if spec.simulated:
        return None
    civil = pd.Timestamp(load_replay(site.project_id).source_time(moment)).floor("s")
    return str(civil.tz_localize(site.tz, ambiguous=True, nonexistent="shift_forward").isoformat())


def _live_value(site: DemoSite, spec: MeasurandSpec, now: datetime) -> tuple[datetime, float] | None:
    if not spec.simulated:
        value = load_replay(site.project_id).value_at(spec.code, now)
        return None if value is None else (pd.Timestamp(now).floor(spec.step).to_pydatetime(), value)
    snapshot = edge().live.get(site.project_id, spec.measurand_id)
    newest = snapshot or edge().archive.newest(site.project_id, spec.measurand_id)
    return newest if newest is not None and now - LIVE_FOR < newest[0] <= now else None

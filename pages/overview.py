"""The overview of a project (PV home): key figures, what happens now, what waits, PV production and demand."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from enum import StrEnum
from typing import Any

import structlog
from dash import Dash, Input, Output, State, dcc, html, no_update

from components.cards import chart_card, chart_parts, kpi_row
from components.graph import drawn_id, register_chart, themes_store
from components.outage import (
    OUTAGES,
    fault_banner,
    outage_inputs,
    outage_outputs,
    outage_state,
    outage_strip,
    register_outage,
)
from components.range_bar import CONTROLS, RangeIds, search_after
from components.states import error, loading, notes, saved_banner
from components.words import _
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.site import Quantity
from dash_app.domain.time import Clock
from dash_app.workflows.overview import Overview, balance_now, find_place, load_measured, overview_of, view_of
from pages import overview_cards as cards
from pages import overview_views as views

PATH = "/p/<project_id>/"
TICK_S, FIRST_TICK_S = 60, 3
"""A page opens with what is cached while the rest is fetched behind it: the first refresh comes soon."""
NOW_TICK_S = 10
PV, LOAD = "overview-pv", "overview-load"
OUTAGE = "overview"
CHARTS = {PV: Quantity.PV_KW, LOAD: Quantity.LOAD_KW}
log = structlog.get_logger()


class Id(StrEnum):
    """Ids of the page; those of the charts are made by components.cards and components.graph."""

    ADDRESS = "overview-address"
    TICK = "overview-tick"
    NOW_TICK = "overview-now-tick"
    HEAD = "overview-head"
    BANNER = "overview-banner"
    CONTENT = "overview-content"
    KPIS = "overview-kpis"
    NOW = "overview-now"
    ACTION = "overview-action"
    PV_FRAME = "overview-pv-frame"
    ARRAYS = "overview-arrays"
    SOURCES = "overview-sources"
    RESOLUTION = "overview-resolution"
    PHONE_RANGE = "overview-range"
    RENDERED = "overview-rendered"
    FIRST = "overview-from"
    LAST = "overview-to"


RANGE_IDS = RangeIds(
    address=Id.ADDRESS,
    rendered=Id.RENDERED,
    resolution=Id.RESOLUTION,
    phone_range=Id.PHONE_RANGE,
    first=Id.FIRST,
    last=Id.LAST,
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return html.Div(
        [
            dcc.Location(id=Id.ADDRESS, refresh=False),
            dcc.Interval(id=Id.TICK, interval=TICK_S * 1000),
            dcc.Interval(id=Id.NOW_TICK, interval=NOW_TICK_S * 1000),
            themes_store(),
            html.Div(loading(52, _("Loading the page")), id=Id.HEAD),
            html.Div(id=Id.BANNER),
            outage_strip(OUTAGE),
            html.Div(_cards(), id=Id.CONTENT, className="sb-overview"),
        ],
        className="sb-page",
    )


def measured_view(overview: Overview, pathname: str, *, opening: bool) -> dict[str, Any]:
    """Return what the callback of the measurements fills, by the names of its outputs."""
    place, view = overview.place, overview.view
    window = overview.window
    strips: list[Any] = [saved_banner(window.fetched_at, view.now, place.zone)] if window.saved else []
    return {
        "banner": [*strips, notes(views.dropped_note(overview))],
        "kpis": drawn_safely(lambda: kpi_row(views.key_figures(overview))),
        "action": drawn_safely(lambda: cards.action_card(overview, pathname)),
        "arrays": drawn_safely(lambda: cards.arrays_card(overview)),
        "sources": drawn_safely(lambda: cards.sources_card(overview)),
        "pv_hidden": not place.of(Quantity.PV_KW),
        "charts": {name: _chart_safely(overview, quantity) for name, quantity in CHARTS.items()},
        "content_hidden": False,
        "outage": outage_state(None),
        "pace": 1000 * (FIRST_TICK_S if opening else TICK_S),
    }


def outage_view(fault: Exception, *, drawn_before: bool) -> dict[str, Any]:
    """Return what is shown when nothing could be loaded: old content stays, a first drawing is put aside."""
    unchanged: dict[str, Any] = dict.fromkeys(("kpis", "action", "arrays", "sources", "pv_hidden", "pace"), no_update)
    parts = dict.fromkeys(("drawn", "meta", "legend", "caption"), no_update)
    return {
        **unchanged,
        "charts": {name: dict(parts) for name in CHARTS},
        "banner": fault_banner(fault),
        "content_hidden": not drawn_before,
        "outage": outage_state(fault),
    }


def drawn_safely(draw: Callable[[], Any]) -> Any:
    """Return what `draw` draws; when that is our fault, a box with a reference, so that the other cards live on."""
    try:
        return draw()
    except Exception as fault:  # the boundary of a card: logged in full, shown with its reference
        reference = secrets.token_hex(2)
        log.exception("card not drawn", ref=reference, exc_info=fault)
        return error(reference)


def _chart_safely(overview: Overview, quantity: Quantity) -> dict[str, Any]:
    filled = drawn_safely(lambda: views.chart_view(overview, quantity))
    if isinstance(filled, dict):
        return filled
    return {"drawn": no_update, "meta": no_update, "legend": no_update, "caption": filled}


def register(
    app: Dash,
    *,
    measurements: Measurements,
    sites: Sites,
    recommendations: Recommendations,
    who: Callable[[], Session],
    clock: Clock,
) -> None:
    """Put the page and its callbacks into `app`."""
    register_outage(app, OUTAGE)
    for name in CHARTS:
        register_chart(app, name)

    @app.callback(Output(Id.HEAD, "children"), Input(Id.ADDRESS, "search"), State(Id.ADDRESS, "pathname"))
    def show_head(search: str, pathname: str) -> Any:
        place = find_place(who(), pathname, measurements=measurements, sites=sites)
        return views.head_view(place, view_of(place, search, clock), pathname, RANGE_IDS)

    @app.callback(
        output=_measured_outputs(),
        inputs=_measured_inputs(),
        state={"pathname": State(Id.ADDRESS, "pathname"), "before": State(drawn_id(LOAD), "data")},
        running=[(Output(Id.CONTENT, "className"), "sb-overview sb-refreshing", "sb-overview")],
    )
    def show_measured(search: str, pathname: str, before: Any, **_triggers: Any) -> dict[str, Any]:
        session = who()
        try:
            place = find_place(session, pathname, measurements=measurements, sites=sites)
            view = view_of(place, search, clock)
            window = load_measured(session, place, view, opening=before is None, measurements=measurements)
        except OUTAGES as fault:
            log.warning("overview without new data", reason=str(fault), pathname=pathname)
            return outage_view(fault, drawn_before=before is not None)
        overview = overview_of(place, view, window, recommendations=recommendations)
        return measured_view(overview, pathname, opening=before is None)

    @app.callback(Output(Id.NOW, "children"), Input(Id.NOW_TICK, "n_intervals"), State(Id.ADDRESS, "pathname"))
    def show_now(_tick: int | None, pathname: str) -> Any:
        session = who()
        try:
            place = find_place(session, pathname, measurements=measurements, sites=sites)
            balance = balance_now(session, place, measurements=measurements, clock=clock)
        except OUTAGES as fault:
            log.warning("overview without live values", reason=str(fault), pathname=pathname)
            return cards.now_unknown_card()
        return cards.now_card(balance, place)

    _register_address(app)


def _register_address(app: Dash) -> None:
    @app.callback(
        Output(Id.ADDRESS, "search"),
        Input(Id.RESOLUTION, "value"),
        Input(Id.PHONE_RANGE, "value"),
        Input(Id.FIRST, "value", allow_optional=True),
        Input(Id.LAST, "value", allow_optional=True),
        State(Id.RENDERED, "data"),
        State(Id.ADDRESS, "search"),
        prevent_initial_call=True,
    )
    def change_address(*chosen: Any) -> Any:
        *values, rendered, search = chosen
        changed = search_after(search or "", rendered, dict(zip(CONTROLS, values, strict=True)))
        return no_update if changed is None else changed


def _measured_outputs() -> dict[str, Any]:
    charts = {}
    for name in CHARTS:
        parts = {part: Output(part_id, "children") for part, part_id in chart_parts(name).items()}
        charts[name] = {"drawn": Output(drawn_id(name), "data"), **parts}
    return {
        "charts": charts,
        "banner": Output(Id.BANNER, "children"),
        "kpis": Output(Id.KPIS, "children"),
        "action": Output(Id.ACTION, "children"),
        "arrays": Output(Id.ARRAYS, "children"),
        "sources": Output(Id.SOURCES, "children"),
        "pv_hidden": Output(Id.PV_FRAME, "hidden"),
        "content_hidden": Output(Id.CONTENT, "hidden"),
        "outage": outage_outputs(OUTAGE),
        "pace": Output(Id.TICK, "interval"),
    }


def _measured_inputs() -> dict[str, Any]:
    return {
        "search": Input(Id.ADDRESS, "search"),
        "tick": Input(Id.TICK, "n_intervals"),
        **outage_inputs(OUTAGE),
    }


def _cards() -> list[html.Div]:
    words = _("Loading 48 h of measurements")
    kpis = [html.Div(loading(108, words), className="sb-card-slot") for _place in range(4)]
    pv = chart_card(PV, _("PV production"), height=236, phone_height=200, link="overview")
    demand = chart_card(LOAD, _("Electricity demand"), height=196, phone_height=180, link="overview")
    return [
        html.Div(kpis, id=Id.KPIS, className="sb-kpis"),
        html.Div(loading(172, words), id=Id.NOW, className="sb-slot sb-slot-now"),
        html.Div(loading(172, words), id=Id.ACTION, className="sb-slot sb-slot-action"),
        html.Div(pv, id=Id.PV_FRAME, className="sb-slot sb-slot-wide"),
        html.Div(demand, className="sb-slot sb-slot-wide"),
        html.Div(loading(220, words), id=Id.SOURCES, className="sb-slot sb-slot-half"),
        html.Div(loading(220, words), id=Id.ARRAYS, className="sb-slot sb-slot-half"),
    ]

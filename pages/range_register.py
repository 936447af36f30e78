"""The callbacks of a page over a range: its head, its parts, and the address after a person chose something."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from dash import Dash, Input, Output, State

from components.cards import chart_parts
from components.graph import drawn_id, register_chart
from components.outage import OUTAGES, outage_inputs, outage_outputs, register_outage
from components.range_bar import register_range_bar
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.time import Clock
from dash_app.domain.view import View
from dash_app.workflows.measured import find_place, view_of
from pages.range_compare import with_comparison
from pages.range_export import offer_tables
from pages.range_page import Load, Loaded, RangePage, filled_view, head_view, outage_view
from pages.range_zoom import register_zoom, with_refinement

log = structlog.get_logger()


def register_range_page(
    app: Dash,
    page: RangePage[Loaded],
    *,
    load: Load[Loaded],
    who: Callable[[], Session],
    measurements: Measurements,
    sites: Sites,
    clock: Clock,
) -> None:
    """Add the page's callbacks; `load` gathers what the parts are drawn from."""
    register_outage(app, page.key)
    offer_tables(app, page, load)
    for chart in page.charts:
        register_chart(app, page.id(chart.key))
    address = page.id("address")

    @app.callback(Output(page.range_ids.drawn, "data"), Input(address, "search"), State(address, "pathname"))
    def show_head(search: str, pathname: str) -> Any:
        place = find_place(who(), pathname, measurements=measurements, sites=sites)
        return head_view(page, place, view_of(place, search, clock), pathname)

    @app.callback(
        output=_outputs(page),
        inputs={
            "search": Input(address, "search"),
            "tick": Input(page.id("tick"), "n_intervals"),
            **outage_inputs(page.key),
        },
        state={"pathname": State(address, "pathname"), "filled": State(page.id("filled"), "data")},
        running=[(Output(page.id("content"), "className"), "sb-grid sb-refreshing", "sb-grid")],
    )
    def fill(search: str, pathname: str, filled: bool | None, **_triggers: Any) -> dict[str, Any]:
        session = who()
        try:
            place = find_place(session, pathname, measurements=measurements, sites=sites)
            loaded = load(session, place, view_of(place, search, clock), opening=not filled)
        except OUTAGES as fault:
            log.warning("page without new data", page=page.key, reason=str(fault), pathname=pathname)
            return outage_view(page, fault, filled=bool(filled))
        shown = filled_view(page, loaded, opening=not filled)
        shown = with_comparison(page, shown, loaded, lambda other: load(session, place, other, opening=False))
        return with_refinement(page, shown, loaded.view)

    def load_part(search: str, pathname: str, pick: Callable[[View], View | None]) -> Loaded | None:
        session = who()
        place = find_place(session, pathname, measurements=measurements, sites=sites)
        part = pick(view_of(place, search, clock))
        return None if part is None else load(session, place, part, opening=False)

    register_range_bar(app, page.range_ids)
    register_zoom(app, page, load=load_part)


def _outputs(page: RangePage[Any]) -> dict[str, Any]:
    charts = {}
    for chart in page.charts:
        name = page.id(chart.key)
        parts = {part: Output(part_id, "children") for part, part_id in chart_parts(name).items()}
        charts[chart.key] = {"drawn": Output(drawn_id(name), "data"), **parts}
    frames = {chart.key: page.id(f"{chart.key}-frame") for chart in page.charts}
    frames |= {slot.key: page.id(slot.key) for slot in page.slots}
    return {
        "charts": charts,
        "slots": {slot.key: Output(page.id(slot.key), "children") for slot in page.slots},
        "hidden": {key: Output(frame, "hidden") for key, frame in frames.items()},
        "banner": Output(page.id("banner"), "children"),
        "content_hidden": Output(page.id("content"), "hidden"),
        "outage": outage_outputs(page.key),
        "pace": Output(page.id("tick"), "interval"),
        "filled": Output(page.id("filled"), "data"),
    }

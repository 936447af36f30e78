"""The measurements explorer: choose any measurand of the project and see it as it was measured."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from components.outage import OUTAGES, outage_inputs
from components.words import mark
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.explorer import Explorer, choice_of, load_explorer, load_newest
from dash_app.workflows.measured import find_place, view_of
from pages import measurements_chooser as chooser
from pages import measurements_views as views
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/measurements"
log = structlog.get_logger()

PAGE: RangePage[Explorer] = RangePage(
    key="measurements",
    title=mark("Measurements"),
    parts=(
        Slot(key="chooser", draw=None, width=Width.THIRD, height=600),
        ChartSlot(
            key="series",
            title=mark("Chosen measurands"),
            draw=views.chart_view,
            table=views.export_table,
            height=550,
            phone_height=512,
            width=Width.TWO_THIRDS,
        ),
        Slot(key="facts", draw=views.facts_card, height=280),
    ),
    banners=views.choice_notes,
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE)


def register(app: Dash, *, measurements: Measurements, sites: Sites, who: Callable[[], Session], clock: Clock) -> None:
    """Put the page and its callbacks into `app`."""
    load = partial(load_explorer, measurements=measurements)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)
    address = PAGE.id("address")

    @app.callback(
        Output(PAGE.id("chooser"), "children"),
        inputs={"pathname": Input(address, "pathname"), **outage_inputs(PAGE.key)},
        state={"search": State(address, "search")},
    )
    def show_chooser(pathname: str, search: str, **_triggers: Any) -> Any:
        try:
            place = find_place(who(), pathname, measurements=measurements, sites=sites)
        except OUTAGES as fault:
            log.warning("choice of measurands without a list", reason=str(fault), pathname=pathname)
            return no_update
        return chooser.chooser_card(place, choice_of(place, dict(view_of(place, search, clock).others)))

    @app.callback(
        Output({"type": chooser.GROUP, "index": ALL}, "value"),
        Input(address, "search"),
        State(address, "pathname"),
        prevent_initial_call=True,
    )
    def follow_address(search: str, pathname: str) -> list[list[str]]:
        place = find_place(who(), pathname, measurements=measurements, sites=sites)
        return _fitting(chooser.chosen_by_group(place, choice_of(place, dict(view_of(place, search, clock).others))))

    @app.callback(
        Output({"type": chooser.NEWEST, "index": ALL}, "children"),
        Input(PAGE.id("tick"), "n_intervals"),
        State(address, "pathname"),
        State(address, "search"),
    )
    def show_newest(_tick: int | None, pathname: str, search: str) -> list[Any]:
        session = who()
        place = find_place(session, pathname, measurements=measurements, sites=sites)
        view = view_of(place, search, clock)
        newest = load_newest(session, place, view.now, measurements=measurements)
        return _fitting(chooser.newest_by_measurand(place, view, newest))


def _fitting(values: list[Any]) -> list[Any]:
    """Return one value for each part of the choice that is there; before it is drawn there is nothing to fill."""
    if len(ctx.outputs_list) != len(values):
        raise PreventUpdate
    return values

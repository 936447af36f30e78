"""The overview of a project (PV home): key figures, what happens now, what waits, PV production and demand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from dash import Dash, Input, Output, State, dcc, html

from components.cards import kpi_row
from components.outage import OUTAGES
from components.words import _, mark
from dash_app.domain.export import ExportTable
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.site import Quantity
from dash_app.domain.time import Clock
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import find_place
from dash_app.workflows.overview import YIELDS_FOR, Overview, YieldDay, balance_now, load_overview
from pages import overview_cards as cards
from pages import overview_views as views
from pages import overview_yield as yields
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page
from pages.range_tables import quantity_table

PATH = "/p/<project_id>/"
NOW_TICK_S = 10
NOW, NOW_TICK = "overview-now", "overview-now-tick"
log = structlog.get_logger()

PAGE: RangePage[Overview] = RangePage(
    key="overview",
    title=mark("General overview"),
    parts=(
        Slot(key="kpis", draw=lambda loaded: kpi_row(views.key_figures(loaded)), width=Width.KPIS, height=108, count=4),
        Slot(key="now", draw=None, width=Width.TWO_THIRDS, height=172),
        Slot(key="action", draw=cards.action_card, width=Width.THIRD, height=172),
        ChartSlot(
            key="pv",
            title=mark("PV production"),
            draw=views.pv_view,
            table=lambda loaded: overview_table(loaded, Quantity.PV_KW, _("PV production")),
            height=236,
            phone_height=200,
            link="overview",
        ),
        ChartSlot(
            key="load",
            title=mark("Electricity demand"),
            draw=views.load_view,
            table=lambda loaded: overview_table(loaded, Quantity.LOAD_KW, _("Electricity demand")),
            height=196,
            phone_height=180,
            link="overview",
        ),
        ChartSlot(
            key="pv-second",
            title=mark("PV production"),
            draw=views.second_pv_view,
            table=lambda loaded: overview_table(loaded, Quantity.PV_KW, _("PV production")),
            height=196,
            phone_height=180,
            link="overview",
        ),
        ChartSlot(
            key="yield",
            title=mark("Expected against actual yield"),
            draw=yields.yield_view,
            height=yields.HEIGHT,
            phone_height=yields.PHONE_HEIGHT,
        ),
        Slot(key="sources", draw=cards.sources_card, width=Width.HALF),
        Slot(key="arrays", draw=cards.arrays_card, width=Width.HALF),
    ),
)


def overview_table(loaded: Overview, quantity: Quantity, title: str) -> ExportTable | None:
    """Return what the chart of a quantity shows, at full resolution."""
    return quantity_table(loaded, quantity, title, loaded.forecast(quantity))


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE, dcc.Interval(id=NOW_TICK, interval=NOW_TICK_S * 1000))


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

    kept: Kept[tuple[YieldDay, ...]] = Kept(clock, YIELDS_FOR)
    load = partial(load_overview, measurements=measurements, recommendations=recommendations, kept=kept)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

    @app.callback(Output(NOW, "children"), Input(NOW_TICK, "n_intervals"), State(PAGE.id("address"), "pathname"))
    def show_now(_tick: int | None, pathname: str) -> Any:
        session = who()
        try:
            place = find_place(session, pathname, measurements=measurements, sites=sites)
            balance = balance_now(session, place, measurements=measurements, clock=clock)
        except OUTAGES as fault:
            log.warning("overview without live values", reason=str(fault), pathname=pathname)
            return cards.now_unknown_card()
        return cards.now_card(balance, place)

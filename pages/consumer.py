"""The Consumer: what the demand is, where its energy came from, what it cost, and how it is spread over time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dash import Dash, html

from components.cards import kpi_row
from components.words import mark
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.consumer import HISTORIES_FOR, Consumer, Histories, load_consumer
from dash_app.workflows.kept import Kept
from pages import consumer_cards as cards
from pages import consumer_charts as charts
from pages import consumer_tables as tables
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/consumer"


def _kpis(consumer: Consumer) -> list[Any]:
    return kpi_row(cards.figures(consumer))


PAGE: RangePage[Consumer] = RangePage(
    key="consumer",
    title=mark("Consumer"),
    parts=(
        Slot(key="kpis", draw=_kpis, width=Width.KPIS, height=108, count=4),
        Slot(key="sources", draw=cards.sources_card, width=Width.HALF, height=320),
        ChartSlot(
            key="sankey",
            title=mark("From source to load"),
            draw=charts.sankey_view,
            height=charts.SANKEY_HEIGHT,
            phone_height=charts.SANKEY_PHONE_HEIGHT,
            width=Width.HALF,
        ),
        ChartSlot(
            key="demand",
            title=mark("Electricity demand"),
            draw=charts.demand_view,
            height=charts.DEMAND_HEIGHT,
            phone_height=charts.DEMAND_PHONE_HEIGHT,
            table=charts.demand_table,
        ),
        ChartSlot(
            key="map",
            title=mark("Demand by day and time of day"),
            draw=charts.map_view,
            table=tables.map_table,
            height=charts.MAP_HEIGHT,
            phone_height=charts.MAP_PHONE_HEIGHT,
            width=Width.TWO_THIRDS,
        ),
        Slot(key="peaks", draw=cards.peaks_card, width=Width.THIRD, height=300),
        ChartSlot(
            key="curve",
            title=mark("Load duration curve"),
            draw=charts.curve_view,
            table=tables.curve_table,
            height=charts.CURVE_HEIGHT,
            phone_height=charts.CURVE_PHONE_HEIGHT,
            width=Width.TWO_THIRDS,
        ),
        Slot(key="base", draw=cards.base_card, width=Width.THIRD, height=230),
    ),
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE)


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
    kept: Histories = Kept(clock, HISTORIES_FOR)
    load = partial(load_consumer, measurements=measurements, recommendations=recommendations, kept=kept)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

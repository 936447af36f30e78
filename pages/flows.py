"""Energy flows: from every source to every use over the range, in kWh, money or CO2; In is Out."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import quote

from dash import Dash, html

from components.states import notes
from components.words import mark
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.flows import FlowsData, load_flows
from pages import flows_cards as cards
from pages import flows_figures as figures
from pages.flows_sankey import HEIGHT, PHONE_HEIGHT, flows_table, sankey_view
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/flows"
KEY = "flows"


def path_of(data: FlowsData) -> str:
    """Return the page's own address."""
    return PATH.replace("<project_id>", quote(data.place.project.project_id, safe=""))


def _units(data: FlowsData) -> html.Div:
    return cards.units_view(data, f"{KEY}-address", path_of(data))


def _sankey(data: FlowsData) -> dict[str, Any]:
    return sankey_view(data, path_of(data))


def _banners(data: FlowsData) -> list[Any]:
    return [notes(cards.unknown_unit(data))]


PAGE: RangePage[FlowsData] = RangePage(
    key=KEY,
    title=mark("Energy flows"),
    parts=(
        Slot(key="kpis", draw=figures.key_figures, width=Width.KPIS, height=108, count=4),
        Slot(key="units", draw=_units, height=36),
        ChartSlot(
            key="sankey",
            title=mark("From sources to uses"),
            draw=_sankey,
            table=flows_table,
            height=HEIGHT,
            phone_height=PHONE_HEIGHT,
        ),
        Slot(key="checks", draw=cards.checks_card, width=Width.HALF, height=180),
        Slot(key="elsewhere", draw=cards.elsewhere_card, width=Width.HALF, height=180),
    ),
    banners=_banners,
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE)


def register(app: Dash, *, measurements: Measurements, sites: Sites, who: Callable[[], Session], clock: Clock) -> None:
    """Put the page and its callbacks into `app`."""
    load = partial(load_flows, measurements=measurements)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

"""The Battery Energy System: what it does now, its key figures, its power, SoC and price over time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dash import Dash, html

from components.battery_chart import HEIGHT, PHONE_HEIGHT
from components.cards import kpi_row
from components.words import mark
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.battery import RECORD_FOR, BatteryData, BatteryPorts, load_battery
from dash_app.workflows.kept import Kept
from pages import battery_cards as cards
from pages import battery_sankeys as sankeys
from pages import battery_views as views
from pages.battery_tables import battery_table
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/battery"
LINK = "battery"


def _kpis(data: BatteryData) -> list[html.Div] | None:
    found = cards.figures(data)
    return None if found is None else kpi_row(found)


def _pair(key: str, title: str, draw: Callable[[BatteryData], dict[str, object] | None]) -> ChartSlot[BatteryData]:
    height, phone_height = views.PAIR_HEIGHT, views.PAIR_PHONE_HEIGHT
    return ChartSlot(
        key=key,
        title=title,
        draw=draw,
        table=battery_table,
        height=height,
        phone_height=phone_height,
        link=LINK,
    )


def _sankey(key: str, title: str, draw: Callable[[BatteryData], dict[str, object] | None]) -> ChartSlot[BatteryData]:
    height, phone_height = sankeys.HEIGHT, sankeys.PHONE_HEIGHT
    return ChartSlot(key=key, title=title, draw=draw, height=height, phone_height=phone_height, width=Width.HALF)


PAGE: RangePage[BatteryData] = RangePage(
    key="battery",
    title=mark("Battery Energy System"),
    banners=views.address_notes,
    parts=(
        Slot(key="missing", draw=cards.missing_card, height=0),
        Slot(key="now", draw=cards.sentence, height=36),
        Slot(key="kpis", draw=_kpis, width=Width.KPIS, height=108, count=5),
        ChartSlot(
            key="power",
            title=mark("Power, state of charge and price"),
            draw=views.power_view,
            table=battery_table,
            height=HEIGHT,
            phone_height=PHONE_HEIGHT,
        ),
        _pair("charge", mark("Charge"), views.charge_view),
        _pair("discharge", mark("Discharge"), views.discharge_view),
        _pair("stored", mark("Energy stored over time"), views.stored_view),
        _sankey("sources", mark("Where the charge came from"), sankeys.sources_view),
        _sankey("targets", mark("Where the discharge went"), sankeys.targets_view),
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
    ports = BatteryPorts(measurements=measurements, recommendations=recommendations, records=Kept(clock, RECORD_FOR))
    load = partial(load_battery, ports=ports)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

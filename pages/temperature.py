"""Temperature: the observed weather of a range, the demand beside it, and what the one explains of the other."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dash import Dash, html

from components.cards import kpi_row
from components.words import _, mark
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.site import Quantity
from dash_app.domain.time import Clock
from dash_app.workflows.consumer import HISTORIES_FOR, Histories
from dash_app.workflows.kept import Kept
from dash_app.workflows.temperature import Temperature, load_temperature
from pages import temperature_views as views
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page
from pages.range_tables import quantity_table

PATH = "/p/<project_id>/temperature"
LINK = "temperature"


def _kpis(page: Temperature) -> list[Any]:
    return kpi_row(views.figures(page))


PAGE: RangePage[Temperature] = RangePage(
    key="temperature",
    title=mark("Temperature"),
    parts=(
        Slot(key="kpis", draw=_kpis, width=Width.KPIS, height=108, count=4),
        Slot(key="missing", draw=views.missing_card, height=0),
        ChartSlot(
            key="weather",
            title=mark("Weather outdoors"),
            draw=views.weather_view,
            height=views.WEATHER_HEIGHT,
            phone_height=views.WEATHER_PHONE_HEIGHT,
            link=LINK,
            table=views.weather_table,
        ),
        ChartSlot(
            key="demand",
            title=mark("Electricity demand"),
            draw=views.demand_view,
            table=lambda page: quantity_table(page, Quantity.LOAD_KW, _("Electricity demand")),
            height=196,
            phone_height=180,
            link=LINK,
        ),
        ChartSlot(
            key="scatter",
            title=mark("Energy against temperature"),
            draw=views.scatter_view,
            height=views.SCATTER_HEIGHT,
            phone_height=views.SCATTER_PHONE_HEIGHT,
            width=Width.TWO_THIRDS,
        ),
        Slot(key="fit", draw=views.fit_card, width=Width.THIRD, height=260),
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
    load = partial(load_temperature, measurements=measurements, recommendations=recommendations, kept=kept)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

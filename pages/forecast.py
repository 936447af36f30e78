"""The Forecast page: what is expected and how sure that is, what was known when, and how good the forecasts were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from dash import Dash, Input, Output, State, html, no_update

from components.outage import OUTAGES, outage_inputs
from components.states import notes
from components.words import mark
from dash_app.domain.ports import Forecasts, Measurements, Session, Sites
from dash_app.domain.time import Clock
from dash_app.domain.view import View
from dash_app.workflows.forecast_choice import load_moments
from dash_app.workflows.forecast_ledger import Memory
from dash_app.workflows.forecast_page import ForecastPage, load_forecast_page
from dash_app.workflows.measured import Place, find_place, view_of
from pages import forecast_basis as basis
from pages import forecast_chart as chart
from pages import forecast_choice as choosing
from pages import forecast_figures as figures
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/forecast"
log = structlog.get_logger()


def _banners(page: ForecastPage) -> list[Any]:
    return [notes(choosing.banner_words(page))]


PAGE: RangePage[ForecastPage] = RangePage(
    key="forecast",
    title=mark("Forecast"),
    parts=(
        Slot(key="kpis", draw=figures.key_figures, width=Width.KPIS, height=108, count=4),
        Slot(key="choice", draw=None, height=36),
        ChartSlot(
            key="band",
            title=mark("Forecast and what came"),
            draw=chart.band_view,
            table=chart.band_table,
            height=chart.HEIGHT,
            phone_height=chart.PHONE_HEIGHT,
        ),
        Slot(key="none", draw=basis.none_card, height=0),
        ChartSlot(
            key="lead",
            title=mark("Error by lead time"),
            draw=figures.lead_view,
            height=figures.HEIGHT,
            phone_height=figures.PHONE_HEIGHT,
            width=Width.HALF,
        ),
        ChartSlot(
            key="hour",
            title=mark("Error by hour of the day"),
            draw=figures.hour_view,
            height=figures.HEIGHT,
            phone_height=figures.PHONE_HEIGHT,
            width=Width.HALF,
        ),
        Slot(key="held", draw=figures.band_card, width=Width.HALF, height=300),
        Slot(key="shares", draw=basis.shares_card, width=Width.HALF, height=300),
        Slot(key="models", draw=basis.models_card, width=Width.TWO_THIRDS, height=220),
        Slot(key="left", draw=basis.left_out_card, width=Width.THIRD, height=220),
        Slot(key="switches", draw=basis.switches_card, height=0),
    ),
    banners=_banners,
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE)


def register(
    app: Dash,
    *,
    measurements: Measurements,
    sites: Sites,
    forecasts: Forecasts,
    who: Callable[[], Session],
    clock: Clock,
) -> None:
    """Put the page and its callbacks into `app`."""
    memory = Memory(clock)

    def load(session: Session, place: Place, view: View, opening: bool) -> ForecastPage:
        return load_forecast_page(
            session, place, view, opening=opening, measurements=measurements, forecasts=forecasts, memory=memory
        )

    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)
    address = PAGE.id("address")

    @app.callback(
        Output(PAGE.id("choice"), "children"),
        inputs={"search": Input(address, "search"), **outage_inputs(PAGE.key)},
        state={"pathname": State(address, "pathname")},
    )
    def show_choice(search: str, pathname: str, **_triggers: Any) -> Any:
        try:
            place = find_place(who(), pathname, measurements=measurements, sites=sites)
        except OUTAGES as fault:
            log.warning("choice of forecasts without a list", reason=str(fault), pathname=pathname)
            return no_update
        view = view_of(place, search, clock)
        choice, moments = load_moments(place, view, forecasts)
        return choosing.choice_view(place, view, choice, moments, address=address, path=pathname)

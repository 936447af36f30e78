"""Measurements and Forecasts: what was measured against what had been forecast for it, and how far that was off."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dash import Dash, html

from components.words import mark
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.measured_forecast import MeasuredForecast, load_measured_forecast
from pages import measurements_forecasts_views as views
from pages.range_page import ChartSlot, RangePage, Slot, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/measurements-forecasts"

PAGE: RangePage[MeasuredForecast] = RangePage(
    key="measurements-forecasts",
    title=mark("Measurements and Forecasts"),
    parts=(
        Slot(key="errors", draw=views.errors_card, height=220),
        ChartSlot(
            key="load",
            title=mark("Electricity demand, measured and forecast"),
            draw=views.load_view,
            table=views.load_table,
            height=views.HEIGHT,
            phone_height=views.PHONE_HEIGHT,
            link="measurements-forecasts",
        ),
        ChartSlot(
            key="pv",
            title=mark("PV production, measured and forecast"),
            draw=views.pv_view,
            table=views.pv_table,
            height=views.HEIGHT,
            phone_height=views.PHONE_HEIGHT,
            link="measurements-forecasts",
        ),
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
    load = partial(load_measured_forecast, measurements=measurements, recommendations=recommendations)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

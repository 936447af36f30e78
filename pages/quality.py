"""The data quality page: how complete the measurements are, and what in them looks wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dash import Dash, html

from components.cards import kpi_row
from components.words import mark
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.quality import Quality, load_quality
from pages import quality_views as views
from pages.quality_findings import findings_card, unknown_rule_notes
from pages.range_page import RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/quality"

PAGE: RangePage[Quality] = RangePage(
    key="quality",
    title=mark("Data quality"),
    parts=(
        Slot(key="kpis", draw=lambda loaded: kpi_row(views.key_figures(loaded)), width=Width.KPIS, height=108, count=4),
        Slot(key="calendar", draw=views.calendar_card, height=420),
        Slot(key="findings", draw=findings_card, height=420),
    ),
    banners=unknown_rule_notes,
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE)


def register(app: Dash, *, measurements: Measurements, sites: Sites, who: Callable[[], Session], clock: Clock) -> None:
    """Put the page and its callbacks into `app`."""
    load = partial(load_quality, measurements=measurements)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

"""Efficiency: how well PV and energy are used, day against day, and what the weather explains of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dash import Dash, html

from components.cards import kpi_row
from components.states import not_set_up
from components.words import _, mark
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.consumer import HISTORIES_FOR, Histories
from dash_app.workflows.efficiency import Efficiency, load_efficiency
from dash_app.workflows.kept import Kept
from pages import efficiency_cards as cards
from pages import efficiency_charts as charts
from pages import efficiency_fit as fit
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page

PATH = "/p/<project_id>/efficiency"


def _kpis(page: Efficiency) -> list[Any]:
    return kpi_row(cards.load_figures(page)) or [not_set_up(_("No load is measured here."))]


def _pv_kpis(page: Efficiency) -> list[Any] | None:
    return kpi_row(cards.pv_figures(page)) or None


PAGE: RangePage[Efficiency] = RangePage(
    key="efficiency",
    title=mark("Efficiency"),
    parts=(
        Slot(key="kpis", draw=_kpis, width=Width.KPIS, height=108, count=4),
        ChartSlot(
            key="days",
            title=mark("Energy per day"),
            draw=charts.days_view,
            height=charts.BARS_HEIGHT,
            phone_height=charts.BARS_PHONE_HEIGHT,
        ),
        Slot(key="pv", draw=_pv_kpis, width=Width.KPIS, height=108, count=3),
        ChartSlot(
            key="weather",
            title=mark("Energy against degree days"),
            draw=charts.weather_view,
            height=charts.SCATTER_HEIGHT,
            phone_height=charts.SCATTER_PHONE_HEIGHT,
            width=Width.TWO_THIRDS,
        ),
        Slot(key="fit", draw=fit.fit_card, width=Width.THIRD, height=260),
        Slot(key="arrays", draw=cards.arrays_card, width=Width.HALF, height=260),
        Slot(key="uses", draw=cards.uses_card, width=Width.HALF, height=260),
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
    who: Callable[[], Session],
    clock: Clock,
) -> None:
    """Put the page and its callbacks into `app`."""
    kept: Histories = Kept(clock, HISTORIES_FOR)
    load = partial(load_efficiency, measurements=measurements, kept=kept)
    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

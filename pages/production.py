"""Production vs E-demand: PV and demand on one axis, what PV covers at the same moment, and the two day by day."""

from __future__ import annotations

from collections.abc import Callable

from dash import Dash, html

from components.cards import kpi_row
from components.words import _, mark
from dash_app.domain.export import ExportTable, time_table
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.site import Quantity
from dash_app.domain.time import Clock
from dash_app.domain.view import View
from dash_app.workflows.measured import Measured, Place, load_measured
from pages import production_views as views
from pages.range_page import ChartSlot, RangePage, Slot, Width, page_layout
from pages.range_register import register_range_page
from pages.range_tables import measured_track

PATH = "/p/<project_id>/production-vs-demand"


def _kpis(loaded: Measured) -> list[html.Div] | None:
    found = views.figures(loaded)
    return None if found is None else kpi_row(found)


def powers_table(loaded: Measured) -> ExportTable | None:
    """Return both powers at their own resolutions; None where one of them is not measured."""
    if views.missing_card(loaded) is not None:
        return None
    names = {Quantity.PV_KW: _("PV production"), Quantity.LOAD_KW: _("Electricity demand")}
    return time_table(
        _("Production and demand"),
        [
            measured_track(loaded, name, loaded.total(quantity), "kW", loaded.place.native(quantity))
            for quantity, name in names.items()
        ],
    )


PAGE: RangePage[Measured] = RangePage(
    key="production",
    title=mark("Production vs E-demand"),
    parts=(
        Slot(key="missing", draw=views.missing_card, height=0),
        Slot(key="kpis", draw=_kpis, width=Width.KPIS, height=108, count=4),
        ChartSlot(
            key="powers",
            title=mark("Production and demand"),
            draw=views.powers_view,
            table=powers_table,
            height=views.HEIGHT,
            phone_height=views.PHONE_HEIGHT,
        ),
        ChartSlot(
            key="days",
            title=mark("Energy produced and demanded"),
            draw=views.days_view,
            height=views.BARS_HEIGHT,
            phone_height=views.BARS_HEIGHT,
        ),
    ),
)


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return page_layout(PAGE)


def register(app: Dash, *, measurements: Measurements, sites: Sites, who: Callable[[], Session], clock: Clock) -> None:
    """Put the page and its callbacks into `app`."""

    def load(session: Session, place: Place, view: View, *, opening: bool) -> Measured:
        wanted = place.of(Quantity.PV_KW, Quantity.LOAD_KW)
        return load_measured(session, place, view, opening=opening, measurements=measurements, wanted=wanted)

    register_range_page(app, PAGE, load=load, who=who, measurements=measurements, sites=sites, clock=clock)

"""The audit trail as a file, through the same door as every chart (`pages.range_export`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from urllib.parse import quote

from dash import Dash

from components.words import mark
from dash_app.domain.measurement import Window
from dash_app.domain.ports import Session
from dash_app.domain.view import View
from dash_app.workflows.audit_page import Trail
from dash_app.workflows.measured import Measured, Place
from pages.audit_views import trail_table
from pages.range_export import offer_tables
from pages.range_page import ChartSlot, RangePage


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFile(Measured):
    """The rows for a file, with what every file is named after."""

    trail: Trail


PAGE: RangePage[TrailFile] = RangePage(
    key="audit",
    title=mark("Audit trail"),
    parts=(
        ChartSlot(
            key="rows",
            title=mark("Audit trail"),
            draw=lambda _loaded: None,
            height=0,
            phone_height=0,
            table=lambda loaded: trail_table(loaded.trail),
        ),
    ),
)


def offer_trail(app: Dash, look: Callable[[Session, str, str], Trail]) -> None:
    """Let the rows of an address be downloaded; `look(session, pathname, search)` gathers them."""

    def load(session: Session, place: Place, view: View, *, opening: bool) -> TrailFile:
        trail = look(session, f"/p/{quote(place.project.project_id, safe='')}/audit", view.query())
        return TrailFile(place=place, view=_days(view, trail), window=_no_measurements(view), trail=trail)

    offer_tables(app, PAGE, load, csv_only=True)


def _days(view: View, trail: Trail) -> View:
    """Return the view with the days that the rows span, after which the file is named."""
    if not trail.rows:
        return view
    last, first = (row.at.astimezone(trail.zone).date() for row in (trail.rows[0], trail.rows[-1]))
    return replace(view, first=first, last=last)


def _no_measurements(view: View) -> Window:
    return Window(start=view.start, end=view.start, series={}, fetched_at=view.now, data_until=None)

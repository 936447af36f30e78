"""An overview of the campus to draw."""

from __future__ import annotations

from datetime import datetime, timedelta

from dash_app.domain.recommendation import Recommendation
from dash_app.domain.site import Site
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import Place, view_of
from dash_app.workflows.overview import YIELDS_FOR, Overview, load_overview
from tests.fakes.api import session
from tests.fakes.campus import NOW, ZONE, CampusMeasurements, plan, project, site
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore


def place(of: Site | None = None, *codes: str) -> Place:
    """Return the campus, or only those of its measurands whose code begins with one of `codes`."""
    listed = CampusMeasurements(FakeClock(NOW)).listed
    kept = tuple(m for m in listed if not codes or m.code.startswith(codes))
    return Place(project=project(), site=of or site(), measurands=kept, zone=ZONE)


def overview(
    search: str = "",
    *,
    now: datetime = NOW,
    hidden: dict[str, tuple[datetime, datetime]] | None = None,
    planned: bool = True,
    at: Place | None = None,
    waits: bool = True,
    opening: bool = True,
) -> Overview:
    """Return what the page gathers at `now`; `hidden` values are missing, `planned` stores one recommendation."""
    clock = FakeClock(now)
    measurements, store = CampusMeasurements(clock), FakeStore(clock)
    measurements.hidden = hidden or {}
    if planned:
        kept: Recommendation = store.recommendations.add(plan(), by="planner@example.org")
        assert kept.number == 1
    where = at or place()
    view = view_of(where, search, clock)
    signed_in = session("u1", project())
    if not waits:
        clock.advance(timedelta(hours=1))
    return load_overview(
        signed_in,
        where,
        view,
        opening=opening,
        measurements=measurements,
        recommendations=store.recommendations,
        kept=Kept(clock, YIELDS_FOR),
    )

"""Gather what the overview of a project shows: the view, the measurements for it, forecasts, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pandas as pd

from dash_app.domain.errors import NotFound
from dash_app.domain.frames import Band
from dash_app.domain.kpi import Kpis, LoadSources, kpis_of, load_sources
from dash_app.domain.measurement import Window, power_frame, total_of
from dash_app.domain.now import NowBalance, now_balance
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.project import Project
from dash_app.domain.recommendation import Payload, Recommendation
from dash_app.domain.site import Measurand, Quantity, Site
from dash_app.domain.time import Clock, local_midnight
from dash_app.domain.view import View, parse_view

DRAWN = (Quantity.PV_KW, Quantity.LOAD_KW)
BALANCED = (*DRAWN, Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)
Values = TypeVar("Values", pd.Series, pd.DataFrame)
PREFETCHED = timedelta(hours=48)
"""What the measurements keep whole for each project: asking for parts of it would fetch them once more."""
BALANCE_UP_TO = timedelta(days=31, hours=1)
"""The balance needs the battery's fine-grained series: for longer ranges only what the charts draw is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project as the overview knows it before any measurement."""

    project: Project
    site: Site | None
    measurands: tuple[Measurand, ...]
    zone: ZoneInfo

    @property
    def title(self) -> str:
        """The name for people."""
        return self.site.name if self.site else self.project.name

    @property
    def simulated(self) -> bool:
        """Whether the battery's numbers come from a simulation."""
        of_site = self.site is not None and self.site.battery is not None and self.site.battery.simulated
        return of_site or any(m.simulated for m in self.measurands)

    def of(self, quantity: Quantity) -> tuple[Measurand, ...]:
        """Return the measurands of a quantity on the site's connection."""
        return tuple(m for m in self.measurands if m.quantity is quantity and m.on_connection)

    def native(self, *quantities: Quantity) -> timedelta:
        """Return the finest step of these quantities; an hour where nothing is measured."""
        steps = [m.resolution for quantity in quantities for m in self.of(quantity)]
        return min(steps, default=timedelta(hours=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Everything of one drawing of the overview page. Powers in kW, at native resolution, within the view."""

    place: Place
    view: View
    window: Window
    recommendations: tuple[Recommendation, ...]

    def total(self, quantity: Quantity) -> pd.Series:
        """Return the sum over the parts of a quantity at its native resolution."""
        total = total_of(self.window, self.place.measurands, quantity, self.place.native(quantity))
        return self._within(total)

    def part(self, measurand: Measurand) -> pd.Series:
        """Return one measurand at its native resolution."""
        total = total_of(self.window, (measurand,), measurand.quantity, measurand.resolution)
        return self._within(total)

    def kpis(self, quantity: Quantity) -> Kpis:
        """Return the key figures of a quantity over the view."""
        return kpis_of(self.total(quantity), self.place.native(quantity), self.view.until, self.view.zone)

    def part_kpis(self, measurand: Measurand) -> Kpis:
        """Return the key figures of one measurand: of today where the view holds it, else over the view."""
        part = self.part(measurand)
        if self.view.holds_today:
            part = part.loc[part.index >= local_midnight(self.view.today, self.view.zone)]
        return kpis_of(part, measurand.resolution, self.view.until, self.view.zone)

    def sources(self) -> LoadSources | None:
        """Return where the load's energy came from; None without a load or for ranges without the battery."""
        if not self.place.of(Quantity.LOAD_KW) or not _has_balance(self.view):
            return None
        step = self.place.native(*DRAWN)
        balance = self._within(power_frame(self.window, self.place.measurands, step))
        return load_sources(balance.loc[balance.index <= self.view.until - step], step)

    def forecast(self, quantity: Quantity) -> pd.DataFrame | None:
        """Return the newest forecast of each moment with the columns of frames.Band that are there, or None."""
        name = {Quantity.PV_KW: "pv", Quantity.LOAD_KW: "load"}[quantity]
        known = pd.DataFrame()
        for recommendation in self.recommendations:
            known = known.combine_first(forecast_of(recommendation.payload, name))
        inside = known[(known.index >= self.view.start) & (known.index < self.view.end)] if len(known) else known
        return None if inside.empty else inside

    def _within(self, values: Values) -> Values:
        return values.loc[(values.index >= self.view.start) & (values.index < self.view.end)]


def find_place(session: Session, pathname: str, *, measurements: Measurements, sites: Sites) -> Place:
    """Return the project that a page's address names; raise NotFound unless it is this person's."""
    parts = pathname.split("/")
    project = session.project(unquote(parts[2])) if len(parts) > 2 else None
    if project is None:
        raise NotFound("There is no such project.")
    site = sites.site_of(project.project_id)
    zone = site.timezone if site else ZoneInfo("UTC")
    return Place(project=project, site=site, measurands=measurements.measurands(session, project), zone=zone)


def view_of(place: Place, search: str | None, clock: Clock) -> View:
    """Return the view that the address asks for at this place."""
    return parse_view(search or "", now=clock(), zone=place.zone, native=place.native(*DRAWN))


def load_measured(session: Session, place: Place, view: View, *, opening: bool, measurements: Measurements) -> Window:
    """Load what the overview draws; `opening` is the first drawing of a page, which is counted and prefetches."""
    window = measurements.open_project(session, place.project) if opening else None
    if window is not None and window.start <= view.start:
        return window
    if view.now - view.start <= PREFETCHED:
        return measurements.load_window(session, place.project, view.start, view.until)
    wanted = BALANCED if _has_balance(view) else DRAWN
    ids = [m.measurand_id for quantity in wanted for m in place.of(quantity)]
    return measurements.load_window(session, place.project, view.start, view.until, ids)


def overview_of(place: Place, view: View, window: Window, *, recommendations: Recommendations) -> Overview:
    """Put the measurements together with the newest plans of a site that has something to plan for."""
    controllable = place.site is not None and place.site.controllable
    newest = recommendations.newest(place.project.project_id) if controllable else ()
    return Overview(place=place, view=view, window=window, recommendations=newest)


def balance_now(session: Session, place: Place, *, measurements: Measurements, clock: Clock) -> NowBalance:
    """Return what comes in and goes out at this moment."""
    return now_balance(measurements.live(session, place.project), place.measurands, clock())


def forecast_of(payload: Payload, name: str) -> pd.DataFrame:
    """Return the forecast of `name` (pv or load) that a plan was made with, on its own steps."""
    columns = {Band.P50: f"{name}_kw", Band.P10: f"{name}_p10", Band.P90: f"{name}_p90"}
    starts = [pd.Timestamp(step.start.astimezone(UTC)) for step in payload.steps]
    index = pd.DatetimeIndex(starts, tz="UTC", name="time")
    there = {
        band: payload.plan[column]
        for band, column in columns.items()
        if len(payload.plan.get(column, ())) == len(index)
    }
    return pd.DataFrame(there, index=index) if Band.P50 in there else pd.DataFrame()


def _has_balance(view: View) -> bool:
    return view.end - view.start <= BALANCE_UP_TO

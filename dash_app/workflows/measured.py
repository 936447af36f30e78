"""What every page over a range starts from: the project, the view that its address asks for, the measurements in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pandas as pd

from dash_app.domain.address import parse_view
from dash_app.domain.errors import NotFound
from dash_app.domain.kpi import Kpis, kpis_of
from dash_app.domain.measurement import Window, power_frame, total_of
from dash_app.domain.ports import Measurements, Session, Sites
from dash_app.domain.project import Project
from dash_app.domain.site import Measurand, Quantity, Site
from dash_app.domain.time import Clock
from dash_app.domain.view import View

BALANCED = (Quantity.PV_KW, Quantity.LOAD_KW, Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)
Values = TypeVar("Values", pd.Series, pd.DataFrame)
PREFETCHED = timedelta(hours=48)
"""What the measurements keep whole for each project: asking for parts of it would fetch them once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A project as pages know it before any measurement."""

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

    def of(self, *quantities: Quantity) -> tuple[Measurand, ...]:
        """Return the measurands of these quantities on the site's connection."""
        return tuple(
            m for quantity in quantities for m in self.measurands if m.quantity is quantity and m.on_connection
        )

    def _all(self, quantity: Quantity) -> tuple[Measurand, ...]:
        return tuple(m for m in self.measurands if m.quantity is quantity)

    def native(self, *quantities: Quantity) -> timedelta:
        """Return the finest step of these quantities; an hour where nothing is measured."""
        return min((m.resolution for m in self.of(*quantities)), default=timedelta(hours=1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """The measurements of a view at native resolution, powers in kW, without what lies outside of the view."""

    place: Place
    view: View
    window: Window

    def total(self, quantity: Quantity) -> pd.Series:
        """Return the sum over the parts of a quantity at its native resolution."""
        return self.within(total_of(self.window, self.place.measurands, quantity, self.place.native(quantity)))

    def part(self, measurand: Measurand) -> pd.Series:
        """Return one measurand at its native resolution; empty where nothing of it is known."""
        return self.within(total_of(self.window, (measurand,), measurand.quantity, measurand.resolution))

    def kpis(self, quantity: Quantity) -> Kpis:
        """Return the key figures of a quantity over the view."""
        return kpis_of(self.total(quantity), self.place.native(quantity), self.view.until, self.view.zone)

    def balance(self) -> pd.DataFrame:
        """Return the site balance (frames.Power) over the steps that are over, as means over `balance_step`."""
        balance = self.within(power_frame(self.window, self.place.measurands, self.balance_step))
        return balance.loc[balance.index <= self.view.until - self.balance_step]

    @property
    def balance_step(self) -> timedelta:
        """The step of the balance: the native one of PV and load."""
        return self.place.native(Quantity.PV_KW, Quantity.LOAD_KW)

    def within(self, values: Values) -> Values:
        """Return the part of a series or frame (UTC index) that lies inside the view."""
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
    native = place.native(Quantity.PV_KW, Quantity.LOAD_KW)
    return parse_view(search or "", now=clock(), zone=place.zone, native=native)


def load_window(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    wanted: Iterable[Measurand] | None = None,
) -> Window:
    """Load the measurements of a view; of `wanted` only, where the 48 h that are kept anyway do not hold the view.

    `opening` is the first drawing of a page, which is counted and prefetches.
    """
    everything = wanted is None or view.now - view.start <= PREFETCHED
    ids = None if wanted is None or everything else [m.measurand_id for m in wanted]
    load = measurements.open_project if opening else measurements.load_window
    until = max(view.until, view.start + view.native)
    return load(session, place.project, view.start, until, ids)


def load_measured(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    wanted: Iterable[Measurand] | None = None,
) -> Measured:
    """Load what a page over a range shows (see `load_window`)."""
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    return Measured(place=place, view=view, window=window)

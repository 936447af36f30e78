"""A site's meters written down by hand: a few steps of each, and the window that holds them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dash_app.domain.flow_parts import FlowParts, flow_parts
from dash_app.domain.measurement import Published, Window
from dash_app.domain.ports import Session
from dash_app.domain.project import Project, ProjectType
from dash_app.domain.site import GridConnection, Measurand, Quantity, Site, TariffPart
from dash_app.domain.time import Clock
from dash_app.workflows.flows import FlowsData, load_flows
from dash_app.workflows.measured import Place, view_of
from tests.fakes.api import session
from tests.fakes.campus import CampusMeasurements
from tests.fakes.clock import FakeClock

START = datetime(2020, 9, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUANTITIES = {
    "pv": Quantity.PV_KW,
    "load": Quantity.LOAD_KW,
    "charge": Quantity.CHARGE_KW,
    "discharge": Quantity.DISCHARGE_KW,
    "import": Quantity.IMPORT_KW,
    "export": Quantity.EXPORT_KW,
    "sub": Quantity.OTHER_KW,
}


def meter(name: str, *, step: timedelta = HOUR, on_connection: bool = True, sparse: bool = False) -> Measurand:
    """Return a meter; the first word of its name says what it measures."""
    return Measurand(
        measurand_id=name,
        code=name,
        name=name.title(),
        quantity=QUANTITIES[name.split()[0]],
        resolution=step,
        on_connection=on_connection,
        sparse=sparse,
    )


def window_of(
    powers: Mapping[str, Sequence[float | None]], *, start: datetime = START, step: timedelta = HOUR
) -> tuple[Window, tuple[Measurand, ...]]:
    """Return a window with the powers (kW) of some meters, and the meters."""
    steps = max(len(values) for values in powers.values())
    index = pd.date_range(start, periods=steps, freq=step, name="time", tz="UTC")
    series = {name: pd.Series(list(values), index=index, dtype=float) for name, values in powers.items()}
    end = start + steps * step
    window = Window(start=start, end=end, series=series, fetched_at=end, data_until=end)
    return window, tuple(meter(name, step=step) for name in powers)


def parts_of(
    powers: Mapping[str, Sequence[float | None]], *, start: datetime = START, step: timedelta = HOUR
) -> FlowParts:
    """Return what flows are worked out from."""
    window, meters = window_of(powers, start=start, step=step)
    return flow_parts(window, meters, step, window.start, window.end)


class MeteredMeasurements(CampusMeasurements):
    """The port in front of one window that is there already; prices and CO2 are what they are set to."""

    def __init__(self, clock: Clock, window: Window, meters: tuple[Measurand, ...]) -> None:
        super().__init__(clock)
        self.window, self.listed = window, meters
        self.published: dict[str, Published] = {}

    def load_window(
        self,
        session: Session,
        project: Project,
        start: datetime,
        end: datetime,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        if self.fails:
            raise self.fails.pop(0)
        self.asked.append((start, end))
        wanted = {m.measurand_id for m in self.listed} if measurand_ids is None else set(measurand_ids)
        inside = {
            name: series.loc[(series.index >= start) & (series.index < end)]
            for name, series in self.window.series.items()
            if name in wanted
        }
        return replace(self.window, start=start, end=end, series=inside)

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return self.published.get("prices")

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return self.published.get("co2")


def a_site(zone: str = "UTC", *, has_co2: bool = False, tariff: TariffPart | None = None) -> Site:
    """Return a site without a battery; without a tariff given it pays the market's price and feeds in for it."""
    return Site(
        project_id="site",
        name="The site",
        timezone=ZoneInfo(zone),
        currency="EUR",
        latitude=47.7,
        longitude=9.2,
        place="Here",
        grid=GridConnection(import_limit_kw=100.0, export_limit_kw=100.0),
        tariff=(tariff or TariffPart(valid_from=date(2010, 1, 1)),),
        has_co2=has_co2,
    )


def flows_data(
    window: Window,
    meters: tuple[Measurand, ...],
    search: str,
    now: datetime,
    site: Site | None = None,
    **published: Published,
) -> FlowsData:
    """Return what the page of energy flows gathers for an address at `now`."""
    clock = FakeClock(now)
    measurements = MeteredMeasurements(clock, window, meters)
    measurements.published = published
    place_ = site or a_site()
    project = Project(
        project_id="site", name="The site", type=ProjectType.PV, measurand_ids=tuple(m.measurand_id for m in meters)
    )
    place = Place(project=project, site=place_, measurands=meters, zone=place_.timezone)
    view = view_of(place, search, clock)
    return load_flows(session("u1", project), place, view, opening=False, measurements=measurements)

"""The house in Konstanz as the raw file has it: a whole fake of the measurements, at the dates of measurement."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.ports import CacheStats, Session
from dash_app.domain.project import Project, ProjectType, Role
from dash_app.domain.site import GridConnection, Measurand, PvArray, Quantity, Site
from tests.quality_signals import column

ZONE = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
END = datetime(2016, 10, 31, 22, 12, tzinfo=UTC)
METERS: dict[str, tuple[str, Quantity, tuple[str, ...]]] = {
    "501": ("Roof array", Quantity.PV_KW, ("pv_kwh",)),
    "511": ("House", Quantity.LOAD_KW, ("grid_import_kwh", "pv_kwh", "-grid_export_kwh")),
    "524": ("Import from the grid", Quantity.IMPORT_KW, ("grid_import_kwh",)),
    "525": ("Export to the grid", Quantity.EXPORT_KW, ("grid_export_kwh",)),
    "531": ("Heat pump", Quantity.OTHER_KW, ("heat_pump_kwh",)),
    "533": ("Freezer", Quantity.OTHER_KW, ("freezer_kwh",)),
}


def measurands() -> tuple[Measurand, ...]:
    """Return what is measured."""
    return tuple(
        Measurand(measurand_id=name, code=name, name=title, quantity=quantity, resolution=HOUR)
        for name, (title, quantity, _columns) in METERS.items()
    )


def site() -> Site:
    """Return the house."""
    return Site(
        project_id="konstanz-4",
        name="Konstanz house 4",
        timezone=ZONE,
        currency="EUR",
        latitude=47.66,
        longitude=9.175,
        place="Konstanz, DE",
        grid=GridConnection(import_limit_kw=20, export_limit_kw=10),
        arrays=(PvArray(measurand_id="501", name="Roof array", kwp=10.0),),
    )


def project() -> Project:
    """Return the project of the house."""
    return Project(
        project_id="konstanz-4",
        name="Konstanz house 4",
        type=ProjectType.ABNORMAL,
        measurand_ids=tuple(METERS),
        roles=frozenset({Role.MANAGER}),
    )


class KonstanzMeasurements:
    """The port for the house; `spoilt` replaces series, `listed` what is measured, `fails` are raised once each."""

    def __init__(self) -> None:
        self.listed = measurands()
        self.spoilt: dict[str, pd.Series] = {}
        self.fails: list[Exception] = []
        self.asked: list[tuple[datetime, datetime]] = []

    def measurands(self, session: Session, project: Project) -> tuple[Measurand, ...]:
        return self.listed

    def open_project(
        self,
        session: Session,
        project: Project,
        start: datetime | None = None,
        end: datetime | None = None,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        return self.load_window(session, project, start or END - 48 * HOUR, end or END, measurand_ids)

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
        wanted = [m.measurand_id for m in self.listed if measurand_ids is None or m.measurand_id in measurand_ids]
        series = {name: self._series(name, start, end) for name in wanted}
        return Window(start=start, end=end, series=series, fetched_at=END, data_until=end)

    def live(self, session: Session, project: Project) -> tuple[LiveValue, ...]:
        return ()

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return None

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return None

    def purge_expired(self) -> int:
        return 0

    def stats(self) -> CacheStats:
        return CacheStats(openings=0, hits=0, rows=0, points_asked=0, points_needed=0)

    def _series(self, name: str, start: datetime, end: datetime) -> pd.Series:
        values = self.spoilt[name] if name in self.spoilt else column("konstanz", *METERS[name][2])
        return values[(values.index >= start) & (values.index < end)].astype(float)


def simulated(measurand: Measurand) -> Measurand:
    """Return a measurand as if it came from a simulation."""
    return replace(measurand, simulated=True)

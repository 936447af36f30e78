"""Measurements straight from shipped files at the time they were measured: two places, for figures against raw rows."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.errors import NotFound
from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.ports import CacheStats, Session
from dash_app.domain.project import Project, ProjectType
from dash_app.domain.site import GridConnection, Measurand, PvArray, Quantity, Site, TariffPart
from dash_app.domain.weather import Observed, Weather
from tests.raw import column

HOUR = timedelta(hours=1)
CAMBRIDGE_NOW = datetime(2021, 2, 10, 12, 20, tzinfo=UTC)
KONSTANZ_NOW = datetime(2016, 4, 20, 12, 20, tzinfo=UTC)
LONDON, BERLIN = ZoneInfo("Europe/London"), ZoneInfo("Europe/Berlin")


@dataclass
class FileMeasurements:
    """The Measurements port over series that are given; `fails` are raised by the next calls for prices and weather.

    The newest value is that of the step which began `lag` ago.
    """

    clock: Callable[[], datetime]
    listed: tuple[Measurand, ...]
    series: dict[str, pd.Series]
    price: Published | None = None
    carbon: Published | None = None
    observed: Observed | None = None
    fails: list[Exception] = field(default_factory=list)
    lag: timedelta = HOUR
    openings: int = 0

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
        self.openings += 1
        return self.load_window(
            session, project, start or self.clock() - timedelta(hours=48), end or self.clock(), measurand_ids
        )

    def load_window(
        self,
        session: Session,
        project: Project,
        start: datetime,
        end: datetime,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        if session.project(project.project_id) is None:
            raise NotFound(project.project_id)
        until = min(end, self.clock() - self.lag)
        known = {
            m.measurand_id: self.series[m.measurand_id].loc[start : until - timedelta(microseconds=1)]
            for m in self.listed
            if measurand_ids is None or m.measurand_id in measurand_ids
        }
        return Window(start=start, end=end, series=known, fetched_at=self.clock(), data_until=until)

    def live(self, session: Session, project: Project) -> tuple[LiveValue, ...]:
        return ()

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return self._published(self.price, start, end)

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return self._published(self.carbon, start, end)

    def weather(self, session: Session, project_id: str, start: datetime, end: datetime) -> Observed | None:
        if self.fails:
            raise self.fails.pop(0)
        if self.observed is None:
            return None
        values = self.observed.values.loc[start : min(end, self.clock()) - timedelta(microseconds=1)]
        return Observed(issued_at=self.clock(), values=values)

    def purge_expired(self) -> int:
        return 0

    def stats(self) -> CacheStats:
        return CacheStats(openings=self.openings, hits=0, rows=0, points_asked=0, points_needed=0)

    def _published(self, known: Published | None, start: datetime, end: datetime) -> Published | None:
        if self.fails:
            raise self.fails.pop(0)
        if known is None:
            return None
        values = known.values.loc[start : end - timedelta(microseconds=1)]
        return Published(issued_at=known.issued_at, values=values, unit=known.unit)


def cambridge(clock: Callable[[], datetime]) -> FileMeasurements:
    """Return building b005 with tariff, carbon intensity and Bedford's weather."""
    load, price, carbon, weather = _cambridge()
    return FileMeasurements(
        clock=clock,
        listed=(_measurand("411", "Building b005", Quantity.LOAD_KW),),
        series={"411": load},
        price=Published(issued_at=CAMBRIDGE_NOW, values=price, unit="GBP/kWh"),
        carbon=Published(issued_at=CAMBRIDGE_NOW, values=carbon, unit="kg/kWh"),
        observed=Observed(issued_at=CAMBRIDGE_NOW, values=weather),
    )


def konstanz(clock: Callable[[], datetime]) -> FileMeasurements:
    """Return the house with its array; no prices reach April 2016."""
    load, pv = _konstanz()
    listed = (_measurand("511", "House", Quantity.LOAD_KW), _measurand("501", "Roof array", Quantity.PV_KW))
    return FileMeasurements(clock=clock, listed=listed, series={"511": load, "501": pv})


def project_of(kind: ProjectType, *ids: str) -> Project:
    """Return a project of these measurands."""
    return Project(project_id="p1", name="Project p1", type=kind, measurand_ids=ids)


def cambridge_site() -> Site:
    """Return what SITES_FILE says about b005."""
    return _site("Cambridge b005", LONDON, "GBP", import_limit_kw=700, has_co2=True, has_weather=True)


def konstanz_site() -> Site:
    """Return what SITES_FILE says about the house."""
    array = PvArray(measurand_id="501", name="Roof array", kwp=10.0)
    return _site("Konstanz house 4", BERLIN, "EUR", import_limit_kw=20, arrays=(array,))


@cache
def _cambridge() -> tuple[pd.Series, pd.Series, pd.Series, pd.DataFrame]:
    index = pd.date_range("2020-10-01", "2021-03-01", freq="h", tz="UTC", inclusive="left", name="time")
    load = _on(column("uk_cambridge/uk_cam_b005", "demand_kwh"), index).replace(0.0, np.nan)
    price = _on(column("uk_cambridge/price_gb_agile_region_a", "price_gbp_per_kwh"), index)
    carbon = _on(column("uk_cambridge/co2_gb", "co2_kg_per_kwh"), index)
    names = ("temperature_c", "relative_humidity_pct", "global_irradiance_w_m2")
    raw = [_on(column("uk_cambridge/weather_bedford", name), index) for name in names]
    values = (raw[0], raw[1] / 100, raw[2].shift(-1))
    return load, price, carbon, pd.DataFrame(dict(zip((c.value for c in Weather), values, strict=True)))


@cache
def _konstanz() -> tuple[pd.Series, pd.Series]:
    index = pd.date_range("2016-01-01", "2016-05-01", freq="h", tz="UTC", inclusive="left", name="time")
    names = ("grid_import_kwh", "grid_export_kwh", "pv_kwh")
    brought, sent, pv = (_on(column("derived/de_kn_res4_interval_energy", name), index) for name in names)
    load = brought + pv - sent
    return load.where(load >= 0), pv


def _on(known: dict[datetime, tuple[float, ...]], index: pd.DatetimeIndex) -> pd.Series:
    return pd.Series({moment: values[0] for moment, values in known.items()}).reindex(index)


def _measurand(measurand_id: str, name: str, quantity: Quantity) -> Measurand:
    return Measurand(measurand_id=measurand_id, code=name, name=name, quantity=quantity, resolution=HOUR)


def _site(
    name: str,
    zone: ZoneInfo,
    currency: str,
    *,
    import_limit_kw: float,
    arrays: tuple[PvArray, ...] = (),
    has_co2: bool = False,
    has_weather: bool = False,
) -> Site:
    return Site(
        project_id="p1",
        name=name,
        timezone=zone,
        currency=currency,
        latitude=50.0,
        longitude=5.0,
        place=name,
        grid=GridConnection(import_limit_kw=import_limit_kw, export_limit_kw=10),
        tariff=(TariffPart(valid_from=date(2016, 1, 1), fees_per_kwh=0.02, export_per_kwh=0.05),),
        arrays=arrays,
        has_co2=has_co2,
        has_weather=has_weather,
    )

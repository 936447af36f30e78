"""A campus with six arrays, two meters and a simulated battery; its days look like days, its clock stands at 13:30."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.ports import CacheStats, Session
from dash_app.domain.project import Project, ProjectType, Role
from dash_app.domain.recommendation import Payload
from dash_app.domain.schedule import Intent, Money, Step
from dash_app.domain.site import Battery, GridConnection, Measurand, PvArray, Quantity, Site
from dash_app.domain.time import Clock
from dash_app.domain.weather import Observed
from tests.fakes.payloads import a_payload

ZONE = ZoneInfo("Australia/Melbourne")
NOW = datetime(2020, 9, 28, 3, 30, 12, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
MINUTE = timedelta(minutes=1)
ARRAYS_KWP = (45.0, 13.5, 12.4, 11.3, 7.4, 38.9)
FORECAST_FROM = datetime(2020, 9, 27, 14, tzinfo=UTC)


def measurands() -> tuple[Measurand, ...]:
    """Return what the API lists for the campus."""
    arrays = [
        _measurand(f"10{place}", f"pv_production_{place - 1}", f"Array {place}", Quantity.PV_KW)
        for place in range(1, 7)
    ]
    meters = [_measurand(f"20{place}", f"e_demand_{place}", f"Building {place}", Quantity.LOAD_KW) for place in (1, 6)]
    battery = [
        _measurand("301", "P_ESS_charge", "Battery charging", Quantity.CHARGE_KW, MINUTE),
        _measurand("302", "P_ESS_discharge", "Battery discharging", Quantity.DISCHARGE_KW, MINUTE),
        _measurand("304", "P_PEG_import", "Import", Quantity.IMPORT_KW, MINUTE),
        _measurand("305", "P_PEG_export", "Export", Quantity.EXPORT_KW, MINUTE),
    ]
    return (*arrays, *meters, *(replace(m, simulated=m.measurand_id in {"301", "302"}) for m in battery))


def site() -> Site:
    """Return the campus as SITES_FILE says it."""
    battery = Battery(
        battery_id="ess1",
        name="Battery 1",
        device_id="monash-ess1",
        capacity_kwh=150,
        charge_kw=75,
        discharge_kw=75,
        charge_efficiency=0.922,
        discharge_efficiency=0.922,
        soc_min=0.1,
        soc_max=0.95,
        simulated=True,
    )
    arrays = tuple(
        PvArray(measurand_id=f"10{place}", name=f"Array {place}", kwp=kwp) for place, kwp in enumerate(ARRAYS_KWP, 1)
    )
    return Site(
        project_id="monash",
        name="Monash campus",
        timezone=ZONE,
        currency="AUD",
        latitude=-37.9,
        longitude=145.1,
        place="Clayton, AU",
        grid=GridConnection(import_limit_kw=300, export_limit_kw=150),
        battery=battery,
        arrays=arrays,
    )


def project(role: Role = Role.MANAGER) -> Project:
    """Return the campus as the sign-in answer lists it."""
    return Project(
        project_id="monash",
        name="Monash campus",
        type=ProjectType.PV,
        measurand_ids=tuple(m.measurand_id for m in measurands()),
        roles=frozenset({role}),
    )


def series_of(m: Measurand, start: datetime, end: datetime, now: datetime = NOW) -> pd.Series:
    """Return complete steps of one measurand between `start` and `end`, none of them later than `now`."""
    index = pd.date_range(
        pd.Timestamp(start).ceil(pd.Timedelta(m.resolution)), min(end, now), freq=m.resolution, name="time"
    )
    index = index[index + m.resolution <= pd.Timestamp(min(end, now))]
    return pd.Series(_values(m, index), index=index, dtype=float)


def live(now: datetime = NOW) -> tuple[LiveValue, ...]:
    """Return the newest values: In is Out but for the rounding of one meter."""
    known = {f"10{place}": kwp for place, kwp in enumerate((41.3, 12.3, 11.4, 10.4, 6.8, 35.7), 1)}
    known |= {"201": 31.0, "206": 17.4, "301": 9.6, "302": 0.0, "304": 0.0, "305": 59.9}
    return tuple(
        LiveValue(measurand_id=name, at=now - timedelta(seconds=12), value=value) for name, value in known.items()
    )


class CampusMeasurements:
    """The port for the campus: `fails` are raised by the next calls, `hidden` measurand ids have no values."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.listed = measurands()
        self.fails: list[Exception] = []
        self.hidden: dict[str, tuple[datetime, datetime]] = {}
        self.saved_at: datetime | None = None
        self.dropped = 0
        self.openings = 0
        self.asked: list[tuple[datetime, datetime]] = []

    def measurands(self, session: Session, project: Project) -> tuple[Measurand, ...]:
        return tuple(m for m in self.listed if m.measurand_id in project.measurand_ids)

    def open_project(
        self,
        session: Session,
        project: Project,
        start: datetime | None = None,
        end: datetime | None = None,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        self.openings += 1
        start, end = start or self.clock() - timedelta(hours=48), end or self.clock()
        return self.load_window(session, project, start, end, measurand_ids)

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
        wanted = [
            m for m in self.measurands(session, project) if measurand_ids is None or m.measurand_id in measurand_ids
        ]
        series = {m.measurand_id: self._series(m, start, end) for m in wanted}
        return Window(
            start=start,
            end=end,
            series=series,
            fetched_at=self.saved_at or self.clock(),
            data_until=self.clock(),
            saved=self.saved_at is not None,
            dropped=self.dropped,
        )

    def live(self, session: Session, project: Project) -> tuple[LiveValue, ...]:
        if self.fails:
            raise self.fails[0]
        known = {m.measurand_id for m in self.measurands(session, project)}
        return tuple(value for value in live(self.clock()) if value.measurand_id in known)

    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return None

    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None:
        return None

    def weather(self, session: Session, project_id: str, start: datetime, end: datetime) -> Observed | None:
        return None

    def purge_expired(self) -> int:
        return 0

    def stats(self) -> CacheStats:
        return CacheStats(openings=self.openings, hits=0, rows=0, points_asked=0, points_needed=0)

    def _series(self, m: Measurand, start: datetime, end: datetime) -> pd.Series:
        series = series_of(m, start, end, self.clock())
        if m.measurand_id in self.hidden:
            first, last = self.hidden[m.measurand_id]
            series[(series.index >= first) & (series.index < last)] = np.nan
        return series


def plan(issued_at: datetime = FORECAST_FROM, hours: int = 48) -> Payload:
    """Return a plan with forecasts of PV and load and their bands."""
    starts = [issued_at + place * QUARTER for place in range(hours * 4)]
    index = pd.DatetimeIndex(starts)
    pv = sum(_sun(index) * kwp for kwp in ARRAYS_KWP) * 0.7
    load = _demand(index)
    battery = np.where(_hour(index) < 15, np.where(_hour(index) > 10, -30.0, 0.0), np.where(_hour(index) > 18, 25.0, 0))
    grid = load - pv - battery
    soc = np.clip(0.4 + np.cumsum(-battery) * 0.25 / 150 % 0.5, 0.1, 0.95)
    steps = tuple(
        Step(
            start=moment, end=moment + QUARTER, intent=Intent.FOLLOW, target_kw=float(grid[at]),
            battery_kw=float(battery[at]), grid_kw=float(grid[at]), power_min_kw=-75.0, power_max_kw=75.0,
            soc_min=0.1, soc_max=0.95, soc_end=float(soc[at]),
        )
        for at, moment in enumerate(starts)
    )  # fmt: skip
    columns = {
        "pv_kw": pv, "pv_p10": 0.55 * pv, "pv_p90": 1.25 * pv, "load_kw": load, "load_p10": load - 4.0,
        "load_p90": load + 4.0, "import_kw": np.maximum(grid, 0), "export_kw": np.maximum(-grid, 0),
        "charge_kw": np.maximum(-battery, 0), "discharge_kw": np.maximum(battery, 0), "curtailed_kw": 0 * pv,
        "stored_kwh": 150 * soc, "import_per_kwh": 0.15 + 0.1 * (_hour(index) > 17), "export_per_kwh": 0 * pv + 0.05,
        "co2_kg_per_kwh": 0 * pv,
    }  # fmt: skip
    money = Money(cost=101.03, co2_kg=None, import_kwh=800, export_kwh=100, peak_import_kw=90, cycles=0.9)
    return a_payload(
        steps=steps,
        plan={name: [round(float(value), 3) for value in values] for name, values in columns.items()},
        computed_at=issued_at,
        expires_at=NOW + timedelta(minutes=12),
        expected=money,
        without_battery=replace(money, cost=135.95),
        self_consumption=replace(money, cost=108.20),
    )


def _measurand(name: str, code: str, title: str, quantity: Quantity, step: timedelta = QUARTER) -> Measurand:
    return Measurand(measurand_id=name, code=code, name=title, quantity=quantity, resolution=step)


def _values(m: Measurand, index: pd.DatetimeIndex) -> np.ndarray:
    if m.quantity is Quantity.PV_KW:
        kwp = ARRAYS_KWP[int(m.measurand_id[-1]) - 1]
        cloud = 1.0 - 0.35 * np.abs(np.sin(index.day_of_year.to_numpy() * 7.0 + index.asi8 / 9e8 % 7.0)) * (
            _hour(index) < 13
        )
        return np.round(_sun(index) * kwp * cloud, 3)
    if m.quantity is Quantity.LOAD_KW:
        share = 0.65 if m.measurand_id == "201" else 0.35
        wave = 4.0 * np.sin(_hour(index) * 2 * np.pi) if m.measurand_id == "201" else 0.0
        return np.round(share * _demand(index) + wave, 3)
    busy = (_hour(index) > 10) & (_hour(index) < 14)
    if m.quantity is Quantity.CHARGE_KW:
        return np.where(busy, 20.0, 0.0)
    return np.where((_hour(index) > 18) & (_hour(index) < 22), 18.0, 0.0)


def _hour(index: pd.DatetimeIndex) -> np.ndarray:
    local = index.tz_convert(ZONE)
    return np.asarray(local.hour + local.minute / 60)


def _sun(index: pd.DatetimeIndex) -> np.ndarray:
    return np.clip(np.sin((_hour(index) - 6.2) / 12.2 * np.pi), 0, None) ** 1.4


def _demand(index: pd.DatetimeIndex) -> np.ndarray:
    weekday = index.tz_convert(ZONE).day_of_week < 5
    return 35.0 + np.where(weekday, 24.0 * np.exp(-(((_hour(index) - 13.5) / 4.0) ** 2)), 0.0)

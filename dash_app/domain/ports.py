"""What the use cases need from the outside world: one Protocol for each kind of I/O, and the records they exchange.

Every method raises only errors of `dash_app.domain.errors`. Implementations live in `services` and `controllers`;
whole fakes of them live in `tests/fakes`; `dash_app.wiring` is the only place that knows which is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from dash_app.domain.audit import AuditRow
from dash_app.domain.dispatch import DispatchResult, Order, Telemetry
from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.project import Person, Project
from dash_app.domain.session import ApiToken, Session, SignIn
from dash_app.domain.site import Measurand, Site
from dash_app.domain.store_ports import (
    Alarms,
    Audit,
    Forecasts,
    Heartbeat,
    Leases,
    Ledger,
    Recommendations,
    Sessions,
    States,
)
from dash_app.domain.weather import Observed

__all__ = [
    "Alarms",
    "ApiToken",
    "Audit",
    "AuditRow",
    "CacheStats",
    "DispatcherLink",
    "EnergyApi",
    "Forecasts",
    "Heartbeat",
    "Leases",
    "Ledger",
    "Measurements",
    "Plant",
    "Progress",
    "Recommendations",
    "Session",
    "Sessions",
    "SignIn",
    "Sites",
    "Spool",
    "States",
]

Progress = Callable[[float, str], None]
"""Called with the fraction done (0..1) and the key of the word that says what is being done."""


class EnergyApi(Protocol):
    """The customer's energy API over HTTP (docs/energy-api.md)."""

    def capabilities(self) -> frozenset[str]: ...
    def sign_in(self, email: str, password: str) -> SignIn: ...
    def refresh(self, token: ApiToken) -> SignIn: ...
    def change_credentials(self, token: ApiToken, person: Person, *, email: str, password: str) -> None:
        """Give the token's own account a new address and password; its name stays `person.name`."""
        ...

    def list_measurands(self, token: ApiToken, project: Project) -> tuple[Measurand, ...]: ...
    def fetch_newest(
        self, token: ApiToken, project: Project, measurands: tuple[Measurand, ...], points: int
    ) -> Window: ...
    def fetch_history(
        self, token: ApiToken, project: Project, measurands: tuple[Measurand, ...], start: datetime, end: datetime
    ) -> Window: ...
    def fetch_live(self, token: ApiToken, project: Project) -> tuple[LiveValue, ...]: ...
    def fetch_prices(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Published | None: ...
    def fetch_co2(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Published | None: ...
    def fetch_weather(self, token: ApiToken, project_id: str, start: datetime, end: datetime) -> Observed | None: ...


class CacheKind(StrEnum):
    """What is asked of the measurements."""

    FIRST_SCREEN = "first_screen"
    HISTORY = "history"
    LIVE = "live"
    PRICES = "prices"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOf:
    """How often something of a kind was asked for, and how often the cache could answer alone."""

    kind: CacheKind
    asked: int
    hits: int

    @property
    def hit_rate(self) -> float | None:
        """Hits per question, or None before the first one."""
        return self.hits / self.asked if self.asked else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """Page openings since the start of the process' cache, and how many needed no upstream call; the same by kind."""

    openings: int
    hits: int
    rows: int
    points_asked: int
    points_needed: int
    kinds: tuple[AskedOf, ...] = ()

    @property
    def hit_rate(self) -> float | None:
        """Hits per opening, or None before the first opening."""
        return self.hits / self.openings if self.openings else None


class Measurements(Protocol):
    """Measurements through the cache: per user and project, with the 48 h prefetch (energy-api.md, section 4)."""

    def measurands(self, session: Session, project: Project) -> tuple[Measurand, ...]: ...
    def open_project(
        self,
        session: Session,
        project: Project,
        start: datetime | None = None,
        end: datetime | None = None,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        """Return the last 48 h, cached or prefetched, or another window as `load_window`; counts one page opening."""
        ...

    def load_window(
        self,
        session: Session,
        project: Project,
        start: datetime,
        end: datetime,
        measurand_ids: Collection[str] | None = None,
    ) -> Window:
        """Return what is known between `start` and `end`; of `measurand_ids` only, where they are named."""
        ...

    def live(self, session: Session, project: Project) -> tuple[LiveValue, ...]: ...
    def prices(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None: ...
    def co2(self, session: Session, project_id: str, start: datetime, end: datetime) -> Published | None: ...
    def weather(self, session: Session, project_id: str, start: datetime, end: datetime) -> Observed | None: ...
    def purge_expired(self) -> int: ...
    def stats(self) -> CacheStats: ...


class Sites(Protocol):
    """What SITES_FILE says."""

    def site_of(self, project_id: str) -> Site | None: ...
    def all_sites(self) -> tuple[Site, ...]: ...


class Plant(Protocol):
    """One controllable device with the meters around it."""

    device_id: str
    project_id: str
    refresh_s: float
    tolerance_kw: float
    settle_s: float
    deadband_kw: float

    def read(self) -> Telemetry:
        """Return what the plant reports now; unknown stays None. Checks the identity on every new connection."""
        ...

    def hold(self, order: Order, setpoint_kw: float) -> DispatchResult:
        """Arm the watchdog, write `setpoint_kw` (discharge positive), read it back.

        Return ReadBack, Unverified, Refused or Unreachable, never Followed: only telemetry can show that.
        A set-point outside the order's band or the device's limits is Refused before anything is sent.
        """
        ...

    def keep_alive(self) -> None:
        """Refresh the watchdog without changing the set-point."""
        ...

    def release(self) -> None:
        """Return the device to its own safe mode. Always allowed; needs no store."""
        ...

    def close(self) -> None: ...


class DispatcherLink(Protocol):
    """The way to the running dispatcher that does not need the store (a Unix socket)."""

    def release(self, project_id: str, who: str) -> bool:
        """Ask the dispatcher to release the project's devices now; return whether it confirmed."""
        ...


class Spool(Protocol):
    """The local, append-only record of what the dispatcher did while the store was away."""

    def append(self, record: dict[str, str]) -> None: ...
    def records(self) -> tuple[dict[str, str], ...]: ...

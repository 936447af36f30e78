"""What the use cases need from the outside world: one Protocol for each kind of I/O, and the records they exchange.

Every method raises only errors of `dash_app.domain.errors`. Implementations live in `services` and `controllers`;
whole fakes of them live in `tests/fakes.py`; `dash_app.wiring` is the only place that knows which is used.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from dash_app.domain.dispatch import Alarm, DispatchResult, Lease, LedgerRow, Order, Stage, Telemetry
from dash_app.domain.measurement import LiveValue, Published, Window
from dash_app.domain.project import Person, Project
from dash_app.domain.recommendation import Payload, Recommendation, State, Transition
from dash_app.domain.site import Measurand, Site

Progress = Callable[[float, str], None]
"""Called with the fraction done (0..1) and the key of the word that says what is being done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiToken:
    """The API's bearer token. It never reaches the browser, a log or a page."""

    access: str
    refresh: str | None
    expires_at: datetime

    def __repr__(self) -> str:
        """Return a text without the secret."""
        return f"ApiToken(expires_at={self.expires_at.isoformat()})"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The answer to a sign-in or a refresh."""

    person: Person
    projects: tuple[Project, ...]
    token: ApiToken


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Somebody signed in, as the server knows it (a person, or the service account with its own session).

    `renew_after` is set when a renewal of the token failed: do not try again before.
    """

    session_id: str = field(repr=False)
    person: Person
    projects: tuple[Project, ...]
    token: ApiToken
    opened_at: datetime
    expires_at: datetime
    renew_after: datetime | None = None

    def project(self, project_id: str) -> Project | None:
        """Return the project if this person has it, else None: a foreign project does not exist here."""
        return next((project for project in self.projects if project.project_id == project_id), None)


class EnergyApi(Protocol):
    """The customer's energy API over HTTP (docs/energy-api.md)."""

    def capabilities(self) -> frozenset[str]: ...
    def sign_in(self, email: str, password: str) -> SignIn: ...
    def refresh(self, token: ApiToken) -> SignIn: ...
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheStats:
    """Page openings since the start of the process' cache, and how many needed no upstream call."""

    openings: int
    hits: int
    rows: int
    points_asked: int
    points_needed: int

    @property
    def hit_rate(self) -> float | None:
        """Hits per opening, or None before the first opening."""
        return self.hits / self.openings if self.openings else None


class Measurements(Protocol):
    """Measurements through the cache: per user and project, with the 48 h prefetch (energy-api.md, section 4)."""

    def measurands(self, session: Session, project: Project) -> tuple[Measurand, ...]: ...
    def open_project(self, session: Session, project: Project) -> Window:
        """Return the last 48 h: cached if fresh, else prefetched; counts one page opening."""
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
    def purge_expired(self) -> int: ...
    def stats(self) -> CacheStats: ...


class Sites(Protocol):
    """What SITES_FILE says."""

    def site_of(self, project_id: str) -> Site | None: ...
    def all_sites(self) -> tuple[Site, ...]: ...


class Sessions(Protocol):
    """Server-side sessions; tokens are kept encrypted."""

    def open(self, sign_in: SignIn, lifetime: timedelta) -> Session: ...
    def get(self, session_id: str) -> Session | None:
        """Return the session, or None when it never was, was closed or has expired."""
        ...

    def renew(self, session_id: str, sign_in: SignIn) -> Session:
        """Replace person, projects and token; raise SessionEnded when the session is over."""
        ...

    def postpone(self, session_id: str, until: datetime) -> None:
        """Remember not to renew the token before `until`."""
        ...

    def only_one(self, session_id: str) -> AbstractContextManager[None]:
        """Let one thread of one process at a time renew this session's token; the others wait."""
        ...

    def close(self, session_id: str) -> None: ...


class Recommendations(Protocol):
    """Recommendations and the record of every decision on them. Every write is durable before it returns.

    Every change of state is a row of `transitions` and of the audit trail, written in the same transaction.
    Reading a payload that is not what its hash says raises PlanRejected.
    """

    def add(self, payload: Payload, *, by: str, keep: Collection[str] = ()) -> Recommendation:
        """Store a PROPOSED recommendation; older PROPOSED ones of the project, but those in `keep`, get SUPERSEDED."""
        ...

    def get(self, recommendation_id: str) -> Recommendation | None: ...
    def newest(self, project_id: str, limit: int = 10) -> tuple[Recommendation, ...]: ...
    def in_force(self, project_id: str) -> Recommendation | None:
        """Return the APPROVED or ACTIVE recommendation of the project, or None; there is never more than one."""
        ...

    def move(
        self,
        recommendation_id: str,
        *,
        version: int,
        digest: str,
        before: Collection[State],
        after: State,
        who: str,
        why: str = "",
    ) -> Recommendation:
        """Change the state by compare-and-set; raise DecisionConflict naming who moved it and when.

        Moving to APPROVED supersedes, in the same transaction, whatever else was in force on the project.
        Every move adds 1 to `version`; the first version is 1.
        """
        ...

    def expire_due(self, now: datetime) -> tuple[Recommendation, ...]:
        """Move whatever was not active by its `expires_at` to EXPIRED and return it."""
        ...

    def transitions(self, recommendation_id: str) -> tuple[Transition, ...]: ...


class Ledger(Protocol):
    """The dispatch ledger: rows are only ever added (triggers protect them)."""

    def intend(self, order: Order, lease: Lease, *, sequence: int, setpoint_kw: float) -> LedgerRow:
        """Durably record the intent before the wire; raise LeaseLost unless `lease` is the newest and still valid."""
        ...

    def append(
        self,
        order: Order,
        lease: Lease,
        *,
        sequence: int,
        stage: Stage,
        setpoint_kw: float | None = None,
        measured_kw: float | None = None,
        note: str = "",
    ) -> LedgerRow: ...
    def rows(self, project_id: str, since: datetime, limit: int = 500) -> tuple[LedgerRow, ...]: ...
    def rows_of(self, order_id: str) -> tuple[LedgerRow, ...]: ...


class Leases(Protocol):
    """One holder per kind of work, with a fencing epoch; the time is the store's."""

    def acquire(self, name: str, holder: str, ttl: timedelta) -> Lease | None:
        """Return a lease with a new epoch if nobody else holds one, the same epoch if `holder` does, else None."""
        ...

    def renew(self, lease: Lease, ttl: timedelta) -> Lease: ...
    def is_newest(self, lease: Lease) -> bool: ...
    def give_up(self, lease: Lease) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit trail; `chain` hashes it together with the line before."""

    row_id: int
    at: datetime
    who: str
    what: str
    project_id: str
    detail: str
    chain: str


class Audit(Protocol):
    """The audit trail: append only, hash-chained."""

    def append(self, *, who: str, what: str, project_id: str = "", detail: str = "") -> AuditRow: ...
    def rows(self, limit: int = 200, project_id: str | None = None) -> tuple[AuditRow, ...]: ...
    def first_broken(self) -> int | None:
        """Return the id of the first row whose chain does not hold, or None."""
        ...


class Alarms(Protocol):
    """What a person must see. Raising an open alarm again changes nothing."""

    def raise_alarm(self, project_id: str, kind: str, message: str) -> Alarm: ...
    def clear(self, project_id: str, kind: str) -> None: ...
    def open_alarms(self, project_id: str | None = None) -> tuple[Alarm, ...]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """When a process last said that it lives, and with which words."""

    name: str
    at: datetime
    detail: str


class States(Protocol):
    """Newest facts, overwritten in place: device telemetry as the dispatcher saw it, heartbeats of the processes."""

    def put_telemetry(self, telemetry: Telemetry) -> None: ...
    def telemetry(self, device_id: str) -> Telemetry | None: ...
    def beat(self, name: str, detail: str = "") -> None: ...
    def heartbeats(self) -> tuple[Heartbeat, ...]: ...


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

"""What the use cases need of the plan store: one Protocol for each kind of record. `ports` names them all.

Every method raises StoreUnavailable when a write cannot be made durable.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from dash_app.domain.audit import AuditQuery, AuditRow, ChainCheck, Head
from dash_app.domain.dispatch import Alarm, Lease, LedgerRow, Order, Stage, Telemetry
from dash_app.domain.forecasting import ForecastRecord, ModelRecord, ModelSwitch, Role
from dash_app.domain.recommendation import Payload, Recommendation, State, Transition
from dash_app.domain.session import Session, SignIn
from dash_app.domain.site import Quantity


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
    def close_others(self, user_id: str, *, but: str) -> int:
        """End every session of a person except `but`; return how many that were."""
        ...


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


class Audit(Protocol):
    """The audit trail: append only, hash-chained (`dash_app.domain.audit`)."""

    def append(
        self, *, who: str, what: str, project_id: str = "", detail: str = "", before: str = "", after: str = ""
    ) -> AuditRow: ...
    def rows(self, limit: int = 200, project_id: str | None = None) -> tuple[AuditRow, ...]: ...
    def find(
        self, query: AuditQuery, limit: int = 200, offset: int = 0, *, oldest_first: bool = False
    ) -> tuple[AuditRow, ...]:
        """Return the wanted rows, newest first unless told otherwise."""
        ...

    def count(self, query: AuditQuery) -> int: ...
    def check(self, heads: Collection[Head] = ()) -> ChainCheck:
        """Walk along the whole trail, through these heads."""
        ...

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


class Forecasts(Protocol):
    """The forecast ledger, the models and which of them forecasts: rows are only ever added (triggers protect them).

    Everything is kept for KEPT_WHOLE, the first forecast of every six hours for KEPT_THIN; `record` drops older ones.
    A forecast that was changed behind the store's back raises PlanRejected when it is read.
    """

    def record(self, records: Collection[ForecastRecord]) -> None:
        """Add forecasts in one transaction; one that is there already stays as it is."""
        ...

    def issued(
        self,
        project_id: str,
        quantity: Quantity,
        start: datetime,
        end: datetime,
        *,
        role: Role = Role.CHAMPION,
        every: timedelta = timedelta(0),
    ) -> tuple[ForecastRecord, ...]:
        """Return the forecasts issued in `start <= t < end`, oldest first; at most one, the first, in each `every`."""
        ...

    def known_at(
        self, project_id: str, quantity: Quantity, moment: datetime, *, role: Role = Role.CHAMPION
    ) -> ForecastRecord | None:
        """Return the newest forecast issued at or before `moment`, or None."""
        ...

    def add_model(self, model: ModelRecord) -> None: ...
    def models(self, project_id: str, quantity: Quantity) -> tuple[ModelRecord, ...]:
        """Return every model that was trained, oldest first."""
        ...

    def add_switch(self, switch: ModelSwitch) -> None: ...
    def switches(self, project_id: str, quantity: Quantity) -> tuple[ModelSwitch, ...]:
        """Return every change of champion, oldest first; without one the simple mix is the champion."""
        ...

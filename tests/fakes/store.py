"""The whole plan store in memory: every port of it, with the same promises as the real one.

`FakeStore(clock)` bundles them. `store.broken = True` makes every call raise StoreUnavailable, as a full disk would.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from dash_app.domain.audit import AuditQuery, AuditRow, ChainCheck, Head, chained, check_chain
from dash_app.domain.audit_dispatch import audited
from dash_app.domain.dispatch import Alarm, Lease, LedgerRow, Order, Stage, Telemetry
from dash_app.domain.errors import DecisionConflict, LeaseLost, NotFound, SessionEnded, StoreUnavailable
from dash_app.domain.forecasting import (
    DECIMALS,
    KEPT_THIN,
    KEPT_WHOLE,
    THIN_EVERY,
    ForecastRecord,
    ModelRecord,
    ModelSwitch,
    Role,
)
from dash_app.domain.jobs import SILENT_FOR, SILENT_WORDS, Job, JobState
from dash_app.domain.ports import Heartbeat, Session, SignIn
from dash_app.domain.recommendation import (
    EXPIRING,
    IN_FORCE,
    Payload,
    Recommendation,
    State,
    Transition,
    can_become,
)
from dash_app.domain.site import Quantity
from dash_app.domain.time import Clock, floor_to


class Gate:
    """One lock for everything in a fake store, and the switch that breaks it."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.broken = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        with self.lock:
            if self.broken:
                raise StoreUnavailable("The plan store is broken by a test.")
            yield


class FakeAudit:
    """Audit rows in a list."""

    def __init__(self, clock: Clock, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self.kept: list[AuditRow] = []

    def append(
        self, *, who: str, what: str, project_id: str = "", detail: str = "", before: str = "", after: str = ""
    ) -> AuditRow:
        with self._gate():
            row = AuditRow(
                row_id=len(self.kept) + 1,
                at=self._clock(),
                who=who,
                what=what,
                project_id=project_id,
                detail=detail,
                chain="",
                before=before,
                after=after,
            )
            self.kept.append(chained(self.kept[-1].chain if self.kept else "", row))
            return self.kept[-1]

    def rows(self, limit: int = 200, project_id: str | None = None) -> tuple[AuditRow, ...]:
        with self._gate():
            wanted = [row for row in reversed(self.kept) if project_id is None or row.project_id == project_id]
            return tuple(wanted[:limit])

    def find(
        self, query: AuditQuery, limit: int = 200, offset: int = 0, *, oldest_first: bool = False
    ) -> tuple[AuditRow, ...]:
        with self._gate():
            ordered = self.kept if oldest_first else reversed(self.kept)
            return tuple(row for row in ordered if self._is_wanted(row, query))[offset:][:limit]

    def count(self, query: AuditQuery) -> int:
        return len(self.find(query, limit=len(self.kept)))

    def check(self, heads: Collection[Head] = ()) -> ChainCheck:
        with self._gate():
            return check_chain(self.kept, None, heads)

    def first_broken(self) -> int | None:
        return self.check().flaw_row

    def _is_wanted(self, row: AuditRow, query: AuditQuery) -> bool:
        parts = ((query.who, row.who), (query.what, row.what))
        in_time = (query.since or row.at) <= row.at and (query.until is None or row.at < query.until)
        in_time = in_time and query.after_row < row.row_id < (query.before_row or len(self.kept) + 1)
        in_time = in_time and (not query.begins or row.what.startswith(query.begins))
        return in_time and self._is_reachable(row, query) and all(a.lower() in b.lower() for a, b in parts)

    def _is_reachable(self, row: AuditRow, query: AuditQuery) -> bool:
        if query.projects is None or row.project_id in query.projects:
            return True
        people = {one.who for one in self.kept if one.project_id in query.projects} if query.colleagues else set()
        return row.project_id == "" and row.who in {query.person, *people}


class FakeSessions:
    """Sessions in a dictionary."""

    def __init__(self, clock: Clock, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self._kept: dict[str, Session] = {}
        self._renewing = threading.RLock()
        self._opened = 0

    def open(self, sign_in: SignIn, lifetime: timedelta) -> Session:
        with self._gate():
            self._opened += 1
            session = Session(
                session_id=f"session-{self._opened}",
                person=sign_in.person,
                projects=sign_in.projects,
                token=sign_in.token,
                opened_at=self._clock(),
                expires_at=self._clock() + lifetime,
            )
            self._kept[session.session_id] = session
            return session

    def get(self, session_id: str) -> Session | None:
        with self._gate():
            session = self._kept.get(session_id)
            return session if session and session.expires_at > self._clock() else None

    def renew(self, session_id: str, sign_in: SignIn) -> Session:
        with self._gate():
            renewed = replace(
                self._running(session_id),
                person=sign_in.person,
                projects=sign_in.projects,
                token=sign_in.token,
                renew_after=None,
            )
            self._kept[session_id] = renewed
            return renewed

    def postpone(self, session_id: str, until: datetime) -> None:
        with self._gate():
            if (session := self.get(session_id)) is not None:
                self._kept[session_id] = replace(session, renew_after=until)

    @contextmanager
    def only_one(self, session_id: str) -> Iterator[None]:
        with self._renewing:
            yield

    def close(self, session_id: str) -> None:
        with self._gate():
            self._kept.pop(session_id, None)

    def close_others(self, user_id: str, *, but: str) -> int:
        with self._gate():
            others = [key for key, one in self._kept.items() if one.person.user_id == user_id and key != but]
            for key in others:
                del self._kept[key]
            return len(others)

    def _running(self, session_id: str) -> Session:
        session = self.get(session_id)
        if session is None:
            raise SessionEnded("Your session has ended. Please sign in again.")
        return session


class FakeRecommendations:
    """Recommendations in a dictionary, the record of decisions in a list."""

    def __init__(self, clock: Clock, audit: FakeAudit | None = None, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self._audit = audit or FakeAudit(clock, self._gate)
        self._kept: dict[str, Recommendation] = {}
        self._moves: list[Transition] = []

    def add(self, payload: Payload, *, by: str, keep: Collection[str] = ()) -> Recommendation:
        with self._gate():
            number = self._next_number(payload.project_id)
            for old in self._of(payload.project_id):
                if old.state is State.PROPOSED and old.recommendation_id not in keep:
                    self._put(old, State.SUPERSEDED, by, f"by R-{number}")
            new = Recommendation(
                recommendation_id=f"{payload.project_id}-{number}",
                number=number,
                version=0,
                state=State.PROPOSED,
                payload=payload,
                digest=payload.digest,
                changed_at=self._clock(),
                changed_by=by,
            )
            return self._put(new, State.PROPOSED, by, "")

    def get(self, recommendation_id: str) -> Recommendation | None:
        with self._gate():
            return self._kept.get(recommendation_id)

    def newest(self, project_id: str, limit: int = 10) -> tuple[Recommendation, ...]:
        with self._gate():
            return tuple(sorted(self._of(project_id), key=lambda one: -one.number)[:limit])

    def in_force(self, project_id: str) -> Recommendation | None:
        with self._gate():
            return next((one for one in self._of(project_id) if one.state in IN_FORCE), None)

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
        with self._gate():
            now = self._kept.get(recommendation_id)
            if now is None:
                raise NotFound(f"There is no recommendation {recommendation_id}.")
            if (now.version, now.digest) != (version, digest) or now.state not in before:
                raise now.conflict()
            if not can_become(now.state, after):
                raise now.conflict()
            if after is State.APPROVED and (old := self.in_force(now.payload.project_id)) is not None:
                self._put(old, State.SUPERSEDED, who, f"by {now.label}")
            return self._put(now, after, who, why)

    def expire_due(self, now: datetime) -> tuple[Recommendation, ...]:
        with self._gate():
            due = [one for one in self._kept.values() if one.state in EXPIRING and one.payload.expires_at <= now]
            return tuple(self._put(one, State.EXPIRED, "clock", "") for one in due)

    def transitions(self, recommendation_id: str) -> tuple[Transition, ...]:
        with self._gate():
            return tuple(row for row in self._moves if row.recommendation_id == recommendation_id)

    def _put(self, old: Recommendation, state: State, who: str, why: str) -> Recommendation:
        new = replace(old, state=state, version=old.version + 1, changed_at=self._clock(), changed_by=who)
        self._kept[new.recommendation_id] = new
        before = old.state if old.version else None
        self._moves.append(
            Transition(
                recommendation_id=new.recommendation_id,
                at=new.changed_at,
                who=who,
                before=before,
                after=state,
                why=why,
            )
        )
        detail = " ".join(part for part in (new.label, new.digest[:12], why) if part)
        self._audit.append(
            who=who,
            what=f"recommendation {state.value}",
            project_id=new.payload.project_id,
            detail=detail,
            before=before.value if before else "",
            after=state.value,
        )
        return new

    def _of(self, project_id: str) -> list[Recommendation]:
        return [one for one in self._kept.values() if one.payload.project_id == project_id]

    def _next_number(self, project_id: str) -> int:
        return max((one.number for one in self._of(project_id)), default=0) + 1


class FakeLeases:
    """Leases in a dictionary."""

    def __init__(self, clock: Clock, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self._kept: dict[str, Lease] = {}

    def acquire(self, name: str, holder: str, ttl: timedelta) -> Lease | None:
        with self._gate():
            now, old = self._clock(), self._kept.get(name)
            held = old is not None and old.expires_at > now
            if old is not None and held and old.holder != holder:
                return None
            epoch = old.epoch if old is not None and held else (old.epoch if old else 0) + 1
            self._kept[name] = Lease(name=name, holder=holder, epoch=epoch, expires_at=now + ttl)
            return self._kept[name]

    def renew(self, lease: Lease, ttl: timedelta) -> Lease:
        with self._gate():
            if not self.is_newest(lease):
                raise LeaseLost(f"{lease.holder} lost the lease {lease.name}, epoch {lease.epoch}.")
            self._kept[lease.name] = replace(lease, expires_at=self._clock() + ttl)
            return self._kept[lease.name]

    def is_newest(self, lease: Lease) -> bool:
        with self._gate():
            kept = self._kept.get(lease.name)
            same = kept is not None and (kept.holder, kept.epoch) == (lease.holder, lease.epoch)
            return kept is not None and same and kept.expires_at > self._clock()

    def give_up(self, lease: Lease) -> None:
        with self._gate():
            if self.is_newest(lease):
                self._kept[lease.name] = replace(lease, expires_at=self._clock())


class FakeLedger:
    """Ledger rows in a list. Give it the leases that `intend` asks."""

    def __init__(
        self, clock: Clock, leases: FakeLeases, gate: Gate | None = None, audit: FakeAudit | None = None
    ) -> None:
        self._clock, self._leases, self._gate = clock, leases, gate or Gate()
        self._audit = audit or FakeAudit(clock, self._gate)
        self.kept: list[LedgerRow] = []

    def intend(self, order: Order, lease: Lease, *, sequence: int, setpoint_kw: float) -> LedgerRow:
        with self._gate():
            if not self._leases.is_newest(lease):
                raise LeaseLost(f"{lease.holder} lost the lease {lease.name}, epoch {lease.epoch}.")
            return self.append(order, lease, sequence=sequence, stage=Stage.INTENDED, setpoint_kw=setpoint_kw)

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
    ) -> LedgerRow:
        with self._gate():
            row = LedgerRow(
                row_id=len(self.kept) + 1,
                at=self._clock(),
                project_id=order.project_id,
                device_id=order.device_id,
                order_id=order.order_id,
                recommendation_id=order.recommendation_id,
                slot_start=order.step.start,
                slot_end=order.step.end,
                epoch=lease.epoch,
                sequence=sequence,
                stage=stage,
                setpoint_kw=setpoint_kw,
                measured_kw=measured_kw,
                note=note,
            )
            known = {(one.order_id, one.stage) for one in self.kept}
            if (said := audited(row)) is not None and (row.order_id, stage) not in known:
                self._audit.append(**said)
            self.kept.append(row)
            return row

    def rows(self, project_id: str, since: datetime, limit: int = 500) -> tuple[LedgerRow, ...]:
        with self._gate():
            wanted = [row for row in self.kept if row.project_id == project_id and row.at >= since]
            return tuple(wanted[-limit:])

    def rows_of(self, order_id: str) -> tuple[LedgerRow, ...]:
        with self._gate():
            return tuple(row for row in self.kept if row.order_id == order_id)


class FakeAlarms:
    """Alarms in a list."""

    def __init__(self, clock: Clock, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self.kept: list[Alarm] = []

    def raise_alarm(self, project_id: str, kind: str, message: str) -> Alarm:
        with self._gate():
            is_open = (one for one in self.open_alarms(project_id) if one.kind == kind)
            if (known := next(is_open, None)) is not None:
                return known
            new = Alarm(
                alarm_id=len(self.kept) + 1, at=self._clock(), project_id=project_id, kind=kind, message=message
            )
            self.kept.append(new)
            return new

    def clear(self, project_id: str, kind: str) -> None:
        with self._gate():
            for place, one in enumerate(self.kept):
                if (one.project_id, one.kind) == (project_id, kind) and one.cleared_at is None:
                    self.kept[place] = replace(one, cleared_at=self._clock())

    def open_alarms(self, project_id: str | None = None) -> tuple[Alarm, ...]:
        with self._gate():
            still = [one for one in self.kept if one.cleared_at is None]
            return tuple(one for one in still if project_id is None or one.project_id == project_id)


class FakeStates:
    """The newest facts in two dictionaries."""

    def __init__(self, clock: Clock, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self._telemetry: dict[str, Telemetry] = {}
        self._beats: dict[str, Heartbeat] = {}

    def put_telemetry(self, telemetry: Telemetry) -> None:
        with self._gate():
            self._telemetry[telemetry.device_id] = telemetry

    def telemetry(self, device_id: str) -> Telemetry | None:
        with self._gate():
            return self._telemetry.get(device_id)

    def beat(self, name: str, detail: str = "") -> None:
        with self._gate():
            self._beats[name] = Heartbeat(name=name, at=self._clock(), detail=detail)

    def heartbeats(self) -> tuple[Heartbeat, ...]:
        with self._gate():
            return tuple(sorted(self._beats.values(), key=lambda one: one.name))


class FakeLink:
    """The way to a dispatcher that confirms, unless told not to. `asked` holds (project, who)."""

    def __init__(self, answer: bool = True, before: Callable[[], None] | None = None) -> None:
        self.answer, self._before = answer, before
        self.asked: list[tuple[str, str]] = []

    def release(self, project_id: str, who: str) -> bool:
        if self._before is not None:
            self._before()
        self.asked.append((project_id, who))
        return self.answer


class FakeJobs:
    """Jobs in a dictionary, newest last."""

    def __init__(self, clock: Clock, gate: Gate | None = None) -> None:
        self._clock, self._gate = clock, gate or Gate()
        self._jobs: dict[str, Job] = {}

    def start(self, project_id: str, who: str) -> Job:
        with self._gate():
            known = self._newest(project_id)
            if known is not None and known.state is JobState.RUNNING:
                raise DecisionConflict(f"{known.who} is computing already.", who=known.who, at=known.started_at)
            now, job_id = self._clock(), f"job-{len(self._jobs) + 1}"
            job = Job(job_id=job_id, project_id=project_id, who=who, state=JobState.RUNNING, fraction=0.0, word="",
                      started_at=now, seen_at=now)  # fmt: skip
            self._jobs[job_id] = job
            return job

    def advance(self, job_id: str, fraction: float, word: str) -> Job:
        return self._change(job_id, fraction=fraction, word=word)

    def finish(self, job_id: str, state: JobState, *, result: str = "", error: str = "") -> Job:
        return self._change(job_id, state=state, result=result, error=error)

    def request_cancel(self, job_id: str) -> None:
        with self._gate():
            if job_id in self._jobs:
                self._jobs[job_id] = replace(self._jobs[job_id], cancel_requested=True)

    def newest(self, project_id: str) -> Job | None:
        with self._gate():
            return self._newest(project_id)

    def _change(self, job_id: str, **values: object) -> Job:
        with self._gate():
            if job_id not in self._jobs:
                raise NotFound(f"There is no job {job_id}.")
            self._jobs[job_id] = replace(self._jobs[job_id], seen_at=self._clock(), **values)
            return self._jobs[job_id]

    def _newest(self, project_id: str) -> Job | None:
        known = next((job for job in reversed(self._jobs.values()) if job.project_id == project_id), None)
        if known is None or known.state is not JobState.RUNNING or self._clock() - known.seen_at <= SILENT_FOR:
            return known
        return replace(known, state=JobState.FAILED, error=SILENT_WORDS)


class FakeForecasts:
    """Forecasts, models and switches in lists."""

    def __init__(self, gate: Gate | None = None) -> None:
        self._gate = gate or Gate()
        self.kept: list[ForecastRecord] = []
        self._models: list[ModelRecord] = []
        self._switches: list[ModelSwitch] = []

    def record(self, records: Collection[ForecastRecord]) -> None:
        with self._gate():
            for new in records:
                if new.forecast_id not in {one.forecast_id for one in self.kept}:
                    parts = new.components if self._first_of_six(new) and new.components is not None else None
                    self.kept.append(
                        replace(
                            new,
                            frame=new.frame.round(DECIMALS),
                            components=None if parts is None else parts.round(DECIMALS),
                        )
                    )
            newest = max((one.issued_at for one in self.kept), default=None)
            self.kept = [one for one in self.kept if newest is None or self._still_kept(one, newest)]

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
        with self._gate():
            mine = [one for one in self._of(project_id, quantity, role) if start <= one.issued_at < end]
            if not every:
                return tuple(mine)
            first: dict[datetime, ForecastRecord] = {}
            for one in mine:
                first.setdefault(floor_to(one.issued_at, every), one)
            return tuple(first.values())

    def known_at(
        self, project_id: str, quantity: Quantity, moment: datetime, *, role: Role = Role.CHAMPION
    ) -> ForecastRecord | None:
        with self._gate():
            mine = [one for one in self._of(project_id, quantity, role) if one.issued_at <= moment]
            return mine[-1] if mine else None

    def add_model(self, model: ModelRecord) -> None:
        with self._gate():
            self._models.append(model)

    def models(self, project_id: str, quantity: Quantity) -> tuple[ModelRecord, ...]:
        with self._gate():
            mine = [one for one in self._models if (one.project_id, one.quantity) == (project_id, quantity)]
            return tuple(sorted(mine, key=lambda one: one.trained_at))

    def add_switch(self, switch: ModelSwitch) -> None:
        with self._gate():
            self._switches.append(switch)

    def switches(self, project_id: str, quantity: Quantity) -> tuple[ModelSwitch, ...]:
        with self._gate():
            return tuple(one for one in self._switches if (one.project_id, one.quantity) == (project_id, quantity))

    def _of(self, project_id: str, quantity: Quantity, role: Role) -> list[ForecastRecord]:
        mine = [one for one in self.kept if (one.project_id, one.quantity, one.role) == (project_id, quantity, role)]
        return sorted(mine, key=lambda one: one.issued_at)

    def _first_of_six(self, new: ForecastRecord) -> bool:
        mine = [one for one in self._of(new.project_id, new.quantity, new.role) if one.model_id == new.model_id]
        six = floor_to(new.issued_at, THIN_EVERY)
        return not any(six <= one.issued_at < six + THIN_EVERY and one is not new for one in mine)

    def _still_kept(self, one: ForecastRecord, newest: datetime) -> bool:
        mine = [other for other in self._of(one.project_id, one.quantity, one.role) if other.model_id == one.model_id]
        six = floor_to(one.issued_at, THIN_EVERY)
        first = one is next(other for other in mine if six <= other.issued_at < six + THIN_EVERY)
        return one.issued_at >= newest - (KEPT_THIN if first else KEPT_WHOLE)


class FakeStore:
    """Every port of the plan store behind one gate, as `services.store.open_store` bundles the real ones."""

    def __init__(self, clock: Clock) -> None:
        self._gate = Gate()
        self.audit = FakeAudit(clock, self._gate)
        self.sessions = FakeSessions(clock, self._gate)
        self.recommendations = FakeRecommendations(clock, self.audit, self._gate)
        self.leases = FakeLeases(clock, self._gate)
        self.ledger = FakeLedger(clock, self.leases, self._gate, self.audit)
        self.alarms = FakeAlarms(clock, self._gate)
        self.states = FakeStates(clock, self._gate)
        self.jobs = FakeJobs(clock, self._gate)
        self.forecasts = FakeForecasts(self._gate)

    @property
    def broken(self) -> bool:
        return self._gate.broken

    @broken.setter
    def broken(self, broken: bool) -> None:
        self._gate.broken = broken

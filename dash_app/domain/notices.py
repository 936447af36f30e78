"""Notices: what somebody should know without looking, each told once while it lasts. Pure.

What is to be told now follows from recommendations and alarms (`wanted_notices`); what was told before is in the store,
which compares the two. A notice is over when its reason is; it is told anew only when its reason comes back later than
`REOPENED_WITHIN`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from dash_app.domain.dispatch import Alarm
from dash_app.domain.errors import NotFound
from dash_app.domain.recommendation import Recommendation, State

EXPIRING_WITHIN = timedelta(minutes=10)
TOLD_AFTER_STOP = timedelta(hours=24)
REOPENED_WITHIN = timedelta(hours=1)
FIRST_RETRY, LAST_RETRY = timedelta(seconds=30), timedelta(hours=1)
GIVE_UP_AFTER = 30


class NoticeKind(StrEnum):
    """What a notice is about."""

    WAITING = "approval waiting"
    EXPIRING = "approval expiring"
    NO_PLAN = "no new plan"
    STALE = "stale data"
    DISPATCH = "dispatch failed"
    STOPPED = "stopped"
    AUDIT = "audit trail changed"


URGENT = frozenset({NoticeKind.DISPATCH, NoticeKind.STALE, NoticeKind.STOPPED, NoticeKind.AUDIT})
"""Told in quiet hours too."""
OF_ALARMS = {"plan": NoticeKind.NO_PLAN, "telemetry": NoticeKind.STALE, "audit": NoticeKind.AUDIT}
NOT_TOLD = frozenset({"cache", "plan_ended", "training", "trainer"})
"""Alarms that somebody sees on the status page, and that ask nothing of anybody."""


class Channel(StrEnum):
    """How a message leaves the house."""

    EMAIL = "email"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A reason to tell something: at most one open notice for each project, kind and key."""

    project_id: str
    kind: NoticeKind
    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is or was told. `over_at` is when its reason was gone; whoever acknowledged it takes care of it."""

    notice_id: int
    at: datetime
    project_id: str
    kind: NoticeKind
    key: str
    text: str
    over_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str = ""

    @property
    def open(self) -> bool:
        """Whether somebody still has to look."""
        return self.over_at is None and self.acknowledged_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A notice on its way to an address; `attempts` so far failed."""

    message_id: int
    channel: Channel
    address: str
    attempts: int
    notice: Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Where a notice is to be sent, and from when on."""

    channel: Channel
    address: str
    not_before: datetime


Postings = Callable[[Wanted], Sequence[Posting]]


class Notices(Protocol):
    """Notices and the messages about them. Every write is durable before it returns; raises StoreUnavailable."""

    def update(self, wanted: Collection[Wanted], postings: Postings) -> tuple[Notice, ...]:
        """Open what is wanted and not open, with its messages; end what is open and not wanted; return what is new."""
        ...

    def newest(self, project_ids: Collection[str], limit: int = 50) -> tuple[Notice, ...]: ...
    def count_open(self, project_ids: Collection[str]) -> int: ...
    def acknowledge(self, notice_id: int, who: str, project_ids: Collection[str]) -> Notice:
        """Record who takes care, once; raise NotFound unless it belongs to one of the projects."""
        ...

    def due(self, limit: int = 20) -> tuple[Message, ...]:
        """Return messages to send now; those whose notice is over or acknowledged are never sent."""
        ...

    def sent(self, message_id: int) -> None: ...
    def failed(self, message_id: int, why: str, again_at: datetime | None) -> None:
        """Record a failed attempt; None gives the message up."""
        ...


class Sender(Protocol):
    """Hands a message to somebody who delivers it; raises NotDelivered, and nothing else."""

    def send(self, message: Message) -> None: ...


class NoNotices:
    """Nothing is told: for an app without a store of notices."""

    def update(self, wanted: Collection[Wanted], postings: Postings) -> tuple[Notice, ...]:
        """Open nothing."""
        return ()

    def newest(self, project_ids: Collection[str], limit: int = 50) -> tuple[Notice, ...]:
        """Return nothing."""
        return ()

    def count_open(self, project_ids: Collection[str]) -> int:
        """Return 0."""
        return 0

    def acknowledge(self, notice_id: int, who: str, project_ids: Collection[str]) -> Notice:
        """Raise NotFound."""
        raise NotFound(f"There is no notice {notice_id}.")

    def due(self, limit: int = 20) -> tuple[Message, ...]:
        """Return nothing."""
        return ()

    def sent(self, message_id: int) -> None:
        """Do nothing."""

    def failed(self, message_id: int, why: str, again_at: datetime | None) -> None:
        """Do nothing."""


def wanted_notices(
    newest: Mapping[str, Sequence[Recommendation]], alarms: Iterable[Alarm], now: datetime
) -> tuple[Wanted, ...]:
    """Return everything that is to be told now; `newest` are the newest recommendations of each project."""
    found: list[Wanted] = []
    for project_id, plans in newest.items():
        found += _of_plans(project_id, plans, now)
    found += [
        Wanted(
            project_id=alarm.project_id,
            kind=OF_ALARMS.get(alarm.kind, NoticeKind.DISPATCH),
            key=alarm.kind,
            text=alarm.message,
        )
        for alarm in alarms
        if alarm.kind not in NOT_TOLD
    ]
    return tuple(found)


def retry_at(now: datetime, attempts: int) -> datetime | None:
    """Return when to try again after so many failed attempts: ever later, at most an hour apart; None gives up.

    >>> noon = datetime(2026, 11, 3, 12, tzinfo=UTC)
    >>> [str(retry_at(noon, attempts) - noon) for attempts in (1, 2, 3, 20)], retry_at(noon, GIVE_UP_AFTER)
    (['0:00:30', '0:01:00', '0:02:00', '1:00:00'], None)
    """
    if attempts >= GIVE_UP_AFTER:
        return None
    return now + min(FIRST_RETRY * (1 << min(attempts - 1, 10)), LAST_RETRY)


def _of_plans(project_id: str, plans: Sequence[Recommendation], now: datetime) -> list[Wanted]:
    open_states = (State.PROPOSED, State.AWAITING_SECOND)
    waiting = [plan for plan in plans if plan.state in open_states and plan.payload.expires_at > now]
    found = []
    if waiting:
        newest = max(waiting, key=lambda plan: plan.number)
        text = f"{newest.label} waits for a decision until {newest.payload.expires_at:%Y-%m-%d %H:%M} UTC."
        found.append(Wanted(project_id=project_id, kind=NoticeKind.WAITING, key="", text=text))
        if newest.payload.expires_at - now <= EXPIRING_WITHIN:
            text = f"{newest.label} expires at {newest.payload.expires_at:%H:%M} UTC; nobody has decided."
            found.append(Wanted(project_id=project_id, kind=NoticeKind.EXPIRING, key="", text=text))
    for plan in plans:
        if plan.state is State.STOPPED and now - plan.changed_at < TOLD_AFTER_STOP:
            text = f"{plan.changed_by} stopped {plan.label} at {plan.changed_at:%Y-%m-%d %H:%M} UTC."
            key = plan.recommendation_id
            found.append(Wanted(project_id=project_id, kind=NoticeKind.STOPPED, key=key, text=text))
    return found

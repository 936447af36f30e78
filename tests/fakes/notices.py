"""Notices in a list, with the promises of the real ones; senders that keep what they were given."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from dash_app.domain.errors import NotDelivered, NotFound
from dash_app.domain.notices import REOPENED_WITHIN, Message, Notice, Postings, Wanted
from dash_app.domain.time import Clock
from tests.fakes.store import FakeAudit


@dataclass
class Row:
    """A message and when it is due; None: sent or given up."""

    message: Message
    next_at: datetime | None
    error: str = ""


class FakeNotices:
    """Notices and messages in two lists."""

    def __init__(self, clock: Clock, audit: FakeAudit | None = None) -> None:
        self._clock, self._audit = clock, audit or FakeAudit(clock)
        self.kept: list[Notice] = []
        self.outbox: list[Row] = []

    def update(self, wanted: Collection[Wanted], postings: Postings) -> tuple[Notice, ...]:
        keys = {(one.project_id, one.kind, one.key) for one in wanted}
        for place, one in enumerate(self.kept):
            if one.over_at is None and (one.project_id, one.kind, one.key) not in keys:
                self.kept[place] = replace(one, over_at=self._clock())
        return tuple(new for one in wanted if (new := self._opened(one, postings)) is not None)

    def newest(self, project_ids: Collection[str], limit: int = 50) -> tuple[Notice, ...]:
        return tuple(one for one in reversed(self.kept) if one.project_id in project_ids)[:limit]

    def count_open(self, project_ids: Collection[str]) -> int:
        return sum(one.open for one in self.newest(project_ids, len(self.kept)))

    def acknowledge(self, notice_id: int, who: str, project_ids: Collection[str]) -> Notice:
        for place, one in enumerate(self.kept):
            if one.notice_id == notice_id and one.project_id in project_ids:
                if one.acknowledged_at is None:
                    one = self.kept[place] = replace(one, acknowledged_at=self._clock(), acknowledged_by=who)
                    detail = f"{one.kind.value}: {one.text}"
                    self._audit.append(who=who, what="notice acknowledged", project_id=one.project_id, detail=detail)
                return one
        raise NotFound(f"There is no notice {notice_id}.")

    def due(self, limit: int = 20) -> tuple[Message, ...]:
        now = self._clock()
        still = {one.notice_id for one in self.kept if one.open}
        rows = [row for row in self.outbox if row.next_at is not None and row.next_at <= now]
        return tuple(row.message for row in rows if row.message.notice.notice_id in still)[:limit]

    def sent(self, message_id: int) -> None:
        self.outbox[message_id - 1].next_at = None

    def failed(self, message_id: int, why: str, again_at: datetime | None) -> None:
        row = self.outbox[message_id - 1]
        row.message = replace(row.message, attempts=row.message.attempts + 1)
        row.next_at, row.error = again_at, why

    def _opened(self, wanted: Wanted, postings: Postings) -> Notice | None:
        now = self._clock()
        for place, one in reversed(list(enumerate(self.kept))):
            if (one.project_id, one.kind, one.key) == (wanted.project_id, wanted.kind, wanted.key):
                if one.over_at is None:
                    return None
                if one.over_at > now - REOPENED_WITHIN:
                    self.kept[place] = replace(one, over_at=None, text=wanted.text)
                    return None
                break
        new = Notice(notice_id=len(self.kept) + 1, at=now, project_id=wanted.project_id, kind=wanted.kind,
                     key=wanted.key, text=wanted.text)  # fmt: skip
        self.kept.append(new)
        for one in postings(wanted):
            message = Message(
                message_id=len(self.outbox) + 1, channel=one.channel, address=one.address, attempts=0, notice=new
            )
            self.outbox.append(Row(message=message, next_at=one.not_before))
        return new


class FakeSender:
    """Keeps what it was given; refuses while `fault` says why."""

    def __init__(self) -> None:
        self.given: list[Message] = []
        self.fault = ""

    def send(self, message: Message) -> None:
        if self.fault:
            raise NotDelivered(self.fault)
        self.given.append(message)

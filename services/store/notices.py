"""Notices, each open at most once, and the messages about them, which leave when they can."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from dash_app.domain.errors import NotFound
from dash_app.domain.notices import REOPENED_WITHIN, Channel, Message, Notice, NoticeKind, Postings, Wanted
from services.store.audit import append_row
from services.store.engine import Database
from services.store.tables import messages, notices

Key = tuple[str, str, str]


class SqlNotices:
    """The Notices port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(self, wanted: Collection[Wanted], postings: Postings) -> tuple[Notice, ...]:
        """Open what is wanted and not open, with its messages; end what is open and not wanted; return what is new."""
        by_key = {_key(one): one for one in wanted}
        with self._database.reading() as connection:
            lasting = {_key(one) for one in _lasting(connection)}
        if lasting == by_key.keys():
            return ()
        with self._database.writing() as connection:
            now = self._database.now(connection)
            known = {_key(one): one for one in _lasting(connection)}
            for key, notice in known.items():
                if key not in by_key:
                    _change(connection, notice.notice_id, over_at=now)
            opened = [_opened(connection, one, now, postings) for key, one in by_key.items() if key not in known]
            return tuple(one for one in opened if one is not None)

    def newest(self, project_ids: Collection[str], limit: int = 50) -> tuple[Notice, ...]:
        """Return the newest notices of these projects, newest first."""
        wanted = select(notices).where(notices.c.project_id.in_(sorted(project_ids)))
        with self._database.reading() as connection:
            found = connection.execute(wanted.order_by(notices.c.notice_id.desc()).limit(limit)).all()
        return tuple(_notice(row) for row in found)

    def count_open(self, project_ids: Collection[str]) -> int:
        """Return how many notices of these projects nobody has taken care of."""
        mine = notices.c.project_id.in_(sorted(project_ids))
        still = notices.c.over_at.is_(None) & notices.c.acknowledged_at.is_(None)
        with self._database.reading() as connection:
            return int(connection.scalar(select(func.count()).select_from(notices).where(mine & still)) or 0)

    def acknowledge(self, notice_id: int, who: str, project_ids: Collection[str]) -> Notice:
        """Record who takes care, in the audit trail too; raise NotFound unless it belongs to one of the projects."""
        with self._database.writing() as connection:
            notice = _by_id(connection, notice_id)
            if notice is None or notice.project_id not in project_ids:
                raise NotFound(f"There is no notice {notice_id}.")
            if notice.acknowledged_at is not None:
                return notice
            now = self._database.now(connection)
            _change(connection, notice_id, acknowledged_at=now, acknowledged_by=who)
            said = {"who": who, "what": "notice acknowledged", "project_id": notice.project_id}
            append_row(connection, at=now, **said, detail=f"{notice.kind.value}: {notice.text}")
            return _by_id(connection, notice_id) or notice

    def due(self, limit: int = 20) -> tuple[Message, ...]:
        """Return messages to send now; those whose notice is over or acknowledged are never sent."""
        joined = messages.join(notices, messages.c.notice_id == notices.c.notice_id)
        still = notices.c.over_at.is_(None) & notices.c.acknowledged_at.is_(None) & messages.c.sent_at.is_(None)
        with self._database.reading() as connection:
            now = self._database.now(connection)
            wanted = select(messages, *notices.c).select_from(joined).where(still, messages.c.next_at <= now)
            found = connection.execute(wanted.order_by(messages.c.message_id).limit(limit)).all()
        return tuple(_message(row) for row in found)

    def sent(self, message_id: int) -> None:
        """Record that a message was taken over by whoever delivers it."""
        with self._database.writing() as connection:
            now = self._database.now(connection)
            mine = messages.c.message_id == message_id
            connection.execute(update(messages).where(mine).values(sent_at=now, error="", next_at=None))

    def failed(self, message_id: int, why: str, again_at: datetime | None) -> None:
        """Record a failed attempt; None gives the message up."""
        values = {"attempts": messages.c.attempts + 1, "error": why[:500], "next_at": again_at}
        with self._database.writing() as connection:
            connection.execute(update(messages).where(messages.c.message_id == message_id).values(values))


def _opened(connection: Connection, wanted: Wanted, now: datetime, postings: Postings) -> Notice | None:
    """Open a notice with its messages; what was over only a moment ago goes on, and nobody is told again."""
    same = (notices.c.project_id == wanted.project_id) & (notices.c.kind == wanted.kind.value)
    lately = same & (notices.c.key == wanted.key) & (notices.c.over_at > now - REOPENED_WITHIN)
    last = connection.execute(select(notices).where(lately).order_by(notices.c.notice_id.desc()).limit(1)).first()
    if last is not None:
        _change(connection, last.notice_id, over_at=None, text=wanted.text)
        return None
    values = {"at": now, "project_id": wanted.project_id, "kind": wanted.kind.value, "key": wanted.key}
    new = insert(notices).values(**values, text=wanted.text, acknowledged_by="").returning(notices.c.notice_id)
    notice_id = int(connection.execute(new).scalar_one())
    for one in postings(wanted):
        row = {"notice_id": notice_id, "channel": one.channel.value, "address": one.address, "next_at": one.not_before}
        connection.execute(insert(messages).values(**row, attempts=0, error=""))
    return _by_id(connection, notice_id)


def _lasting(connection: Connection) -> tuple[Notice, ...]:
    return tuple(_notice(row) for row in connection.execute(select(notices).where(notices.c.over_at.is_(None))))


def _by_id(connection: Connection, notice_id: int) -> Notice | None:
    found = connection.execute(select(notices).where(notices.c.notice_id == notice_id)).first()
    return None if found is None else _notice(found)


def _change(connection: Connection, notice_id: int, **values: Any) -> None:
    connection.execute(update(notices).where(notices.c.notice_id == notice_id).values(**values))


def _key(one: Wanted | Notice) -> Key:
    return one.project_id, one.kind.value, one.key


def _notice(row: Row[Any]) -> Notice:
    told = {column.name: getattr(row, column.name) for column in notices.c}
    return Notice(**told | {"kind": NoticeKind(row.kind)})


def _message(row: Row[Any]) -> Message:
    return Message(
        message_id=row.message_id,
        channel=Channel(row.channel),
        address=row.address,
        attempts=row.attempts,
        notice=_notice(row),
    )

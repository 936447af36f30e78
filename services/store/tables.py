"""The tables of the plan store as the newest migration leaves them (a test compares the two)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

from dash_app.domain.time import check_utc


class UtcTime(TypeDecorator[datetime]):
    """An aware moment, stored in UTC; a naive one raises ValueError."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return what is stored."""
        return None if value is None else check_utc(value).replace(tzinfo=None)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        """Return what was stored, aware."""
        return None if value is None else value.replace(tzinfo=UTC)


metadata = MetaData()


def text_column(name: str, **options: Any) -> Column[str]:
    return Column(name, String, nullable=False, **options)


def time_column(name: str, **options: Any) -> Column[datetime]:
    return Column(name, UtcTime, nullable=options.pop("nullable", False), **options)


sessions = Table(
    "sessions",
    metadata,
    text_column("id_digest", primary_key=True),
    text_column("user_id", index=True),
    time_column("opened_at"),
    time_column("expires_at"),
    time_column("renew_after", nullable=True),
    Column("sealed", Text, nullable=False),
)

recommendations = Table(
    "recommendations",
    metadata,
    text_column("recommendation_id", primary_key=True),
    text_column("project_id"),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    text_column("state"),
    text_column("digest"),
    time_column("expires_at"),
    time_column("changed_at"),
    text_column("changed_by"),
    UniqueConstraint("project_id", "number", name="one_number_per_project"),
    Index("one_in_force_per_project", "project_id", unique=True, sqlite_where=text("state IN ('approved', 'active')")),
)

payloads = Table(
    "payloads",
    metadata,
    Column("recommendation_id", ForeignKey("recommendations.recommendation_id"), primary_key=True, nullable=False),
    text_column("digest"),
    Column("body", Text, nullable=False),
)

transitions = Table(
    "transitions",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("recommendation_id", ForeignKey("recommendations.recommendation_id"), nullable=False, index=True),
    time_column("at"),
    text_column("who"),
    Column("before", String, nullable=True),
    text_column("after"),
    Column("why", Text, nullable=False),
    sqlite_autoincrement=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("row_id", Integer, primary_key=True),
    time_column("at"),
    text_column("project_id"),
    text_column("device_id"),
    text_column("order_id", index=True),
    text_column("recommendation_id"),
    time_column("slot_start"),
    time_column("slot_end"),
    Column("epoch", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    text_column("stage"),
    Column("setpoint_kw", Float, nullable=True),
    Column("measured_kw", Float, nullable=True),
    Column("note", Text, nullable=False),
    Index("ledger_of_project", "project_id", "at"),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    text_column("name", primary_key=True),
    text_column("holder"),
    Column("epoch", Integer, nullable=False),
    time_column("expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("row_id", Integer, primary_key=True),
    time_column("at"),
    text_column("who"),
    text_column("what"),
    text_column("project_id", index=True),
    Column("detail", Text, nullable=False),
    text_column("chain"),
    Column("before", Text, nullable=False, server_default=""),
    Column("after", Text, nullable=False, server_default=""),
    Column("form", Integer, nullable=False, server_default="1"),
    Index("audit_of_project", "project_id", "row_id"),
    sqlite_autoincrement=True,
)

alarms = Table(
    "alarms",
    metadata,
    Column("alarm_id", Integer, primary_key=True),
    time_column("at"),
    text_column("project_id"),
    text_column("kind"),
    Column("message", Text, nullable=False),
    time_column("cleared_at", nullable=True),
    Index("one_open_alarm_of_a_kind", "project_id", "kind", unique=True, sqlite_where=text("cleared_at IS NULL")),
    sqlite_autoincrement=True,
)

telemetry = Table(
    "telemetry",
    metadata,
    text_column("device_id", primary_key=True),
    time_column("at"),
    Column("body", Text, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    text_column("name", primary_key=True),
    time_column("at"),
    Column("detail", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    text_column("job_id", primary_key=True),
    text_column("project_id"),
    text_column("who"),
    text_column("state"),
    Column("fraction", Float, nullable=False),
    text_column("word"),
    time_column("started_at"),
    time_column("seen_at"),
    text_column("result"),
    Column("error", Text, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Index("jobs_of_project", "project_id", "started_at"),
)

notices = Table(
    "notices",
    metadata,
    Column("notice_id", Integer, primary_key=True),
    time_column("at"),
    text_column("project_id"),
    text_column("kind"),
    text_column("key"),
    Column("text", Text, nullable=False),
    time_column("over_at", nullable=True),
    time_column("acknowledged_at", nullable=True),
    text_column("acknowledged_by"),
    Index("one_lasting_notice", "project_id", "kind", "key", unique=True, sqlite_where=text("over_at IS NULL")),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    Column("message_id", Integer, primary_key=True),
    Column("notice_id", ForeignKey("notices.notice_id"), nullable=False),
    text_column("channel"),
    text_column("address"),
    Column("attempts", Integer, nullable=False),
    time_column("next_at", nullable=True),
    time_column("sent_at", nullable=True),
    Column("error", Text, nullable=False),
    Index("messages_due", "next_at"),
    sqlite_autoincrement=True,
)

APPEND_ONLY = ("payloads", "transitions", "ledger", "audit")
"""Triggers refuse UPDATE and DELETE on these, and an INSERT that would replace a row."""

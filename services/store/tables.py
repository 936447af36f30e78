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


def _text(name: str, **options: Any) -> Column[str]:
    return Column(name, String, nullable=False, **options)


def _time(name: str, **options: Any) -> Column[datetime]:
    return Column(name, UtcTime, nullable=options.pop("nullable", False), **options)


sessions = Table(
    "sessions",
    metadata,
    _text("id_digest", primary_key=True),
    _text("user_id", index=True),
    _time("opened_at"),
    _time("expires_at"),
    _time("renew_after", nullable=True),
    Column("sealed", Text, nullable=False),
)

recommendations = Table(
    "recommendations",
    metadata,
    _text("recommendation_id", primary_key=True),
    _text("project_id"),
    Column("number", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    _text("state"),
    _text("digest"),
    _time("expires_at"),
    _time("changed_at"),
    _text("changed_by"),
    UniqueConstraint("project_id", "number", name="one_number_per_project"),
    Index("one_in_force_per_project", "project_id", unique=True, sqlite_where=text("state IN ('approved', 'active')")),
)

payloads = Table(
    "payloads",
    metadata,
    Column("recommendation_id", ForeignKey("recommendations.recommendation_id"), primary_key=True, nullable=False),
    _text("digest"),
    Column("body", Text, nullable=False),
)

transitions = Table(
    "transitions",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("recommendation_id", ForeignKey("recommendations.recommendation_id"), nullable=False, index=True),
    _time("at"),
    _text("who"),
    Column("before", String, nullable=True),
    _text("after"),
    Column("why", Text, nullable=False),
    sqlite_autoincrement=True,
)

ledger = Table(
    "ledger",
    metadata,
    Column("row_id", Integer, primary_key=True),
    _time("at"),
    _text("project_id"),
    _text("device_id"),
    _text("order_id", index=True),
    _text("recommendation_id"),
    _time("slot_start"),
    _time("slot_end"),
    Column("epoch", Integer, nullable=False),
    Column("sequence", Integer, nullable=False),
    _text("stage"),
    Column("setpoint_kw", Float, nullable=True),
    Column("measured_kw", Float, nullable=True),
    Column("note", Text, nullable=False),
    Index("ledger_of_project", "project_id", "at"),
    sqlite_autoincrement=True,
)

leases = Table(
    "leases",
    metadata,
    _text("name", primary_key=True),
    _text("holder"),
    Column("epoch", Integer, nullable=False),
    _time("expires_at"),
)

audit = Table(
    "audit",
    metadata,
    Column("row_id", Integer, primary_key=True),
    _time("at"),
    _text("who"),
    _text("what"),
    _text("project_id", index=True),
    Column("detail", Text, nullable=False),
    _text("chain"),
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
    _time("at"),
    _text("project_id"),
    _text("kind"),
    Column("message", Text, nullable=False),
    _time("cleared_at", nullable=True),
    Index("one_open_alarm_of_a_kind", "project_id", "kind", unique=True, sqlite_where=text("cleared_at IS NULL")),
    sqlite_autoincrement=True,
)

telemetry = Table(
    "telemetry",
    metadata,
    _text("device_id", primary_key=True),
    _time("at"),
    Column("body", Text, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    metadata,
    _text("name", primary_key=True),
    _time("at"),
    Column("detail", Text, nullable=False),
)

jobs = Table(
    "jobs",
    metadata,
    _text("job_id", primary_key=True),
    _text("project_id"),
    _text("who"),
    _text("state"),
    Column("fraction", Float, nullable=False),
    _text("word"),
    _time("started_at"),
    _time("seen_at"),
    _text("result"),
    Column("error", Text, nullable=False),
    Column("cancel_requested", Boolean, nullable=False),
    Index("jobs_of_project", "project_id", "started_at"),
)

APPEND_ONLY = ("payloads", "transitions", "ledger", "audit")
"""Triggers refuse UPDATE and DELETE on these, and an INSERT that would replace a row."""

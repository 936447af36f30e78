"""The tables of the forecast ledger as the newest migration leaves them.

Triggers refuse every change of a row, and the removal of any but a forecast that is older than it is kept.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, Table, Text, UniqueConstraint

from services.store.tables import metadata, text_column, time_column

forecasts = Table(
    "forecasts",
    metadata,
    Column("row_id", Integer, primary_key=True),
    text_column("forecast_id"),
    text_column("project_id"),
    text_column("quantity"),
    text_column("role"),
    time_column("issued_at"),
    Column("first_of_six", Boolean, nullable=False),
    text_column("model_id"),
    text_column("model_kind"),
    time_column("trained_at", nullable=True),
    text_column("inputs_digest"),
    Column("told", Text, nullable=False),
    Column("band", LargeBinary, nullable=False),
    Column("components", LargeBinary, nullable=True),
    UniqueConstraint("forecast_id", name="one_row_per_forecast"),
    Index("forecasts_of_project", "project_id", "quantity", "role", "issued_at"),
    Index("forecasts_by_age", "first_of_six", "issued_at"),
    Index("forecasts_newest", "issued_at"),
    sqlite_autoincrement=True,
)

forecast_models = Table(
    "forecast_models",
    metadata,
    text_column("model_id", primary_key=True),
    text_column("project_id"),
    text_column("quantity"),
    text_column("kind"),
    time_column("trained_at"),
    Column("days_of_history", Float, nullable=False),
    Column("error_kw", Float, nullable=True),
    Column("rival_error_kw", Float, nullable=True),
    Column("scored", Integer, nullable=False),
    Column("took_s", Float, nullable=False),
)

model_switches = Table(
    "model_switches",
    metadata,
    Column("row_id", Integer, primary_key=True),
    text_column("project_id"),
    text_column("quantity"),
    time_column("at"),
    text_column("from_model"),
    text_column("to_model"),
    text_column("reason"),
    Column("from_error_kw", Float, nullable=True),
    Column("to_error_kw", Float, nullable=True),
    Column("scored", Integer, nullable=False),
    sqlite_autoincrement=True,
)

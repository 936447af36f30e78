"""Add the forecast ledger: what was forecast, the models it was made with, and every change of champion."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

WHOLE, THIN = "-60 days", "-400 days"


def upgrade() -> None:
    _create_forecasts()
    _create_models()
    for table, key in (("forecasts", "forecast_id"), ("forecast_models", "model_id"), ("model_switches", "row_id")):
        _protect(table, key)
    _protect_from_removal()


def _protect(table: str, key: str) -> None:
    refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
    op.execute(f"CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} {refuse}")
    there = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"
    op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")


def _protect_from_removal() -> None:
    for table in ("forecast_models", "model_switches"):
        refuse = f"BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END"
        op.execute(f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} {refuse}")
    kept = f"CASE WHEN OLD.first_of_six THEN '{THIN}' ELSE '{WHOLE}' END"
    young = f"OLD.issued_at >= (SELECT datetime(max(issued_at), {kept}) FROM forecasts)"
    refuse = "BEGIN SELECT RAISE(ABORT, 'rows of forecasts are only ever added while they are young'); END"
    op.execute(f"CREATE TRIGGER forecasts_no_delete BEFORE DELETE ON forecasts WHEN {young} {refuse}")


def _create_forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("forecast_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("first_of_six", sa.Boolean(), nullable=False),
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("model_kind", sa.String(), nullable=False),
        sa.Column("trained_at", sa.DateTime(), nullable=True),
        sa.Column("inputs_digest", sa.String(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("band", sa.LargeBinary(), nullable=False),
        sa.Column("components", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("row_id"),
        sa.UniqueConstraint("forecast_id", name="one_row_per_forecast"),
        sqlite_autoincrement=True,
    )
    op.create_index("forecasts_of_project", "forecasts", ["project_id", "quantity", "role", "issued_at"], unique=False)
    op.create_index("forecasts_by_age", "forecasts", ["first_of_six", "issued_at"], unique=False)
    op.create_index("forecasts_newest", "forecasts", ["issued_at"], unique=False)


def _create_models() -> None:
    op.create_table(
        "forecast_models",
        sa.Column("model_id", sa.String(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("trained_at", sa.DateTime(), nullable=False),
        sa.Column("days_of_history", sa.Float(), nullable=False),
        sa.Column("error_kw", sa.Float(), nullable=True),
        sa.Column("rival_error_kw", sa.Float(), nullable=True),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.Column("took_s", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("model_id"),
    )
    op.create_table(
        "model_switches",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.String(), nullable=False),
        sa.Column("quantity", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("from_model", sa.String(), nullable=False),
        sa.Column("to_model", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("from_error_kw", sa.Float(), nullable=True),
        sa.Column("to_error_kw", sa.Float(), nullable=True),
        sa.Column("scored", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("row_id"),
        sqlite_autoincrement=True,
    )

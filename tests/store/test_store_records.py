"""Records stay as they were written, and whoever changes them behind our back is found out."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.domain.errors import PlanRejected
from dash_app.domain.recommendation import State
from services.store import PlanStore
from tests.fakes.payloads import a_payload, an_order


@pytest.fixture
def written(store: PlanStore) -> Path:
    """Return the file of a store with three rows in every record."""
    for _ in range(3):
        plan = store.recommendations.add(a_payload(), by="planner")
        lease = store.leases.acquire("dispatcher", "one", timedelta(minutes=1))
        assert lease is not None
        store.ledger.intend(an_order(plan), lease, sequence=1, setpoint_kw=10.0)
    return store.database.path


def outside(path: Path, *statements: str) -> None:
    """Run statements as a stranger with the file in hand would."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("payloads", "body = '{}'"),
        ("transitions", "who = 'nobody'"),
        ("ledger", "setpoint_kw = 0"),
        ("audit", "who = 'nobody'"),
    ],
)
def test_records_can_be_neither_changed_nor_removed_nor_replaced(written: Path, table: str, change: str) -> None:
    for statement in (
        f"UPDATE {table} SET {change}",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="only ever added"):
            outside(written, statement)
    with closing(sqlite3.connect(written)) as connection:
        assert connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] >= 3


@pytest.mark.parametrize("change", ["digest = ''", "project_id = 'other'", "number = 9", "expires_at = '2099-01-01'"])
def test_what_a_recommendation_is_never_changes(written: Path, change: str) -> None:
    for statement in (f"UPDATE recommendations SET {change}", "DELETE FROM recommendations"):
        with pytest.raises(sqlite3.IntegrityError, match="never changes"):
            outside(written, statement)


def test_the_file_itself_refuses_two_plans_in_force(written: Path) -> None:
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        outside(written, "UPDATE recommendations SET state = 'approved'")


def test_a_payload_that_was_changed_is_never_shown_nor_moved(store: PlanStore, written: Path) -> None:
    plan = store.recommendations.newest("monash")[0]
    outside(
        written,
        "DROP TRIGGER payloads_no_update",
        "UPDATE payloads SET body = replace(body, '\"target_kw\":10.0', '\"target_kw\":99.0')",
    )
    with pytest.raises(PlanRejected, match="R-3 of monash was changed after it was stored"):
        store.recommendations.get(plan.recommendation_id)
    with pytest.raises(PlanRejected):
        store.recommendations.move(
            plan.recommendation_id,
            version=plan.version,
            digest=plan.digest,
            before=(State.PROPOSED,),
            after=State.APPROVED,
            who="max",
        )

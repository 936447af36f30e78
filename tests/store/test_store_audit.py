"""The audit trail in the file: whoever edits, removes, inserts, swaps or cuts rows is found out."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy.exc import IntegrityError

from dash_app.domain.audit import AuditQuery, Flaw, Head
from dash_app.domain.recommendation import State
from services.store import PlanStore, open_store
from services.store.engine import Database
from services.store.migrate import SCRIPTS
from tests.fakes.payloads import a_payload, an_order
from tests.store.conftest import SECRET

UNPROTECTED = ("DROP TRIGGER audit_no_update", "DROP TRIGGER audit_no_delete", "DROP TRIGGER audit_no_replace")
COLUMNS = "at, who, what, project_id, detail, chain, before, after, form"


@pytest.fixture
def written(store: PlanStore) -> Path:
    """Return the file of a store whose trail has five rows."""
    for number in range(1, 6):
        store.audit.append(who="max", what="limit", project_id="monash", before=str(number - 1), after=str(number))
    return store.database.path


def outside(path: Path, *statements: str) -> None:
    """Run statements as a stranger with the file in hand would, who has removed the triggers first."""
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in (*UNPROTECTED, *statements):
            connection.execute(statement)


def plain_chain(before: str, row: tuple[object, ...]) -> str:
    """Return the chain of a row as the document describes it, with no code of ours."""
    row_id, at, who, what, project_id, detail, old, new = row
    said = [2, before, row_id, f"{str(at).replace(' ', 'T')}+00:00", who, what, project_id, detail, old, new]
    return hashlib.sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def test_the_chain_is_what_the_document_says(written: Path) -> None:
    with closing(sqlite3.connect(written)) as connection:
        rows = connection.execute(
            "SELECT row_id, at, who, what, project_id, detail, before, after, chain FROM audit ORDER BY row_id"
        ).fetchall()
    before = ""
    for *row, chain in rows:
        assert chain == plain_chain(before, tuple(row))
        before = chain
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("tampering", "row", "flaw"),
    [
        ("UPDATE audit SET who = 'nobody' WHERE row_id = 2", 2, Flaw.CHANGED),
        ("UPDATE audit SET at = '2020-01-01 00:00:00.000000' WHERE row_id = 1", 1, Flaw.CHANGED),
        ("UPDATE audit SET detail = 'x' WHERE row_id = 5", 5, Flaw.CHANGED),
        ("UPDATE audit SET before = '7' WHERE row_id = 4", 4, Flaw.CHANGED),
        ("UPDATE audit SET after = '7' WHERE row_id = 5", 5, Flaw.CHANGED),
        ("UPDATE audit SET form = 1 WHERE row_id = 1", 1, Flaw.CHANGED),
        ("UPDATE audit SET project_id = 'other' WHERE row_id = 3", 3, Flaw.CHANGED),
        ("DELETE FROM audit WHERE row_id = 1", 1, Flaw.MISSING),
        ("DELETE FROM audit WHERE row_id = 3", 3, Flaw.MISSING),
        ("DELETE FROM audit WHERE row_id = 5", 5, Flaw.TRUNCATED),
        ("DELETE FROM audit WHERE row_id > 2", 3, Flaw.TRUNCATED),
        ("DELETE FROM audit", 1, Flaw.TRUNCATED),
        (f"INSERT INTO audit SELECT 6, {COLUMNS} FROM audit WHERE row_id = 5", 6, Flaw.CHANGED),
        (f"INSERT INTO audit SELECT 0, {COLUMNS} FROM audit WHERE row_id = 1", 1, Flaw.MISSING),
        ("UPDATE audit SET row_id = 99 WHERE row_id = 3", 3, Flaw.MISSING),
    ],
)
def test_tampering_with_the_audit_trail_is_found(
    store: PlanStore, written: Path, tampering: str, row: int, flaw: Flaw
) -> None:
    assert store.audit.check().intact
    outside(written, tampering)
    found = store.audit.check()
    assert (found.flaw_row, found.flaw) == (row, flaw)
    assert store.audit.first_broken() == row


def test_two_rows_that_changed_places_are_found(store: PlanStore, written: Path) -> None:
    swap = ("row_id = 99 WHERE row_id = 2", "row_id = 2 WHERE row_id = 3", "row_id = 3 WHERE row_id = 99")
    outside(written, *(f"UPDATE audit SET {one}" for one in swap))
    found = store.audit.check()
    assert (found.flaw_row, found.flaw) == (2, Flaw.CHANGED)


def test_what_was_found_stays_found_when_more_is_written(store: PlanStore, written: Path) -> None:
    outside(written, "UPDATE audit SET who = 'nobody' WHERE row_id = 2")
    store.audit.append(who="max", what="signed in")
    assert store.audit.first_broken() == 2


def test_somebody_who_computes_every_hash_anew_is_found_by_an_earlier_head(store: PlanStore, written: Path) -> None:
    row = store.audit.rows(limit=2)[1]
    head = Head(row_id=row.row_id, chain=row.chain, signed_at=row.at)
    assert store.audit.check([head]).heads_met == 1
    outside(written, *forged(written))
    assert store.audit.check().intact
    found = store.audit.check([head])
    assert (found.flaw_row, found.flaw) == (4, Flaw.FORGED)


def test_a_trail_cut_together_with_its_counter_is_found_by_an_earlier_head(store: PlanStore, written: Path) -> None:
    newest = store.audit.rows()[0]
    head = Head(row_id=newest.row_id, chain=newest.chain, signed_at=newest.at)
    outside(written, "DELETE FROM audit WHERE row_id > 3", "UPDATE sqlite_sequence SET seq = 3 WHERE name = 'audit'")
    assert store.audit.check().intact
    found = store.audit.check([head])
    assert (found.flaw_row, found.flaw) == (4, Flaw.TRUNCATED)


def forged(path: Path) -> list[str]:
    """Return what makes row 2 say something else and every hash right again."""
    with closing(sqlite3.connect(path)) as connection:
        names = "row_id, at, who, what, project_id, detail, before, after"
        rows = [list(row) for row in connection.execute(f"SELECT {names} FROM audit ORDER BY row_id")]
    rows[1][2], before, changes = "nobody", "", []
    for row in rows:
        before = plain_chain(before, tuple(row))
        changes.append(f"UPDATE audit SET who = '{row[2]}', chain = '{before}' WHERE row_id = {row[0]}")
    return changes


def old_file(url: str, rows: int) -> Database:
    """Return a file as the first release wrote it."""
    database = Database(url)
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    with database.writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        before = ""
        for number in range(1, rows + 1):
            at = datetime(2026, 11, 3, 12, number, tzinfo=UTC)
            said = [before, number, at.isoformat(), "max", "signed in", "", "é"]
            before = hashlib.sha256(json.dumps(said).encode()).hexdigest()
            values = (number, at.replace(tzinfo=None).isoformat(" ") + ".000000", before)
            connection.exec_driver_sql("INSERT INTO audit VALUES (?, ?, 'max', 'signed in', '', 'é', ?)", values)
    return database


def test_rows_of_the_first_release_are_the_beginning_of_the_chain_and_it_says_so(url: str) -> None:
    old_file(url, rows=3).close()
    store = open_store(url, secret_key=SECRET)
    store.audit.append(who="max", what="signed out")
    newest, taken_over, *earlier = store.audit.rows()
    assert (taken_over.who, taken_over.what) == ("migration", "audit trail taken over")
    assert taken_over.detail == "rows 1 to 3 are of the earlier form"
    assert taken_over.before == earlier[0].chain
    assert [row.form for row in (newest, taken_over, *earlier)] == [2, 2, 1, 1, 1]
    found = store.audit.check()
    assert (found.intact, found.rows, found.earlier_form) == (True, 5, 3)
    store.close()


@pytest.mark.parametrize("change", ["detail = 'x'", "before = 'x'", "form = 2"])
def test_a_row_of_the_first_release_that_was_changed_is_found(url: str, change: str) -> None:
    old_file(url, rows=3).close()
    store = open_store(url, secret_key=SECRET)
    outside(store.database.path, f"UPDATE audit SET {change} WHERE row_id = 2")
    assert store.audit.first_broken() == 2
    store.close()


def test_a_new_file_begins_with_an_empty_trail(store: PlanStore) -> None:
    found = store.audit.check()
    assert (found.intact, found.rows, found.head) == (True, 0, "")


@pytest.mark.parametrize("part", ["%", "_", "\\"])
def test_signs_of_a_pattern_are_plain_letters_in_a_filter(store: PlanStore, part: str) -> None:
    store.audit.append(who=f"a{part}b", what="x")
    store.audit.append(who="aXb", what="x")
    assert [row.who for row in store.audit.find(AuditQuery(who=part))] == [f"a{part}b"]


def test_an_intent_that_cannot_be_audited_is_no_intent(store: PlanStore) -> None:
    plan = store.recommendations.add(a_payload(), by="planner")
    lease = store.leases.acquire("dispatcher", "one", timedelta(minutes=1))
    assert lease is not None
    no_more = "CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no room'); END"
    with closing(sqlite3.connect(store.database.path)) as connection, connection:
        connection.execute(no_more)
    order = an_order(plan)
    with pytest.raises(IntegrityError, match="no room"):
        store.ledger.intend(order, lease, sequence=1, setpoint_kw=10.0)
    assert store.ledger.rows_of(order.order_id) == ()
    with pytest.raises(IntegrityError, match="no room"):
        store.recommendations.move(
            plan.recommendation_id,
            version=plan.version,
            digest=plan.digest,
            before=(State.PROPOSED,),
            after=State.APPROVED,
            who="max",
        )
    assert store.recommendations.get(plan.recommendation_id) == plan

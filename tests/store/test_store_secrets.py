"""What lies in the file is of no use to whoever steals it."""

from __future__ import annotations

import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from dash_app.domain.ports import ApiToken
from services.store import PlanStore, open_store
from tests.fakes.people import a_sign_in
from tests.store.conftest import SECRET

HOUR = timedelta(hours=1)
CANARIES = ("canary-access-token", "canary-refresh-token")


def bytes_of(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_neither_tokens_nor_the_session_id_nor_the_key_stand_in_any_file(store: PlanStore) -> None:
    session = store.sessions.open(a_sign_in(access=CANARIES[0], refresh=CANARIES[1]), HOUR)
    renewed = store.sessions.renew(session.session_id, a_sign_in(access=CANARIES[0] + "-2", refresh=CANARIES[1]))
    with store.sessions.only_one(session.session_id):
        written = bytes_of(store.database.path.parent)
    assert renewed.token.access == CANARIES[0] + "-2"
    assert b"sessions" in written
    for secret in (*CANARIES, session.session_id, SECRET):
        assert secret.encode() not in written


def test_a_session_says_nothing_secret_about_itself(store: PlanStore) -> None:
    session = store.sessions.open(a_sign_in(access=CANARIES[0], refresh=CANARIES[1]), HOUR)
    for secret in (*CANARIES, session.session_id):
        assert secret not in repr(session)


def test_session_ids_hold_256_random_bits(store: PlanStore) -> None:
    ids = {store.sessions.open(a_sign_in(), HOUR).session_id for _ in range(50)}
    assert len(ids) == 50
    assert {len(one) for one in ids} == {43}


def test_with_another_key_a_session_is_over_and_nothing_breaks(store: PlanStore, url: str) -> None:
    session = store.sessions.open(a_sign_in(), HOUR)
    other = open_store(url, secret_key="another key of more than thirty-two characters")
    assert other.sessions.get(session.session_id) is None
    assert store.sessions.get(session.session_id) == session
    other.close()


def test_a_sealed_session_that_was_changed_is_over(store: PlanStore) -> None:
    session = store.sessions.open(a_sign_in(), HOUR)
    with closing(sqlite3.connect(store.database.path)) as connection, connection:
        other = "CASE substr(sealed, 40, 1) WHEN 'A' THEN 'B' ELSE 'A' END"
        connection.execute(f"UPDATE sessions SET sealed = substr(sealed, 1, 39) || {other} || substr(sealed, 41)")
    assert store.sessions.get(session.session_id) is None


def test_sessions_that_ended_are_removed_from_the_file(store: PlanStore) -> None:
    store.sessions.open(a_sign_in(), timedelta(0))
    store.sessions.open(a_sign_in(), HOUR)
    with closing(sqlite3.connect(store.database.path)) as connection:
        assert connection.execute("SELECT count(*) FROM sessions").fetchone() == (1,)


def test_a_token_never_shows_in_text() -> None:
    token = a_sign_in(access=CANARIES[0], refresh=CANARIES[1]).token
    assert isinstance(token, ApiToken)
    assert "canary" not in f"{token} {token!r} {a_sign_in(access=CANARIES[0])!r}"


@pytest.mark.usefixtures("store")
def test_only_this_user_can_read_the_files(store: PlanStore, tmp_path: Path) -> None:
    store.audit.append(who="max", what="signed in")
    with store.sessions.only_one("any"):
        files = [path for path in (tmp_path / "state").rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"plans.sqlite", "plans.sqlite-wal", "plans.sqlite-shm"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o700


def test_a_file_that_others_could_read_is_closed_to_them(store: PlanStore, url: str) -> None:
    store.close()
    store.database.path.chmod(0o644)
    open_store(url, secret_key=SECRET).close()
    assert stat.S_IMODE(store.database.path.stat().st_mode) == 0o600

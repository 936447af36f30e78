"""`energy-dashboard audit`: what a person reads who verifies, and what is exported, on a real store."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import structlog

from dash_app.cli import main
from dash_app.domain.audit import AuditRow, check_chain
from services.store import open_store

KEY = "a key of at least thirty-two characters"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The state of an installation whose trail has three rows."""
    folder = tmp_path / "state"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STATE_DIR", str(folder))
    monkeypatch.setenv("SECRET_KEY", "s" * 40)
    monkeypatch.setenv("AUDIT_KEY", KEY)
    folder.mkdir()
    write(folder, "one", "two", "three")
    yield folder
    structlog.reset_defaults()


def write(state: Path, *what: str) -> None:
    store = open_store(f"sqlite:///{state / 'plans.sqlite'}", secret_key="s" * 40)
    for one in what:
        store.audit.append(who="max", what=one)
    store.close()


def edit(state: Path, *statements: str) -> None:
    with closing(sqlite3.connect(state / "plans.sqlite")) as connection, connection:
        for name in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS audit_no_{name}")
        for statement in statements:
            connection.execute(statement)


def test_a_whole_trail_is_said_to_be_whole(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == "ok    3 rows, each hashed together with the one before"
    assert second.startswith("ok    head 3:")


def test_an_edited_row_is_named_and_the_command_fails(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(state, "UPDATE audit SET who = 'nobody' WHERE row_id = 2")
    assert main(["audit", "verify"]) == 1
    assert capsys.readouterr().out == "FAIL  row 2 was changed; 1 rows before it are whole\n"


def test_the_trail_is_proved_to_go_on_from_an_earlier_head(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export", "rows.jsonl"]) == 0
    short = capsys.readouterr().err.splitlines()[-1].split()[1].rstrip(",")
    (file,) = (state / "audit").iterdir()
    write(state, "four")
    for earlier in (str(file), short):
        assert main(["audit", "verify", "--from", earlier]) == 0
        assert capsys.readouterr().out.splitlines()[-1].startswith("ok    goes on from row 3, ")


def test_a_trail_cut_behind_everybodys_back_does_not_go_on(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export", "rows.jsonl"]) == 0
    (file,) = (state / "audit").iterdir()
    kept_elsewhere = file.rename(state / "kept.json")
    edit(state, "DELETE FROM audit WHERE row_id = 3", "UPDATE sqlite_sequence SET seq = 2 WHERE name = 'audit'")
    assert main(["audit", "verify"]) == 0, "nobody can see it here any more"
    capsys.readouterr()
    assert main(["audit", "verify", "--from", str(kept_elsewhere)]) == 1
    assert capsys.readouterr().out.startswith("FAIL  row 3 is missing, and so is every row after it")


def test_a_head_that_was_not_signed_so_proves_nothing(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export", "rows.jsonl"]) == 0
    (file,) = (state / "audit").iterdir()
    file.chmod(0o600)
    file.write_text(json.dumps(json.loads(file.read_text()) | {"row": 2}))
    capsys.readouterr()
    assert main(["audit", "verify", "--from", str(file)]) == 1
    assert capsys.readouterr().out == "FAIL  the head of row 2 is not what was signed\n"


def test_exported_rows_can_be_checked_without_the_store(state: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "export"]) == 0
    out = capsys.readouterr().out.splitlines()
    raw = [json.loads(line) for line in out]
    assert [row["what"] for row in raw] == ["one", "two", "three"]
    rows = [AuditRow(**row | {"at": datetime.fromisoformat(row["at"])}) for row in raw]
    assert check_chain(rows).intact


@pytest.mark.parametrize("text", ["nonsense", "3:abc", "/nowhere/head.json"])
def test_what_is_no_head_is_one_sentence(state: Path, capsys: pytest.CaptureFixture[str], text: str) -> None:
    assert main(["audit", "verify", "--from", text]) == 1
    assert capsys.readouterr().err.startswith("energy-dashboard: This is no exported head of an audit trail")


def test_a_key_too_short_to_sign_with_is_refused(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUDIT_KEY", "short")
    assert main(["audit", "verify"]) == 1
    assert "AUDIT_KEY: 5 characters are too short; 32 needed." in capsys.readouterr().err


def test_a_head_signed_with_another_key_is_told(
    state: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["audit", "export", "rows.jsonl"]) == 0
    monkeypatch.setenv("AUDIT_KEY", "another" + KEY)
    capsys.readouterr()
    assert main(["audit", "verify"]) == 0
    assert "1 exported heads were signed with another key than AUDIT_KEY is now" in capsys.readouterr().out

"""Opening the store: where it may lie, which schema it may have, and two processes that start at once."""

from __future__ import annotations

import fcntl
import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from dash_app.domain.errors import ConfigError, StoreUnavailable
from services.store import PlanStore, open_store
from services.store.disk import check_local_disk, filesystem_of
from services.store.engine import Database
from services.store.migrate import SCRIPTS, upgrade
from services.store.tables import metadata
from tests.store.conftest import SECRET, Start

LATER = '''
"""A later step."""

from alembic import op

revision = "later"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE TABLE later (one INTEGER)")
    {more}
'''

OPEN = """
import sys
from services.store import open_store
sys.stdin.readline()
open_store(sys.argv[1], secret_key="k" * 40).audit.append(who=sys.argv[2], what="started")
"""


def later_scripts(folder: Path, more: str = "") -> Path:
    """Return the migrations with one more step."""
    scripts = folder / "migrations"
    shutil.copytree(SCRIPTS, scripts)
    newest = ScriptDirectory(str(SCRIPTS)).get_current_head()
    (scripts / "versions" / "later.py").write_text(LATER.format(more=more, newest=newest))
    return scripts


def tables_of(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_the_newest_migration_leaves_the_tables_that_the_code_speaks_of(store: PlanStore) -> None:
    with store.database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_connection_is_opened_so_that_what_was_committed_stays(store: PlanStore) -> None:
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}
    with store.database.reading() as one, store.database.reading() as two:
        for connection in (one, two):
            found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in wanted}
            assert found == wanted


def test_opening_again_finds_everything_as_it_was(store: PlanStore, url: str) -> None:
    store.audit.append(who="max", what="signed in")
    again = open_store(url, secret_key=SECRET)
    assert again.audit.rows() == store.audit.rows()
    again.close()


def test_processes_that_start_at_once_take_turns(url: str, start: Start) -> None:
    names = [f"process {place}" for place in range(4)]
    processes = [start(OPEN, url, name) for name in names]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    ends = [process.communicate(timeout=30) for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, ends
    opened = open_store(url, secret_key=SECRET)
    assert sorted(row.who for row in opened.audit.rows()) == names
    opened.close()


def test_an_older_schema_is_upgraded_after_a_backup(store: PlanStore, tmp_path: Path) -> None:
    store.audit.append(who="max", what="signed in")
    upgrade(store.database, later_scripts(tmp_path))
    path = store.database.path
    (backup,) = path.parent.glob("*.backup")
    newest = ScriptDirectory(str(SCRIPTS)).get_current_head()
    assert backup.name == f"plans.sqlite.before-{newest}.backup"
    assert backup.stat().st_mode & 0o777 == 0o600
    assert "later" in tables_of(path)
    assert tables_of(backup) == tables_of(path) - {"later"}
    assert store.audit.first_broken() is None


def test_an_upgrade_that_fails_leaves_the_older_schema(store: PlanStore, tmp_path: Path) -> None:
    scripts = later_scripts(tmp_path, more='op.execute("this is not SQL")')
    before = tables_of(store.database.path)
    with pytest.raises(Exception, match="syntax error"):
        upgrade(store.database, scripts)
    assert tables_of(store.database.path) == before
    upgrade(store.database)
    store.audit.append(who="max", what="signed in")


def test_a_newer_schema_is_refused_with_one_sentence(store: PlanStore, tmp_path: Path, url: str) -> None:
    upgrade(store.database, later_scripts(tmp_path))
    with pytest.raises(ConfigError, match=r"was written by a newer version \(schema later\); start that version\."):
        open_store(url, secret_key=SECRET)


@pytest.mark.parametrize("url", ["postgresql://db/plans", "sqlite://", "sqlite:///:memory:", "mysql://db/plans"])
def test_anything_but_a_file_of_sqlite_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="only a file of SQLite"):
        Database(url)


@pytest.mark.parametrize(("magic", "name"), [(0x6969, "NFS"), (0xFF534D42, "CIFS"), (0x65735546, "FUSE")])
def test_a_network_file_system_is_refused_with_one_sentence(tmp_path: Path, magic: int, name: str) -> None:
    with pytest.raises(
        ConfigError, match=rf"is on a network file system \({name}\); the plan store needs a local disk"
    ):
        check_local_disk(tmp_path, kind_of=lambda _folder: magic)


def test_the_kind_of_a_file_system_is_what_the_kernel_says() -> None:
    assert filesystem_of(Path("/proc")) == 0x9FA0


def test_a_folder_that_cannot_be_made_is_refused_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"STATE_DIR: .*file/state cannot be used: Not a directory"):
        open_store(f"sqlite:///{tmp_path}/file/state/plans.sqlite", secret_key=SECRET)


FORK = """
import json, os, sys
from multiprocessing import get_context
from services.store import open_store

store = open_store(sys.argv[1], secret_key="k" * 40)
store.audit.append(who="parent", what="before")

def child():
    store.audit.append(who="child", what="inside")

process = get_context("fork").Process(target=child)
process.start()
process.join()
store.audit.append(who="parent", what="after")
print(json.dumps([process.exitcode, [row.what for row in store.audit.rows()], store.audit.first_broken()]))
"""


def test_a_forked_job_uses_connections_of_its_own(url: str, start: Start) -> None:
    out, err = start(FORK, url).communicate(timeout=30)
    assert json.loads(out or "null") == [0, ["after", "inside", "before"], None], err


HOLD = """
import sys
from services.store import open_store

with open_store(sys.argv[1], secret_key="k" * 40).sessions.only_one("one session"):
    print("inside", flush=True)
    sys.stdin.readline()
"""


def test_only_one_process_renews_a_session_and_a_killed_one_blocks_nobody(
    store: PlanStore, url: str, start: Start
) -> None:
    holder = start(HOLD, url)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "inside\n"
    (path,) = (store.database.path.parent / "renewals").iterdir()
    with path.open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    holder.kill()
    holder.wait(timeout=10)
    with store.sessions.only_one("one session"):
        assert list((store.database.path.parent / "renewals").iterdir()) == [path]


def test_a_session_that_cannot_be_locked_means_an_unavailable_store(store: PlanStore) -> None:
    (store.database.path.parent / "renewals").write_text("in the way")
    with pytest.raises(StoreUnavailable, match="cannot lock"), store.sessions.only_one("one session"):
        raise AssertionError("never inside")

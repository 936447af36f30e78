"""Full disks, failing disks, locks, crashes: either a decision is durable, or it did not happen."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.recommendation import Recommendation, State
from services.store import PlanStore, open_store
from tests.fakes.payloads import a_payload
from tests.store.conftest import SECRET, Start


def approved(store: PlanStore, plan: Recommendation, who: str = "max@example.org") -> Recommendation:
    return store.recommendations.move(
        plan.recommendation_id,
        version=plan.version,
        digest=plan.digest,
        before=(State.PROPOSED,),
        after=State.APPROVED,
        who=who,
    )


def test_a_locked_store_is_unavailable_within_the_time_limit_and_works_again_afterwards(store: PlanStore) -> None:
    plan = store.recommendations.add(a_payload(), by="planner")
    with closing(sqlite3.connect(store.database.path, isolation_level=None)) as backup:
        backup.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreUnavailable, match="database is locked"):
            approved(store, plan)
        assert 0.15 <= time.monotonic() - began < 5.0
        assert store.recommendations.get(plan.recommendation_id) == plan
        backup.execute("ROLLBACK")
    assert approved(store, plan).state is State.APPROVED


FAIL = """
import json, sys, signal, resource, pathlib
from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.recommendation import State
from services.store import open_store
from tests.fakes.payloads import a_payload

store = open_store(sys.argv[1], secret_key="k" * 40)
plan = store.recommendations.add(a_payload(), by="planner")
folder = store.database.path.parent
limit = sys.argv[2]
if limit == "disk":
    with open(folder / "ballast", "wb", buffering=0) as ballast:
        try:
            while ballast.write(b"x" * 4096):
                pass
        except OSError:
            pass
else:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    size = (folder / "plans.sqlite-wal").stat().st_size + 2048
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

def attempt():
    try:
        store.recommendations.move(plan.recommendation_id, version=1, digest=plan.digest,
                                   before=(State.PROPOSED,), after=State.APPROVED, who="max")
        return "approved"
    except StoreUnavailable as error:
        return str(error)

def count():
    return len(store.recommendations.transitions(plan.recommendation_id)), len(store.audit.rows())

first, shown, rows = attempt(), store.recommendations.get(plan.recommendation_id).state, count()
if limit == "disk":
    (folder / "ballast").unlink()
else:
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
second = attempt()
print(json.dumps([first, shown, rows, second, count(), store.audit.first_broken()]))
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path | None]:
    """Mount a disk of 1 MB; None where this process may not mount."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run([mount, "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder], check=False, timeout=10)
    mounted = bool(done) and done.returncode == 0
    yield folder if mounted else None
    if mounted:
        subprocess.run(["umount", "-l", folder], check=True, timeout=10)


def failed_then_approved(start: Start, folder: Path, limit: str) -> str:
    """Return what the first approval said; check that it left nothing and that the second one holds."""
    out, err = start(FAIL, f"sqlite:///{folder}/plans.sqlite", limit).communicate(timeout=60)
    assert out, err
    first, shown, rows, second, rows_after, broken = json.loads(out)
    assert (shown, rows) == ("proposed", [1, 1])
    assert (second, rows_after, broken) == ("approved", [2, 2], None)
    return str(first)


def test_on_a_full_disk_nothing_is_approved_and_nothing_is_half_saved(
    start: Start, small_disk: Path | None, tmp_path: Path
) -> None:
    if small_disk is None:
        assert "disk I/O error" in failed_then_approved(start, tmp_path, "file size")
    else:
        assert "database or disk is full" in failed_then_approved(start, small_disk, "disk")


def test_when_writing_fails_nothing_is_approved_and_nothing_is_half_saved(start: Start, tmp_path: Path) -> None:
    assert "disk I/O error" in failed_then_approved(start, tmp_path, "file size")


def test_a_file_that_is_no_database_is_unavailable(store: PlanStore, url: str) -> None:
    store.close()
    store.database.path.write_bytes(b"this is not a database, but long enough to be taken for one" * 100)
    with pytest.raises(StoreUnavailable, match="not a database"):
        open_store(url, secret_key=SECRET)


APPROVE = """
import sys
from dash_app.domain.errors import DecisionConflict
from dash_app.domain.recommendation import State
from services.store import open_store

store = open_store(sys.argv[1], secret_key="k" * 40)
plan = store.recommendations.newest("monash")[0]
print("ready", flush=True)
sys.stdin.readline()
try:
    store.recommendations.move(plan.recommendation_id, version=plan.version, digest=plan.digest,
                               before=(State.PROPOSED,), after=State.APPROVED, who=sys.argv[2])
    print("won")
except DecisionConflict as conflict:
    print("lost to", conflict.who)
"""


def test_of_two_processes_that_approve_at_once_one_wins_and_the_other_sees_who(
    store: PlanStore, url: str, start: Start
) -> None:
    for _ in range(3):
        plan = store.recommendations.add(a_payload(), by="planner")
        processes = {who: start(APPROVE, url, who) for who in ("max", "mia")}
        for process in processes.values():
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        ends = {}
        for process in processes.values():
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for who, process in processes.items():
            ends[process.communicate(timeout=30)[0].strip()] = who
        assert set(ends) == {"won", f"lost to {ends['won']}"}
        assert len(store.recommendations.transitions(plan.recommendation_id)) == 2


WRITE = """
import sys
from services.store import open_store

store = open_store(sys.argv[1], secret_key="k" * 40)
while True:
    row = store.audit.append(who="writer", what="decided")
    sys.stdout.write(f"{row.row_id}\\n")
    sys.stdout.flush()
"""


def test_no_acknowledged_row_is_lost_when_the_writer_is_killed(store: PlanStore, url: str, start: Start) -> None:
    for rounds in range(1, 6):
        writer = start(WRITE, url)
        assert writer.stdout is not None
        acknowledged = [int(writer.stdout.readline()) for _ in range(7 * rounds)]
        writer.send_signal(signal.SIGKILL)
        acknowledged += [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
        writer.wait(timeout=10)
        kept = {row.row_id for row in store.audit.rows(limit=1_000_000)}
        assert set(acknowledged) <= kept
        assert store.audit.first_broken() is None


def test_a_torn_log_opens_to_what_stood_before_and_the_chain_holds(store: PlanStore, tmp_path: Path) -> None:
    for place in range(5):
        store.audit.append(who="max", what=f"row {place}")
    folder = store.database.path.parent
    whole = (folder / "plans.sqlite-wal").stat().st_size
    seen = set()
    for cut in (*range(0, whole, whole // 40), whole):
        torn = tmp_path / f"torn-{cut}"
        torn.mkdir()
        shutil.copy(folder / "plans.sqlite", torn)
        (torn / "plans.sqlite-wal").write_bytes((folder / "plans.sqlite-wal").read_bytes()[:cut])
        opened = open_store(f"sqlite:///{torn}/plans.sqlite", secret_key=SECRET)
        rows = [row.what for row in reversed(opened.audit.rows())]
        assert rows == [f"row {place}" for place in range(len(rows))]
        assert opened.audit.first_broken() is None
        seen.add(len(rows))
        opened.close()
    assert seen == {0, 1, 2, 3, 4, 5}

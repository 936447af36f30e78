"""The disk cache under everything a disk can do: it gets slower, never wrong, and never takes us down."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from services.cache import DiskStore
from tests.fakes.clock import FakeClock
from tests.services.conftest import NOW

SOON = NOW + timedelta(hours=1)
BIG = ["0123456789abcdef" * 8] * 2000


@pytest.fixture
def troubles() -> list[str]:
    return []


@pytest.fixture
def store(tmp_path: Path, clock: FakeClock, troubles: list[str]) -> DiskStore:
    return DiskStore(tmp_path / "cache", clock=clock, on_trouble=troubles.append)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 kB; a machine that cannot mount one fails here: it cannot test a full disk."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def database(tmp_path: Path) -> Path:
    return tmp_path / "cache" / "measurements" / "cache.db"


def test_what_is_put_is_there_until_its_moment(store: DiskStore, clock: FakeClock, troubles: list[str]) -> None:
    assert store.put("a", {"x": [1.5, None]}, until=SOON)
    assert store.get("a") == {"x": [1.5, None]}
    assert store.get("b") is None
    assert store.expire() == 0
    clock.advance(timedelta(hours=2))
    assert store.expire() == 1
    assert store.get("a") is None
    assert troubles == []


def test_a_value_that_is_no_json_is_our_own_fault_and_raises(store: DiskStore) -> None:
    with pytest.raises(TypeError):
        store.put("a", {"x": object()}, until=SOON)
    with pytest.raises(ValueError, match="JSON"):
        store.put("a", {"x": float("nan")}, until=SOON)


def test_the_folder_is_for_its_owner_only_even_if_it_was_not_before(tmp_path: Path, store: DiskStore) -> None:
    folder = tmp_path / "cache" / "measurements"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert store.put("a", 1, until=SOON)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_the_folder_of_somebody_else_is_not_used(tmp_path: Path, store: DiskStore, troubles: list[str]) -> None:
    folder = tmp_path / "cache" / "measurements"
    folder.mkdir(parents=True)
    os.chown(folder, 65534, 65534)
    assert not store.put("a", 1, until=SOON)
    assert len(troubles) == 1 and "not a folder of our own" in troubles[0]


def test_a_link_to_another_folder_is_not_followed(tmp_path: Path, store: DiskStore) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "measurements").symlink_to(tmp_path / "elsewhere")
    assert not store.put("a", 1, until=SOON)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_network_share_is_refused(tmp_path: Path, clock: FakeClock, troubles: list[str]) -> None:
    shared = DiskStore(tmp_path, clock=clock, on_trouble=troubles.append, filesystem=lambda folder: "nfs4")
    assert not shared.put("a", 1, until=SOON)
    assert "network share (nfs4)" in troubles[0]


def test_the_size_has_a_cap(tmp_path: Path, clock: FakeClock) -> None:
    capped = DiskStore(tmp_path, clock=clock, size_limit_bytes=500_000)
    for number in range(60):
        capped.put(f"k{number}", [os.urandom(20_000).hex()], until=SOON)
    assert capped.get("k59") is not None
    assert capped.get("k0") is None
    assert (tmp_path / "measurements" / "cache.db").stat().st_size < 1_500_000


# C1: full


def test_a_full_disk_means_no_cache_and_one_alarm(small_disk: Path, clock: FakeClock, troubles: list[str]) -> None:
    full = DiskStore(small_disk, clock=clock, on_trouble=troubles.append)
    assert full.put("small", [1, 2, 3], until=SOON)
    kept = [full.put(f"k{number}", [os.urandom(15_000).hex()], until=SOON) for number in range(30)]
    assert not all(kept)
    assert len(troubles) == 1 and "cannot be written" in troubles[0]
    assert full.get("small") in ([1, 2, 3], None)
    assert [full.get(f"k{n}") is not None for n, was in enumerate(kept) if not was] == [False] * kept.count(False)


def test_a_disk_that_was_full_is_used_again_when_there_is_room(
    small_disk: Path, clock: FakeClock, troubles: list[str]
) -> None:
    (small_disk / "ballast").write_bytes(os.urandom(200_000))
    full = DiskStore(small_disk, clock=clock, on_trouble=troubles.append)
    while full.put(os.urandom(4).hex(), [os.urandom(15_000).hex()], until=SOON):
        assert len(troubles) == 0
    (small_disk / "ballast").unlink()
    assert full.put("later", 1, until=SOON)
    assert full.get("later") == 1
    assert len(troubles) == 1


def test_a_disk_without_any_room_from_the_start_is_survived(small_disk: Path, clock: FakeClock) -> None:
    with (small_disk / "ballast").open("wb", buffering=0) as ballast, pytest.raises(OSError, match="No space"):
        while True:
            ballast.write(os.urandom(4096))
    full = DiskStore(small_disk, clock=clock)
    assert not full.put("a", 1, until=SOON)
    assert full.get("a") is None
    with full.single_flight("a", at_most_s=1):
        assert full.all_keys() == []


# C2: damaged


@pytest.mark.parametrize(
    "damage",
    ["header", "middle", "truncated", "emptied", "row", "not json", "no table", "gone file", "gone folder"],
)
@pytest.mark.parametrize("while_open", [True, False])
def test_a_damaged_cache_is_set_aside_and_built_anew(
    tmp_path: Path, clock: FakeClock, store: DiskStore, troubles: list[str], damage: str, while_open: bool
) -> None:
    for number in range(20):
        store.put(f"k{number}", BIG, until=SOON)
    if not while_open:
        store.close()
        store = DiskStore(tmp_path / "cache", clock=clock, on_trouble=troubles.append)
    damage_it(database(tmp_path), damage)
    for number in range(20):
        assert store.get(f"k{number}") in (BIG, None)
    for _ in range(3):
        store.put("new", [1], until=SOON)
    assert store.get("new") == [1]
    again = DiskStore(tmp_path / "cache", clock=clock)
    assert again.put("other", [2], until=SOON)
    assert (again.get("new"), again.get("other")) == ([1], [2])
    assert len(troubles) <= 2


def damage_it(file: Path, damage: str) -> None:
    """Damage the file as a crash, a bad disk or a person would; the WAL goes first, it would heal the file."""
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if damage == "row":
            connection.execute("UPDATE Cache SET value = ?", (b"no zlib",))
        if damage == "not json":
            connection.execute("UPDATE Cache SET value = ?", (zlib.compress(b"{"),))
        if damage == "no table":
            connection.execute("DROP TABLE Cache")
    connection.close()
    content = file.read_bytes()
    if damage == "header":
        overwrite(file, 0, b"\0" * 100)
    if damage == "middle":
        overwrite(file, 4096, os.urandom(min(len(content) - 4096, 60_000)))
    if damage == "truncated":
        os.truncate(file, len(content) // 2)
    if damage == "emptied":
        os.truncate(file, 0)
    if damage == "gone file":
        file.unlink()
    if damage == "gone folder":
        shutil.rmtree(file.parent)


def overwrite(file: Path, place: int, content: bytes) -> None:
    with file.open("r+b") as raw:
        raw.seek(place)
        raw.write(content)


# C3: read-only


def test_a_read_only_disk_means_no_cache(small_disk: Path, clock: FakeClock, troubles: list[str]) -> None:
    store = DiskStore(small_disk, clock=clock, on_trouble=troubles.append)
    assert store.put("a", 1, until=SOON)
    store.close()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    later = DiskStore(small_disk, clock=clock, on_trouble=troubles.append)
    for each in (store, later):
        assert not each.put("b", 1, until=SOON)
        assert each.get("a") in (1, None)
        assert each.get("b") is None
    assert len(troubles) == 2


def test_a_folder_that_our_user_may_not_write_means_no_cache(tmp_path: Path) -> None:
    """Asked as nobody: root may write everywhere."""
    folder = tmp_path / "cache"
    folder.mkdir(mode=0o755)
    for part in (tmp_path, *tmp_path.parents):
        if part.stat().st_mode & 0o005 != 0o005:
            part.chmod(part.stat().st_mode | 0o055)
    code = (
        "import os; from datetime import datetime, timedelta, UTC; from pathlib import Path;"
        "from services.cache import DiskStore; os.setgid(65534); os.setuid(65534);"
        "now = datetime(2026, 11, 3, tzinfo=UTC); said = [];"
        f"store = DiskStore(Path({str(folder)!r}), clock=lambda: now, on_trouble=said.append);"
        "print(store.put('a', 1, until=now + timedelta(hours=1)), store.get('a'), len(said))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines()[-1:] == ["False None 1"], done.stderr


# C4: planted pickles


class Bomb:
    """Unpickling this creates a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str, ...]]:
        return (os.mkdir, (str(self.mark),))


@pytest.mark.parametrize("mode", [4, 2, 3])
def test_a_planted_pickle_is_never_executed(tmp_path: Path, store: DiskStore, troubles: list[str], mode: int) -> None:
    store.put("a", 1, until=SOON)
    mark = tmp_path / "exploded"
    with sqlite3.connect(database(tmp_path)) as connection:
        connection.execute("UPDATE Cache SET mode = ?, value = ?", (mode, pickle.dumps(Bomb(mark))))
    connection.close()
    assert store.get("a") is None
    assert not mark.exists()
    assert len(troubles) == 1
    assert store.put("a", 2, until=SOON)
    assert store.get("a") == 2


def test_a_planted_pickle_in_a_file_is_never_executed(tmp_path: Path, store: DiskStore) -> None:
    store.put("a", 1, until=SOON)
    mark = tmp_path / "exploded"
    (tmp_path / "bomb.val").write_bytes(pickle.dumps(Bomb(mark)))
    with sqlite3.connect(database(tmp_path)) as connection:
        connection.execute("UPDATE Cache SET mode = 4, value = NULL, filename = '../../bomb.val'")
    connection.close()
    assert store.get("a") is None
    assert not mark.exists()


def test_a_planted_pickled_key_is_never_executed(tmp_path: Path, store: DiskStore, troubles: list[str]) -> None:
    store.put("a", 1, until=SOON)
    mark = tmp_path / "exploded"
    with sqlite3.connect(database(tmp_path)) as connection:
        connection.execute("UPDATE Cache SET raw = 0, key = ?", (pickle.dumps(Bomb(mark)),))
    connection.close()
    assert store.all_keys() == []
    assert not mark.exists()
    assert len(troubles) == 1


# C5 and single flight


def add_many(folder: str, times: int) -> None:
    store = DiskStore(Path(folder), clock=FakeClock(NOW))
    for number in range(times):
        while not store.add_counts("counts", {"n": 1}):
            time.sleep(0.001)
        store.put(f"k{os.getpid()}-{number}", BIG[:50], until=SOON)


def test_eight_processes_write_at_once_and_nothing_is_lost(tmp_path: Path, clock: FakeClock) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=add_many, args=(str(tmp_path), 20)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    assert [worker.exitcode for worker in workers] == [0] * 8
    store = DiskStore(tmp_path, clock=clock)
    assert store.get("counts") == {"n": 160}
    assert not (tmp_path / "measurements.damaged").exists()


def test_a_child_of_a_fork_can_use_the_store_whatever_the_threads_of_its_parent_did(store: DiskStore) -> None:
    store.put("a", 1, until=SOON)
    inside, done = threading.Event(), threading.Event()

    def hold() -> None:
        with store.single_flight("a", at_most_s=30):
            inside.set()
            done.wait(20)

    holder = threading.Thread(target=hold)
    holder.start()
    inside.wait(5)
    child = os.fork()
    if child == 0:
        os._exit(0 if store.get("a") == 1 and store.put("b", 2, until=SOON) else 1)
    _, status = os.waitpid(child, 0)
    done.set()
    holder.join()
    assert status == 0
    assert store.get("b") == 2


def test_one_at_a_time_among_threads(store: DiskStore) -> None:
    inside, seen = [0], []

    def work() -> None:
        with store.single_flight("a", at_most_s=10):
            inside[0] += 1
            seen.append(inside[0])
            inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [1] * 8


def test_a_lock_whose_holder_died_lets_the_next_one_in(tmp_path: Path, clock: FakeClock) -> None:
    first, second = (DiskStore(tmp_path, clock=clock) for _ in range(2))
    never_left = first.single_flight("a", at_most_s=0.3)
    never_left.__enter__()
    began = time.monotonic()
    with second.single_flight("a", at_most_s=0.3):
        assert time.monotonic() - began < 2.0
    never_left.__exit__(None, None, None)


def test_leaving_late_does_not_open_the_lock_of_the_next_one(tmp_path: Path, clock: FakeClock) -> None:
    first, second, third = (DiskStore(tmp_path, clock=clock) for _ in range(3))
    late = first.single_flight("a", at_most_s=0.2)
    late.__enter__()
    waits: list[float] = []
    with second.single_flight("a", at_most_s=5):
        late.__exit__(None, None, None)
        third._sleep = waits.append  # type: ignore[method-assign]
        with third.single_flight("a", at_most_s=0.1):
            assert len(waits) > 0

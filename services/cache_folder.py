"""The folder of the disk cache: opened for its owner only, checked, set aside and built anew when it is damaged."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import threading
import time
import weakref
import zlib
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, TypeVar

import diskcache
import psutil
import structlog

from services.json_disk import JsonOnlyDisk, PlantedRow

log = structlog.get_logger()

BUSY_S = 2.0
OPEN_S = 5.0
REOPEN_AFTER_S = 30.0
REBUILD_PAUSE_S = 1.0
"""A cache that is damaged again so soon is left alone for a while."""
NETWORK_FILESYSTEMS = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "afs", "glusterfs", "ceph"})
NEVER_IN_A_FILE = 2**30

_DAMAGED = (PlantedRow, zlib.error, ValueError, TypeError)
_FAILED = (diskcache.Timeout, sqlite3.Error, OSError)

Answer = TypeVar("Answer")
Owner = TypeVar("Owner")


def filesystem_of(folder: Path) -> str:
    """Return the type of the file system that a folder lies on, "" when unknown."""
    there = folder.resolve()
    mounts = [part for part in psutil.disk_partitions(all=True) if there.is_relative_to(part.mountpoint)]
    return str(max(mounts, key=lambda part: len(part.mountpoint)).fstype) if mounts else ""


def after_fork(owner: Owner, renew: Callable[[Owner], None]) -> None:
    """Let `renew` run in every forked child: a lock that another thread held at the fork is never released there."""
    known = weakref.ref(owner)

    def in_child() -> None:
        still_there = known()
        if still_there is not None:
            renew(still_there)

    os.register_at_fork(after_in_child=in_child)


class CacheFolder:
    """An open diskcache in a folder of mode 0700, or none for a while when the disk does not play along.

    `on_trouble` is told each kind of trouble once, until the same work has succeeded again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        size_limit_bytes: int,
        on_trouble: Callable[[str], None],
        filesystem: Callable[[Path], str] = filesystem_of,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder = folder
        self._size_limit_bytes = size_limit_bytes
        self._on_trouble = on_trouble
        self._filesystem = filesystem
        self._monotonic = monotonic
        self._told: set[str] = set()
        self._closed_until = self._rebuilt_at = float("-inf")
        self._start_over()
        after_fork(self, CacheFolder._start_over)

    def run(self, work: Callable[[Any], Answer], otherwise: Answer, doing: str) -> Answer:
        """Return what `work` does with the open cache, or `otherwise`; repair or report what went wrong."""
        for _ in range(3):
            cache = self._open()
            if cache is None:
                return otherwise
            try:
                answer = work(cache)
            except _DAMAGED as error:
                self._rebuild(error)
            except _FAILED as error:
                if not self._can_try_again(error, doing):
                    return otherwise
            else:
                self._told.discard(doing)
                return answer
        return otherwise

    def close(self) -> None:
        """Give up the open cache; the next call opens it again."""
        self._drop()

    def _start_over(self) -> None:
        self._lock = threading.RLock()
        self._cache: Any = None
        self._inode = 0

    def _open(self) -> Any:
        """Return the open cache, or None; an opening that failed is not tried again for half a minute."""
        with self._lock:
            if self._cache is not None and self._inode_now() != self._inode:
                self._drop()
            if self._cache is None and self._monotonic() >= self._closed_until:
                self._inode = self._inode_now()
                try:
                    self._cache = self._opened_in_time()
                except _DAMAGED as error:
                    self._rebuild(error)
                except _FAILED as error:
                    self._after_failed_opening(error)
                else:
                    self._inode = self._inode_now()
                    self._told.discard("open")
            return self._cache

    def _opened_in_time(self) -> Any:
        """Return the cache; diskcache itself waits a minute for a locked file, and no page may wait for that."""
        answers: list[Any] = []

        def attempt() -> None:
            try:
                cache = self._opened()
                cache.close()  # the connection of this thread; every other opens its own
                answers.append(cache)
            except (*_DAMAGED, *_FAILED) as error:
                answers.append(error)

        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(OPEN_S)
        answer = answers[0] if answers else diskcache.Timeout(f"not opened within {OPEN_S:g} s")
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _opened(self) -> Any:
        _check_private(self._folder)
        kind = self._filesystem(self._folder)
        if kind in NETWORK_FILESYSTEMS:
            raise OSError(f"{self._folder} lies on a network share ({kind})")
        return diskcache.Cache(
            str(self._folder),
            timeout=BUSY_S,
            disk=JsonOnlyDisk,
            size_limit=self._size_limit_bytes,
            sqlite_mmap_size=0,
            disk_min_file_size=NEVER_IN_A_FILE,
        )

    def _after_failed_opening(self, error: Exception) -> None:
        if not self._sound():
            self._rebuild(error)
            return
        self._closed_until = self._monotonic() + REOPEN_AFTER_S
        self._tell("open", f"The measurement cache cannot be opened: {error or type(error).__name__}")

    def _can_try_again(self, error: Exception, doing: str) -> bool:
        """Return whether another try makes sense: the file was damaged and is now built anew."""
        if doing not in self._told and not self._sound():
            self._rebuild(error)
            return True
        self._tell(doing, f"The measurement cache cannot be {doing}: {error or type(error).__name__}")
        return False

    def _rebuild(self, error: Exception) -> None:
        """Set the damaged folder aside, in place of the one set aside before; another process may have done so."""
        with self._lock:
            if self._monotonic() - self._rebuilt_at < REBUILD_PAUSE_S:
                self._closed_until = self._monotonic() + REOPEN_AFTER_S
            self._rebuilt_at = self._monotonic()
            if self._inode_now() == self._inode:
                aside = self._folder.with_name(self._folder.name + ".damaged")
                try:
                    shutil.rmtree(aside, ignore_errors=True)
                    self._folder.rename(aside)
                except OSError as failure:
                    self._closed_until = self._monotonic() + REOPEN_AFTER_S
                    self._tell("open", f"The damaged measurement cache cannot be set aside: {failure.strerror}")
                else:
                    self._tell("damaged", f"The measurement cache was damaged and is built anew ({error}).")
                    self._told.discard("damaged")
            self._drop()

    def _drop(self) -> None:
        with self._lock:
            if self._cache is not None:
                with suppress(*_FAILED):  # it is given up anyway
                    self._cache.close()
            self._cache = None

    def _inode_now(self) -> int:
        try:
            return (self._folder / "cache.db").stat().st_ino
        except OSError:
            return 0

    def _sound(self) -> bool:
        """Return False when the file is certainly damaged."""
        database = self._folder / "cache.db"
        if not database.exists():
            return True
        try:
            with closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=BUSY_S)) as connection:
                ((verdict,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
                tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        except sqlite3.OperationalError:
            return True
        except (sqlite3.DatabaseError, ValueError):
            return False
        return verdict == "ok" and ("Cache",) in tables

    def _tell(self, doing: str, trouble: str) -> None:
        if doing not in self._told:
            self._told.add(doing)
            log.warning("cache_trouble", doing=doing, trouble=trouble)
            self._on_trouble(trouble)


def _check_private(folder: Path) -> None:
    """Make sure that only we can read and write the folder; raise OSError when it is somebody else's."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or facts.st_uid != os.geteuid():
        raise OSError(f"{folder} is not a folder of our own")
    if stat.S_IMODE(facts.st_mode) != 0o700:
        folder.chmod(0o700)

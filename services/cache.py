"""A disk cache that may fail: full, damaged, read-only, tampered with or gone, it makes us slower, never wrong."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from dash_app.domain.time import Clock
from services.cache_folder import CacheFolder, after_fork, filesystem_of

SIZE_LIMIT_BYTES = 256 * 2**20
LOCK_POLL_S = 0.02
READ, WRITTEN = "read", "written"


def _say_nothing(trouble: str) -> None:
    """Ignore a trouble."""


class DiskStore:
    """JSON values by key, each kept until a moment, shared by all processes that use the folder.

    Every method answers as an empty cache would when the disk does not play along; `on_trouble` hears of it once.
    """

    def __init__(
        self,
        folder: Path,
        *,
        clock: Clock,
        name: str = "measurements",
        size_limit_bytes: int = SIZE_LIMIT_BYTES,
        on_trouble: Callable[[str], None] = _say_nothing,
        filesystem: Callable[[Path], str] = filesystem_of,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._disk = CacheFolder(
            folder / name,
            size_limit_bytes=size_limit_bytes,
            on_trouble=on_trouble,
            filesystem=filesystem,
            monotonic=monotonic,
        )
        self._clock = clock
        self._sleep = sleep
        self._wall_zero_s, self._clock_zero = time.time(), clock()
        self._new_flights()
        after_fork(self, DiskStore._new_flights)

    def get(self, key: str) -> Any | None:
        """Return the value of a key, or None when there is none that can be used."""
        return self._disk.run(lambda cache: json.loads(cache.get(key) or "null"), None, READ)

    def put(self, key: str, value: Any, *, until: datetime) -> bool:
        """Keep a value until a moment; return whether it was kept. A value that is no JSON is our fault and raises."""
        text = json.dumps(value, allow_nan=False, separators=(",", ":"))
        expire_s = self._wall_s(until) - time.time()
        return bool(self._disk.run(lambda cache: cache.set(key, text, expire=expire_s), False, WRITTEN))

    def forget(self, key: str) -> None:
        """Drop a key."""
        self._disk.run(lambda cache: cache.delete(key), False, WRITTEN)

    def add_counts(self, key: str, counts: dict[str, int]) -> bool:
        """Add to counters that all processes share; return whether they were kept."""

        def add(cache: Any) -> bool:
            with cache.transact():
                known = json.loads(cache.get(key) or "{}")
                total = {name: known.get(name, 0) + counts.get(name, 0) for name in {*known, *counts}}
                cache.set(key, json.dumps(total))
            return True

        return self._disk.run(add, False, WRITTEN)

    def all_keys(self) -> list[str]:
        """Return all keys, expired ones included until the next purge."""
        none: list[Any] = []
        return [key for key in self._disk.run(lambda cache: list(cache.iterkeys()), none, READ) if isinstance(key, str)]

    def expire(self) -> int:
        """Drop what has expired by our clock; return how many."""
        now_s = self._wall_s(self._clock())
        return int(self._disk.run(lambda cache: cache.expire(now=now_s), 0, WRITTEN))

    @contextmanager
    def single_flight(self, key: str, *, at_most_s: float) -> Iterator[None]:
        """Let one thread of one process in at a time.

        A holder that died lets the next one in after `at_most_s`. Without a working cache only this process is held.
        """
        with self._flights_lock:
            flight = self._flights.setdefault(key, threading.Lock())
        held = flight.acquire(timeout=at_most_s)
        mine = secrets.token_hex(8)
        try:
            self._take(f"lock:{key}", mine, at_most_s)
            yield
        finally:
            self._give_back(f"lock:{key}", mine)
            if held:
                flight.release()

    def close(self) -> None:
        """Close the files; the next call opens them again."""
        self._disk.close()

    def _wall_s(self, moment: datetime) -> float:
        """Return a moment of our clock in the wall time that diskcache keeps: the same but for a clock of a test."""
        return self._wall_zero_s + (moment - self._clock_zero).total_seconds()

    def _new_flights(self) -> None:
        self._flights_lock = threading.Lock()
        self._flights: dict[str, threading.Lock] = {}

    def _take(self, key: str, mine: str, at_most_s: float) -> None:
        """Take the lock that processes share: a row of its own that expires."""
        for _ in range(int(at_most_s / LOCK_POLL_S) + 1):
            if self._disk.run(lambda cache: cache.add(key, mine, expire=at_most_s), True, WRITTEN):
                return
            self._sleep(LOCK_POLL_S)

    def _give_back(self, key: str, mine: str) -> None:
        def give(cache: Any) -> bool:
            with cache.transact():
                return bool(cache.get(key) == mine and cache.delete(key))

        self._disk.run(give, False, WRITTEN)

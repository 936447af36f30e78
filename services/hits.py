"""How often the cache could answer alone, counted over all processes that share it."""

from __future__ import annotations

import threading

from dash_app.domain.ports import AskedOf, CacheKind, CacheStats
from services.cache import DiskStore
from services.rows import kind_of

COUNTS = "counts"
COUNTED = ("openings", "hits", "points_asked", "points_needed")


class Hits:
    """Counters on a store; while it does not work, and between two openings, they are kept here."""

    def __init__(self, store: DiskStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._own: dict[str, int] = {}

    def add(self, counts: dict[str, int]) -> None:
        """Add to the counters that all processes share, with what was kept here until now."""
        with self._lock:
            own, self._own = self._own, {}
        total = {name: own.get(name, 0) + counts.get(name, 0) for name in {*own, *counts}}
        if total and not self._store.add_counts(COUNTS, total):
            self._keep(total)

    def opened(self, *, hit: bool) -> None:
        """Count one page opening; `hit` says that its first chart needed no upstream call."""
        self.add({"openings": 1, "hits": int(hit)})

    def asked(self, kind: CacheKind, *, hit: bool) -> None:
        """Count one question of a kind; it is written with the next opening."""
        self._keep({f"{kind.value}_asked": 1, f"{kind.value}_hits": int(hit)})

    def stats(self) -> CacheStats:
        """Return the counts of all processes."""
        known = self._store.get(COUNTS) or {}
        with self._lock:
            total = {name: known.get(name, 0) + self._own.get(name, 0) for name in {*known, *self._own}}
        kinds = [
            AskedOf(kind=kind, asked=total.get(f"{kind.value}_asked", 0), hits=total.get(f"{kind.value}_hits", 0))
            for kind in CacheKind
        ]
        return CacheStats(
            rows=sum(kind_of(key) == "window" for key in self._store.all_keys()),
            kinds=tuple(kinds),
            **{name: total.get(name, 0) for name in COUNTED},
        )

    def _keep(self, counts: dict[str, int]) -> None:
        with self._lock:
            for name, count in counts.items():
                self._own[name] = self._own.get(name, 0) + count

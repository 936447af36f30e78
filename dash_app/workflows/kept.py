"""What takes long to work out and changes slowly is kept for a while, by whom it belongs to and what it is about."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from dash_app.domain.time import Clock

MOST = 64
Result = TypeVar("Result")


class Kept(Generic[Result]):
    """Results younger than `age`, at most `most`; a key begins with the person: nobody sees another one's."""

    def __init__(self, clock: Clock, age: timedelta, most: int = MOST) -> None:
        self._clock = clock
        self._age = age
        self._most = most
        self._found: dict[Hashable, tuple[datetime, Result]] = {}
        self._lock = Lock()

    def knows(self, key: Hashable) -> bool:
        """Return whether `of` would answer at once."""
        with self._lock:
            kept = self._found.get(key)
        return kept is not None and self._clock() - kept[0] < self._age

    def of(self, key: Hashable, make: Callable[[], Result]) -> Result:
        """Return what is kept under `key`, or what `make` returns now; an error of `make` is nobody's result."""
        now = self._clock()
        with self._lock:
            kept = self._found.get(key)
        if kept is not None and now - kept[0] < self._age:
            return kept[1]
        result = make()
        with self._lock:
            self._found.pop(key, None)
            self._found[key] = (now, result)
            while len(self._found) > self._most:
                del self._found[next(iter(self._found))]
        return result

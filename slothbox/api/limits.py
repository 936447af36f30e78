"""How often one may fail to sign in: so many failures per key within a window, then a pause."""

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from math import ceil


class FailureLimit:
    """Counts failures per key (an e-mail address, a host) over a sliding window; kept in memory."""

    def __init__(self, allowed: int, window_s: float, monotonic_s: Callable[[], float]) -> None:
        """Allow `allowed` failures in `window_s` seconds of the clock `monotonic_s`."""
        self._allowed, self._window_s, self._clock = allowed, window_s, monotonic_s
        self._failures: dict[str, deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def wait_s(self, key: str) -> int:
        """Return for how many seconds `key` has to wait, 0 when it may try."""
        with self._lock:
            recent = self._recent(key)
            if len(recent) < self._allowed:
                return 0
            return max(1, ceil(recent[0] + self._window_s - self._clock()))

    def failed(self, key: str) -> None:
        """Count one failure."""
        with self._lock:
            self._recent(key).append(self._clock())

    def succeeded(self, key: str) -> None:
        """Forget the failures of `key`."""
        with self._lock:
            self._failures.pop(key, None)

    def _recent(self, key: str) -> deque[float]:
        for stale in [k for k, times in self._failures.items() if times and self._is_old(times[-1])]:
            del self._failures[stale]
        recent = self._failures[key]
        while recent and self._is_old(recent[0]):
            recent.popleft()
        return recent

    def _is_old(self, moment_s: float) -> bool:
        return moment_s <= self._clock() - self._window_s

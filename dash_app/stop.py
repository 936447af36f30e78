"""Stop a process between two pieces of work: a flag that signal handlers may set while somebody waits on it.

`threading.Event` may deadlock there (its lock is not reentrant), so the flag is a byte in a pipe.
"""

from __future__ import annotations

import os
import select
import signal
from typing import Protocol


class Stop(Protocol):
    """What a loop asks: a `threading.Event` in tests, a StopFlag in a process."""

    def is_set(self) -> bool: ...
    def set(self) -> None: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class StopFlag:
    """Set once, for good."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def is_set(self) -> bool:
        """Return whether somebody asked to stop."""
        return self.wait(0)

    def set(self) -> None:
        """Ask to stop."""
        os.write(self._write_end, b"x")

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until asked to stop, or `timeout` seconds; return whether asked."""
        ready, _, _ = select.select([self._read_end], [], [], timeout)
        return bool(ready)


def stop_on_signals() -> StopFlag:
    """Return a flag that SIGTERM and SIGINT set. Call it from the main thread."""
    flag = StopFlag()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: flag.set())
    return flag

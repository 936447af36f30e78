"""Which processes a run of the product consists of: all that carry its STATE_DIR in their environment."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

Found = TypeVar("Found")


def processes_of(state_dir: Path) -> list[psutil.Process]:
    """Return every living process that was started with this STATE_DIR, the supervisor first."""
    return [process for process in psutil.process_iter() if _belongs(process, str(state_dir))]


def _belongs(process: psutil.Process, state_dir: str) -> bool:
    try:
        return process.environ().get("STATE_DIR") == state_dir and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return False


def words_of(process: psutil.Process) -> str:
    """Return the command line, "" when the process has just ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def eventually(look: Callable[[], Found], within_s: float, every_s: float = 0.2) -> Found:
    """Look again and again until what is seen is true; return what was seen last."""
    deadline = time.monotonic() + within_s
    while not (seen := look()) and time.monotonic() < deadline:
        time.sleep(every_s)
    return seen

"""The background callback manager: Dash's own on diskcache, without its three traps."""

from __future__ import annotations

import os
import stat
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

import diskcache
from dash import DiskcacheManager

WORKER_LOST = "The computation ended without an answer. Please try again."


class JobManager(DiskcacheManager):
    """Runs a callback in a process of its own.

    Results are never shared: Dash keys them by arguments only, so each run gets a key of its own. A process that died
    is an error on the page, not silence. Values are stored as JSON: a pickle planted in the folder is never opened.
    """

    def build_cache_key(self, fn: Any, args: Any, cache_args_to_ignore: Any, triggered: Any) -> str:
        """Return a key that no other run has."""
        key = super().build_cache_key(fn, args, cache_args_to_ignore, triggered)  # type: ignore[no-untyped-call]
        return f"{key}-{uuid.uuid4().hex}"

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> Any:
        """Start the job in a process that holds none of the web server's connections; return its pid."""

        def job(*given: Any) -> None:
            let_go_of_sockets()
            job_fn(*given)

        return super().call_job_fn(key, job, args, context)  # type: ignore[no-untyped-call]

    def get_result(self, key: str, job: Any) -> Any:
        """Return the result, UNDEFINED while the job runs, or an error when it is gone without one."""
        result = super().get_result(key, job)  # type: ignore[no-untyped-call]
        if result is not self.UNDEFINED or job is None or self.job_running(job):  # type: ignore[no-untyped-call]
            return result
        late = super().get_result(key, job)  # type: ignore[no-untyped-call]
        return {"background_callback_error": {"msg": WORKER_LOST, "tb": ""}} if late is self.UNDEFINED else late


def let_go_of_sockets() -> None:
    """Point every inherited socket at nothing.

    A fork keeps its parent's connections open: a browser would wait on one that the server has closed until the job
    ends. They are not closed, because a socket object that is collected later would then close somebody else's file.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for link in list(Path("/proc/self/fd").iterdir()):
        with suppress(OSError):
            if stat.S_ISSOCK(os.fstat(int(link.name)).st_mode):
                os.dup2(nothing, int(link.name))


def build_manager(folder: Path) -> JobManager:
    """Return the manager that keeps results and progress in `folder` (made for this user only)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return JobManager(diskcache.Cache(str(folder), disk=diskcache.JSONDisk))  # type: ignore[no-untyped-call]

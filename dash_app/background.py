"""The background callback manager: Dash's own on diskcache, without its four traps."""

from __future__ import annotations

import json
import multiprocessing
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import diskcache
import psutil
from dash import Dash, DiskcacheManager
from plotly.utils import PlotlyJSONEncoder

WORKER_LOST = "The computation ended without an answer. Please try again."
PRELOADED = ["dash_app.app", "dash_app.wiring"]
"""What the clean process that jobs are forked from has imported, so that only the first job waits for it."""

Rebuild = Callable[[], Dash]
"""Returns the app anew, with a manager on the same folder; it is sent to the job's process, so it must be picklable."""


class JobManager(DiskcacheManager):
    """Runs a callback in a process of its own, in an app that `rebuild` makes there.

    Dash forks the web server for a job: a lock that another of its threads holds at that moment (SQLite's, say) stays
    locked in the copy for ever, and its connections stay open. Results are never shared: Dash keys them by arguments
    only, so each run gets a key of its own. A process that died is an error on the page, not silence. Values are
    stored as JSON: a pickle planted in the folder is never opened.
    """

    def __init__(self, cache: diskcache.Cache, rebuild: Rebuild) -> None:
        super().__init__(cache)  # type: ignore[no-untyped-call]
        self._rebuild = rebuild

    def build_cache_key(self, fn: Any, args: Any, cache_args_to_ignore: Any, triggered: Any) -> str:
        """Return a key that no other run has."""
        key = super().build_cache_key(fn, args, cache_args_to_ignore, triggered)  # type: ignore[no-untyped-call]
        return f"{key}-{uuid.uuid4().hex}"

    def call_job_fn(self, key: str, job_fn: Any, args: Any, context: Any) -> Any:
        """Start the job in a process that shares nothing with this one; return its pid."""
        name = next(name for name, known in self.func_registry.items() if known is job_fn)
        given = json.dumps({"args": args, "context": context}, cls=PlotlyJSONEncoder)
        progress_key = self._make_progress_key(key)  # type: ignore[no-untyped-call]
        process = _processes().Process(target=run_job, args=(self._rebuild, name, key, progress_key, given))
        process.start()
        return process.pid

    def job_running(self, job: Any) -> bool:
        """Return whether the job's process is there; one that ends while it is looked at is not."""
        with suppress(psutil.NoSuchProcess):
            return bool(super().job_running(job))  # type: ignore[no-untyped-call]
        return False

    def terminate_job(self, job: Any) -> None:
        """End the job's process, if it has not ended yet."""
        with suppress(psutil.NoSuchProcess):
            super().terminate_job(job)  # type: ignore[no-untyped-call]

    def get_result(self, key: str, job: Any) -> Any:
        """Return the result, UNDEFINED while the job runs, or an error when it is gone without one."""
        result = super().get_result(key, job)  # type: ignore[no-untyped-call]
        if result is not self.UNDEFINED or job is None or self.job_running(job):
            return result
        late = super().get_result(key, job)  # type: ignore[no-untyped-call]
        return {"background_callback_error": {"msg": WORKER_LOST, "tb": ""}} if late is self.UNDEFINED else late


def run_job(rebuild: Rebuild, name: str, key: str, progress_key: str, given: str) -> None:
    """Run a callback, by the name it is registered under, in this process; `given` is JSON."""
    manager = cast(JobManager, rebuild()._background_manager)
    told = json.loads(given)
    manager.func_registry[name](key, progress_key, told["args"], told["context"])


def build_manager(folder: Path, rebuild: Rebuild) -> JobManager:
    """Return the manager that keeps results and progress in `folder` (made for this user only)."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return JobManager(diskcache.Cache(str(folder), disk=diskcache.JSONDisk), rebuild)


def _processes() -> Any:
    """Return what starts processes: each is forked from a process of ours that has one thread and no connections."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    return context

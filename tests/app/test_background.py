"""Background jobs: nobody sees another's result, a dead worker is an error, nothing is shared, nothing is pickled."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import stat
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import diskcache
import pytest
from dash import Dash, Input, Output, html
from flask import Flask

from dash_app.background import WORKER_LOST, JobManager, build_manager


def greet(word: str) -> str:
    return f"done {word}"


def sleep(seconds: str) -> str:
    time.sleep(float(seconds))
    return "woken"


def answer_an_object(_word: str) -> object:
    return object()


def fail(word: str) -> str:
    raise ValueError(word)


def read_a_file(path: str) -> str:
    with sqlite3.connect(path) as connection:
        return str(connection.execute("select 'read'").fetchone()[0])


JOBS = (greet, sleep, answer_an_object, fail, read_a_file)


def app_of(folder: Path) -> Dash:
    """Return an app with one background callback for each of JOBS."""
    app = Dash("jobs", server=Flask("jobs"), background_callback_manager=build_manager(folder, partial(app_of, folder)))
    app.layout = html.Div()
    for job in JOBS:
        app.callback(Output(job.__name__, "children"), Input("go", "n_clicks"), background=True)(job)
    return app


@pytest.fixture
def manager(tmp_path: Path) -> JobManager:
    manager = app_of(tmp_path / "jobs")._background_manager
    assert isinstance(manager, JobManager)
    return manager


def run(manager: JobManager, function: Callable[..., Any], word: str) -> tuple[str, Any]:
    key = manager.build_cache_key(function, [word], [], None)
    registered = next(name for name, known, _progress in reversed(manager.functions) if known is function)
    return key, manager.call_job_fn(key, manager.func_registry[registered], [word], {})


def wait_for(manager: JobManager, key: str, job: Any, *, within_s: float = 30.0) -> Any:
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        result = manager.get_result(key, job)
        if result is not manager.UNDEFINED:
            return result
        time.sleep(0.02)
    raise AssertionError("no result")


def test_two_runs_with_the_same_arguments_never_share_a_result(manager: JobManager) -> None:
    keys = {manager.build_cache_key(run, ["same"], [], None) for _ in range(50)}
    assert len(keys) == 50


def test_a_result_comes_back_once(manager: JobManager) -> None:
    key, job = run(manager, greet, "well")
    assert wait_for(manager, key, job) == "done well"
    assert manager.handle.get(key) is None


def test_a_killed_process_is_an_error_and_not_silence(manager: JobManager) -> None:
    key, job = run(manager, sleep, "60")
    os.kill(int(job), signal.SIGKILL)
    assert wait_for(manager, key, job)["background_callback_error"]["msg"] == WORKER_LOST


def test_something_that_is_not_json_ends_as_a_visible_error(manager: JobManager) -> None:
    key, job = run(manager, answer_an_object, "")
    assert "background_callback_error" in wait_for(manager, key, job)


def test_an_exception_ends_as_a_visible_error(manager: JobManager) -> None:
    key, job = run(manager, fail, "the reason")
    assert "the reason" in wait_for(manager, key, job)["background_callback_error"]["msg"]


def test_a_job_holds_none_of_the_servers_connections(manager: JobManager) -> None:
    here, there = socket.socketpair()
    key, job = run(manager, sleep, "30")
    here.close()
    there.settimeout(10)
    assert there.recv(1) == b"", "the other end must see the connection end although the job still runs"
    manager.terminate_job(job)
    assert manager.get_result(key, job) is not None


@pytest.fixture
def busy_database(tmp_path: Path) -> Iterator[Path]:
    """Keep three threads of this process inside of SQLite nearly all the time."""
    path, ended = tmp_path / "busy.db", threading.Event()

    def keep_busy() -> None:
        while not ended.is_set():
            with sqlite3.connect(path) as connection:
                connection.execute("select 1")
            connection.close()

    threads = [threading.Thread(target=keep_busy) for _ in range(3)]
    for thread in threads:
        thread.start()
    yield path
    ended.set()
    for thread in threads:
        thread.join()


def test_a_lock_that_another_thread_holds_does_not_stay_locked_in_the_job(
    manager: JobManager, busy_database: Path
) -> None:
    started = [run(manager, read_a_file, str(busy_database)) for _ in range(10)]
    assert {wait_for(manager, key, job) for key, job in started} == {"read"}


def test_the_folder_is_private_and_holds_json(manager: JobManager) -> None:
    folder = Path(manager.handle.directory)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert isinstance(manager.handle.disk, diskcache.JSONDisk)

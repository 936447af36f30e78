"""Background jobs: nobody sees another's result, a dead worker is an error, nothing is pickled."""

import os
import signal
import socket
import stat
import time
from pathlib import Path

import diskcache
import pytest

from dash_app.background import WORKER_LOST, JobManager, build_manager


@pytest.fixture
def manager(tmp_path: Path) -> JobManager:
    return build_manager(tmp_path / "jobs")


def run(manager: JobManager, function, *args):
    key = manager.build_cache_key(function, list(args), [], None)
    job = manager.call_job_fn(key, manager.make_job_fn(function, None), list(args), {})
    return key, job


def wait_for(manager: JobManager, key, job, *, within_s: float = 15.0):
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        result = manager.get_result(key, job)
        if result is not manager.UNDEFINED:
            return result
        time.sleep(0.02)
    raise AssertionError("no result")


def test_two_runs_with_the_same_arguments_never_share_a_result(manager) -> None:
    keys = {manager.build_cache_key(run, ["same"], [], None) for _ in range(50)}
    assert len(keys) == 50


def test_a_result_comes_back_once(manager) -> None:
    key, job = run(manager, lambda word: f"done {word}", "well")
    assert wait_for(manager, key, job) == "done well"
    assert manager.handle.get(key) is None


def test_a_killed_process_is_an_error_and_not_silence(manager) -> None:
    key, job = run(manager, lambda: time.sleep(60))
    os.kill(int(job), signal.SIGKILL)
    assert wait_for(manager, key, job)["background_callback_error"]["msg"] == WORKER_LOST


def test_something_that_is_not_json_ends_as_a_visible_error(manager) -> None:
    key, job = run(manager, lambda: object())
    assert "background_callback_error" in wait_for(manager, key, job)


def test_an_exception_ends_as_a_visible_error(manager) -> None:
    def fail() -> None:
        raise ValueError("the reason")

    key, job = run(manager, fail)
    assert "the reason" in wait_for(manager, key, job)["background_callback_error"]["msg"]


def test_a_job_holds_none_of_the_servers_connections(manager, tmp_path) -> None:
    here, there = socket.socketpair()
    key, job = run(manager, lambda: time.sleep(30))
    here.close()
    there.settimeout(10)
    assert there.recv(1) == b"", "the other end must see the connection end although the job still runs"
    manager.terminate_job(job)
    assert manager.get_result(key, job) is not None


def test_the_folder_is_private_and_holds_json(manager) -> None:
    folder = Path(manager.handle.directory)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert isinstance(manager.handle.disk, diskcache.JSONDisk)

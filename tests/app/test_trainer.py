"""The planner's trainer: one process at a time, six hours apart, and an alarm for one that ended badly."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from dash_app.commands.train_models import LOWEST, at_the_lowest_priority, start_training
from dash_app.settings import Settings
from dash_app.trainer import AFTER_PLANS, AGAIN_AFTER, EVERY, LONGEST, Trainer
from tests.fakes.clock import FakeClock
from tests.fakes.payloads import NOON
from tests.fakes.store import FakeStore

MINUTE = timedelta(minutes=1)


class FakeProcess:
    """A process that runs until it is told otherwise."""

    def __init__(self) -> None:
        self.exitcode: int | None = None
        self.killed = False

    def kill(self) -> None:
        self.killed, self.exitcode = True, -9

    def join(self, timeout: float | None = None) -> None:
        assert self.killed


class Rig:
    """A trainer whose processes are in `started`; `refused` makes the system refuse to start one."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOON)
        self.store = FakeStore(self.clock)
        self.started: list[FakeProcess] = []
        self.refused = False
        self.trainer = Trainer(self._start, self.store.alarms, self.clock)

    def _start(self) -> FakeProcess:
        if self.refused:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        self.started.append(FakeProcess())
        return self.started[-1]

    def alarms(self) -> list[str]:
        return [alarm.message for alarm in self.store.alarms.open_alarms()]


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_the_first_process_starts_at_once_and_the_next_one_after_the_next_six_hours(rig: Rig) -> None:
    for _ in range(3):
        rig.trainer.tick()
    assert len(rig.started) == 1
    rig.started[0].exitcode = 0
    rig.clock.advance(20 * MINUTE)
    rig.trainer.tick()
    rig.clock.advance(EVERY - 20 * MINUTE)
    rig.trainer.tick()
    assert len(rig.started) == 1
    rig.clock.advance(AFTER_PLANS)
    rig.trainer.tick()
    assert len(rig.started) == 2
    assert rig.alarms() == []


@pytest.mark.parametrize(("code", "why"), [(-9, "it was ended by signal 9"), (1, "it ended with code 1")])
def test_a_process_that_ended_badly_is_an_alarm_and_tried_again_in_an_hour(rig: Rig, code: int, why: str) -> None:
    rig.trainer.tick()
    rig.started[0].exitcode = code
    rig.trainer.tick()
    assert rig.alarms() == [f"The training of the forecast models failed: {why}. The models of before are used."]
    rig.clock.advance(AGAIN_AFTER - MINUTE)
    rig.trainer.tick()
    assert len(rig.started) == 1
    rig.clock.advance(MINUTE)
    rig.trainer.tick()
    rig.started[1].exitcode = 0
    rig.trainer.tick()
    assert rig.alarms() == []


def test_a_process_that_takes_too_long_is_killed(rig: Rig) -> None:
    rig.trainer.tick()
    rig.clock.advance(LONGEST + MINUTE)
    rig.trainer.tick()
    assert rig.started[0].killed
    assert "it took longer than 2 h" in rig.alarms()[0]


def test_a_process_that_cannot_be_started_is_an_alarm(rig: Rig) -> None:
    rig.refused = True
    rig.trainer.tick()
    assert "its process cannot be started: Resource temporarily unavailable" in rig.alarms()[0]


def test_stopping_ends_the_process_and_none_is_left(rig: Rig) -> None:
    rig.trainer.stop()
    rig.trainer.tick()
    rig.trainer.stop()
    assert rig.started[0].killed


def test_only_the_calculating_is_of_the_lowest_priority() -> None:
    mine = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    seen = at_the_lowest_priority(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
    assert seen == LOWEST
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == mine


def test_an_error_of_the_calculating_is_raised_where_it_was_asked_for() -> None:
    with pytest.raises(ZeroDivisionError):
        at_the_lowest_priority(lambda: 1 // 0)


def test_a_real_process_that_finds_no_api_ends_with_a_code_and_changes_nothing(tmp_path: Path) -> None:
    settings = Settings(secret_key="k" * 40, state_dir=tmp_path, _env_file=None)
    process = start_training(settings)
    process.join(60)
    assert process.exitcode == 1
    assert list(tmp_path.glob("models/*")) == []


def test_a_real_process_that_is_killed_is_gone_at_once(tmp_path: Path) -> None:
    settings = Settings(secret_key="k" * 40, state_dir=tmp_path, _env_file=None)
    process = start_training(settings)
    process.kill()
    process.join(10)
    assert process.exitcode == -9


PLANNER = """
import sys, time
from pathlib import Path
from dash_app.commands.train_models import start_training
from dash_app.settings import Settings
api = {"energy_api_url": sys.argv[2], "energy_api_user": "ada@example.org", "energy_api_password": "secret"}
start_training(Settings(secret_key="k" * 40, state_dir=Path(sys.argv[1]), _env_file=None, **api))
time.sleep(60)
"""


def test_a_planner_that_is_killed_leaves_no_training_behind(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        planner = subprocess.Popen([sys.executable, "-c", PLANNER, str(tmp_path), url])
        asked, _ = silent.accept()
        children = psutil.Process(planner.pid).children()
        assert asked.recv(4) == b"POST"
        planner.kill()
        planner.wait()
        gone, left = psutil.wait_procs(children, timeout=5)
        asked.close()
    assert gone
    assert left == []

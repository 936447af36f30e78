"""The safe state is reached without us: how long it takes after the dispatcher is gone or stands still."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from slothbox.plant.profile import FALLBACK_WITHIN_S, WATCHDOG_S
from slothbox.plant.registers import Mode
from tests.fakes.history import History, send

PATIENCE_S = 20.0


def wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize(("end", "late_s"), [(signal.SIGSTOP, 0.0), (signal.SIGKILL, 0.0), (signal.SIGKILL, 20.0)])
def test_the_plant_is_safe_within_one_and_a_half_watchdogs(tmp_path: Path, end: signal.Signals, late_s: float) -> None:
    history = History(tmp_path, seed=1, devices=1, speed=40.0)
    with history.running():
        (server,) = history.servers.values()
        server.plant.faults.late_watchdog_s = late_s
        pid = history.start()
        wait(lambda: server.plant.battery.mode is Mode.REMOTE and server.plant.battery.setpoint_w != 0)
        send(pid, end)
        began_s = history.fast.seconds()
        wait(lambda: server.plant.battery.mode is Mode.FALLBACK)
        took_s = history.fast.seconds() - began_s
        send(pid, signal.SIGCONT)
    sys.stderr.write(
        f"\n{end.name}, watchdog {WATCHDOG_S} s acting {late_s:g} s late: safe after {took_s:.0f} s, "
        f"limit {1.5 * WATCHDOG_S:g} s\n"
    )
    assert took_s <= 1.5 * WATCHDOG_S == FALLBACK_WITHIN_S

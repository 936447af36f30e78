"""Dispatchers that start in a moment: a warm process that forks one for every line it reads, and says its id.

`python -m tests.fakes.history_process FOLDER EPOCH SPEED`: time runs `SPEED` times as fast as it does, in every
process of the history alike, counted from the machine's monotonic second `EPOCH`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from controllers.law import setpoint_kw
from controllers.modbus import open_plants
from controllers.profiles import load_devices
from controllers.release_socket import ReleaseServer
from controllers.spool import JsonLinesSpool
from dash_app.dispatcher import Timing, run_dispatcher
from dash_app.stop import Stop, stop_on_signals
from dash_app.workflows.dispatch_gate import Gate
from dash_app.workflows.dispatch_pacing import LoopRules
from dash_app.workflows.dispatch_state import DispatchPorts
from services.store import PlanStore, open_store
from tests.fakes.bench import NoSites

SECRET = "a secret of at least thirty-two characters"
BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
TIMING = Timing(poll_s=2.0, lease_s=30.0, guard_s=12.0)
RULES = LoopRules(deadline_s=10.0)


@dataclass(frozen=True, kw_only=True)
class FastTime:
    """The two clocks of a history."""

    epoch: float
    speed: float

    def seconds(self) -> float:
        return (time.monotonic() - self.epoch) * self.speed

    def now(self) -> datetime:
        return BEGAN + timedelta(seconds=self.seconds())


@dataclass(frozen=True, kw_only=True)
class FastStop:
    """A stop whose waits are as short as time is fast."""

    stop: Stop
    speed: float

    def is_set(self) -> bool:
        return self.stop.is_set()

    def set(self) -> None:
        self.stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        return self.stop.wait(None if timeout is None else timeout / self.speed)


def opened(folder: Path, fast: FastTime) -> PlanStore:
    return open_store(f"sqlite:///{folder / 'plans.sqlite'}", secret_key=SECRET, busy_timeout_s=0.2, clock=fast.now)


def dispatch(folder: Path, fast: FastTime) -> None:
    store = opened(folder, fast)
    given = DispatchPorts(
        recommendations=store.recommendations,
        ledger=store.ledger,
        leases=store.leases,
        alarms=store.alarms,
        states=store.states,
        audit=store.audit,
        sites=NoSites(),
        spool=JsonLinesSpool(folder / f"spool-{os.getpid()}.jsonl"),
        gate=Gate(),
        law=setpoint_kw,
        clock=fast.now,
        monotonic=fast.seconds,
        rules_of=lambda _: RULES,
    )
    run_dispatcher(
        given,
        open_plants(load_devices(folder / "devices.yaml"), fast.now),
        stop=FastStop(stop=stop_on_signals(), speed=fast.speed),
        serve=lambda release: ReleaseServer(folder / f"{os.getpid()}.sock", release),
        holder=f"process {os.getpid()}",
        timing=TIMING,
    )


def main(folder: Path, fast: FastTime) -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory((folder / "log.txt").open("a")))
    opened(folder, fast).close()
    for _ in sys.stdin:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            dispatch(folder, fast)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), FastTime(epoch=float(sys.argv[2]), speed=float(sys.argv[3])))

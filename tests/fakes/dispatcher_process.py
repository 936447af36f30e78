"""A real dispatcher in a process of its own: `python -m tests.fakes.dispatcher_process STATE_DIR LEASE_S`."""

from __future__ import annotations

import os
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from controllers.law import setpoint_kw
from controllers.modbus import open_plants
from controllers.profiles import load_devices
from controllers.release_socket import ReleaseServer
from controllers.spool import JsonLinesSpool
from dash_app.dispatcher import Timing, run_dispatcher
from dash_app.stop import stop_on_signals
from dash_app.workflows.dispatch_gate import Gate
from dash_app.workflows.dispatch_state import DispatchPorts
from services.store import open_store
from tests.fakes.bench import NoSites

SECRET = "a secret of at least thirty-two characters"


def now() -> datetime:
    return datetime.now(tz=UTC)


def main(state_dir: Path, lease_s: float) -> None:
    store = open_store(f"sqlite:///{state_dir / 'plans.sqlite'}", secret_key=SECRET, busy_timeout_s=0.3)
    given = DispatchPorts(
        recommendations=store.recommendations,
        ledger=store.ledger,
        leases=store.leases,
        alarms=store.alarms,
        states=store.states,
        audit=store.audit,
        sites=NoSites(),
        spool=JsonLinesSpool(state_dir / "spool.jsonl"),
        gate=Gate(),
        law=setpoint_kw,
        clock=now,
        monotonic=time.monotonic,
    )
    run_dispatcher(
        given,
        open_plants(load_devices(state_dir / "devices.yaml"), now),
        stop=stop_on_signals(),
        serve=lambda release: ReleaseServer(state_dir / "dispatcher.sock", release),
        holder=f"process {os.getpid()}",
        timing=Timing(poll_s=0.05, lease_s=lease_s, guard_s=lease_s / 3),
    )
    store.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))

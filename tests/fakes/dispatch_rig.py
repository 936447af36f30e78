"""Real dispatchers, a real store and a stranger's Modbus server, with one approved plan: made to be killed."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from pyModbusTCP.constants import EXP_SLAVE_DEVICE_FAILURE
from pyModbusTCP.server import DataHandler

from dash_app.domain.dispatch import LedgerRow, Stage
from dash_app.domain.recommendation import State
from dash_app.domain.schedule import Step
from services.store import open_store
from tests.fakes.devices import devices_file
from tests.fakes.dispatcher_process import SECRET, now
from tests.fakes.modbus_double import DoubleHandler, ModbusDouble, signed
from tests.fakes.payloads import a_payload, a_step

ROOT = Path(__file__).parents[2]
SETPOINT, ENABLE = 10, 12
PATIENCE_S = 20.0
SHORT_LEASE_S, LONG_LEASE_S = 1.2, 4.0
"""A busy machine may pause a process for longer than the short one; where that matters, take the long one."""


class Rig:
    """`start()` begins another dispatcher, `kill_at` ends it between a write and its acknowledgement."""

    def __init__(self, folder: Path, **step: object) -> None:
        self.folder = folder
        self.double = ModbusDouble()
        devices_file(folder, self.double.port)
        self.store = open_store(f"sqlite:///{folder / 'plans.sqlite'}", secret_key=SECRET)
        self.plan = self._approve(a_step(now() - timedelta(minutes=1), end=now() + timedelta(minutes=55), **step))  # type: ignore[arg-type]
        self.processes: list[subprocess.Popen[bytes]] = []
        self._double_write = self.double.handler.write_h_regs
        self.double.__enter__()

    def close(self) -> None:
        for process in self.processes:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self.double.__exit__()
        self.store.close()

    def start(self, lease_s: float = SHORT_LEASE_S) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.fakes.dispatcher_process", str(self.folder), str(lease_s)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env={**os.environ})
        self.processes.append(process)
        return process

    def kill_at(self, process: subprocess.Popen[bytes], addr: int, *, applied: bool) -> None:
        """Kill the process when its next write to `addr` has arrived, before it hears of it; `applied` or lost."""
        handler: DoubleHandler = self.double.handler

        def write(address: int, words: list[int], srv_info: Any) -> Any:
            if address != addr:
                return self._double_write(address, words, srv_info)
            handler.write_h_regs = self._double_write  # type: ignore[method-assign]
            if applied:
                self._double_write(address, words, srv_info)
            process.kill()
            process.wait()
            return DataHandler.Return(exp_code=EXP_SLAVE_DEVICE_FAILURE)

        handler.write_h_regs = write  # type: ignore[method-assign]

    @contextmanager
    def locked_store(self) -> Iterator[None]:
        """Let nobody write to the store, as a backup that never ends."""
        lock = sqlite3.connect(self.folder / "plans.sqlite", isolation_level=None, timeout=1.0)
        try:
            lock.execute("BEGIN EXCLUSIVE")
            yield
        finally:
            lock.close()

    def freeze(self, process: subprocess.Popen[bytes]) -> None:
        """Stop the process for a while, but not inside a transaction: SQLite would let nobody else write."""
        frozen = False
        while not frozen:
            process.send_signal(signal.SIGSTOP)
            try:
                with self.locked_store():
                    frozen = True
            except sqlite3.OperationalError:
                process.send_signal(signal.SIGCONT)
                time.sleep(0.01)

    def enabled(self) -> bool:
        """Whether the plant is commanded from afar."""
        return self.double.handler.units[1].get_holding_registers(ENABLE, 1) == [1]

    def setpoints_w(self) -> list[int]:
        """Every set-point that reached the plant, releases left out."""
        return [signed(list(words)) for addr, words in self.double.handler.writes if addr == SETPOINT and any(words)]

    def rows(self, *stages: Stage) -> list[LedgerRow]:
        found = self.store.ledger.rows("monash", now() - timedelta(hours=1), 100_000)
        return [row for row in found if not stages or row.stage in stages]

    def wait(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline, (
                f"not within {PATIENCE_S} s; stages: {[r.stage.value for r in self.rows()]}"
            )
            time.sleep(0.02)

    def check_promises(self) -> None:
        """One order per slot, epochs that only grow, and no value on the wire without its durable intent."""
        intents = self.rows(Stage.INTENDED)
        assert len({row.order_id for row in intents}) <= 1
        epochs = [row.epoch for row in sorted(intents, key=lambda row: row.row_id)]
        assert epochs == sorted(epochs)
        keys = [(row.order_id, row.sequence) for row in intents]
        assert len(keys) == len(set(keys))
        intended_w = [round((row.setpoint_kw or 0.0) * 1000) for row in intents]
        for found_w in self.setpoints_w():
            assert any(abs(found_w - one) <= 1 for one in intended_w), (found_w, intended_w)

    def _approve(self, step: Step) -> object:
        payload = a_payload(steps=(step,), expires_at=now() + timedelta(hours=1))
        plan = self.store.recommendations.add(payload, by="planner")
        return self.store.recommendations.move(
            plan.recommendation_id,
            version=plan.version,
            digest=plan.digest,
            before={State.PROPOSED},
            after=State.APPROVED,
            who="grace",
        )

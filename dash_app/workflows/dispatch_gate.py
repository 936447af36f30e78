"""The gate between the loop and a plant: once a person has released a project, no write of the loop passes any more.

The release comes from another thread (the Unix socket) and must not wait for the store, so it cannot be a state there.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime

from dash_app.domain.dispatch import DispatchResult, Order, Refused, Telemetry
from dash_app.domain.ports import Plant


@dataclass(frozen=True, slots=True, kw_only=True)
class Closure:
    """A release that a person asked for: nothing approved before `at` may be executed any more."""

    project_id: str
    who: str
    at: datetime


class Gate:
    """Which projects are closed. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._closed: dict[str, Closure] = {}

    def close(self, closure: Closure) -> None:
        """Let nothing through to the project's devices; the newest closure counts."""
        with self._lock:
            known = self._closed.get(closure.project_id)
            if known is None or known.at < closure.at:
                self._closed[closure.project_id] = closure

    def closure(self, project_id: str) -> Closure | None:
        """Return why the project is closed, or None."""
        with self._lock:
            return self._closed.get(project_id)

    def open(self, closure: Closure) -> None:
        """Open the project again, unless it was closed anew in the meantime."""
        with self._lock:
            if self._closed.get(closure.project_id) == closure:
                del self._closed[closure.project_id]


class GatedPlant:
    """A plant behind a gate: reading and releasing always pass, holding only while the gate is open."""

    def __init__(self, plant: Plant, gate: Gate) -> None:
        self.device_id, self.project_id = plant.device_id, plant.project_id
        self.refresh_s, self.settle_s = plant.refresh_s, plant.settle_s
        self.tolerance_kw, self.deadband_kw = plant.tolerance_kw, plant.deadband_kw
        self._plant, self._gate, self._lock = plant, gate, threading.Lock()

    def read(self) -> Telemetry:
        """Return what the plant reports."""
        return self._plant.read()

    def hold(self, order: Order, setpoint_kw: float) -> DispatchResult:
        """Write a set-point if the gate is open, else refuse it."""
        with self._lock:
            closure = self._gate.closure(self.project_id)
            if closure is not None:
                return Refused(setpoint_kw=setpoint_kw, why=f"{closure.who} released the device")
            return self._plant.hold(order, setpoint_kw)

    def keep_alive(self) -> None:
        """Refresh the watchdog if the gate is open, else do nothing: the device falls back by itself."""
        with self._lock:
            if self._gate.closure(self.project_id) is None:
                self._plant.keep_alive()

    def release(self) -> None:
        """Give the device back, after the write that is on its way."""
        with self._lock:
            self._plant.release()

    def close(self) -> None:
        """Close the connection."""
        self._plant.close()

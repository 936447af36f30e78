"""`energy-dashboard run`: starts every process, waits until it is healthy, stops them all and leaves none behind."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import structlog

from dash_app.connection import Connection, connection_of, connection_of_card, edge_folder
from dash_app.domain.errors import ConfigError
from dash_app.settings import Settings

HEALTHY_WITHIN_S = 120.0
STOP_WITHIN_S = 20.0
RESTART_WAIT_S = 2.0
PORTS_TRIED = 50
EDGE = "edge"
PR_SET_PDEATHSIG = 1

log = structlog.get_logger()


@dataclass(slots=True)
class Child:
    """One process of ours and how to start it again."""

    name: str
    command: list[str]
    env: dict[str, str]
    process: subprocess.Popen[bytes] = field(init=False)
    restarts: int = 0

    def start(self, **pipes: Any) -> None:
        """Start the process in a session of its own; it dies with us even if we are killed."""
        self.process = subprocess.Popen(  # noqa: S603
            self.command, env=self.env, start_new_session=True, preexec_fn=_die_with_parent, **pipes
        )

    def ask_to_stop(self) -> None:
        """Ask the process to end; return at once."""
        self.process.terminate()

    def stop(self) -> None:
        """Ask the process to end, make it end when it does not, and take with it whatever it left running."""
        self.ask_to_stop()
        try:
            self.process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            log.error("killed", process=self.name, waited_s=STOP_WITHIN_S)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def run(settings: Settings) -> int:
    """Run everything until SIGINT or SIGTERM; return the exit code. Raises ConfigError with one sentence."""
    stop = Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    children: list[Child] = []
    try:
        connection = _start_edge(settings, children, stop) if settings.embedded_edge else connection_of(settings)
        port = free_port(settings.host, settings.port)
        _start_app(settings, port, children)
        _wait_until_ready(settings, port, children, stop)
        if not stop.is_set():
            sys.stdout.write(_welcome(settings, connection, port))
            sys.stdout.flush()
        _watch(children, stop)
    finally:
        _stop_all(children)
    return 0


def _stop_all(children: list[Child]) -> None:
    """Stop everything at once but the edge, which the dispatcher still needs for handing back its devices."""
    for child in children:
        if child.name != EDGE:
            child.ask_to_stop()
    for child in reversed(children):
        child.stop()


def free_port(host: str, wanted: int) -> int:
    """Return `wanted` or the next free port; say so on stderr when it is another one."""
    for port in [wanted] if wanted == 0 else range(wanted, min(wanted + PORTS_TRIED, 65536)):
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            found = int(probe.getsockname()[1])
        if found != wanted and wanted:
            sys.stderr.write(f"Port {wanted} is busy; using {found}.\n")
        return found
    raise ConfigError(f"PORT: {wanted} and the {PORTS_TRIED} ports after it are busy.")


def _start_edge(settings: Settings, children: list[Child], stop: Event) -> Connection:
    folder = edge_folder(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    edge = Child(EDGE, [sys.executable, "-m", "slothbox", "up", "--state-dir", str(folder)], dict(os.environ))
    edge.start(stdout=subprocess.PIPE)
    children.append(edge)
    return connection_of_card(json.loads(_first_line(edge, stop)), settings)


def _first_line(edge: Child, stop: Event) -> bytes:
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    assert edge.process.stdout is not None  # noqa: S101 - started with a pipe
    while time.monotonic() < deadline and not stop.is_set():
        if select.select([edge.process.stdout], [], [], 0.2)[0]:
            line = edge.process.stdout.readline()
            if line:
                return line
            raise ConfigError(f"The embedded edge ended with code {edge.process.wait()} before it was healthy.")
    raise ConfigError("The embedded edge was not healthy in time.")


def _start_app(settings: Settings, port: int, children: list[Child]) -> None:
    env = dict(os.environ) | {"STATE_DIR": str(settings.state_dir), "HOST": settings.host, "PORT": str(port)}
    ours = [sys.executable, "-m", "dash_app"]
    bind = f"[{settings.host}]:{port}" if ":" in settings.host else f"{settings.host}:{port}"
    web = [sys.executable, "-m", "gunicorn", "dash_app.server:server", "--bind", bind, "--workers", "1", "--threads",
           "4", "--no-control-socket", "--timeout", "120", "--log-level", "warning"]  # fmt: skip
    for child in (
        Child("web", web, env),
        Child("planner", [*ours, "plan"], env),
        Child("dispatcher", [*ours, "dispatch"], env),
    ):
        child.start()
        children.append(child)


def _wait_until_ready(settings: Settings, port: int, children: list[Child], stop: Event) -> None:
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::") else settings.host  # noqa: S104 - compared, not bound
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}/readyz"
    deadline = time.monotonic() + HEALTHY_WITHIN_S
    while not stop.is_set():
        dead = next((child for child in children if child.process.poll() is not None), None)
        if dead:
            raise ConfigError(f"The {dead.name} ended with code {dead.process.returncode} before all was healthy.")
        if _answers(url):
            return
        if time.monotonic() > deadline:
            raise ConfigError(f"The app was not ready within {HEALTHY_WITHIN_S:.0f} s.")
        stop.wait(0.2)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own http address
            return bool(answer.status == 200)
    except OSError:
        return False


def _welcome(settings: Settings, connection: Connection, port: int) -> str:
    address = settings.public_url or f"http://{settings.host}:{port}"
    told = {hint.role: hint for hint in reversed(connection.sign_ins)}
    lines = [f"{role}  {told[role].email} / {told[role].password}" for role in ("analyst", "manager") if role in told]
    return "\n".join([f"Energy DashBoard is ready: {address}", *lines, "Stop it with Ctrl-C.", ""])


def _watch(children: list[Child], stop: Event, pause: Callable[[float], bool] | None = None) -> None:
    """Start again what dies, after a pause that grows, until asked to stop."""
    wait = pause or stop.wait
    while not wait(0.5):
        for child in children:
            if child.process.poll() is not None and not stop.is_set():
                child.restarts += 1
                log.error("restarting", process=child.name, code=child.process.returncode, restarts=child.restarts)
                wait(min(RESTART_WAIT_S * child.restarts, 30.0))
                if not stop.is_set():
                    child.start(stdout=subprocess.DEVNULL if child.name == EDGE else None)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

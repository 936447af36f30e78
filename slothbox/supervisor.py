"""Keeps child processes alive: a child that dies is started again, later each time, and that is said aloud."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 30.0
STEADY_S = 60.0
PATIENCE_S = 8.0
PR_SET_PDEATHSIG = 1


class Process(Protocol):
    """What the supervisor needs of a running child."""

    def poll(self) -> int | None:
        """Return the exit code, None while it runs."""

    def terminate(self) -> None:
        """Ask it to end."""

    def kill(self) -> None:
        """End it."""

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end; subprocess.TimeoutExpired when it takes longer."""


Spawn = Callable[[Sequence[str]], Process]


@dataclass(slots=True)
class Child:
    """One command that shall always run."""

    name: str
    command: Sequence[str]
    process: Process | None = None
    started_s: float = 0.0
    restart_at_s: float | None = None
    wait_s: float = FIRST_WAIT_S


@dataclass(slots=True)
class Supervisor:
    """Starts children, looks after them and stops them in the reverse order."""

    spawn: Spawn
    monotonic_s: Callable[[], float]
    say: Callable[[str], None]
    children: list[Child] = field(default_factory=list)

    def start(self, name: str, command: Sequence[str]) -> None:
        """Start a child and look after it from now on."""
        child = Child(name, command)
        self.children.append(child)
        self._launch(child)

    def check(self) -> None:
        """Notice children that ended and start those whose waiting time is over."""
        for child in self.children:
            if child.restart_at_s is not None:
                self._restart_when_due(child)
            elif child.process is not None and (code := child.process.poll()) is not None:
                self._put_off(child, code)

    def stop(self) -> None:
        """Ask every child to end, the last one first, and end those that do not."""
        running = [child.process for child in reversed(self.children) if child.process is not None]
        for process in running:
            if process.poll() is None:
                process.terminate()
        deadline_s = self.monotonic_s() + PATIENCE_S
        for process in running:
            try:
                process.wait(timeout=max(0.1, deadline_s - self.monotonic_s()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.children.clear()

    def _launch(self, child: Child) -> None:
        child.restart_at_s = None
        child.started_s = self.monotonic_s()
        child.process = self.spawn(child.command)

    def _put_off(self, child: Child, code: int) -> None:
        now_s = self.monotonic_s()
        if now_s - child.started_s >= STEADY_S:
            child.wait_s = FIRST_WAIT_S
        child.restart_at_s = now_s + child.wait_s
        self.say(f"{child.name} ended with {code}; starting it again in {child.wait_s:.0f} s")
        child.wait_s = min(2 * child.wait_s, LONGEST_WAIT_S)

    def _restart_when_due(self, child: Child) -> None:
        if child.restart_at_s is not None and self.monotonic_s() >= child.restart_at_s:
            self._launch(child)


def system_supervisor(say: Callable[[str], None]) -> Supervisor:
    """Return a supervisor of real processes on the real clock."""
    return Supervisor(spawn=spawn_bound, monotonic_s=time.monotonic, say=say)


def spawn_bound(command: Sequence[str]) -> "subprocess.Popen[bytes]":
    """Start a process that ends when this one does, however this one ends; what it prints goes to our stderr."""
    parent = os.getpid()
    return subprocess.Popen(  # noqa: S603 - our own commands
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        process_group=0,
        preexec_fn=lambda: _die_with(parent),
    )


def _die_with(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)

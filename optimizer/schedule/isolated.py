"""Binaries are searched in a process of their own, because a search in C may overrun every limit it was given.

The process serves one search after the other and ends when its owner does. One that has not answered when its time
and the grace are over is killed: the search then ended by its time limit, without a plan. One that dies by itself is
a failed search, and the next one gets a new process.
"""

from __future__ import annotations

import faulthandler
import json
import os
import pickle
import select
import struct
import subprocess
import sys
import threading
import time
import weakref
from collections.abc import Sequence
from dataclasses import replace
from typing import IO, Any

from dash_app.domain.errors import SolverFailed
from optimizer.schedule.checks import Array
from optimizer.schedule.matrices import Answer, Matrices, Outcome

GRACE_S = 15.0
"""Time beyond the limit until the process is killed."""
START_S = 60.0
"""Time for the process to begin."""
PROGRAM = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from optimizer.schedule.isolated import serve; serve()"
)
HEADER = struct.Struct(">Q")
_OWN = threading.local()


class Overrun(Exception):
    """The process did not answer in time."""


class Worker:
    """One process that searches. `grace_s` is how long after its limit it is killed."""

    def __init__(self, *, grace_s: float = GRACE_S) -> None:
        self._grace_s = grace_s
        self.process = subprocess.Popen(  # noqa: S603 (our own interpreter and our own text)
            [sys.executable, "-c", PROGRAM, json.dumps(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        for pipe in (self._pipe(self.process.stdin), self._pipe(self.process.stdout)):
            os.set_blocking(pipe, False)
        self._end = weakref.finalize(self, _ended, self.process)
        self._started = False

    @property
    def alive(self) -> bool:
        """Whether another search may be asked of it."""
        return self._end.alive and self.process.poll() is None

    def solve(self, matrices: Matrices, secondary: Sequence[Array], time_limit_s: float) -> Answer:
        """Return the answer of the process; kill it where there is none in time; raise SolverFailed where it died."""
        began = time.monotonic()
        try:
            if not self._started:
                self._receive(began + START_S)
                self._started, began = True, time.monotonic()
            asked = pickle.dumps((replace(matrices, resident=None), tuple(secondary), time_limit_s))
            self._send(asked, began + time_limit_s + self._grace_s)
            answer = self._receive(began + time_limit_s + self._grace_s)
        except Overrun:
            self._end()
            return Answer(outcome=Outcome.TIME_LIMIT, seconds=time.monotonic() - began)
        if isinstance(answer, str):
            raise SolverFailed(answer)
        found: Answer = answer
        return found

    def _send(self, body: bytes, until: float) -> None:
        data, pipe = memoryview(HEADER.pack(len(body)) + body), self._pipe(self.process.stdin)
        while data:
            _, writable, _ = select.select([], [pipe], [], max(0.0, until - time.monotonic()))
            if not writable:
                raise Overrun
            try:
                data = data[os.write(pipe, data) :]
            except BrokenPipeError:
                raise self._died() from None

    def _receive(self, until: float) -> Any:
        (length,) = HEADER.unpack(self._read(HEADER.size, until))
        return pickle.loads(self._read(length, until))  # noqa: S301 (written by our own process)

    def _read(self, length: int, until: float) -> bytes:
        data, pipe = bytearray(), self._pipe(self.process.stdout)
        while len(data) < length:
            readable, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
            if not readable:
                raise Overrun
            part = os.read(pipe, length - len(data))
            if not part:
                raise self._died()
            data += part
        return bytes(data)

    def _died(self) -> SolverFailed:
        self._end()
        return SolverFailed(f"the solver's process ended with {self.process.returncode} before it had an answer")

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> int:
        if pipe is None:
            raise SolverFailed("the solver's process has no pipe")
        return pipe.fileno()


def solve_apart(matrices: Matrices, secondary: Sequence[Array], time_limit_s: float) -> Answer:
    """Return the answer of this thread's process, which is started at the first search and after each one that died."""
    if not _own_worker_is_alive():
        _OWN.worker = Worker()
    worker: Worker = _OWN.worker
    return worker.solve(matrices, secondary, time_limit_s)


def serve() -> None:
    """Answer searches from standard input until it is closed; the program of the process."""
    from optimizer.schedule.highs import solve_here

    _write("ready")
    while header := sys.stdin.buffer.read(HEADER.size):
        (length,) = HEADER.unpack(header)
        matrices, secondary, time_limit_s = pickle.loads(sys.stdin.buffer.read(length))  # noqa: S301 (our owner's)
        # whoever asked may be gone: then nobody kills this process but itself
        faulthandler.dump_traceback_later(time_limit_s + 2 * GRACE_S, exit=True)
        try:
            _write(solve_here(matrices, secondary=secondary, time_limit_s=time_limit_s))
        except SolverFailed as error:
            _write(str(error))
        faulthandler.cancel_dump_traceback_later()


def _own_worker_is_alive() -> bool:
    worker: Worker | None = getattr(_OWN, "worker", None)
    return worker is not None and worker.alive


def _write(answer: object) -> None:
    body = pickle.dumps(answer)
    sys.stdout.buffer.write(HEADER.pack(len(body)) + body)
    sys.stdout.buffer.flush()


def _ended(process: subprocess.Popen[bytes]) -> None:
    """End a process for good and leave nothing of it behind."""
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()

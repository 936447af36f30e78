"""Stop without the store: a Unix socket (0600) on which the dispatcher hears `release`, and the link that speaks to it.

One question, one answer, one line of JSON each: {"release": project, "who": name} -> {"device id": "" or why not}.
"""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

SOCKET_MODE = 0o600
MAX_LINE = 4096
ANSWER_WITHIN_S = 20.0
HEAR_WITHIN_S = 2.0

Release = Callable[[str, str], dict[str, str]]
"""Releases a project's devices for somebody; returns for each device "" or why it did not confirm."""

log = structlog.get_logger()


class ReleaseServer:
    """Listens until closed. The newest server owns the path: a new dispatcher takes it over from a dead one."""

    def __init__(self, path: Path, release: Release) -> None:
        self._path, self._release = path, release
        self._listener = _listen(path)
        self._inode = path.stat().st_ino
        self._thread = threading.Thread(target=self._serve, name="release-socket", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and remove the socket, unless somebody else's stands there now."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=ANSWER_WITHIN_S)
        if self._path.exists() and self._path.stat().st_ino == self._inode:
            self._path.unlink()

    def __enter__(self) -> ReleaseServer:
        """Return the server, which already listens."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            with caller:
                self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        try:
            caller.settimeout(HEAR_WITHIN_S)
            if not caller.recv(1, socket.MSG_PEEK):
                return
            asked = _read_line(caller)
            project_id, who = asked["release"], asked["who"]
            if not isinstance(project_id, str) or not isinstance(who, str):
                raise ValueError("release and who must be texts")
            _write_line(caller, self._release(project_id, who))
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("release_unheard", why=str(error))


class SocketLink:
    """The DispatcherLink of the web app and of the command line."""

    def __init__(self, path: Path, *, timeout_s: float = ANSWER_WITHIN_S) -> None:
        self._path, self._timeout_s = path, timeout_s

    def release(self, project_id: str, who: str) -> bool:
        """Return whether a living dispatcher confirmed that every device of the project was released."""
        outcome = self.outcome(project_id, who)
        return bool(outcome) and not any(outcome.values())

    def alive(self) -> bool:
        """Return whether a dispatcher listens."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line, _short(self._path) as name:
                line.settimeout(self._timeout_s)
                line.connect(name)
        except OSError:
            return False
        return True

    def outcome(self, project_id: str, who: str) -> dict[str, str]:
        """Return for each device "" or why it did not confirm; empty when no dispatcher answers."""
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
                line.settimeout(self._timeout_s)
                with _short(self._path) as name:
                    line.connect(name)
                _write_line(line, {"release": project_id, "who": who})
                answer = _read_line(line)
        except (OSError, ValueError) as error:
            log.warning("dispatcher_silent", project=project_id, why=str(error))
            return {}
        return {str(device): str(why) for device, why in answer.items()}


def _listen(path: Path) -> socket.socket:
    """Return a listening socket; it appears under `path` in one step, already with its final mode."""
    fresh = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_native_id()}")
    fresh.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with _short(fresh) as name:
        listener.bind(name)
    fresh.chmod(SOCKET_MODE)
    listener.listen()
    fresh.rename(path)
    return listener


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """Name a socket through its opened folder: a socket's own path may not exceed 107 bytes."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _read_line(line: socket.socket) -> dict[str, Any]:
    text = b""
    while not text.endswith(b"\n") and len(text) <= MAX_LINE:
        if not (part := line.recv(MAX_LINE)):
            break
        text += part
    parsed = json.loads(text)
    if not isinstance(parsed, dict):
        raise ValueError("not an object")
    return parsed


def _write_line(line: socket.socket, content: dict[str, str]) -> None:
    line.sendall(json.dumps(content).encode() + b"\n")

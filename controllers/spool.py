"""The dispatcher's local record: an append-only file of JSON lines, durable before `append` returns."""

from __future__ import annotations

import json
import os
from pathlib import Path

FILE_MODE = 0o600


class JsonLinesSpool:
    """One record per line in a file that only its owner can read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, record: dict[str, str]) -> None:
        """Add one record and wait until it is on the disk; raise OSError when it cannot be."""
        line = json.dumps(record, sort_keys=True) + "\n"
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, FILE_MODE)
        try:
            os.write(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)

    def records(self) -> tuple[dict[str, str], ...]:
        """Return every readable record; a line cut by a crash is left out."""
        if not self._path.exists():
            return ()
        parsed = (_parse(line) for line in self._path.read_text(encoding="utf-8").splitlines())
        return tuple(record for record in parsed if record is not None)


def _parse(line: str) -> dict[str, str] | None:
    try:
        record = json.loads(line)
    except ValueError:
        return None
    return {str(key): str(value) for key, value in record.items()} if isinstance(record, dict) else None

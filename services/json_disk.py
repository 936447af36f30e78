"""diskcache's JSON disk without the doors it leaves open: no pickle is ever read, and no value lives in a file.

diskcache's own JSONDisk hands a row that claims to be a pickle to `pickle.load` before it looks for JSON
(CVE-2025-69872). Here such a row is refused unread.
"""

from __future__ import annotations

from typing import Any

import diskcache
from diskcache.core import MODE_BINARY, MODE_RAW


class PlantedRow(Exception):
    """A row that this program never writes: somebody else did."""


class JsonOnlyDisk(diskcache.JSONDisk):  # type: ignore[misc]
    """Keys and values are compressed JSON inside the SQLite file, and nothing else is accepted."""

    def get(self, key: Any, raw: int) -> Any:
        """Return a key as it was given; raise PlantedRow for a pickled one."""
        if not raw:
            raise PlantedRow("a key that is not JSON")
        return super().get(key, raw)

    def fetch(self, mode: int, filename: str | None, value: Any, read: bool) -> Any:
        """Return a value; raise PlantedRow for a pickle, a file or anything but our own bytes."""
        if mode not in {MODE_RAW, MODE_BINARY} or filename is not None or not isinstance(value, bytes):
            raise PlantedRow(f"a value of mode {mode}")
        return super().fetch(mode, filename, value, read)

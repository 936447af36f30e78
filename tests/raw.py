"""The shipped data read with nothing but csv, for calculations that share no code with the application."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

DATA = Path(__file__).parents[1] / "slothbox" / "data"


def rows(name: str) -> Iterator[dict[str, str]]:
    """Yield the rows of a shipped file as text."""
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def column(name: str, *columns: str) -> dict[datetime, tuple[float, ...]]:
    """Return columns by their UTC stamp, only the rows in which all of them were measured."""
    found = {}
    for row in rows(name):
        texts = [row[one] for one in columns]
        if row["timestamp_utc"] and all(texts):
            stamp = datetime.fromisoformat(row["timestamp_utc"].replace("Z", "+00:00")).astimezone(UTC)
            found[stamp] = tuple(float(text) for text in texts)
    return found

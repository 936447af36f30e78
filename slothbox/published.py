"""What was published about a site (prices, CO2, weather), value by value with the moment of its publication.

The first value published for a step stays. Nothing is told before its moment of publication.
"""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from slothbox.archive import open_database
from slothbox.files import make_private_folder

PUBLISHED_FILE = "published.sqlite3"
SCHEMA = """CREATE TABLE IF NOT EXISTS published (
    project TEXT NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL, start INTEGER NOT NULL,
    issued_at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (project, kind, name, start)) WITHOUT ROWID"""


class PublishedStore:
    """Published values in one SQLite file of the state folder; each call opens its own connection."""

    def __init__(self, state_dir: Path) -> None:
        """Open or make the store in `state_dir`."""
        self._path = make_private_folder(state_dir) / PUBLISHED_FILE
        with open_database(self._path) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(SCHEMA)
        self._path.chmod(0o600)

    def put(self, project: str, kind: str, issued_at: datetime, values: pd.DataFrame) -> None:
        """Store a publication: one column per name on a UTC index; missing values are not stored."""
        issued = int(issued_at.timestamp())
        seconds = pd.DatetimeIndex(values.index).as_unit("s").asi8
        rows = [
            (project, kind, str(name), int(start), issued, float(value))
            for name in values.columns
            for start, value in zip(seconds, values[name], strict=True)
            if value == value
        ]
        with open_database(self._path) as database:
            database.executemany("INSERT OR IGNORE INTO published VALUES (?, ?, ?, ?, ?, ?)", rows)

    def read(
        self, project: str, kind: str, start: datetime, end: datetime, now: datetime
    ) -> tuple[datetime | None, pd.DataFrame]:
        """Return (newest issue, values) for `start <= t < end` as known at `now`; one row per published step."""
        with open_database(self._path) as database:
            rows = database.execute(
                "SELECT name, start, issued_at, value FROM published"
                " WHERE project = ? AND kind = ? AND start >= ? AND start < ? AND issued_at <= ?",
                (project, kind, int(start.timestamp()), int(end.timestamp()), int(now.timestamp())),
            ).fetchall()
        if not rows:
            return None, pd.DataFrame()
        table = pd.DataFrame(rows, columns=["name", "start", "issued_at", "value"])
        values = table.pivot_table(index="start", columns="name", values="value")
        values.index = pd.to_datetime(values.index, unit="s", utc=True)
        return datetime.fromtimestamp(int(table["issued_at"].max()), UTC), values

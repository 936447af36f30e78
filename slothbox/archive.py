"""The samples that the edge posted: one compact row per project, measurand and UTC day, written once and never changed.

A day is 1,440 floats, NaN where nothing was posted; the first value of a step stays, a later one is ignored.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from slothbox.files import make_private_folder

ARCHIVE_FILE = "archive.sqlite3"
STEP_S = 60
DAY_S = 86_400
STEPS_PER_DAY = DAY_S // STEP_S
DECIMALS = 4
SCHEMA = """CREATE TABLE IF NOT EXISTS days (
    project TEXT NOT NULL, measurand TEXT NOT NULL, day INTEGER NOT NULL, samples BLOB NOT NULL,
    PRIMARY KEY (project, measurand, day)) WITHOUT ROWID"""
Floats = npt.NDArray[np.float64]


class Archive:
    """Samples at one per minute; every call opens its own connection, so threads and processes may share the file."""

    def __init__(self, state_dir: Path) -> None:
        """Open or make the archive in `state_dir`."""
        self._path = make_private_folder(state_dir) / ARCHIVE_FILE
        with open_database(self._path) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute(SCHEMA)
        self._path.chmod(0o600)

    def put(self, project: str, samples: dict[str, pd.Series]) -> None:
        """Store samples by measurand id: series on a UTC index of whole minutes; all of them or none."""
        with open_database(self._path) as database:
            database.execute("BEGIN IMMEDIATE")
            for measurand, series in samples.items():
                self._put_series(database, project, measurand, series)

    def read(self, project: str, measurand: str, start: datetime, end: datetime) -> pd.Series:
        """Return `start <= t < end` at one per minute, NaN where nothing was posted."""
        first = -(-int(start.timestamp()) // STEP_S) * STEP_S
        last = -(-int(end.timestamp()) // STEP_S) * STEP_S
        days = range(first // DAY_S, max(first, last - 1) // DAY_S + 1)
        stored = self._days(project, measurand, days)
        empty = np.full(STEPS_PER_DAY, np.nan)
        values = np.concatenate([stored.get(day, empty) for day in days])
        begin = (first - days[0] * DAY_S) // STEP_S
        count = max(0, (last - first) // STEP_S)
        index = pd.date_range(datetime.fromtimestamp(first, UTC), periods=count, freq="60s", name="time")
        return pd.Series(values[begin : begin + count], index=index)

    def newest(self, project: str, measurand: str) -> tuple[datetime, float] | None:
        """Return the last sample and the start of its step, None when there is none."""
        return self._edge(project, measurand, newest=True)

    def oldest(self, project: str, measurand: str) -> tuple[datetime, float] | None:
        """Return the first sample and the start of its step, None when there is none."""
        return self._edge(project, measurand, newest=False)

    def _put_series(self, database: sqlite3.Connection, project: str, measurand: str, series: pd.Series) -> None:
        seconds = pd.DatetimeIndex(series.index).as_unit("s").asi8
        values = series.to_numpy(dtype=np.float64)
        for day in np.unique(seconds // DAY_S):
            inside = seconds // DAY_S == day
            key = (project, measurand, int(day))
            row = database.execute(
                "SELECT samples FROM days WHERE project = ? AND measurand = ? AND day = ?", key
            ).fetchone()
            known = np.frombuffer(row[0], np.float32).copy() if row else np.full(STEPS_PER_DAY, np.nan, np.float32)
            posted = np.full(STEPS_PER_DAY, np.nan, np.float32)
            posted[(seconds[inside] % DAY_S) // STEP_S] = values[inside]
            merged = np.where(np.isnan(known), posted, known)
            database.execute("INSERT OR REPLACE INTO days VALUES (?, ?, ?, ?)", (*key, merged.tobytes()))

    def _days(self, project: str, measurand: str, days: range) -> dict[int, Floats]:
        with open_database(self._path) as database:
            rows = database.execute(
                "SELECT day, samples FROM days WHERE project = ? AND measurand = ? AND day BETWEEN ? AND ?",
                (project, measurand, days[0], days[-1]),
            ).fetchall()
        return {day: _decoded(samples) for day, samples in rows}

    def _edge(self, project: str, measurand: str, *, newest: bool) -> tuple[datetime, float] | None:
        order = "DESC" if newest else "ASC"
        with open_database(self._path) as database:
            row = database.execute(
                f"SELECT day, samples FROM days WHERE project = ? AND measurand = ? ORDER BY day {order} LIMIT 1",  # noqa: S608
                (project, measurand),
            ).fetchone()
        if row is None:
            return None
        values = _decoded(row[1])
        known = np.flatnonzero(~np.isnan(values))
        step = int(known[-1 if newest else 0])
        return datetime.fromtimestamp(row[0] * DAY_S, UTC) + step * timedelta(seconds=STEP_S), float(values[step])


@contextmanager
def open_database(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a SQLite file, commit at the end or roll back on an error, and close it."""
    connection = sqlite3.connect(path, timeout=10)
    try:
        with connection:
            yield connection
    finally:
        connection.close()


def _decoded(samples: bytes) -> Floats:
    exact: Floats = np.frombuffer(samples, np.float32).astype(np.float64)
    return exact.round(DECIMALS)

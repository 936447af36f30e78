"""Tables that leave the application as files: what they hold, and the CSV that any program reads the same way.

Numbers stay numbers at full resolution. Texts come from outside and may look like formulas to a spreadsheet: in CSV
those get an apostrophe, see `harmless`. Every step has two times: UTC with `Z`, and the site's with its offset, so that
the hour that a change of the clock repeats can be told apart.
"""

from __future__ import annotations

import csv
import io
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.frames import check_index
from dash_app.domain.time import INDEX_NAME

BYTE_ORDER_MARK = "\ufeff"
ROWS_AT_ONCE = 2000
TIME_UTC = "time_utc"
_FORMULA = re.compile(r"(^|[;,|]\s*)(?=[=+\-@＝＋－＠])")
"""Where a spreadsheet would begin to read a formula: at the start, or after what it may take for a separator."""

Values = np.ndarray | Sequence[str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportColumn:
    """One column: floats (NaN where missing) in `unit`, or texts; `detail` tells more, like "mean of 15 min"."""

    name: str
    values: Values
    unit: str = ""
    detail: str = ""

    @property
    def heading(self) -> str:
        """The name with its unit.

        >>> ExportColumn(name="Array 1", values=np.array([1.0]), unit="kW").heading
        'Array 1 [kW]'
        """
        return f"{self.name} [{self.unit}]" if self.unit else self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """What one chart shows, as rows. `times` are the starts of the steps, UTC; None for what has no time.

    `facts` are pairs of a label and a text about this table (its source, its resolution, what is missing).
    """

    title: str
    columns: tuple[ExportColumn, ...]
    times: pd.DatetimeIndex | None = None
    facts: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse columns of different lengths, and times that are not in order."""
        if self.times is not None:
            check_index(self.times)
        lengths = {len(column.values) for column in self.columns} | (
            {len(self.times)} if self.times is not None else set()
        )
        if len(lengths) > 1:
            raise ValueError(f"{self.title}: columns of {sorted(lengths)} rows")

    @property
    def rows(self) -> int:
        """How many rows there are below the headings."""
        if self.times is not None:
            return len(self.times)
        return len(self.columns[0].values) if self.columns else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One series of a table over time: floats by the start of each step, UTC, sorted, NaN where missing."""

    name: str
    unit: str
    values: pd.Series
    detail: str = ""


def time_table(title: str, tracks: Iterable[Track], facts: tuple[tuple[str, str], ...] = ()) -> ExportTable:
    """Return series as one table over all their times; where a slower one has no step its cell is empty.

    >>> index = pd.date_range("2020-09-28", periods=3, freq="15min", tz="UTC", name="time")
    >>> fast, slow = pd.Series([1.0, 2.0, 3.0], index=index), pd.Series([9.0], index=index[:1])
    >>> table = time_table("A", [Track(name="F", unit="kW", values=fast), Track(name="S", unit="kW", values=slow)])
    >>> table.rows, table.columns[1].values.tolist()
    (3, [9.0, nan, nan])
    """
    known = list(tracks)
    times = pd.DatetimeIndex([], tz="UTC", name=INDEX_NAME)
    for track in known:
        times = times.union(pd.DatetimeIndex(track.values.index))
    columns = tuple(
        ExportColumn(
            name=track.name,
            unit=track.unit,
            detail=track.detail,
            values=track.values.reindex(times).to_numpy(dtype=float),
        )
        for track in known
    )
    return ExportTable(title=title, columns=columns, times=times, facts=facts)


def headings(table: ExportTable, zone: ZoneInfo) -> list[str]:
    """Return the names of all columns, those of the times first."""
    times = [] if table.times is None else [TIME_UTC, f"time_local [{zone.key}]"]
    return [*times, *(column.heading for column in table.columns)]


def csv_chunks(table: ExportTable, zone: ZoneInfo, rows: int = ROWS_AT_ONCE) -> Iterator[str]:
    """Return the table as CSV (RFC 4180, comma, point, CRLF, byte order mark), a few rows at a time."""
    yield BYTE_ORDER_MARK + _lines([[harmless(text) for text in headings(table, zone)]])
    for first in range(0, table.rows, rows):
        place = slice(first, first + rows)
        yield _lines(
            zip(*_times(table, zone, place), *(_cells(column, place) for column in table.columns), strict=True)
        )


def harmless(text: str) -> str:
    """Return a text in one line that no spreadsheet takes for a formula.

    >>> harmless("=1+1"), harmless("\\t@SUM(A1)"), harmless("Array 1"), harmless("a;=1+1"), harmless("A-1")
    ("'=1+1", "'@SUM(A1)", 'Array 1', "a;'=1+1", 'A-1')
    """
    return _FORMULA.sub(r"\1'", one_line(text))


def one_line(text: str) -> str:
    """Return a text with every control character turned into a blank, without blanks around it."""
    return "".join(" " if unicodedata.category(sign) in {"Cc", "Cs"} else sign for sign in text).strip()


def plain_number(value: float) -> str:
    """Return a number as every program reads it: a point, up to 12 significant digits, '' where there is none.

    >>> plain_number(-0.25), plain_number(133.5), plain_number(float("nan")), plain_number(1e300)
    ('-0.25', '133.5', '', '1e+300')
    """
    return f"{value:.12g}" if math.isfinite(value) else ""


def _times(table: ExportTable, zone: ZoneInfo, place: slice) -> list[list[str]]:
    if table.times is None:
        return []
    times = table.times[place]
    local = [moment.isoformat() for moment in times.tz_convert(zone).to_pydatetime()]
    return [[moment.isoformat().replace("+00:00", "Z") for moment in times.to_pydatetime()], local]


def _cells(column: ExportColumn, place: slice) -> list[str]:
    if isinstance(column.values, np.ndarray):
        return [plain_number(value) for value in column.values[place].tolist()]
    return ["" if text is None else harmless(text) for text in column.values[place]]


def _lines(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()

"""A table as an XLSX workbook: real numbers and dates, a frozen heading, and a sheet that says what the figures are.

Spreadsheets know no time zones. A row therefore has its UTC time, the site's clock time and that clock's offset: the
offset tells the hour that a change of the clock repeats. Texts are written as texts whatever they begin with.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import numpy as np
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from dash_app.domain.export import ROWS_AT_ONCE, ExportColumn, ExportTable, one_line

MOST_CELLS = 1_000_000
"""A workbook of more cells is not made: it takes a minute to write, and longer to open."""
MOST_TEXT = 32_000
DATA, ABOUT = "Data", "About"
_TIMES = ("Time UTC", "Time {zone}", "UTC offset")
_WIDTHS = (20, 24, 11)
_FORMULA = "=+-@"


def cells_of(table: ExportTable) -> int:
    """Return how many cells the workbook of a table has."""
    return table.rows * (len(table.columns) + (0 if table.times is None else len(_TIMES)))


def write_workbook(table: ExportTable, zone: ZoneInfo, about: Sequence[tuple[str, str]], into: BinaryIO) -> None:
    """Write the workbook of a table; `about` are the pairs of label and text of its second sheet."""
    book = Workbook(write_only=True)
    _write_data(book.create_sheet(DATA), table, zone)
    sheet = book.create_sheet(ABOUT)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 80
    for label, text in about:
        sheet.append([_text(sheet, label, bold=True), _text(sheet, text)])
    book.save(into)


def _write_data(sheet: Any, table: ExportTable, zone: ZoneInfo) -> None:
    times = [] if table.times is None else [words.format(zone=zone.key) for words in _TIMES]
    sheet.freeze_panes = "A2"
    widths = [*_WIDTHS[: len(times)], *(min(60, max(12, len(column.heading) + 2)) for column in table.columns)]
    for place, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    sheet.append([_text(sheet, text, bold=True) for text in [*times, *(column.heading for column in table.columns)]])
    for row in _rows(sheet, table, zone):
        sheet.append(row)


def _rows(sheet: Any, table: ExportTable, zone: ZoneInfo) -> Iterator[Sequence[Any]]:
    for first in range(0, table.rows, ROWS_AT_ONCE):
        place = slice(first, first + ROWS_AT_ONCE)
        columns = [*_times(table, zone, place), *(_cells(sheet, column, place) for column in table.columns)]
        yield from zip(*columns, strict=True)


def _times(table: ExportTable, zone: ZoneInfo, place: slice) -> list[Sequence[Any]]:
    if table.times is None:
        return []
    utc, local = table.times[place], table.times[place].tz_convert(zone)
    offsets = [moment.isoformat()[-6:] for moment in local.to_pydatetime()]
    return [list(each.tz_localize(None).to_pydatetime()) for each in (utc, local)] + [offsets]


def _cells(sheet: Any, column: ExportColumn, place: slice) -> list[Any]:
    if isinstance(column.values, np.ndarray):
        return [value if math.isfinite(value) else None for value in column.values[place].tolist()]
    return [None if text is None else _text(sheet, text) for text in column.values[place]]


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """Return a cell that holds a text: never a formula, an error or a number, not even after it is edited."""
    plain = one_line(text)[:MOST_TEXT]
    cell = WriteOnlyCell(sheet, value=plain)
    cell.data_type = "s"
    if plain.startswith(tuple(_FORMULA)):
        cell.quotePrefix = True
    if bold:
        cell.font = Font(bold=True)
    return cell

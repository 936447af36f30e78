"""Files are read back by readers of their own: the csv module and openpyxl."""

import csv
import io
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from dash_app.domain.export import ExportColumn, ExportTable, Track, csv_chunks, harmless, time_table
from dash_app.workbook import write_workbook

BERLIN, MELBOURNE = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Melbourne")
NASTY = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    "＝1+1",
    'x";=cmd|calc',
    "a,=1+1",
    "\x00=1",
    "\n=1",
]


def hours(start: str, count: int) -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="h", tz="UTC", name="time")


def track(values: list[float], start: str = "2020-09-28", name: str = "Array 1") -> Track:
    return Track(name=name, unit="kW", values=pd.Series(values, index=hours(start, len(values))), detail="Mean of 1 h")


def read_csv(table: ExportTable, zone: ZoneInfo = MELBOURNE, rows: int = 2000) -> list[list[str]]:
    text = "".join(csv_chunks(table, zone, rows))
    return list(csv.reader(io.StringIO(text.encode().decode("utf-8-sig"), newline="")))


def read_workbook(table: ExportTable, zone: ZoneInfo = MELBOURNE):
    file = io.BytesIO()
    write_workbook(table, zone, [("Project", "=1+1"), ("Range", "28 Sep 2020")], file)
    return load_workbook(io.BytesIO(file.getvalue()))


def test_a_csv_has_both_times_units_and_points() -> None:
    rows = read_csv(time_table("A", [track([1.5, -2.25])]))
    assert rows[0] == ["time_utc", "time_local [Australia/Melbourne]", "Array 1 [kW]"]
    assert rows[1] == ["2020-09-28T00:00:00Z", "2020-09-28T10:00:00+10:00", "1.5"]
    assert rows[2] == ["2020-09-28T01:00:00Z", "2020-09-28T11:00:00+10:00", "-2.25"]


def test_a_csv_begins_with_a_byte_order_mark_and_ends_its_lines_as_the_standard_says() -> None:
    content = "".join(csv_chunks(time_table("A", [track([1.0])]), MELBOURNE)).encode()
    assert content.startswith(b"\xef\xbb\xbftime_utc")
    assert content.endswith(b",1\r\n") and content.count(b"\r\n") == content.count(b"\n") == 2


def test_missing_values_are_empty_cells_not_zeros() -> None:
    table = time_table("A", [track([1.0, float("nan"), float("inf"), 0.0])])
    assert [row[2] for row in read_csv(table)[1:]] == ["1", "", "", "0"]
    assert [cell.value for cell in read_workbook(table)["Data"]["D"][1:]] == [1, None, None, 0]


def test_the_repeated_hour_of_a_clock_change_can_be_told_apart() -> None:
    table = time_table("A", [track([1.0, 2.0, 3.0, 4.0], "2020-10-24 23:00")])
    assert [row[1] for row in read_csv(table, BERLIN)[1:]] == [
        "2020-10-25T01:00:00+02:00", "2020-10-25T02:00:00+02:00", "2020-10-25T02:00:00+01:00",
        "2020-10-25T03:00:00+01:00",
    ]  # fmt: skip
    sheet = read_workbook(table, BERLIN)["Data"]
    assert [(row[1].hour, row[2]) for row in sheet.iter_rows(min_row=2, values_only=True)] == [
        (1, "+02:00"), (2, "+02:00"), (2, "+01:00"), (3, "+01:00"),
    ]  # fmt: skip


def test_a_year_has_every_hour_once_in_utc() -> None:
    table = time_table("A", [track([1.0] * 8784, "2019-12-31 23:00")])
    stamps = [datetime.fromisoformat(row[0]) for row in read_csv(table, BERLIN)[1:]]
    local = [datetime.fromisoformat(row[1]) for row in read_csv(table, BERLIN)[1:]]
    assert stamps == [datetime(2019, 12, 31, 23, tzinfo=UTC) + n * timedelta(hours=1) for n in range(8784)]
    assert local == stamps and len({row.isoformat() for row in local}) == 8784


@pytest.mark.parametrize("rows", [1, 2, 3, 100])
def test_the_size_of_a_chunk_changes_nothing(rows: int) -> None:
    table = time_table("A", [track([1.0, 2.0, 3.0])])
    assert read_csv(table, rows=rows) == read_csv(table)


def test_series_of_different_steps_share_a_table_without_being_filled() -> None:
    slow = Track(name="B", unit="%", values=pd.Series([50.0, 60.0], index=hours("2020-09-28", 2)))
    quarter = pd.date_range("2020-09-28", periods=5, freq="15min", tz="UTC", name="time")
    fast = Track(name="A", unit="kW", values=pd.Series([0.0, 1.0, 2.0, 3.0, 4.0], index=quarter))
    rows = read_csv(time_table("A", [fast, slow]))
    assert rows[0][2:] == ["A [kW]", "B [%]"]
    assert [row[2:] for row in rows[1:]] == [["0", "50"], ["1", ""], ["2", ""], ["3", ""], ["4", "60"]]


@pytest.mark.parametrize("text", NASTY)
def test_no_text_from_outside_is_a_formula_in_a_csv(text: str) -> None:
    named = time_table("A", [track([-1.0], name=text)])
    listed = ExportTable(title="B", columns=(ExportColumn(name="From", values=[text]),))
    heading, cell = read_csv(named)[0][2], read_csv(listed)[1][0]
    for found in (heading, cell):
        for piece in found.replace(",", ";").replace("|", ";").split(";"):
            assert not piece.strip().startswith(("=", "+", "-", "@", "＝")), found
        assert not any(ord(sign) < 32 for sign in found)
    assert float(read_csv(named)[1][2]) == -1.0


@pytest.mark.parametrize("text", NASTY)
def test_no_text_from_outside_is_a_formula_in_a_workbook(text: str) -> None:
    table = ExportTable(title="B", columns=(ExportColumn(name=text, values=[text, None]),))
    book = read_workbook(table)
    cells = [book["Data"]["A1"], book["Data"]["A2"], book["About"]["B1"]]
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.quotePrefix for cell in cells if cell.value.startswith(("=", "+", "-", "@")))


def test_words_that_are_no_formulas_are_left_as_they_are() -> None:
    for text in ("Array 1", "PV-Anlage", "Gebäude A-1", "a@b.org", "°C", "1-2"):
        assert harmless(text) == text


def test_a_workbook_has_numbers_dates_a_frozen_heading_and_says_what_it_is() -> None:
    book = read_workbook(time_table("A", [track([1.5, -2.25])]))
    data = book["Data"]
    assert [cell.value for cell in data[1]] == ["Time UTC", "Time Australia/Melbourne", "UTC offset", "Array 1 [kW]"]
    utc, local, offset, power = (cell.value for cell in data[3])
    assert (f"{utc:%H:%M %d %b}", f"{local:%H:%M %d %b}", offset, power) == (
        "01:00 28 Sep",
        "11:00 28 Sep",
        "+10:00",
        -2.25,
    )
    assert (data["A2"].is_date, data["B2"].is_date, data["D3"].data_type) == (True, True, "n")
    assert data.freeze_panes == "A2"
    assert book.sheetnames == ["Data", "About"]
    assert [cell.value for cell in book["About"]["A"]] == ["Project", "Range"]


def test_numbers_survive_whatever_their_size() -> None:
    values = [1e300, -1e-9, 0.1 + 0.2, 12345678.901234]
    table = time_table("A", [track(values)])
    assert [float(row[2]) for row in read_csv(table)[1:]] == pytest.approx(values, rel=1e-11)
    assert [cell.value for cell in read_workbook(table)["Data"]["D"][1:]] == pytest.approx(values, rel=1e-15)


def test_a_table_refuses_columns_that_do_not_fit() -> None:
    short = ExportColumn(name="A", values=np.array([1.0]))
    with pytest.raises(ValueError, match="rows"):
        ExportTable(title="T", columns=(short, ExportColumn(name="B", values=["a", "b"])))
    with pytest.raises(ValueError, match="sorted"):
        ExportTable(title="T", columns=(), times=hours("2020-09-28", 2)[::-1])

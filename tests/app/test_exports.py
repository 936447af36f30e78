"""The way to the files: who gets them, what they hold, and what is said when there is nothing."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from openpyxl import load_workbook

from dash_app.app import PAGES
from dash_app.domain.errors import ApiUnavailable, RateLimited, SessionEnded
from dash_app.domain.site import Quantity
from dash_app.exports import XLSX
from tests.app.building import VIEWER, build
from tests.app.campus_app import Campus, build_campus
from tests.fakes.campus import NOW, ZONE, measurands, series_of

PV = "/p/monash/export/overview/pv.csv"


@pytest.fixture(scope="module")
def built() -> Campus:
    return build_campus()


@pytest.fixture
def campus(built: Campus) -> Campus:
    built.measurements.fails.clear()
    built.measurements.hidden.clear()
    built.measurements.saved_at = None
    return built


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline="")))


def whole_day() -> pd.DataFrame:
    """Return what the campus' own numbers say of Sunday: each array every quarter of an hour."""
    start, end = datetime(2020, 9, 19, 14, tzinfo=UTC), datetime(2020, 9, 20, 14, tzinfo=UTC)
    arrays = [m for m in measurands() if m.quantity is Quantity.PV_KW]
    return pd.DataFrame({m.name: series_of(m, start, end) for m in arrays})


def test_a_stranger_is_sent_to_sign_in(campus: Campus) -> None:
    answer = campus.app.server.test_client().get(f"{PV}?range=day")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login?next=/p/monash/export/overview/pv.csv%3Frange%3Dday"


def test_a_foreign_project_does_not_exist() -> None:
    building = build()
    answer = building.signed_in(VIEWER).get("/p/fontana1/export/overview/pv.csv")
    assert answer.status_code == 404
    assert answer.get_json() == {"error": "There is no such project or chart."}


@pytest.mark.parametrize(
    "path",
    [
        "/p/nobody/export/overview/pv.csv", "/p/monash/export/overview/nothing.csv", "/p/monash/export/nothing/pv.csv",
        "/p/monash/export/overview/..%2fpv.csv", "/p/monash%2f..%2ffontana1/export/overview/pv.csv",
    ],
)  # fmt: skip
def test_what_is_unknown_is_not_found(campus: Campus, path: str) -> None:
    assert campus.signed_in().get(path).status_code == 404


def test_a_viewer_may_have_the_files() -> None:
    assert build().signed_in(VIEWER).get("/p/monash/export/overview/load.csv").status_code == 200


def test_a_csv_holds_every_value_of_the_range_at_its_own_resolution(campus: Campus) -> None:
    rows = rows_of(campus.signed_in().get(f"{PV}?range=day&at=2020-09-20&resolution=360"))
    known = whole_day()
    assert len(rows) == 97
    assert [row[2:] for row in rows[:1]] == [["Measured [kW]", *(f"Array {n} [kW]" for n in range(1, 7))]]
    for row, (moment, powers) in zip(rows[1:], known.iterrows(), strict=True):
        assert datetime.fromisoformat(row[0]) == datetime.fromisoformat(row[1]) == moment
        assert [float(cell) for cell in row[3:]] == pytest.approx(powers.tolist())
        assert float(row[2]) == pytest.approx(powers.sum())


def test_steps_that_are_not_over_are_no_gaps(campus: Campus) -> None:
    rows = rows_of(campus.signed_in().get(f"{PV}?range=day"))
    measured = [row for row in rows[1:] if row[2]]
    assert datetime.fromisoformat(measured[-1][0]) == datetime.fromisoformat("2020-09-28T03:15Z")
    assert all(datetime.fromisoformat(row[0]) > NOW - timedelta(minutes=15) for row in rows[1:] if not row[2])


def test_a_gap_is_an_empty_cell_and_no_partial_sum(campus: Campus) -> None:
    campus.measurements.hidden["103"] = (datetime(2020, 9, 20, 10, tzinfo=ZONE), datetime(2020, 9, 20, 11, tzinfo=ZONE))
    rows = rows_of(campus.signed_in().get(f"{PV}?range=day&at=2020-09-20"))
    gap = [row for row in rows[1:] if row[1][11:13] == "10"]
    assert [(row[2], row[5]) for row in gap] == [("", "")] * 4
    assert all(row[3] and row[4] for row in gap)


def test_the_file_is_named_after_what_it_holds(campus: Campus) -> None:
    answer = campus.signed_in().get(f"{PV}?range=day&at=2020-09-20")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="monash-campus-overview-pv-2020-09-20.csv"'
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_workbook_holds_the_same_numbers_and_says_where_they_are_from(campus: Campus) -> None:
    answer = campus.signed_in().get("/p/monash/export/overview/pv.xlsx?range=day&at=2020-09-20&resolution=7")
    assert answer.headers["Content-Type"] == XLSX
    book = load_workbook(io.BytesIO(answer.data))
    rows = list(book["Data"].iter_rows(min_row=2, values_only=True))
    assert [row[4:] for row in rows] == [pytest.approx(tuple(powers)) for powers in whole_day().to_numpy().tolist()]
    about = dict(book["About"].iter_rows(values_only=True))
    assert about["Project"] == "Monash campus"
    assert about["Chart"] == "PV production"
    assert about["Range in UTC"] == "2020-09-19T14:00:00Z to 2020-09-20T14:00:00Z (end not included)"
    assert about["Time zone of the site"] == "Australia/Melbourne"
    assert about["Source"] == "Demo: measured data replayed; the plant is simulated."
    assert about["Generated at"] == "2020-09-28T03:30:12Z"
    assert about["Array 1 [kW]"] == "Mean of 15\xa0min"
    assert about["Note"].startswith("“7” is not a resolution we know.")


def test_saved_data_are_labelled_in_the_file(campus: Campus) -> None:
    campus.measurements.saved_at = NOW - timedelta(minutes=40)
    book = load_workbook(io.BytesIO(campus.signed_in().get("/p/monash/export/overview/load.xlsx").data))
    about = dict(book["About"].iter_rows(values_only=True))
    assert "Saved data of 2020-09-28T02:50:12Z" in about["Source"]


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        (ApiUnavailable("refused"), 503, "We cannot reach the server."),
        (RateLimited("429", retry_after_s=40), 429, "The server asks us to wait 40 s."),
        (SessionEnded("Your session has ended."), 401, "Your session has ended."),
    ],
)
def test_an_outage_is_a_sentence_and_no_file(campus: Campus, fault: Exception, status: int, words: str) -> None:
    campus.measurements.fails = [fault]
    answer = campus.signed_in().get(PV)
    assert (answer.status_code, answer.get_json()) == (status, {"error": words})


def test_a_broken_query_falls_back_as_on_the_page(campus: Campus) -> None:
    rows = rows_of(campus.signed_in().get(f"{PV}?range=eon&at=yesterday&from=%FF&resolution=0"))
    assert rows[1][0] == "2020-09-26T14:00:00Z"


def test_an_address_is_answered_to_reading_only(campus: Campus) -> None:
    assert campus.signed_in().post(PV, json={}).status_code == 405


CHARTS = [(page.PAGE.key, chart.key) for page in PAGES if hasattr(page, "PAGE") for chart in page.PAGE.charts]


@pytest.mark.parametrize(("page", "chart"), CHARTS)
@pytest.mark.parametrize("search", ["?range=day&at=2020-09-20", "?range=week&split=yes"])
def test_every_chart_of_every_page_is_a_file_or_a_sentence(campus: Campus, page: str, chart: str, search: str) -> None:
    address, client = f"/p/monash/export/{page}/{chart}", campus.signed_in()
    answer = client.get(f"{address}.csv{search}")
    workbook = client.get(f"{address}.xlsx{search}")
    assert answer.status_code == workbook.status_code
    if answer.status_code == 404:
        assert answer.get_json() == {"error": "There are no values in this range."}
        return
    rows = rows_of(answer)
    assert len({len(row) for row in rows}) == 1 and len(rows) > 1
    lines = list(load_workbook(io.BytesIO(workbook.data))["Data"].iter_rows(values_only=True))
    assert len(lines) == len(rows)
    assert any(isinstance(cell, int | float) for line in lines[1:] for cell in line)
    assert not any("bdata" in cell for row in rows for cell in row)


def test_the_battery_is_exported_at_its_own_resolution_with_words_for_its_columns(campus: Campus) -> None:
    rows = rows_of(campus.signed_in().get("/p/monash/export/battery/power.csv?range=day&at=2020-09-20&resolution=360"))
    assert rows[0][2:4] == ["Charge [kW]", "Charge from PV [kW]"]
    assert len(rows) == 1 + 24 * 60


def test_the_field_of_the_demand_is_exported_cell_by_cell_and_the_curve_step_by_step(campus: Campus) -> None:
    client = campus.signed_in()
    cells = rows_of(client.get("/p/monash/export/consumer/map.csv"))
    assert cells[0] == ["Day", "Time of day", "Demand [kW]"]
    assert (len(cells) - 1) % 24 == 0 and cells[1][1:2] == ["00:00"]
    curve = rows_of(client.get("/p/monash/export/consumer/curve.csv?range=day&at=2020-09-20"))
    start, end = datetime(2020, 9, 19, 14, tzinfo=UTC), datetime(2020, 9, 20, 14, tzinfo=UTC)
    meters = [series_of(m, start, end) for m in measurands() if m.quantity is Quantity.LOAD_KW]
    demand = sorted((sum(pair) for pair in zip(*meters, strict=True)), reverse=True)
    assert [float(row[1]) for row in curve[1:]] == pytest.approx(demand)
    assert (float(curve[1][0]), float(curve[-1][0])) == pytest.approx((100 / 96, 100.0))

"""GET /getprojectdata: newest points, history, columns, bins, pages, unchanged days and bad parameters."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.slothbox.edge_bench import NOW, Bench, raw


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    made = Bench(tmp_path_factory.mktemp("edge"))
    made.archive_minutes(600)
    return made


def rows(bench: Bench, query: str) -> list[dict[str, Any]]:
    answer = bench.get(f"/getprojectdata?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json[0]["data"])


def columns(bench: Bench, query: str) -> dict[str, dict[str, Any]]:
    answer = bench.get(f"/getprojectdata?{query}&format=columns")
    assert answer.status_code == 200, answer.text
    return {column["measurandId"]: column for column in answer.json[0]["series"]}


def test_a_row_carries_what_the_base_contract_says(bench: Bench) -> None:
    answer = bench.get("/getprojectdata?id=cambridge-b071&limit=1&measurands=311").json
    local = "2020-11-29T09:00:00Z"  # what is served at 09:00 UTC on 2026-11-22, London winter time
    assert answer[0]["projectCategoryName"] == "normalprojects"
    assert answer[0]["data"] == [
        {
            "measurandId": "311",
            "measurand": "e_demand",
            "measurandCategoryType": "Power_Util_Real",
            "roundedTimestamp": "2026-11-22T09:00:00Z",
            "value": raw("uk_cambridge/uk_cam_b071.csv.gz").loc[local, "demand_kwh"],
        }
    ]


def test_limit_is_the_newest_points_over_all_measurands(bench: Bench) -> None:
    newest = rows(bench, "id=monash&limit=25")
    times = [row["roundedTimestamp"] for row in newest]
    assert len(newest) == 25
    assert times == sorted(times)
    assert sum(row["measurandId"] == "121" for row in newest) > 10  # the minutes crowd out the quarter hours


def test_a_value_appears_when_its_step_has_ended(bench: Bench) -> None:
    newest = {row["measurandId"]: row["roundedTimestamp"] for row in rows(bench, "id=monash&limit=60")}
    assert newest["111"] == "2026-11-22T09:45:00Z"
    assert newest["121"] == "2026-11-22T10:06:00Z"


def test_history_begins_at_from_and_ends_before_to(bench: Bench) -> None:
    found = rows(bench, "id=monash&from=2026-11-20T00:00:00Z&to=2026-11-20T01:00:00Z&measurands=111,116")
    assert [(row["measurandId"], row["roundedTimestamp"][11:16]) for row in found] == [
        (measurand, minute) for minute in ("00:00", "00:15", "00:30", "00:45") for measurand in ("111", "116")
    ]


def test_times_with_an_offset_are_understood(bench: Bench) -> None:
    with_offset = rows(
        bench, "id=monash&from=2026-11-20T11:00:00%2B11:00&to=2026-11-20T12:00:00%2B11:00&measurands=111"
    )
    assert with_offset == rows(bench, "id=monash&from=2026-11-20T00:00&to=2026-11-20T01:00&measurands=111")


def test_columns_hold_the_same_values_as_rows_with_null_for_gaps(bench: Bench) -> None:
    query = "id=monash&from=2026-11-20&to=2026-11-21"
    from_rows = {(row["measurandId"], row["roundedTimestamp"]): row["value"] for row in rows(bench, query)}
    from_columns = {
        (measurand, moment.strftime("%Y-%m-%dT%H:%M:%SZ")): value
        for measurand, column in columns(bench, query).items()
        for moment, value in zip(
            pd.date_range(column["start"], periods=len(column["values"]), freq=f"{column['step_s']}s"),
            column["values"],
            strict=True,
        )
    }
    assert {key: value for key, value in from_columns.items() if value is not None} == from_rows
    assert None in columns(bench, query)["114"]["values"]


def test_columns_with_a_limit_hold_as_many_points_as_asked_for(bench: Bench) -> None:
    found = columns(bench, "id=monash&limit=700")
    assert sum(value is not None for column in found.values() for value in column["values"]) == 700


def test_a_coarser_resolution_gives_mean_lowest_and_highest_of_full_resolution(bench: Bench) -> None:
    found = columns(bench, "id=monash&from=2026-11-22T08:00Z&to=2026-11-22T10:00Z&measurands=121&resolution=3600")[
        "121"
    ]
    # the minutes 0 .. 599 end at 10:06, so 08:00 holds 473 and 08:59 holds 532
    assert found["step_s"] == 3600
    assert found["values"] == [502.5, 562.5]
    assert (found["min"], found["max"]) == ([473.0, 533.0], [532.0, 592.0])


def test_energy_at_a_coarser_resolution_is_that_of_full_resolution(bench: Bench) -> None:
    query = "id=monash&from=2026-11-18&to=2026-11-20&measurands=101"
    fine, coarse = columns(bench, query)["101"]["values"], columns(bench, query + "&resolution=21600")["101"]["values"]
    assert sum(coarse) * 6 == pytest.approx(sum(fine) / 4)


def test_a_bin_that_has_not_ended_is_not_served(bench: Bench) -> None:
    found = columns(bench, "id=monash&from=2026-11-22T06:00Z&measurands=111&resolution=3600")["111"]
    assert (found["start"], len(found["values"])) == ("2026-11-22T06:00:00Z", 4)


def test_a_finer_resolution_leaves_the_native_step(bench: Bench) -> None:
    query = "id=cambridge-b071&from=2026-11-20&to=2026-11-21&measurands=311&resolution=900"
    assert columns(bench, query)["311"]["step_s"] == 3600


def test_a_doubled_hour_is_flagged_in_rows_and_columns(bench: Bench) -> None:
    query = "id=cambridge-b071&from=2026-10-25&to=2026-10-26&measurands=311"
    flagged = [row["roundedTimestamp"] for row in rows(bench, query) if row.get("repeated")]
    assert flagged == ["2026-10-25T01:00:00Z"]
    assert columns(bench, query)["311"]["repeated"] == flagged


def test_more_points_than_a_page_come_page_by_page_without_loss_or_repetition(bench: Bench) -> None:
    path = (
        "/getprojectdata?id=monash&from=2025-10-01&to=2026-11-01&format=columns&measurands=101,102,103,104,105,106,111"
    )
    pages = []
    while path:
        entry = bench.get(path).json[0]
        pages.append(entry)
        path = entry["next"]
    assert len(pages) == 2
    assert all(sum(len(column["values"]) for column in page["series"]) <= 200_000 for page in pages)
    load = [column for page in pages for column in page["series"] if column["measurandId"] == "111"]
    assert sum(len(column["values"]) for column in load) == 396 * 96
    first_end = datetime.fromisoformat(load[0]["start"]) + timedelta(minutes=15) * len(load[0]["values"])
    assert datetime.fromisoformat(load[1]["start"]) == first_end


def test_more_newest_points_than_a_page_go_on_before_the_page(bench: Bench) -> None:
    first = bench.get("/getprojectdata?id=monash&limit=250000&format=columns&measurands=110,111,113").json[0]
    second = bench.get(first["next"]).json[0]
    stamps = [
        (column["measurandId"], moment)
        for entry in (first, second)
        for column in entry["series"]
        for moment, value in zip(
            pd.date_range(column["start"], periods=len(column["values"]), freq="900s"), column["values"], strict=True
        )
        if value is not None
    ]
    assert len(stamps) == len(set(stamps)) == 250_000


def test_past_days_carry_an_etag_and_answer_304(bench: Bench) -> None:
    path = "/getprojectdata?id=monash&from=2026-11-19&to=2026-11-20&format=columns"
    first = bench.get(path)
    again = bench.get(path, **{"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")
    assert bench.get(path, **{"If-None-Match": '"something else"'}).status_code == 200


def test_today_carries_no_etag(bench: Bench) -> None:
    assert "ETag" not in bench.get("/getprojectdata?id=monash&from=2026-11-22&format=columns").headers


def test_what_was_served_stays_while_time_goes_on(bench: Bench) -> None:
    query = "id=monash&from=2026-11-21&to=2026-11-22T12:00Z&measurands=101,111,121"
    before = columns(bench, query)
    bench.now = NOW + timedelta(hours=1)
    try:
        after = columns(bench, query)
    finally:
        bench.now = NOW
    for measurand, column in before.items():
        assert after[measurand]["values"][: len(column["values"])] == column["values"]
        assert after[measurand]["start"] == column["start"]


def test_a_stretch_before_everything_or_in_the_future_is_empty(bench: Bench) -> None:
    for query in ("from=2001-01-01&to=2001-02-01", "from=2030-01-01&to=2030-02-01"):
        assert rows(bench, f"id=monash&{query}") == []
        assert all(column["values"] == [] for column in columns(bench, f"id=monash&{query}").values())


@pytest.mark.parametrize(
    ("query", "status", "named"),
    [
        ("limit=5", 422, "id"),
        ("id=monash", 422, "limit"),
        ("id=monash&limit=0", 422, "limit"),
        ("id=monash&limit=-3", 422, "limit"),
        ("id=monash&limit=many", 422, "limit"),
        ("id=monash&from=yesterday", 422, "from"),
        ("id=monash&from=2026-11-01&to=0001-01-01", 422, "to"),
        ("id=monash&limit=5&format=xml", 422, "format"),
        ("id=monash&limit=5&resolution=61", 422, "resolution"),
        ("id=monash&limit=5&resolution=1200", 422, "resolution"),
        ("id=monash&limit=5&measurands=101,999", 404, "999"),
    ],
)
def test_bad_parameters_are_refused_by_name(bench: Bench, query: str, status: int, named: str) -> None:
    answer = bench.get(f"/getprojectdata?{query}")
    assert answer.status_code == status
    assert named in answer.json["error"]


def test_two_calls_a_wrap_apart_agree_on_the_wire(bench: Bench) -> None:
    query = "id=monash&from=2026-10-01&to=2026-11-22&measurands=101,111,116"
    before = columns(bench, query)
    bench.now = NOW + timedelta(weeks=4)
    try:
        assert columns(bench, query) == before
    finally:
        bench.now = NOW
    assert datetime.fromisoformat(before["111"]["start"]) == datetime(2026, 10, 1, tzinfo=UTC)

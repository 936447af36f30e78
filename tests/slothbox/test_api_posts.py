"""What the edge posts is stored once, told at its time, and refused when it cannot be right."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.slothbox.edge_bench import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def samples(*values: float, measurand: str = "121", minute: int = 0) -> dict[str, Any]:
    return {
        "project": "monash",
        "samples": [
            {"measurandId": measurand, "time": f"2026-11-22T10:{minute + number:02d}:00Z", "value": value}
            for number, value in enumerate(values)
        ],
    }


def served(bench: Bench, measurand: str = "121") -> list[float | None]:
    path = f"/getprojectdata?id=monash&from=2026-11-22T10:00Z&measurands={measurand}&format=columns"
    return list(bench.get(path).json[0]["series"][0]["values"])


def prices(*values: float | None, **changed: object) -> dict[str, Any]:
    return {
        "project": "cambridge-b071",
        "kind": "prices",
        "issued_at": "2026-11-22T09:00:00Z",
        "start": "2026-11-22T11:00:00Z",
        "step_s": 3600,
        "unit": "GBP/kWh",
        "values": list(values),
    } | changed


def published(bench: Bench, kind: str = "prices") -> dict[str, Any]:
    path = f"/{kind}?project=cambridge-b071&from=2026-11-22T10:00Z&to=2026-11-23T00:00Z"
    return dict(bench.get(path).json)


def test_posted_minutes_are_served(bench: Bench) -> None:
    assert bench.post("/edge/samples", samples(1.5, 2.5, 0.0)).status_code == 204
    assert served(bench) == [1.5, 2.5, 0.0, None, None, None, None]


def test_the_first_value_of_a_minute_stays_and_a_late_one_fills_its_gap(bench: Bench) -> None:
    bench.post("/edge/samples", samples(1.0, minute=0))
    bench.post("/edge/samples", samples(3.0, minute=2))
    bench.post("/edge/samples", samples(9.0, 2.0, 9.0, minute=0))
    assert served(bench)[:3] == [1.0, 2.0, 3.0]


def test_only_the_edges_account_may_post(bench: Bench) -> None:
    for name in ("ada", "max", "amin", "planner"):
        assert bench.post("/edge/samples", samples(1.0), name).status_code == 403
        assert bench.post("/edge/published", prices(0.1), name).status_code == 403
    assert bench.context.archive.newest("monash", "121") is None


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"project": "atlantis", "samples": []}, 404),
        ({"project": "monash"}, 422),
        ({"project": "monash", "samples": "none"}, 422),
        (samples(1.0, measurand="101"), 422),
        (samples(1.0, measurand="321"), 422),
        ({"project": "monash", "samples": [{"measurandId": "121", "time": "soon", "value": 1}]}, 422),
        ({"project": "monash", "samples": [{"measurandId": "121", "time": "2026-11-22T10:00:30Z", "value": 1}]}, 422),
        ({"project": "monash", "samples": [{"measurandId": "121", "time": "2026-11-22T11:00:00Z", "value": 1}]}, 422),
        ({"project": "monash", "samples": [{"measurandId": "121", "time": "2026-11-22T10:00:00Z", "value": "1"}]}, 422),
        (
            {"project": "monash", "samples": [{"measurandId": "121", "time": "2026-11-22T10:00:00Z", "value": True}]},
            422,
        ),
        ({"project": "monash", "samples": [7]}, 422),
    ],
)
def test_samples_that_cannot_be_right_are_refused_whole(bench: Bench, body: dict[str, Any], status: int) -> None:
    answer = bench.post("/edge/samples", body)
    assert (answer.status_code, list(answer.json)) == (status, ["error"])
    assert bench.context.archive.newest("monash", "121") is None


def test_one_bad_sample_stores_none_of_its_neighbours(bench: Bench) -> None:
    body = samples(1.0, 2.0)
    body["samples"].append({"measurandId": "nonsense", "time": "2026-11-22T10:00:00Z", "value": 1.0})
    assert bench.post("/edge/samples", body).status_code == 422
    assert bench.context.archive.newest("monash", "121") is None


def test_published_prices_are_told_with_their_issue_and_gaps_are_null(bench: Bench) -> None:
    assert bench.post("/edge/published", prices(0.1, None, 0.3)).status_code == 204
    assert published(bench) == {
        "issued_at": "2026-11-22T09:00:00Z",
        "start": "2026-11-22T10:00:00Z",
        "step_s": 3600,
        "unit": "GBP/kWh",
        "values": [None, 0.1, None, 0.3],
        "estimated": False,
    }


def test_a_publication_is_not_told_before_its_time(bench: Bench) -> None:
    bench.post("/edge/published", prices(0.1, issued_at="2026-11-22T10:30:00Z"))
    assert published(bench)["values"] == []
    bench.now += timedelta(minutes=30)
    assert published(bench)["values"] == [None, 0.1]


def test_a_published_value_stays(bench: Bench) -> None:
    bench.post("/edge/published", prices(0.1))
    bench.post("/edge/published", prices(0.9, 0.2))
    assert published(bench)["values"] == [None, 0.1, 0.2]


def test_weather_has_a_series_for_each_quantity(bench: Bench) -> None:
    body = prices(kind="weather", unit="as named", series={"temperature_c": [7.5], "relative_humidity_pct": [None]})
    assert bench.post("/edge/published", body).status_code == 204
    series = published(bench, "weather")["series"]
    assert series["temperature_c"] == [None, 7.5]
    assert series["global_irradiance_w_m2"] == [None, None]


def test_a_site_without_a_series_says_so(bench: Bench) -> None:
    answer = bench.get("/co2?project=monash")
    assert (answer.status_code, answer.json) == (404, {"error": "This project has no co2."})


def test_a_past_publication_is_answered_304(bench: Bench) -> None:
    bench.post("/edge/published", prices(0.1, start="2026-11-20T11:00:00Z"))
    path = "/prices?project=cambridge-b071&from=2026-11-20&to=2026-11-21"
    first = bench.get(path)
    assert 0.1 in first.json["values"]
    assert bench.get(path, **{"If-None-Match": first.headers["ETag"]}).status_code == 304


@pytest.mark.parametrize(
    "changed",
    [
        {"kind": "gossip"},
        {"kind": None},
        {"kind": ["prices"]},
        {"project": "monash", "kind": "co2"},
        {"step_s": 1800},
        {"unit": "EUR/kWh"},
        {"start": "2026-11-22T11:30:00Z"},
        {"start": None},
        {"issued_at": "now"},
        {"values": "cheap"},
        {"values": [0.1, "0.2"]},
        {"kind": "weather", "unit": "as named", "series": {"fog": [1]}},
        {"kind": "weather", "unit": "as named", "series": {"temperature_c": [1], "relative_humidity_pct": [1, 2]}},
    ],
)
def test_publications_that_cannot_be_right_are_refused(bench: Bench, changed: dict[str, Any]) -> None:
    assert bench.post("/edge/published", prices(0.1) | changed).status_code == 422
    assert published(bench)["values"] == []


def test_from_and_to_of_a_series_are_read_strictly(bench: Bench) -> None:
    assert bench.get("/prices?project=cambridge-b071&from=noon").status_code == 422
    assert bench.get("/prices?project=cambridge-b071&from=2001-01-01&to=2026-01-01").status_code == 422

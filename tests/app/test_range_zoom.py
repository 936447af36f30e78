"""Zooming in: finer values of that part, at most as many points as before, and nothing for a nonsense window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from components.compared import numbers_of
from components.graph import MAX_POINTS
from dash_app.domain.address import parse_view
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.site import Quantity
from pages.range_zoom import zoomed_view
from tests.app.building import call, output_of, payload, text_of
from tests.app.campus_app import Campus, build_campus
from tests.app.test_overview_callbacks import ask
from tests.fakes.campus import NOW, ZONE, measurands, series_of

QUARTER = timedelta(minutes=15)


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


def refined(campus: Campus, search: str, first: str, last: str, charts: tuple[str, ...] = ("overview-pv",)) -> Any:
    body = payload(
        campus.app,
        output_of(campus.app, "overview-refined.data"),
        overview_zoom__data={"charts": list(charts), "range": [first, last], "at": 1},
        overview_address__pathname="/p/monash/",
        overview_address__search=search,
    )
    answered = call(campus.signed_in(), body)
    assert answered.status_code in (200, 204), answered.get_data(as_text=True)
    found = (answered.get_json(silent=True) or {}).get("response", {}).get("overview-refined")
    return found["data"] if found else None


def measured(found: Any, name: str = "overview-pv") -> dict[str, Any]:
    (trace,) = [one for one in found["charts"][name]["traces"] if one["meta"] == "measured"]
    return dict(trace)


def pv_kw(start: datetime, end: datetime) -> np.ndarray:
    return np.sum([series_of(m, start, end).to_numpy() for m in measurands() if m.quantity is Quantity.PV_KW], axis=0)


def test_two_days_of_a_year_come_at_full_resolution_with_their_surroundings(campus: Campus) -> None:
    found = refined(campus, "?range=year", "2020-06-10 00:00:00", "2020-06-12 00:00:00")
    line = measured(found)
    start = datetime(2020, 6, 8, 14, tzinfo=UTC)  # a day before 10 June in Melbourne
    np.testing.assert_allclose(numbers_of(line["y"]), pv_kw(start, start + timedelta(days=4)), atol=1e-9)
    assert line["x"][0].startswith("2020-06-09T00:00")
    assert "mean of 15\u00a0min" in text_of(found["charts"]["overview-pv"]["meta"])
    assert found["range"] == ["2020-06-10 00:00:00", "2020-06-12 00:00:00"]


def test_the_axis_makes_room_for_peaks_that_the_means_had_hidden(campus: Campus) -> None:
    whole = ask(campus, "overview-kpis.children", search="?range=year").get_json()["response"]
    coarse = whole["overview-pv-drawn"]["data"]["figure"]["layout"]["yaxis"]["range"][1]
    found = refined(campus, "?range=year", "2020-06-10 00:00:00", "2020-06-12 00:00:00")
    assert found["charts"]["overview-pv"]["axes"]["yaxis"]["range"][1] > coarse


def test_a_chosen_resolution_stays_as_it_was_chosen(campus: Campus) -> None:
    line = measured(refined(campus, "?range=year&resolution=360", "2020-06-10 00:00:00", "2020-06-12 00:00:00"))
    assert len(line["x"]) == 16


def test_linked_charts_are_refined_together(campus: Campus) -> None:
    both = ("overview-pv", "overview-load")
    found = refined(campus, "?range=month", "2020-09-10 00:00:00", "2020-09-11 00:00:00", both)
    assert set(found["charts"]) == set(both)
    assert measured(found, "overview-load")["x"] == measured(found)["x"]


def test_a_year_of_quarter_hours_is_drawn_with_its_extremes_and_says_so(campus: Campus) -> None:
    search = "?range=year&resolution=15"
    shown = ask(campus, "overview-kpis.children", search=search).get_json()["response"]
    (line,) = [one for one in shown["overview-pv-drawn"]["data"]["figure"]["data"] if one.get("meta") == "measured"]
    assert len(line["x"]) <= MAX_POINTS
    year = pv_kw(datetime(2019, 12, 31, 13, tzinfo=UTC), NOW)
    assert np.nanmax(numbers_of(line["y"])) == pytest.approx(year.max())
    assert "downsampled" in text_of(shown["overview-pv-meta"]["children"])
    assert shown["overview-pv-drawn"]["data"]["figure"]["layout"]["meta"]["refine"] == "overview-zoom"
    finer = refined(campus, search, "2020-06-10 00:00:00", "2020-06-12 00:00:00")
    assert "downsampled" not in text_of(finer["charts"]["overview-pv"]["meta"])


def test_where_everything_is_shown_there_is_nothing_to_ask(campus: Campus) -> None:
    shown = ask(campus, "overview-kpis.children", search="").get_json()["response"]
    assert "refine" not in shown["overview-pv-drawn"]["data"]["figure"]["layout"]["meta"]
    assert "downsampled" not in text_of(shown["overview-pv-meta"]["children"])


def test_a_range_that_ends_now_keeps_its_zoom_as_it_moves(campus: Campus) -> None:
    shown = ask(campus, "overview-kpis.children", search="?range=24h").get_json()["response"]
    assert shown["overview-pv-drawn"]["data"]["figure"]["layout"]["uirevision"] == "24h"


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2020-06-12 00:00:00", "2020-06-10 00:00:00"),
        ("2020-06-12 00:00:00", "2020-06-12 00:00:00"),
        ("1999-01-01", "1999-02-01"),
        ("soon", "later"),
        ("9999-12-31 23:59:59", "0001-01-01"),
    ],
)
def test_a_window_that_is_none_changes_nothing(campus: Campus, first: str, last: str) -> None:
    assert refined(campus, "?range=year", first, last) is None


@pytest.mark.parametrize(
    "asked", [None, {}, {"range": None}, {"range": [1]}, {"range": [1e300, 2]}, "x", {"range": "ab"}]
)
def test_whatever_a_browser_sends_is_a_window_or_none(asked: Any) -> None:
    view = parse_view("?range=year", now=NOW, zone=ZONE, native=QUARTER)
    assert zoomed_view(asked, view) is None


def test_an_outage_leaves_the_coarse_points(campus: Campus) -> None:
    campus.measurements.fails = [ApiUnavailable("refused")]
    assert refined(campus, "?range=year", "2020-06-10 00:00:00", "2020-06-12 00:00:00") is None
    campus.measurements.fails = []


def test_a_strangers_chart_is_not_drawn(campus: Campus) -> None:
    found = refined(campus, "?range=year", "2020-06-10 00:00:00", "2020-06-12 00:00:00", ("live-pv", "<img>"))
    assert found["charts"] == {}

"""Whatever stands in an address or in a name: every page answers with a state of its own, never with a fault."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from typing import Any
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest

from dash_app.app import PAGES
from pages.range_page import RangePage
from tests.app.building import call, output_of, payload
from tests.app.campus_app import Campus, build_campus
from tests.fakes.campus import NOW

RANGE_PAGES: dict[str, RangePage[Any]] = {page.PAGE.key: page.PAGE for page in PAGES if hasattr(page, "PAGE")}
ADDRESSES = (
    "?range=eon",
    "?range=custom&from=2020-09-28&to=2020-09-01",
    "?range=custom&from=2010-01-01&to=2020-09-28",
    "?resolution=0",
    "?resolution=-15",
    "?at=9999-99-99",
    "?at=0000-00-00&range=week",
    "?range=week&range=day&resolution=60&resolution=x",
    "?%ff%fe=%00&&&===",
    "?m=%3Cimg%20onerror%3D1%3E,101,,999999999999",
    "?compare=never&flow=gold&split=yes&rule=%22",
    "?" + "a" * 5_000,
)
HOSTILE = "<img src=x onerror=alert(1)> $\\href{javascript:alert(1)}{x}$ =1+1"
HEAD = "head"
FAULT = "Could not draw this"


@pytest.fixture(scope="module")
def built() -> Campus:
    return build_campus()


@pytest.fixture
def campus(built: Campus) -> Campus:
    built.measurements.fails.clear()
    built.measurements.hidden.clear()
    return built


def ask(campus: Campus, page: RangePage[Any], part: str, search: str = "", path: str = "/p/monash/") -> Any:
    written = f"{page.range_ids.drawn}.data" if part == HEAD else page.id(part)
    body = payload(campus.app, output_of(campus.app, written))
    values = {page.id("address"): {"search": search, "pathname": path}}
    for entry in (*body["inputs"], *body["state"]):
        entry["value"] = values.get(entry["id"], {}).get(entry["property"])
    return call(campus.signed_in(), body)


@pytest.mark.parametrize("key", RANGE_PAGES)
def test_no_address_harms_a_page(campus: Campus, key: str) -> None:
    page = RANGE_PAGES[key]
    for search in ADDRESSES:
        for part in (HEAD, "filled.data"):
            answer = ask(campus, page, part, search)
            text = answer.get_data(as_text=True)
            assert answer.status_code == 200, (part, search, text[:500])
            assert FAULT not in text, (part, search)


@pytest.mark.parametrize("key", RANGE_PAGES)
def test_an_address_that_is_not_understood_is_named(campus: Campus, key: str) -> None:
    answer = ask(campus, RANGE_PAGES[key], HEAD, "?range=eon&resolution=0")
    said = json.dumps(answer.get_json(), ensure_ascii=False)
    assert "“eon” is not a range we know" in said
    assert "“0” is not a resolution we know" in said


@pytest.mark.parametrize("key", RANGE_PAGES)
@pytest.mark.parametrize("project_id", ["nobody", "fontana1", quote(HOSTILE, safe="")])
def test_an_unknown_or_foreign_project_is_not_found(campus: Campus, key: str, project_id: str) -> None:
    page = RANGE_PAGES[key]
    assert ask(campus, page, "filled.data", path=f"/p/{project_id}/").status_code == 404
    assert ask(campus, page, HEAD, path=f"/p/{project_id}/").status_code == 404


@pytest.mark.parametrize("key", RANGE_PAGES)
def test_a_project_without_any_value_has_a_state_of_its_own(campus: Campus, key: str) -> None:
    ever = (NOW.replace(year=1990), NOW.replace(year=2090))
    campus.measurements.hidden.update({m.measurand_id: ever for m in campus.measurements.listed})
    answer = ask(campus, RANGE_PAGES[key], "filled.data")
    assert answer.status_code == 200
    assert FAULT not in answer.get_data(as_text=True)


@pytest.mark.parametrize("key", RANGE_PAGES)
def test_a_project_without_measurands_and_without_a_site_has_a_state_of_its_own(key: str) -> None:
    bare = build_campus(planned=False)
    bare.measurements.listed = ()
    answer = ask(bare, RANGE_PAGES[key], "filled.data")
    assert answer.status_code == 200
    assert FAULT not in answer.get_data(as_text=True)


@pytest.mark.parametrize("key", RANGE_PAGES)
def test_a_hostile_name_is_never_markup(key: str) -> None:
    """What Plotly would read as markup or as a link is escaped wherever a figure says a name."""
    campus = build_campus(planned=False)
    campus.measurements.listed = tuple(replace(m, name=HOSTILE) for m in campus.measurements.listed)
    answer = ask(campus, RANGE_PAGES[key], "filled.data")
    assert answer.status_code == 200
    assert FAULT not in answer.get_data(as_text=True)
    figures = [text for text in _texts_of_figures(answer.get_json()["response"]) if "onerror" in text]
    assert [text for text in figures if "<img" in text or "$\\href" in text] == []


@pytest.mark.parametrize("key", RANGE_PAGES)
@pytest.mark.parametrize("value", [1e300, -1e300, 0.0])
def test_an_absurd_value_harms_nothing(key: str, value: float) -> None:
    campus = build_campus(planned=False)
    first = campus.measurements.listed[0]
    whole = campus.measurements._series

    def absurd(m: Any, start: Any, end: Any) -> pd.Series:
        series = whole(m, start, end)
        return pd.Series(np.where(m == first, value, series), index=series.index)

    campus.measurements._series = absurd  # type: ignore[method-assign]
    answer = ask(campus, RANGE_PAGES[key], "filled.data")
    assert answer.status_code == 200
    assert FAULT not in answer.get_data(as_text=True)


def _texts_of_figures(response: dict[str, Any]) -> list[str]:
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            for key, child in node.items():
                if key != "rows":  # the cells of the table, which are written as text
                    walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)
        elif isinstance(node, str):
            found.append(node)

    for name, filled in response.items():
        if name.endswith("-drawn"):
            walk(filled)
    return found


@pytest.mark.parametrize("key", ["overview", "measurements"])
def test_ten_years_are_answered_within_bounded_memory(campus: Campus, key: str) -> None:
    tracemalloc.start()
    answer = ask(campus, RANGE_PAGES[key], "filled.data", "?range=custom&from=2010-01-01&to=2020-09-28")
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 200
    assert peak < 1_500_000_000

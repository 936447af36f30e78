"""The explorer's page: the choice, what is drawn and told of it, and the file; the address keeps it all."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.site import Measurand, Quantity
from dash_app.workflows.explorer import choice_of
from dash_app.workflows.measured import Place
from pages import measurements_chooser as chooser
from pages import measurements_views as views
from pages.measurements import PAGE
from pages.measurements_words import GROUPS, LOOKS, energy_words, flags, value_words
from tests.app.building import call, output_of, payload
from tests.app.campus_app import Campus, build_campus
from tests.components.test_parts import words
from tests.fakes.campus import NOW, QUARTER, ZONE, measurands, project, site
from tests.workflows.test_explorer import GAS, RawMeasurements, explored, raw, series_of

ELSEWHERE = replace(
    measurands()[6], measurand_id="207", name="Building 7", on_connection=False, sparse=True, code="e_demand_7"
)


@pytest.fixture(scope="module")
def built() -> Campus:
    campus = build_campus()
    campus.measurements.listed = listed = (*measurands(), ELSEWHERE)
    campus.measurements.measurands = lambda _session, _project: listed  # type: ignore[method-assign]
    return campus


@pytest.fixture
def campus(built: Campus) -> Campus:
    built.measurements.fails.clear()
    built.measurements.hidden.clear()
    return built


def ask(campus: Campus, part: str, search: str = "", path: str = "/p/monash/measurements", outputs: Any = None) -> Any:
    body = payload(campus.app, output_of(campus.app, part))
    for entry in (*body["inputs"], *body["state"]):
        if entry["id"] == PAGE.id("address"):
            entry["value"] = {"search": search, "pathname": path}[entry["property"]]
    if outputs is not None:
        body["outputs"] = outputs
    return call(campus.signed_in(), body)


def filled(campus: Campus, search: str = "") -> dict[str, Any]:
    answer = ask(campus, PAGE.id("filled.data"), search)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return dict(answer.get_json()["response"])


def traces(response: dict[str, Any]) -> list[dict[str, Any]]:
    found = response[PAGE.id("series-drawn")]["data"]["figure"]["data"]
    return [trace for trace in found if not trace["meta"].startswith("gaps")]


def test_the_page_opens_with_the_first_of_each_quantity(campus: Campus) -> None:
    assert [trace["name"] for trace in traces(filled(campus))] == ["Array 1", "Building 1", "Import"]


def test_the_address_chooses_and_a_power_never_shares_an_axis_with_another_unit(campus: Campus) -> None:
    found = traces(filled(campus, "?m=206,101&charts=unit"))
    assert [(trace["name"], trace["yaxis"]) for trace in found] == [("Building 6", "y"), ("Array 1", "y")]
    each = traces(filled(campus, "?m=206,101"))
    assert [trace["yaxis"] for trace in each] == ["y", "y2"]


def test_units_have_rows_of_their_own() -> None:
    series = series_of({datetime.fromisoformat("2020-09-28T01:00+00:00"): 4.0})
    building = raw("building1")
    found = explored(
        RawMeasurements(building, GAS, building1=series, **{"401": series}), "?m=building1,401&charts=unit"
    )
    picture = views.picture_of(found)
    assert [(row.unit, [line.key for line in row.lines]) for row in picture.rows] == [
        ("kW", ["building1"]), ("m3/h", ["401"]),
    ]  # fmt: skip


def test_ids_that_are_not_measured_here_are_named(campus: Campus) -> None:
    said = str(filled(campus, "?m=101,999")[PAGE.id("banner")]["children"])
    assert "“999” is not measured here." in said


def test_the_choice_survives_another_range(campus: Campus) -> None:
    head = ask(campus, PAGE.id("head-drawn.data"), "?m=206&range=day").get_data(as_text=True)
    assert "range=week&m=206" in head.replace("\\u0026", "&")


def test_every_measurand_can_be_chosen_with_what_has_to_be_known_about_it(campus: Campus) -> None:
    card = ask(campus, PAGE.id("chooser.children"), "?m=207").get_json()
    text = told(card["response"][PAGE.id("chooser")]["children"])
    for m in (*measurands(), ELSEWHERE):
        assert m.name in text
    assert "sparse" in text and "another connection" in text and "simulated" in text
    assert "kW, every 15\xa0min" in text


def test_what_is_simulated_is_said_once() -> None:
    battery = next(m for m in measurands() if m.simulated)
    assert flags(battery) == ["simulated"]
    assert flags(replace(battery, name="Battery charging (simulated)")) == []


def test_the_newest_values_come_in_the_order_of_the_boxes(campus: Campus) -> None:
    listed = [m for _key, _name, found in chooser.grouped(place(campus)) for m in found]
    outputs = [{"id": {"type": chooser.NEWEST, "index": m.measurand_id}, "property": "children"} for m in listed]
    answer = ask(campus, '{"index":["ALL"],"type":"measurements-newest"}.children', outputs=outputs)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    said = {key: told(value["children"]) for key, value in answer.get_json()["response"].items()}
    assert said['{"index":"101","type":"measurements-newest"}'] == "41.3\xa0kW, 12\xa0s ago"
    assert len(said) == len(listed)


def test_the_boxes_follow_the_address(campus: Campus) -> None:
    place_found = place(campus)
    ticked = chooser.chosen_by_group(place_found, choice_of(place_found, {"m": "206,102"}))
    keys = [key for key, _name, _found in chooser.grouped(place_found)]
    assert dict(zip(keys, ticked, strict=True)) == {"pv": ["102"], "load": ["206"], "battery": [], "grid": []}


def test_an_unreachable_server_leaves_the_choice_as_it_is(campus: Campus) -> None:
    campus.measurements.fails = [ApiUnavailable("refused")]
    assert ask(campus, PAGE.id("filled.data")).get_json()["response"][PAGE.id("outage")]["hidden"] is False


def test_the_figures_of_the_range_stand_in_the_table(campus: Campus) -> None:
    campus.measurements.hidden["206"] = (NOW - 8 * QUARTER, NOW - 4 * QUARTER)
    card = filled(campus, "?range=day&m=206")[PAGE.id("facts")]["children"]
    cells = [told(cell) for cell in _cells(card)]
    assert cells[0].startswith("Building 6")
    assert cells[4].startswith("≥ ")
    assert cells[6] == "1, up to 1\xa0h"
    assert cells[7] == "17.4\xa0kW, 12\xa0s ago"


def test_a_measurand_without_values_says_when_the_last_one_was_and_leads_there() -> None:
    series = series_of({datetime.fromisoformat("2020-09-10T01:00+00:00"): 4.0})
    card = views.facts_card(explored(RawMeasurements(GAS, **{"401": series}), "?m=401"))
    assert "No value in this range. Last one: Thu 10\xa0Sep 11:00." in words(card)
    assert "/p/monash/measurements?range=day&at=2020-09-10&m=401" in str(card)


def test_a_measurand_that_is_not_known_to_have_values_leads_nowhere() -> None:
    campus = RawMeasurements(GAS, **{"401": series_of({datetime.fromisoformat("2020-01-01T01:00+00:00"): 4.0})})
    text = words(views.facts_card(explored(campus, "?m=401")))
    assert "No value in this range, and none known." in text
    assert "Go there" not in text


def test_an_empty_choice_says_what_to_do(campus: Campus) -> None:
    response = filled(campus, "?m=none")
    assert traces(response) == []
    assert response[PAGE.id("series-caption")]["children"] == "Choose at least one measurand."


def test_the_file_holds_the_chosen_measurands_at_their_own_resolutions(campus: Campus) -> None:
    answer = campus.signed_in().get("/p/monash/export/measurements/series.csv?range=day&at=2020-09-20&m=207,301")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][2:] == ["Building 7 [kW]", "Battery charging [kW]"]
    assert len(rows) == 1 + 24 * 60
    assert [bool(row[2]) for row in rows[1:17]] == [True] + [False] * 14 + [True]
    assert all(row[3] for row in rows[1:])


def test_an_empty_choice_has_no_file(campus: Campus) -> None:
    answer = campus.signed_in().get("/p/monash/export/measurements/series.xlsx?m=none")
    assert (answer.status_code, answer.get_json()) == (404, {"error": "There are no values in this range."})


@pytest.mark.parametrize(
    ("value", "text"), [(0.04, "0.0"), (1234.5, "1,234"), (-12.5, "−12.5"), (1e300, "1e+300"), (float("inf"), "–")]
)
def test_values_of_any_size_have_a_short_text(value: float, text: str) -> None:
    assert value_words(value) == text
    assert energy_words(value, complete=True).startswith(text)


def place(campus: Campus) -> Any:
    listed: tuple[Measurand, ...] = campus.measurements.listed
    return Place(project=project(), site=site(), measurands=listed, zone=ZONE)


def test_quantities_all_have_a_group_and_a_colour() -> None:
    assert {quantity for _key, _name, some in GROUPS for quantity in some} == set(Quantity) == set(LOOKS)


def told(part: Any) -> str:
    """Return all text of what went to the browser."""
    if isinstance(part, dict):
        props = part.get("props", {})
        return told([props.get("children"), *(option["label"] for option in props.get("options") or [])])
    if isinstance(part, list):
        return " ".join(filter(None, (told(child).strip() for child in part)))
    return "" if part is None else str(part)


def _cells(component: Any) -> list[Any]:
    if isinstance(component, dict):
        if component.get("type") == "Td":
            return [component]
        return _cells(component.get("props", {}).get("children"))
    return [cell for child in component for cell in _cells(child)] if isinstance(component, list) else []

"""The project selection: what each row says."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from components.badges import Tone
from components.numbers import duration
from dash_app.domain.errors import ApiUnavailable
from dash_app.domain.measurement import LiveValue
from dash_app.domain.now import now_balance
from dash_app.workflows.sign_in import sign_in
from pages.projects import Ports, read_rows
from pages.projects_details import details_view
from pages.projects_views import Row, about_words, filter_options, spots_of, status_of, table_view
from tests.app.building import ANALYST, MANAGER, PASSWORD, Building, build, call, output_of, payload, text_of
from tests.fakes import campus
from tests.fakes.payloads import a_payload
from tests.raw import column


def rows_of(building: Building, email: str = MANAGER) -> dict[str, Row]:
    known = building.workspace
    fails, building.api.fails = building.api.fails, None
    who = sign_in(known.api, known.sessions, known.audit, known.measurements, email, PASSWORD)
    building.api.fails = fails
    ports = Ports(
        measurements=known.measurements, sites=known.sites, recommendations=known.recommendations, clock=known.clock
    )
    return {row.project.project_id: row for row in read_rows(ports, who)}


def silence(building: Building, measurand_id: str, since: timedelta) -> None:
    end = pd.Timestamp(building.clock() - since)
    index = pd.date_range(end - timedelta(hours=1), end, freq="5min")
    building.api.values[measurand_id] = pd.Series(1.0, index=index)


def shown(rows: dict[str, Row]) -> str:
    return text_of(table_view(list(rows.values())))


def test_a_project_with_fresh_values_is_live(building: Building) -> None:
    rows = rows_of(building)
    assert status_of(rows["monash"])[:2] == (Tone.OK, "Live")
    assert about_words(list(rows.values())) == "3 projects in 3 places. 3 live, 0 need attention."


def test_the_grid_is_what_closes_the_balance_in_words(building: Building) -> None:
    balance = rows_of(building)["monash"].balance
    assert balance is not None
    assert (balance.pv_kw, balance.load_kw, balance.export_kw, balance.import_kw) == (40.0, 30.0, 10.0, 0.0)
    text = shown(rows_of(building))
    assert "Exporting 10.0\u00a0kW" in text
    assert "PV 40.0\u00a0kW · load 30.0\u00a0kW" in text
    assert "Using 30.0\u00a0kW" in text


def test_the_battery_is_always_called_simulated(building: Building) -> None:
    building.api.values["monash-charge"] = pd.Series(
        12.0, index=pd.date_range(building.clock() - timedelta(hours=1), periods=12, freq="5min")
    )
    text = shown(rows_of(building))
    assert "simulated battery charging 12.0\u00a0kW" in text
    assert text.count("simulated battery") == 2


@pytest.mark.parametrize(
    ("since", "said"), [(timedelta(minutes=30), (Tone.WARNING, "Stale")), (timedelta(hours=3), (Tone.WARNING, "Stale"))]
)
def test_a_silent_meter_makes_a_project_stale(building: Building, since: timedelta, said: tuple[Tone, str]) -> None:
    silence(building, "monash-load", since)
    row = rows_of(building)["monash"]
    assert status_of(row)[:2] == said
    assert row.needs_attention
    assert duration(since).split(" ")[0] in shown({"monash": row})


def test_a_project_of_which_nothing_is_heard_is_silent(building: Building) -> None:
    silence(building, "b071-load", timedelta(hours=3))
    for kind in ("pv", "load", "charge", "discharge"):
        silence(building, f"monash-{kind}", timedelta(hours=3))
        silence(building, f"fontana1-{kind}", timedelta(hours=3))
    assert status_of(rows_of(building)["monash"])[:2] == (Tone.DANGER, "Silent")


def test_a_missing_part_is_no_number_and_is_said(building: Building) -> None:
    building.api.values["b071-load"] = pd.Series([], dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    row = rows_of(building)["b071"]
    assert row.balance is not None
    assert (row.balance.load_kw, row.balance.import_kw) == (None, None)
    assert status_of(row)[:2] == (Tone.WARNING, "Incomplete")


def test_a_balanced_site_neither_imports_nor_exports(building: Building) -> None:
    index = pd.date_range(building.clock() - timedelta(hours=1), periods=12, freq="5min")
    building.api.values["monash-load"] = pd.Series(40.04, index=index)
    line = shown({"monash": rows_of(building)["monash"]})
    assert "Importing" not in line
    assert "Exporting" not in line


def test_once_the_server_cannot_be_reached_the_rest_is_not_asked(building: Building) -> None:
    building.api.fails = ApiUnavailable("refused")
    building.api.calls.clear()
    rows = rows_of(building)
    assert [status_of(row)[1] for row in rows.values()] == ["Not reached"] * 3
    assert building.api.calls.count("list_measurands") == 1


def test_what_waits_is_a_link_for_who_may_approve(building: Building) -> None:
    building.store.recommendations.add(a_payload("monash"), by="planner")
    assert "1 waiting" in shown(rows_of(building))
    assert '"/p/monash/recommendations"' in shown(rows_of(building))
    assert "waiting" not in shown(rows_of(building, ANALYST)).replace('"data-flags"', "")


def test_rows_are_found_by_name_type_and_place(building: Building) -> None:
    text = shown(rows_of(building))
    assert '"data-text": "cambridge b071 consumer · cambridge, gb"' in text
    assert "monash campus pv with battery" in text


def test_a_name_with_markup_stays_text(building: Building) -> None:
    row = rows_of(building)["monash"]
    assert "dangerously" not in shown({"monash": row})


def test_nobody_without_projects_is_left_in_the_dark() -> None:
    assert "Your administrator can change that." in text_of(table_view([]))


@pytest.fixture(scope="module")
def clayton() -> dict[datetime, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Return what arrays and meters of the campus measured, kW, as the shipped files have it."""
    arrays = column("au_clayton/au_cla_pv_15min", *(f"solar{number}_kw" for number in range(6)))
    meters = column("au_clayton/au_cla_demand_15min", "building1_kw", "building6_kw")
    return {stamp: (arrays[stamp], meters[stamp]) for stamp in arrays.keys() & meters.keys()}


def row_at(stamp: datetime, arrays: tuple[float, ...], meters: tuple[float, ...]) -> Row:
    """Return the row of the campus whose newest values these are."""
    known = {f"10{place}": kw for place, kw in enumerate(arrays, 1)}
    known |= {"201": meters[0], "206": meters[1], "301": 0.0, "302": 0.0}
    listed = [one for one in campus.measurands() if one.measurand_id in known]
    live = tuple(LiveValue(measurand_id=name, at=stamp, value=kw) for name, kw in known.items())
    balance = now_balance(live, listed, stamp + timedelta(minutes=15))
    return Row(project=campus.project(), site=campus.site(), balance=balance, waiting=0)


def in_kw(value: float) -> str:
    """Return a power as the page prints it, worked out anew."""
    return f"{value:.1f}\u00a0kW" if round(value, 1) < 100 else f"{value:,.0f}\u00a0kW"


@pytest.mark.parametrize("hour", [1, 3, 11, 20])
def test_the_figures_of_row_note_and_card_are_those_of_the_raw_files(
    clayton: dict[datetime, tuple[tuple[float, ...], tuple[float, ...]]], hour: int
) -> None:
    stamp = datetime(2020, 9, 15, hour, 15, tzinfo=UTC)
    row = row_at(stamp, *clayton[stamp])
    pv_kw, load_kw = map(sum, clayton[stamp])
    net = f"{'Exporting' if pv_kw > load_kw else 'Importing'} {in_kw(abs(pv_kw - load_kw))}"
    line = text_of(table_view([row]))
    assert f'"{net}"' in line
    assert f"PV {in_kw(pv_kw)} · load {in_kw(load_kw)}" in line
    (spot,) = spots_of([row])
    assert spot.now == f"{net}, 15\u00a0min ago"
    card = text_of(details_view([row]))
    for value in (pv_kw, load_kw, abs(pv_kw - load_kw)):
        assert f'"{in_kw(value).split(chr(0xA0))[0]}"' in card


def test_a_project_without_a_place_is_in_the_list_says_so_and_is_not_on_the_map(building: Building) -> None:
    rows = rows_of(building)
    lost = replace(rows["b071"], site=None)
    line = text_of(table_view([lost]))
    assert "Cambridge b071" in line
    assert "no place given, not on the map" in line
    assert [spot.project_id for spot in spots_of([rows["monash"], lost])] == ["monash"]


@pytest.mark.parametrize("latitude", [math.nan, 91.0])
def test_coordinates_that_are_none_keep_a_project_off_the_map_only(building: Building, latitude: float) -> None:
    row = rows_of(building)["monash"]
    assert row.site is not None
    off = replace(row, site=replace(row.site, latitude=latitude))
    assert spots_of([off]) == []
    assert "not on the map" in text_of(table_view([off]))


def test_the_filter_counts_what_each_segment_leaves(building: Building) -> None:
    building.store.recommendations.add(a_payload("monash"), by="planner")
    silence(building, "b071-load", timedelta(minutes=30))
    labels = [one["label"] for one in filter_options(list(rows_of(building).values()))]
    assert labels == ["All 3", "Attention 1", "Waiting 1"]


def test_one_card_is_shown_and_the_others_wait_for_their_turn(building: Building) -> None:
    cards = details_view(list(rows_of(building).values()))
    assert [card.hidden for card in cards] == [False, True, True]
    assert "simulated" in text_of(cards[0])


def test_a_card_of_a_project_out_of_reach_has_dashes_and_no_number(building: Building) -> None:
    building.api.fails = ApiUnavailable("refused")
    (card, *_rest) = details_view(list(rows_of(building).values()))
    assert text_of(card).count('"–"') == 4
    assert "No value has arrived." in text_of(card)


def test_a_value_beyond_all_measure_is_printed_and_breaks_nothing(building: Building) -> None:
    index = pd.date_range(building.clock() - timedelta(hours=1), periods=12, freq="5min")
    building.api.values["monash-load"] = pd.Series(1e300, index=index)
    row = rows_of(building)["monash"]
    assert "Importing" in text_of(table_view([row]))
    assert len(spots_of([row])) == 1


def test_the_answer_to_the_page_holds_no_outlines_and_stays_small(building: Building) -> None:
    answer = call(building.signed_in(), payload(building.app, output_of(building.app, "projects-rows.children")))
    text = answer.get_data(as_text=True)
    assert "coordinates" not in text
    assert "outlines.json?m=" in text.replace("\\u002f", "/")
    assert len(text) < 40_000


def test_the_outlines_are_for_people_who_are_signed_in_and_kept_for_a_year(building: Building) -> None:
    drawn = call(building.signed_in(), payload(building.app, output_of(building.app, "projects-rows.children")))
    style = drawn.get_json()["response"]["projects-map-drawn"]["data"]["figure"]["layout"]["map"]["style"]
    path = style["sources"]["outlines"]["data"]
    assert building.client().get(path).status_code == 401
    answer = building.signed_in().get(path, headers={"Accept-Encoding": "gzip, br, zstd"})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["Content-Encoding"] in {"br", "zstd"}
    assert len(answer.data) < 130_000


def test_a_style_of_ones_own_replaces_the_outlines_and_brings_its_own_credits() -> None:
    own = build(map_style_url="https://maps.example.org/style.json")
    answer = call(own.signed_in(), payload(own.app, output_of(own.app, "projects-rows.children")))
    response = answer.get_json()["response"]
    drawing = response["projects-map-drawn"]["data"]["figure"]["layout"]["map"]
    assert drawing["style"] == "https://maps.example.org/style.json"
    assert response["projects-map-credit"]["children"] == ""

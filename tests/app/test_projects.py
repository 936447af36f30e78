"""The project selection: what each row says."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pytest

from components.badges import Tone
from components.numbers import duration
from dash_app.domain.errors import ApiUnavailable
from dash_app.workflows.sign_in import sign_in
from pages.projects import Ports, read_rows
from pages.projects_views import Row, about_words, status_of, table_view
from tests.app.building import ANALYST, MANAGER, PASSWORD, Building, text_of
from tests.fakes.payloads import a_payload


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

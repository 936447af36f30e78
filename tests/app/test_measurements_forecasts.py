"""The page Measurements and Forecasts: what it draws, what its table says, and what it says without a forecast."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from typing import Any

import pytest

from components.numbers import with_unit
from dash_app.domain.site import Quantity
from pages import measurements_forecasts_views as views
from pages.measurements_forecasts import PAGE
from tests.app.campus_app import build_campus
from tests.components.test_parts import words
from tests.fakes.campus import CampusMeasurements, site
from tests.fakes.clock import FakeClock
from tests.workflows.test_measured_forecast import NOW, WithForecasts, loaded


def traces(filled: dict[str, Any]) -> dict[str, Any]:
    return {trace["meta"]: trace for trace in filled["drawn"]["figure"]["data"]}


def test_real_forecast_and_band_are_drawn_as_everywhere() -> None:
    found = traces(views.load_view(loaded("?range=day")) or {})
    assert set(found) == {"measured", "forecast", "band"}
    assert "dash" not in found["measured"]["line"]
    assert found["forecast"]["line"]["dash"] == "2px,3px"


def test_the_servers_forecast_is_drawn_beside_ours_with_a_button_of_its_own() -> None:
    filled = views.pv_view(loaded("?range=day", measurements=WithForecasts())) or {}
    assert traces(filled)["server"]["line"]["dash"] == "2px,3px"
    assert "server" in [getattr(chip, "data-trace") for chip in filled["legend"]]


def test_the_servers_forecast_alone_is_the_forecast() -> None:
    filled = views.pv_view(loaded("?range=day", measurements=WithForecasts(), plans=0)) or {}
    assert set(traces(filled)) == {"measured", "forecast"}
    assert "Forecast of the server: off by" in filled["caption"]


def test_long_steps_draw_no_forecast_and_say_so() -> None:
    filled = views.load_view(loaded("?range=month")) or {}
    assert set(traces(filled)) == {"measured"}
    assert filled["caption"] == "Forecasts are drawn up to steps of 1\xa0h."


def test_the_table_says_what_was_worked_out_for_each_quantity() -> None:
    found = loaded("?range=day")
    text = words(views.errors_card(found))
    for quantity in (Quantity.PV_KW, Quantity.LOAD_KW):
        error = found.error(quantity, found.forecasts(quantity)[0])
        assert error is not None
        assert with_unit(error.mae_kw, "kW") in text
        assert views.bias_words(error) in text
    assert "54 of 15\xa0min" in text
    assert "6\xa0h 45\xa0min" in text  # the mean lead of 0 to 13:30 before


def test_a_forecast_of_which_no_step_is_over_is_not_judged() -> None:
    fresh = loaded("?range=day", plans=1)
    plans = tuple(replace(p, payload=replace(p.payload, computed_at=NOW)) for p in fresh.plans)
    assert "Nothing to compare yet" in words(views.errors_card(replace(fresh, plans=plans)))


@pytest.mark.parametrize(
    ("search", "plans", "controllable", "sentence"),
    [
        ("", 0, False, "Nothing is forecast here: the server sends no forecasts, and there is no battery to plan for."),
        ("", 0, True, "No forecast yet: one is made with every plan of the battery."),
        ("?range=day&at=2020-09-20", 1, True, "No forecast reaches into this range."),
    ],
)
def test_without_a_forecast_the_reason_is_said(search: str, plans: int, controllable: bool, sentence: str) -> None:
    found = loaded(search, plans=plans)
    place = replace(found.place, site=site() if controllable else replace(site(), battery=None))
    bare = replace(found, place=place)
    assert sentence in words(views.errors_card(bare))
    assert (views.load_view(bare) or {})["caption"] == "No forecast for this range."


def test_a_project_without_pv_has_no_chart_of_it() -> None:
    measurements = CampusMeasurements(FakeClock(NOW))
    measurements.listed = tuple(m for m in measurements.listed if m.quantity is not Quantity.PV_KW)
    assert views.pv_view(loaded(measurements=measurements)) is None
    assert views.pv_table(loaded(measurements=measurements)) is None


def test_the_file_holds_measured_and_forecast_side_by_side() -> None:
    campus = build_campus()
    answer = campus.signed_in().get(f"/p/monash/export/{PAGE.key}/load.csv?range=day")
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert rows[0][2:] == [
        "Measured [kW]", "Forecast [kW]", "Lower end of the band [kW]", "Upper end of the band [kW]",
    ]  # fmt: skip
    assert len(rows) == 97
    assert rows[1][2] and rows[1][3] and not rows[-1][2] and rows[-1][3]
    assert float(rows[5][4]) < float(rows[5][3]) < float(rows[5][5])

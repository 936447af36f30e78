"""What the page of energy flows shows: figures done in the head, and a clear state for whatever is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from components.sankey import SankeyData, table_rows
from dash_app.domain.flows import Edge
from dash_app.domain.measurement import Published
from dash_app.domain.site import Quantity, Site
from dash_app.workflows.flows import FlowsData, Unit, Why
from pages.flows import PAGE, path_of
from pages.flows_cards import checks_card, elsewhere_card, units_view, unknown_unit
from pages.flows_edges import grouped
from pages.flows_figures import figures
from pages.flows_sankey import MOST_ARRAYS, diagram_of, flows_table, sankey_view
from pages.range_page import filled_view
from tests.app.building import call, output_of, payload
from tests.app.campus_app import build_campus
from tests.components.test_parts import parts_with, words
from tests.fakes.metered import HOUR, START, a_site, flows_data, window_of

NBSP = "\u00a0"
NOW = datetime(2020, 9, 29, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUSE = {"pv": [6.0, 0.0], "load": [4.0, 4.0], "import": [0.0, 4.0], "export": [2.0, 0.0]}
Powers = Mapping[str, Sequence[float | None]]


def data_of(
    powers: Powers = HOUSE, search: str = "", site: Site | None = None, step: timedelta = HOUR, **published: Published
) -> FlowsData:
    """Return what is gathered for the two days from 28 September on; only the first hours have values."""
    window, meters = window_of(powers, step=step)
    return flows_data(window, meters, f"?range=day&at=2020-09-28{search}", NOW, site, **published)


def prices(*values: float | None) -> Published:
    index = pd.date_range(START, periods=len(values), freq="h", name="time")
    return Published(issued_at=NOW, values=pd.Series(list(values), index=index, dtype=float), unit="EUR/kWh")


def diagram(data: FlowsData) -> SankeyData:
    assert data.attributed is not None
    assert data.told is not None
    return diagram_of(data, data.attributed, data.told)


def links(data: FlowsData) -> dict[tuple[str, str], float]:
    return {(link.source, link.target): link.amount for link in diagram(data).links}


def shown(data: FlowsData) -> dict[str, Any]:
    return {figure.key: figure for figure in figures(data)}


def view_of(data: FlowsData) -> dict[str, Any]:
    return sankey_view(data, path_of(data))


def why_not(data: FlowsData) -> tuple[str, str]:
    """Return the sentence in the place of the diagram, and where its button leads."""
    view = view_of(data)
    assert not view["drawn"]["figure"]["data"]
    said, *way_on = view["caption"].children
    return said.children, way_on[0].href if way_on else ""


def text(part: Any) -> str:
    return " ".join(words(part).replace(NBSP, " ").split())


def test_the_key_figures_can_be_done_in_the_head() -> None:
    found = shown(data_of())
    assert {key: figure.value for key, figure in found.items()} == {
        "in": pytest.approx(10.0),
        "self-sufficiency": pytest.approx(0.5),
        "self-consumption": pytest.approx(4 / 6),
        "residual": pytest.approx(0.0),
    }
    assert [(figure.text, figure.unit) for figure in found.values()] == [
        ("10.0", "kWh"),
        ("50.0", "%"),
        ("66.7", "%"),
        ("0.0", "%"),
    ]
    assert found["in"].context == "PV 6.0 · Grid 4.0"
    assert found["self-sufficiency"].context == f"4.0 of 8.0{NBSP}kWh load"


def test_the_diagram_its_table_and_its_caption_hold_the_same_numbers() -> None:
    data = data_of()
    assert links(data) == {("pv", "load"): 4.0, ("import", "load"): 4.0, ("pv", "export"): 2.0}
    assert table_rows(diagram(data))[1:] == [
        ["PV", "Load", "4.000"],
        ["Grid import", "Load", "4.000"],
        ["PV", "Grid export", "2.000"],
    ]
    view = view_of(data)
    assert view["caption"].replace(NBSP, " ").startswith("In 10.0 kWh = Out 10.0 kWh.")
    assert text(view["meta"]) == "kWh 28 Sep 2020, from steps of 1 h In = Out, residual 0.0 %"
    assert view["drawn"]["figure"]["data"][0]["type"] == "sankey"


def test_what_stands_at_the_site_stays_in_sight_when_nothing_flows() -> None:
    powers = {"pv": [0.0], "load": [4.0], "charge": [0.0], "discharge": [0.0]}
    assert {key for key, amount in links(data_of(powers)).items() if amount == 0} == {
        ("pv", "load"),
        ("discharge", "load"),
        ("pv", "charge"),
        ("pv", "export"),
    }


def test_what_does_not_stand_at_the_site_is_never_drawn() -> None:
    assert links(data_of({"load": [4.0]})) == {("import", "load"): 4.0}
    battery = links(data_of({"load": [4.0], "charge": [0.0], "discharge": [0.0]}))
    assert not {key for pair in battery for key in pair} & {"pv", "unknown-source", "unknown-use"}


def test_what_the_meters_do_not_explain_is_a_node_and_a_warning() -> None:
    data = data_of({"pv": [6.0], "load": [4.0], "import": [0.0], "export": [1.0]})
    assert links(data)["pv", "unknown-use"] == pytest.approx(1.0)
    view = view_of(data)
    assert "Residual 16.7 %" in text(view["meta"])
    assert shown(data)["residual"].value == pytest.approx(1 / 6)


def test_a_grid_without_a_meter_is_said_to_be_calculated() -> None:
    view = view_of(data_of({"pv": [6.0], "load": [4.0]}))
    assert "Grid calculated, not measured" in text(view["meta"])


def test_hours_without_a_value_are_left_out_and_counted() -> None:
    view = view_of(data_of({"pv": [6.0, None, 1.0], "load": [4.0] * 3}))
    assert "22.0 h are left out: values are missing." in view["caption"].replace(NBSP, " ")


def test_money_is_each_hour_at_its_price_and_says_what_was_paid() -> None:
    data = data_of(HOUSE, "&flow=cost", None, prices=prices(0.10, 0.30))
    assert links(data) == {("pv", "load"): 0.4, ("import", "load"): 1.2, ("pv", "export"): 0.2}
    view = view_of(data)
    caption = view["caption"].replace(NBSP, " ")
    assert "In EUR 1.80 = Out EUR 1.80." in caption
    assert "Paid EUR 1.20 for import, earned EUR 0.20 with export, net cost EUR 1.00." in caption


def test_negative_prices_keep_the_balance_and_their_sign() -> None:
    data = data_of(HOUSE, "&flow=cost", None, prices=prices(-0.10, -0.30))
    found = diagram(data)
    assert found.total_in == pytest.approx(found.total_out)
    assert links(data)["import", "load"] == pytest.approx(-1.2)
    view = view_of(data)
    assert all(value > 0 for value in view["drawn"]["figure"]["data"][0]["link"]["value"])


def test_hours_without_a_price_are_left_out_of_the_money_only() -> None:
    data = data_of(HOUSE, "&flow=cost", None, prices=prices(0.10, None))
    assert data.told is not None
    assert data.told.unpriced_h == 1.0
    assert shown(data)["in"].value == pytest.approx(10.0)
    view = view_of(data)
    assert "1.0 h are left out: no price is known for them." in view["caption"].replace(NBSP, " ")


def test_buying_and_feeding_in_within_one_hour_costs_the_difference_of_the_prices() -> None:
    tariff = replace(a_site().tariff[0], export_per_kwh=0.05)
    powers = {"pv": [3.0], "load": [2.0], "import": [0.5], "export": [1.5]}
    data = data_of(powers, "&flow=cost", replace(a_site(), tariff=(tariff,)), prices=prices(0.25))
    assert links(data)["import", "price-difference"] == pytest.approx(0.5 * (0.25 - 0.05))
    found = diagram(data)
    assert found.total_in == pytest.approx(found.total_out)


def test_co2_comes_with_the_grid_only() -> None:
    data = data_of(HOUSE, "&flow=co2", a_site(has_co2=True), co2=prices(0.5, 0.25))
    assert {key: amount for key, amount in links(data).items() if amount} == {("import", "load"): 1.0}


@pytest.mark.parametrize(
    ("search", "site", "why", "sentence"),
    [
        ("&flow=cost", a_site(), Why.NO_PRICES, "No price is known for this range"),
        ("&flow=cost", replace(a_site(), tariff=()), Why.NO_PRICES, "No price is known for this range"),
        ("&flow=co2", a_site(), Why.NO_CO2, "No CO₂ data in this project"),
        ("&flow=co2", a_site(has_co2=True), Why.NO_CO2, "No CO₂ data in this project"),
    ],
)
def test_what_cannot_be_told_says_so_and_leads_back_to_the_energy(
    search: str, site: Site, why: Why, sentence: str
) -> None:
    data = data_of(HOUSE, search, site)
    assert data.why is why
    said, href = why_not(data)
    assert sentence in said
    assert href == "/p/site/flows?range=day&at=2020-09-28"
    assert shown(data)["in"].value == pytest.approx(10.0)


def test_a_tariff_that_begins_later_is_no_price() -> None:
    later = replace(a_site().tariff[0], valid_from=datetime(2021, 1, 1, tzinfo=UTC).date())
    data = data_of(HOUSE, "&flow=cost", replace(a_site(), tariff=(later,)), prices=prices(0.1, 0.3))
    assert data.why is Why.NO_PRICES


def test_a_range_that_is_too_long_for_meters_of_minutes_offers_the_month() -> None:
    window, meters = window_of({"pv": [1.0], "load": [1.0]}, step=MINUTE)
    data = flows_data(window, meters, "?range=year&at=2020-09-28", NOW)
    assert data.why is Why.TOO_LONG
    said, href = why_not(data)
    assert "shown for up to 31 days" in said
    assert href == "/p/site/flows?range=month"
    assert {figure.text for figure in figures(data)} == {"–"}


def test_without_a_load_or_without_values_the_page_says_so() -> None:
    assert data_of({"pv": [1.0]}).why is Why.NO_LOAD
    nothing = data_of({"pv": [None], "load": [1.0]})
    assert nothing.why is Why.NO_VALUES
    assert why_not(nothing) == ("No step of this range has a value of every meter.", "")
    assert {figure.text for figure in figures(nothing)} == {"–"}
    assert {figure.formula for figure in figures(nothing)} == {""}


def test_an_unknown_unit_is_named_and_energy_is_shown() -> None:
    data = data_of(HOUSE, "&flow=beans")
    assert data.unit is Unit.ENERGY
    assert unknown_unit(data) == ["“beans” is not a unit we know. Showing energy."]
    assert unknown_unit(data_of()) == []


def test_the_units_are_links_that_keep_the_range_and_what_is_not_known_is_off_with_the_reason() -> None:
    bar = units_view(data_of(HOUSE, "&flow=cost", None, prices=prices(0.1, 0.3)), "flows-address", "/p/site/flows")
    hrefs = {words(link): link.href for link in parts_with(bar, "sb-segment-entry") if hasattr(link, "href")}
    assert hrefs == {
        "Energy kWh": "/p/site/flows?range=day&at=2020-09-28",
        "Cost": "/p/site/flows?range=day&at=2020-09-28&flow=cost",
    }
    (current,) = parts_with(bar, "sb-active")
    assert words(current) == "Cost"
    assert "No CO₂ data in this project." in words(bar)
    (off,) = parts_with(bar, "sb-off")
    assert words(off) == "CO₂"


def test_sub_meters_that_exceed_the_total_are_told_with_count_and_kwh() -> None:
    data = data_of({"load": [10.0, 4.0], "sub heat": [6.0, 5.5], "sub car": [1.0, None]})
    assert links(data)["load", "other-uses"] == pytest.approx(3.0)
    assert links(data)["excess", "sub:sub heat"] == pytest.approx(1.5)
    told = text(checks_card(data))
    assert "The sub-meters exceed the total in 1 step, by 1.5 kWh." in told
    assert "Sub Car: 1.0 h without a value count as other uses." in told


def test_both_directions_in_one_step_are_told() -> None:
    powers = {"pv": [3.0], "load": [2.0], "charge": [1.0], "discharge": [0.5], "import": [0.5], "export": [1.0]}
    told = text(checks_card(data_of(powers)))
    assert "0.5 kWh were charged and discharged within the same step of 1 h." in told
    assert "kWh were imported and exported within the same step of 1 h." in told


def test_where_everything_fits_there_is_nothing_to_know() -> None:
    assert checks_card(data_of()) is None
    assert elsewhere_card(data_of()) is None


def test_meters_elsewhere_are_listed_without_a_sum() -> None:
    window, meters = window_of({"load": [4.0, 4.0], "load far": [50.0, 50.0], "load rare": [1.0, None]})
    away = {"load far": False, "load rare": True}
    meters = tuple(
        replace(m, on_connection=False, sparse=away[m.measurand_id]) if m.measurand_id in away else m for m in meters
    )
    data = flows_data(window, meters, "?range=day&at=2020-09-28", NOW)
    told = text(elsewhere_card(data))
    assert "Load Far ≥ 100 " in told
    assert "Load Rare Sparse ≥ 1.0" in told
    assert "101" not in told
    assert links(data) == {("import", "load"): 8.0}


def test_each_figure_tells_its_formula_with_its_numbers() -> None:
    told = {key: figure.formula.replace(NBSP, " ") for key, figure in shown(data_of()).items()}
    assert told["in"].startswith("PV + discharge + import. In every step of 1 h PV serves the load first")
    assert "(PV used directly + battery used by the load) ÷ load = 4.0 ÷ 8.0 kWh" in told["self-sufficiency"]
    assert "(PV used directly + PV into the battery) ÷ PV = 4.0 ÷ 6.0 kWh" in told["self-consumption"]
    assert "÷ total in = 0.0 kWh ÷ 10.0 kWh" in told["residual"]


def test_the_rounding_of_meters_is_no_row_of_the_table() -> None:
    data = data_of({"pv": [6.0], "load": [4.0], "import": [0.0], "export": [1.9998]})
    assert ("pv", "unknown-use") not in links(data)
    assert ("pv", "unknown-use") in links(data_of({"pv": [6.0], "load": [4.0], "import": [0.0], "export": [1.99]}))


def test_many_arrays_are_told_as_the_largest_and_the_rest() -> None:
    powers = {f"pv {number}": [float(number)] for number in range(1, 13)} | {"load": [100.0]}
    data = data_of(powers)
    arrays = [node.name for node in diagram(data).nodes if node.detail]
    assert arrays == [*(f"Pv {number}" for number in range(6, 13)), "Other arrays"]
    assert len(arrays) == MOST_ARRAYS
    assert links(data)["pv:more", "pv"] == pytest.approx(1 + 2 + 3 + 4 + 5)
    edges = [Edge(source="a", target="b", amount=1.0)]
    assert grouped(edges, ["a"], 3, "pv") == edges


def test_the_file_holds_the_links_in_full_precision() -> None:
    table = flows_table(data_of({"pv": [1 / 3], "load": [1.0]}))
    assert table is not None
    assert [column.heading for column in table.columns] == ["From", "To", "Amount [kWh]"]
    assert list(table.columns[0].values) == ["PV", "Grid import", "PV"]
    assert list(table.columns[2].values) == [pytest.approx(1 / 3), pytest.approx(2 / 3), 0.0]
    assert flows_table(data_of(HOUSE, "&flow=cost")) is None


def test_names_from_outside_are_text_and_nothing_else() -> None:
    evil = "<img src=x onerror=alert(1)> $\\href{javascript:alert(1)}{x}$"
    window, meters = window_of({"pv one": [1.0], "pv two": [1.0], "load": [4.0]})
    named = tuple(replace(m, name=evil) for m in meters)
    data = flows_data(window, named, "?range=day&at=2020-09-28", NOW)
    view = view_of(data)
    labels = view["drawn"]["figure"]["data"][0]["node"]["label"]
    assert all("<img" not in label and "$" not in label for label in labels)


@pytest.mark.parametrize(
    "powers",
    [
        {"pv": [1e300, 1.0], "load": [1e300, 1.0]},
        {"pv": [-5.0, 1.0], "load": [1.0, 1.0]},
        {"pv": [float("inf"), 1.0], "load": [1.0, 1.0]},
    ],
)
def test_absurd_values_leave_the_page_whole(powers: Powers) -> None:
    filled = filled_view(PAGE, data_of(powers), opening=False)
    assert "Could not draw" not in words(list(filled["slots"].values()))
    assert filled["charts"]["sankey"]["drawn"]["figure"]["data"]


def test_the_page_answers_through_the_whole_app() -> None:
    campus = build_campus()
    body = payload(
        campus.app,
        output_of(campus.app, "flows-kpis.children"),
        flows_address__pathname="/p/monash/flows",
        flows_address__search="?range=day&at=2020-09-27",
        flows_filled__data=None,
    )
    found = call(campus.signed_in(), body)
    assert found.status_code == 200, found.get_data(as_text=True)
    filled = found.get_json()["response"]
    assert filled["flows-sankey-drawn"]["data"]["figure"]["data"][0]["type"] == "sankey"
    assert filled["flows-sankey-frame"]["hidden"] is False
    pv = [m for m in campus.measurements.listed if m.quantity is Quantity.PV_KW]
    labels = filled["flows-sankey-drawn"]["data"]["figure"]["data"][0]["node"]["label"]
    assert len(pv) == sum(label.startswith("Array") for label in labels)

"""Cards, bars and states: the words, the numbers behind them, and what screen readers get."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from dash import html

from components.badges import Tone, badge
from components.cards import Figure, chart_card, chart_parts, kpi_card
from components.now_bar import now_bar, residual_badge
from components.outage import countdown_view, fault_banner, outage_state
from components.share_bar import Part, list_bar, split_bar
from components.states import no_permission, saved_banner, stale_words, unreachable_words
from components.tables import table
from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, RateLimited
from dash_app.domain.now import NowBalance
from dash_app.domain.site import Quantity
from tests.fakes.campus import NOW, ZONE


def words(part: Any) -> str:
    """Return all text of a part, as a person reads it."""
    if part is None or isinstance(part, str | int | float):
        return "" if part is None else str(part)
    if isinstance(part, list | tuple):
        return " ".join(filter(None, (words(child).strip() for child in part)))
    return words(getattr(part, "children", None))


def parts_with(part: Any, class_name: str) -> list[Any]:
    """Return the parts below `part` that have a CSS class."""
    return [child for child in part._traverse() if class_name in str(getattr(child, "className", "")).split()]


def balance(**powers: Any) -> NowBalance:
    known: dict[str, Any] = {
        "at": NOW, "pv_kw": 118.0, "load_kw": 48.4, "charge_kw": 9.6, "discharge_kw": 0.0, "import_kw": 0.0,
        "export_kw": 60.0, "grid_measured": True, "newest": NOW,
    }  # fmt: skip
    return NowBalance(**{**known, **powers})


def test_in_equals_out_and_both_bars_have_the_same_length() -> None:
    shown = now_bar(balance(), simulated=True)
    assert "In 118\u00a0kW" in words(shown)
    assert "Out 118\u00a0kW" in words(shown)
    assert "Charging (simulated battery) 9.6" in words(shown)
    assert words(residual_badge(balance())) == "In = Out, residual 0.0\u00a0%"
    fills = parts_with(shown, "sb-fill")
    assert [float(fill.style["flexGrow"]) for fill in fills] == [118.0, 60.0, 48.4, 9.6]


def test_what_is_not_accounted_for_is_shown_and_warned_about() -> None:
    short = balance(export_kw=50.0)
    assert "Not accounted for 10.0" in words(now_bar(short, simulated=False))
    warning = residual_badge(short)
    assert words(warning) == "Residual 8.5\u00a0%"
    assert "sb-badge-warning" in warning.className


def test_a_missing_part_is_named_and_no_sum_is_claimed() -> None:
    partial = balance(pv_kw=None, missing=("Array 3",))
    assert words(residual_badge(partial)) == "No value: Array 3"


def test_a_silent_meter_is_named_with_its_age() -> None:
    silent = balance(silent="Grid meter", oldest_stale=NOW - timedelta(minutes=22))
    assert words(residual_badge(silent)) == "Grid meter silent for 22\u00a0min."


def test_a_grid_that_is_not_measured_is_said_to_be_calculated() -> None:
    assert words(residual_badge(balance(grid_measured=False))) == "Grid calculated, not measured"


def test_no_text_stands_on_a_fill_and_the_bar_speaks() -> None:
    parts = [Part(look="pv", name="PV", amount=2.0, text="2.0"), Part(look="load", name="Load", amount=0.0, text="0.0")]
    bar = split_bar(parts, "In")
    assert getattr(bar.children[0], "aria-label") == "In: PV 2.0, Load 0.0"
    assert all(not fill.children for fill in bar.children[0].children)
    assert len(bar.children[0].children) == 1


def test_a_list_row_without_a_value_says_so() -> None:
    row = list_bar("Array 3", None, "0.0\u00a0kWh", "–\u00a0kW")
    assert words(row) == "Array 3 – –\u00a0kW"


def test_a_key_figure_carries_its_value_in_full_precision() -> None:
    card = kpi_card(Figure(key="total", label="Total energy", text="1,357", unit="kWh", context="", value=1357.2468))
    assert getattr(card, "data-value") == "1357.2468"
    assert words(card) == "Total energy 1,357 kWh"


def test_a_stale_figure_is_muted_and_says_its_age() -> None:
    figure = Figure(
        key="now", label="Current power", text="118", unit="kW", context="x", value=118.0, stale="PV silent."
    )
    assert "sb-stale" in kpi_card(figure).className
    assert words(kpi_card(figure)) == "Current power 118 kW PV silent."


def test_the_legend_of_a_chart_is_hidden_at_first_and_its_button_says_show() -> None:
    card = chart_card("a", "PV production", height=236, phone_height=200)
    by_id = {getattr(part, "id", None): part for part in card._traverse() if hasattr(part, "id")}
    legend = by_id[chart_parts("a")["legend"]]
    assert legend.hidden is True
    buttons = [part for part in card._traverse() if getattr(part, "data-legend", None) == legend.id]
    assert {words(button) for button in buttons} == {"Show legend"}
    assert {getattr(button, "data-hide") for button in buttons} == {"Hide legend"}


def test_the_menu_of_a_chart_offers_table_files_pictures_zoom_and_link() -> None:
    card = chart_card("a", "PV production", height=236, phone_height=200)
    actions = [getattr(part, "data-chart-action", None) for part in card._traverse()]
    assert [action for action in actions if action] == ["table", "csv", "png", "svg", "reset", "link"]


@pytest.mark.parametrize("tone", list(Tone))
def test_a_badge_has_an_icon_and_a_word(tone: Tone) -> None:
    symbol, word = badge("Late", tone).children
    assert "sb-icon" in symbol.className
    assert word == "Late"


def test_numbers_of_a_table_stand_at_the_right() -> None:
    frame = table("Plan", ["Time", "kW"], [["13:30", "9.6"]], numbers=frozenset({1}))
    _caption, head, body = frame.children.children
    assert [cell.className for cell in head.children.children] == ["", "sb-number"]
    assert [cell.className for cell in body.children[0].children] == ["", "sb-number"]


def test_the_countdown_is_literal() -> None:
    assert unreachable_words(5) == "We cannot reach the server. Trying again in 5 s (2 of 5)."
    assert unreachable_words(9) == "We cannot reach the server. Trying again in 1 s (2 of 5)."


def test_five_tries_five_seconds_apart_then_a_button() -> None:
    due = [beats for beats in range(40) if isinstance(countdown_view(beats)["attempt"], int)]
    assert due == [5, 10, 15, 20, 25]
    assert [countdown_view(beats)["try_again_hidden"] for beats in (24, 25, 30)] == [True, False, False]


def test_only_an_unreachable_server_is_counted_down() -> None:
    assert outage_state(ApiUnavailable("refused"))["off"] is False
    assert outage_state(ApiUnreadable("HTML"))["off"] is True
    assert words(fault_banner(ApiUnreadable("HTML"))) == "The server sent an unreadable answer."
    assert words(fault_banner(RateLimited("429", retry_after_s=40))) == "The server asks us to wait 40 s."
    assert outage_state(None)["beats"] == 0


def test_saved_data_say_from_when_and_how_old_they_are() -> None:
    fetched = datetime(2020, 9, 28, 3, 15, tzinfo=UTC)
    text = words(saved_banner(fetched, NOW, ZONE))
    assert "Showing saved data from 13:15." in text
    assert "15\u00a0min old" in text


def test_a_forbidden_control_says_why() -> None:
    assert words(no_permission(html.Button("Approve", disabled=True), "Only managers can approve.", "why")) == (
        "Approve Only managers can approve."
    )


def test_the_age_of_a_silent_meter_is_in_words() -> None:
    assert stale_words("Grid meter", NOW - timedelta(minutes=22), NOW) == "Grid meter silent for 22\u00a0min."


def test_a_balance_without_flows_has_no_residual() -> None:
    empty = replace(balance(), pv_kw=0.0, load_kw=0.0, charge_kw=0.0, export_kw=0.0)
    assert empty.residual == 0.0


def test_every_number_of_the_now_bar_has_its_age_and_a_stale_one_a_clock() -> None:
    ages = {Quantity.PV_KW: NOW - timedelta(minutes=7), Quantity.LOAD_KW: NOW - timedelta(minutes=50)}
    shown = now_bar(balance(measured_at=ages, stale=frozenset({Quantity.LOAD_KW})), simulated=False)
    said = {words(key).split()[0]: (words(key), key.className) for key in parts_with(shown, "sb-key")}
    assert said["PV"] == ("PV 118 7\u00a0min ago", "sb-key")
    assert said["Load"] == ("Load 48.4 50\u00a0min ago", "sb-key sb-old")
    assert said["Export"] == ("Export 60.0", "sb-key"), "nobody says how old it is"

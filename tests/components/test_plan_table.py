"""The plan's table and file hold every step, as signed."""

from __future__ import annotations

import csv
import io

from components.plan_table import plan_csv, plan_table
from components.plan_words import order_words
from components.recommendation_card import Compared, comparison_bars
from dash_app.domain.schedule import Intent
from tests.components.test_parts import words
from tests.fakes.campus import ZONE
from tests.fakes.hand_plan import hand_plan
from tests.fakes.payloads import a_step
from tests.fakes.value_tables import a_table


def test_every_step_is_a_row_with_order_and_expectation() -> None:
    text = words(plan_table(hand_plan(), ZONE))
    assert "13:30" in text
    assert "Hold the grid at 0.0\xa0kW" in text
    assert "Charging 20.0\xa0kW" in text
    assert "Discharge 20.0\xa0kW" in text
    assert "≈ 0.400" in text  # the last two prices are estimated
    assert text.count("At rest") == 4


def test_the_file_has_full_precision_and_utc() -> None:
    rows = list(csv.DictReader(io.StringIO(plan_csv(hand_plan()))))
    assert len(rows) == 8
    first = rows[0]
    assert (first["start"], first["intent"], first["battery_kw"]) == ("2020-09-28T03:30:00+00:00", "follow", "-20.0")
    assert [row["price_estimated"] for row in rows] == ["0.0"] * 6 + ["1.0"] * 2
    assert [float(row["import_per_kwh"]) for row in rows] == [0.2] * 3 + [0.4] * 5
    assert {float(row["hours"]) for row in rows} == {0.25}


def test_bars_share_a_zero_and_reach_left_of_it_for_what_is_earned() -> None:
    bars = comparison_bars(
        [Compared(name="a", amount=30.0, text="30"), Compared(name="b", amount=-10.0, text="-10", ours=True)]
    )
    styles = [row.children[1].children.style for row in bars.children]
    assert styles == [{"marginLeft": "25%", "width": "75%"}, {"marginLeft": "0%", "width": "25%"}]


def test_bars_of_nothing_have_no_length() -> None:
    (row,) = comparison_bars([Compared(name="a", amount=0.0, text="0")]).children
    assert row.children[1].children.style["width"] == "0%"


def test_what_a_step_orders_is_said_in_words() -> None:
    assert order_words(a_step(intent=Intent.LIMIT, target_kw=20.0)) == "Keep the import at or below 20.0\xa0kW"
    assert order_words(a_step(intent=Intent.LIMIT, target_kw=-5.0)) == "Keep the export at or below 5.0\xa0kW"
    assert order_words(a_step(intent=Intent.VALUE)) == "Decide on the measured load by the value of stored energy"
    assert order_words(a_step(battery_kw=4.0, table=a_table())) == (
        "Discharge 4.0\xa0kW, adjusted to the measured load"
    )

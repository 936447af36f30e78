"""The report: shares by hand, targets beside figures, and a miss called a miss."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.closed_loop_report import report, shares_of


def row(policy: str, cost: float, **changes: Any) -> dict[str, Any]:
    values = {
        "case": "fontana_1",
        "window": "test",
        "kind": "home",
        "prices": "known",
        "policy": policy,
        "start": "2017-05-20",
        "cost": cost,
        "co2_kg": 10.0,
        "peak_kw": 1.0,
        "cycles": 1.0,
        "flips_per_day": 0.0,
    }
    return {**values, **changes}


ROWS = [
    row("no battery", 100.0),
    row("perfect foresight", 50.0, bound=50.0),
    row("self-consumption", 52.0),
    row("by value", 51.0),
    row("by intents", 55.0),
]


def test_a_share_is_of_the_best_possible_saving() -> None:
    assert shares_of(ROWS) == pytest.approx(
        {
            "no battery": 0.0,
            "perfect foresight": 100.0,
            "self-consumption": 96.0,
            "by value": 98.0,
            "by intents": 90.0,
        }
    )


def test_targets_stand_beside_figures_and_a_miss_is_called_one() -> None:
    text = report(ROWS)
    assert "mean of 1 | 98.0 | >= 98.5 | missed |" in text
    assert "the least of them | 98.0 | >= 97.0 | met |" in text
    assert "2.0 points ahead | at most 0.5 behind | met |" in text
    assert "| by intents | 55.00 | 90.0 | 10.0 | 1.0 | 1.0 | 0.00 |" in text


def test_with_a_price_on_peaks_the_table_is_held_against_the_plan() -> None:
    text = report([{**one, "kind": "demand"} for one in ROWS] + [])
    assert "worst of 1 windows (fontana_1, test) | +8.0 points | never below | met |" in text
    assert "site-months with a price on the month's peak" in text


def test_a_case_without_its_ends_has_no_shares() -> None:
    assert shares_of(ROWS[2:]) == {}
    assert "| fontana_1 | test | known |" in report(ROWS[2:])


def test_what_a_co2_limit_costs_is_said() -> None:
    rows = [
        row("no battery", 100.0, kind="office"),
        row("by worth", 60.0, kind="office", co2_kg=11.0),
        row("by worth, CO2 limited", 70.0, kind="office", co2_kg=9.5, plans=7, worst_co2_kg=0.0),
    ]
    text = report(rows)
    assert "by worth +1.0 kg (+10.00 %); with a limit -0.5 kg (-5.00 %)" in text
    assert "the limit costs 10.00" in text

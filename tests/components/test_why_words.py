"""The sentences of the reasons say what the reasons hold, and nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from components.why_words import limit_sentence, run_sentences, run_title
from dash_app.domain.schedule import Objective
from dash_app.domain.why import Difference, Limit
from pages.gallery_data import ZONE, payload
from pages.gallery_why import CHARGE, DISCHARGE, FROM_BEFORE, KEPT, WHY


def said(run: object, **changes: object) -> str:
    return " ".join(run_sentences(replace(run, **changes), WHY, payload(), ZONE)).replace("\u00a0", " ")  # type: ignore[arg-type,type-var]


def test_a_charge_says_price_use_losses_wear_and_what_it_is_worth() -> None:
    words = said(CHARGE)
    assert "charge 96.0 kWh" in run_title(CHARGE, ZONE).replace("\u00a0", " ")
    for part in ("A kWh costs", "0.052", "given back", "0.310", "90.2 % comes back", "0.020", "worse by", "18.42"):
        assert part in words, part
    assert "emits 31 kg more CO₂" in words
    assert "peak is 4.0 kW lower" in words


def test_a_step_that_could_as_well_be_left_out_says_so() -> None:
    assert "as good" in said(DISCHARGE)
    assert "worse by" not in said(DISCHARGE)


def test_a_discharge_says_no_losses_but_where_its_energy_came_from() -> None:
    words = said(DISCHARGE)
    assert "is charged between" in words
    assert "comes back" not in words


def test_energy_from_before_or_for_after_the_plan_has_no_price() -> None:
    assert "stored before this plan began" in said(FROM_BEFORE)
    assert "stays stored beyond this plan" in said(KEPT)


def test_what_was_not_asked_is_not_said() -> None:
    assert "without it" not in said(FROM_BEFORE)


def test_for_co2_amounts_are_kilograms_and_the_money_stands_beside() -> None:
    without = Difference(goal=3.5, cost=-1.25, co2_kg=3.5, peak_kw=0.0)
    words = " ".join(
        run_sentences(replace(CHARGE, without=without), WHY, replace(payload(), objective=Objective.CO2), ZONE)
    ).replace("\u00a0", " ")
    assert "worse by 3.50 kg" in words
    assert "1.25 less" in words
    assert "emits" not in words


@pytest.mark.parametrize("limit", Limit)
def test_each_limit_has_a_sentence_with_its_hours_and_worth(limit: Limit) -> None:
    reason = next(one for one in WHY.limits if one.limit is limit)
    words = limit_sentence(reason, payload(), ZONE).replace("\u00a0", " ")
    assert "1.5 h" in words
    assert "0.42" in words

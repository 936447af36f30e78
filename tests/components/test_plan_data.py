"""Figures of a plan against arithmetic done by hand (the numbers stand in tests/fakes/hand_plan.py)."""

from dataclasses import replace

import pytest

from components import plan_data
from components.plan_data import Column, plan_frame
from components.plan_words import band_words, limit_words, title_words, why_words, without_words
from dash_app.domain.units import MINUS
from tests.fakes.campus import NOW, ZONE, site
from tests.fakes.hand_plan import BATTERY_KW, GRID_KW, PV_KW, QUARTER, START, hand_plan
from tests.fakes.payloads import a_payload

BATTERY = site().battery


def test_the_frame_balances_in_every_step() -> None:
    frame = plan_frame(hand_plan())
    supply = frame[Column.PV] + frame[Column.DISCHARGE] + frame[Column.IMPORT]
    uses = frame[Column.LOAD] + frame[Column.CHARGE] + frame[Column.EXPORT]
    assert supply.tolist() == uses.tolist()
    assert frame[Column.DISCHARGE].tolist() == [max(kw, 0) for kw in BATTERY_KW]
    assert frame[Column.EXPORT].tolist() == [max(-kw, 0) for kw in GRID_KW]
    assert frame.index[0] == START
    assert frame.index[1] - frame.index[0] == QUARTER


def test_what_is_curtailed_is_not_shown_as_production() -> None:
    payload = hand_plan()
    cut = replace(payload, plan={**payload.plan, "curtailed_kw": [5.0] + [0.0] * 7})
    assert plan_frame(cut)[Column.PV].tolist() == [25.0, *PV_KW[1:]]


def test_what_the_payload_does_not_say_is_missing_and_not_zero() -> None:
    frame = plan_frame(a_payload())
    assert frame[[Column.BUY, Column.SELL]].isna().all(axis=None)
    assert frame[Column.LOAD].tolist() == [30.0] * 8


def test_runs_join_steps_of_one_direction_and_know_their_energy() -> None:
    charge, discharge = plan_data.runs_of(hand_plan())
    assert (charge.start, charge.end, charge.charging) == (START, START + 2 * QUARTER, True)
    assert (charge.highest_kw, charge.energy_kwh) == (20.0, 10.0)
    assert (discharge.start, discharge.end) == (START + 3 * QUARTER, START + 5 * QUARTER)
    assert (discharge.highest_kw, discharge.energy_kwh) == (20.0, 7.5)


def test_a_slot_that_was_half_over_counts_half() -> None:
    payload = hand_plan()
    late = replace(payload, plan={**payload.plan, "hours": [0.125] + [0.25] * 7})
    charge, discharge = plan_data.runs_of(late)
    assert (charge.energy_kwh, discharge.energy_kwh) == (7.5, 7.5)
    # half of 20 kW of surplus at 0.10, then 10 kW of surplus at 0.10 and 10 kW bought at 0.20: 4.0 over 30 kW
    assert plan_data.stored_price(late) == pytest.approx(4.0 / 30)


def test_stored_energy_costs_what_it_was_bought_for_or_could_have_been_sold_for() -> None:
    # 20 kW of surplus at 0.10, then 10 kW of surplus at 0.10 and 10 kW bought at 0.20: 5.0 over 40 kW
    assert plan_data.stored_price(hand_plan()) == pytest.approx(0.125)


def test_returned_energy_is_worth_what_it_replaces_or_brings() -> None:
    # 10 kW not bought at 0.40, then 10 kW not bought at 0.40 and 10 kW sold at 0.10: 9.0 over 30 kW
    assert plan_data.returned_price(hand_plan()) == pytest.approx(0.3)


def test_a_plan_at_rest_has_no_price_of_storage() -> None:
    resting = hand_plan(steps=tuple(replace(step, battery_kw=0.0) for step in hand_plan().steps))
    assert plan_data.stored_price(resting) is None
    assert plan_data.returned_price(resting) is None
    assert plan_data.runs_of(resting) == ()
    assert why_words(resting) == "Nothing is stored and nothing given back."


def test_the_saving_is_the_difference_to_doing_nothing_and_may_be_negative() -> None:
    payload = hand_plan()
    assert plan_data.saving(payload) == 2.5
    assert plan_data.saving(replace(payload, expected=replace(payload.expected, cost=11.0))) == -1.0
    assert plan_data.co2_change_kg(payload) == -10.0
    assert plan_data.co2_change_kg(replace(payload, expected=replace(payload.expected, co2_kg=None))) is None


def test_steps_differ_by_the_power_of_the_battery() -> None:
    payload = hand_plan()
    first, second, *rest = payload.steps
    other = replace(payload, steps=(replace(first, battery_kw=-19.0), replace(second, battery_kw=-20.04), *rest))
    assert plan_data.differing_steps(payload, other, NOW) == (1, 8)
    assert plan_data.differing_steps(payload, other, START + QUARTER) == (0, 7)


def test_the_title_says_verb_time_and_power() -> None:
    assert title_words(hand_plan(), NOW, ZONE) == "Charge today 13:30 to 14:00, up to 20.0\xa0kW"
    later = START + 3 * QUARTER
    assert title_words(hand_plan(), later, ZONE) == "Discharge today 14:15 to 14:45, up to 20.0\xa0kW"
    over = START + 6 * QUARTER
    assert title_words(hand_plan(), over, ZONE) == "Leave the battery at rest until Mon 28\xa0Sep 15:30"
    yesterday = START - 96 * QUARTER
    assert "Charge tomorrow 13:30" in title_words(hand_plan(), yesterday, ZONE)


def test_why_names_both_prices() -> None:
    words = why_words(hand_plan())
    assert words == "One kWh stored costs AUD\xa00.12 on average. Given back, one kWh is worth AUD\xa00.30."


def test_limits_are_named_with_their_first_time() -> None:
    assert BATTERY is not None
    assert limit_words(hand_plan(), BATTERY, ZONE) == "The battery reaches none of its limits."
    small = replace(BATTERY, charge_kw=20.0, discharge_kw=20.0)
    words = limit_words(hand_plan(), small, ZONE)
    assert "It charges with 20.0\xa0kW, its limit, for 0.5\xa0h, first Mon 28\xa0Sep 13:30." in words
    assert "It discharges with 20.0\xa0kW, its limit, for 0.2\xa0h, first Mon 28\xa0Sep 14:30." in words
    full = hand_plan(steps=tuple(replace(step, soc_max=0.7) for step in hand_plan().steps))
    assert "It is full first Mon 28\xa0Sep 14:00." in limit_words(full, BATTERY, ZONE)


def test_without_the_plan_money_import_and_co2_are_told_in_words() -> None:
    words = without_words(hand_plan())
    assert "AUD\xa00.75 dearer and imports 3.0\xa0kWh more" in words
    assert "emits 4\xa0kg more CO₂" in words
    assert MINUS not in words
    payload = hand_plan()
    worse = replace(payload, expected=replace(payload.expected, cost=9.0, co2_kg=None))
    assert "AUD\xa00.75 cheaper" in without_words(worse)
    assert "CO₂" not in without_words(worse)


def test_a_band_that_allows_discharging_only_says_so() -> None:
    assert band_words(0.0, 12.0) == "discharge up to 12.0\xa0kW"

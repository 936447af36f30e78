"""Notes beside a plan: whole sentences with the figures in the plan's own currency or in kg."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from components.plan_notes import INPUTS, input_words, note_words
from dash_app.domain.recommendation import Note, NoteKind, Payload
from dash_app.domain.schedule import Objective
from tests.fakes.payloads import NOON, a_payload

UTC = ZoneInfo("UTC")
KEPT = Note(kind=NoteKind.KEPT, gain=0.04, threshold=0.05)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (Note(kind=NoteKind.LEFT_OUT, about="PV production", count=1), "PV production: one implausible value"),
        (Note(kind=NoteKind.LEFT_OUT, about="electricity demand", count=3), "Electricity demand: 3 implausible values"),
        (Note(kind=NoteKind.NOT_POSSIBLE), "they are not possible now"),
        (Note(kind=NoteKind.VEHICLE_ASSUMED, about="Car", value=0.3), "Car: its charge is not measured; 30"),
        (Note(kind=NoteKind.PEAK, value=123.4), "so far: 123\N{NO-BREAK SPACE}kW"),
        ("A plan stored long ago.", "A plan stored long ago."),
    ],
)
def test_a_note_is_a_sentence(note: Note | str, words: str) -> None:
    assert words in note_words(note, a_payload(), UTC)


def test_what_a_change_gains_is_money_or_kilograms() -> None:
    money, co2 = (note_words(KEPT, a_payload(objective=objective), UTC) for objective in Objective)
    assert "kept" in money and "0.04" in money and "0.05" in money and "kg" not in money
    assert "0.04\N{NO-BREAK SPACE}kg" in co2
    changed = note_words(Note(kind=NoteKind.CHANGED, gain=12.0, threshold=0.05), a_payload(), UTC)
    assert "changed" in changed and "12.00" in changed


CAR = Note(kind=NoteKind.VEHICLE, about="Car", value=15.0, start=NOON, end=NOON + timedelta(hours=2))


def test_a_vehicle_is_charged_between_two_moments_on_the_sites_clock() -> None:
    words = note_words(CAR, a_payload(), ZoneInfo("Asia/Kolkata"))
    assert "Car: charge 15.0\N{NO-BREAK SPACE}kWh between" in words
    local = [(NOON + timedelta(hours=more)).astimezone(ZoneInfo("Asia/Kolkata")) for more in (0, 2)]
    assert all(f"{moment:%H:%M}" in words for moment in local)


def test_notes_survive_the_store_and_so_do_sentences_of_older_plans() -> None:
    payload = a_payload(
        notes=(KEPT, CAR, Note(kind=NoteKind.LEFT_OUT, about="price", count=2), "3 values were left out.")
    )
    assert Payload.from_json(payload.as_json()) == payload


def test_an_input_that_is_not_known_keeps_its_name() -> None:
    assert [input_words(name) for name in INPUTS] == [
        *("Electricity demand", "PV production", "Price", "CO₂ intensity"),
        "Grid import",
    ]
    assert input_words("load") == "load"

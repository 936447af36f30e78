"""Notes beside a plan: whole sentences with the figures in the plan's own currency or in kg."""

from __future__ import annotations

import pytest

from components.plan_notes import INPUTS, input_words, note_words
from dash_app.domain.recommendation import Note, NoteKind, Payload
from dash_app.domain.schedule import Objective
from tests.fakes.payloads import a_payload

KEPT = Note(kind=NoteKind.KEPT, gain=0.04, threshold=0.05)


@pytest.mark.parametrize(
    ("note", "words"),
    [
        (Note(kind=NoteKind.LEFT_OUT, about="PV production", count=1), "PV production: one implausible value"),
        (Note(kind=NoteKind.LEFT_OUT, about="electricity demand", count=3), "Electricity demand: 3 implausible values"),
        (Note(kind=NoteKind.NOT_POSSIBLE), "they are not possible now"),
        ("A plan stored long ago.", "A plan stored long ago."),
    ],
)
def test_a_note_is_a_sentence(note: Note | str, words: str) -> None:
    assert words in note_words(note, a_payload())


def test_what_a_change_gains_is_money_or_kilograms() -> None:
    money, co2 = (note_words(KEPT, a_payload(objective=objective)) for objective in Objective)
    assert "kept" in money and "0.04" in money and "0.05" in money and "kg" not in money
    assert "0.04\N{NO-BREAK SPACE}kg" in co2
    changed = note_words(Note(kind=NoteKind.CHANGED, gain=12.0, threshold=0.05), a_payload())
    assert "changed" in changed and "12.00" in changed


def test_notes_survive_the_store_and_so_do_sentences_of_older_plans() -> None:
    payload = a_payload(notes=(KEPT, Note(kind=NoteKind.LEFT_OUT, about="price", count=2), "3 values were left out."))
    assert Payload.from_json(payload.as_json()) == payload


def test_an_input_that_is_not_known_keeps_its_name() -> None:
    assert [input_words(name) for name in INPUTS] == ["Electricity demand", "PV production", "Price", "CO₂ intensity"]
    assert input_words("load") == "load"

"""The facts beside a plan in words: what was left out of its inputs, and whether the plan in force is kept."""

from __future__ import annotations

from typing import assert_never

from components.numbers import money, number, with_unit
from components.words import _, mark, ngettext
from dash_app.domain.recommendation import Note, NoteKind, Payload
from dash_app.domain.schedule import Objective

INPUTS = {
    "electricity demand": mark("Electricity demand"),
    "PV production": mark("PV production"),
    "price": mark("Price"),
    "CO2 intensity": mark("CO₂ intensity"),
}
"""What a plan calls its inputs, as people read it."""


def input_words(name: str) -> str:
    """Return the name of an input for people."""
    return _(INPUTS[name]) if name in INPUTS else name


def note_words(note: Note | str, payload: Payload) -> str:
    """Return a note as a sentence; one that was stored as a sentence stays it."""
    if isinstance(note, str):
        return note
    facts = {"gain": _worth(note.gain, payload), "threshold": _worth(note.threshold, payload)}
    match note.kind:
        case NoteKind.LEFT_OUT:
            return ngettext(
                "%(input)s: one implausible value was left out.",
                "%(input)s: %(count)s implausible values were left out.",
                note.count,
                input=input_words(note.about),
                count=number(note.count, 0),
            )
        case NoteKind.KEPT:
            return _(
                "The next steps of the plan in force are kept: changing them would save %(gain)s; a change takes more "
                "than %(threshold)s.",
                **facts,
            )
        case NoteKind.CHANGED:
            return _(
                "The next steps of the plan in force are changed: this saves %(gain)s; a change takes more than "
                "%(threshold)s.",
                **facts,
            )
        case NoteKind.NOT_POSSIBLE:
            return _("The next steps of the plan in force are changed: they are not possible now.")
    assert_never(note.kind)


def _worth(gain: float, payload: Payload) -> str:
    return money(gain, payload.currency) if payload.objective is Objective.COST else with_unit(gain, "kg", 2)

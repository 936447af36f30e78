"""The facts beside a plan in words: what was left out of its inputs, and whether the plan in force is kept."""

from __future__ import annotations

from typing import assert_never
from zoneinfo import ZoneInfo

from components.numbers import moment_words, money, number, percent, with_unit
from components.words import _, mark, ngettext
from dash_app.domain.recommendation import Note, NoteKind, Payload
from dash_app.domain.schedule import Objective

INPUTS = {
    "electricity demand": mark("Electricity demand"),
    "PV production": mark("PV production"),
    "price": mark("Price"),
    "CO2 intensity": mark("CO₂ intensity"),
    "grid import": mark("Grid import"),
}
"""What a plan calls its inputs, as people read it."""


def input_words(name: str) -> str:
    """Return the name of an input for people."""
    return _(INPUTS[name]) if name in INPUTS else name


def note_words(note: Note | str, payload: Payload, zone: ZoneInfo) -> str:
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
        case NoteKind.VEHICLE:
            return _charging_words(note, zone)
        case NoteKind.VEHICLE_ASSUMED:
            return _(
                "%(vehicle)s: its charge is not measured; %(soc)s is assumed.",
                vehicle=note.about,
                soc=percent(note.value),
            )
        case NoteKind.PEAK:
            return _("Highest import of this month so far: %(power)s.", power=with_unit(note.value, "kW"))
    assert_never(note.kind)


def _charging_words(note: Note, zone: ZoneInfo) -> str:
    times = ["" if moment is None else moment_words(moment, zone) for moment in (note.start, note.end)]
    return _(
        "%(vehicle)s: charge %(energy)s between %(start)s and %(end)s.",
        vehicle=note.about,
        energy=with_unit(note.value, "kWh"),
        start=times[0],
        end=times[1],
    )


def _worth(gain: float, payload: Payload) -> str:
    return money(gain, payload.currency) if payload.objective is Objective.COST else with_unit(gain, "kg", 2)

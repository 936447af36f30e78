"""The reasons of a plan for the gallery: every kind of sentence."""

from __future__ import annotations

from dataclasses import replace

from components.why_list import why_list
from dash_app.domain.schedule import Objective
from dash_app.domain.why import Difference, Limit, LimitReason, RunReason, Why
from pages.gallery_data import HOUR, NOW, ZONE, payload
from pages.gallery_entry import Entry, Example

CHARGE = RunReason(
    start=NOW,
    end=NOW + 3 * HOUR,
    charging=True,
    energy_kwh=96.0,
    price=0.052,
    other_start=NOW + 6 * HOUR,
    other_end=NOW + 9 * HOUR,
    other_price=0.31,
    without=Difference(goal=18.42, cost=18.42, co2_kg=31.0, peak_kw=-4.0),
)
DISCHARGE = replace(
    CHARGE,
    start=NOW + 6 * HOUR,
    end=NOW + 9 * HOUR,
    charging=False,
    energy_kwh=86.6,
    price=0.31,
    other_start=NOW,
    other_end=NOW + 3 * HOUR,
    other_price=0.052,
    without=Difference(goal=0.0, cost=0.0, co2_kg=None, peak_kw=0.0),
)
FROM_BEFORE = replace(
    DISCHARGE, start=NOW + 11 * HOUR, end=NOW + 12 * HOUR, other_start=None, other_end=None, other_price=None,
    without=None,
)  # fmt: skip
KEPT = replace(FROM_BEFORE, start=NOW + 13 * HOUR, end=NOW + 14 * HOUR, charging=True)
WHY = Why(
    round_trip=0.9025,
    wear=0.02,
    runs=(CHARGE, DISCHARGE, FROM_BEFORE, KEPT),
    limits=tuple(LimitReason(limit=limit, start=NOW + HOUR, hours=1.5, worth=0.42) for limit in Limit),
)


def entries() -> tuple[Entry, ...]:
    """Return the entry of the reasons in all their states."""
    examples = (
        Example(state="cost, every sentence", draw=lambda: why_list(WHY, payload(), ZONE)),
        Example(state="CO2", draw=lambda: why_list(WHY, replace(payload(), objective=Objective.CO2), ZONE)),
        Example(state="nothing pays", draw=lambda: why_list(Why(round_trip=0.9, wear=0.0), payload(), ZONE)),
    )
    return (Entry(title="Reasons of a plan", examples=examples),)

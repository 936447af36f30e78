"""Two hours at the campus whose every figure can be reckoned in the head, from 13:30 on the campus' clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from dash_app.domain.recommendation import InputUsed, Payload
from dash_app.domain.schedule import Intent, Money, Step
from tests.fakes.payloads import a_payload

START = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
BATTERY_KW = (-20.0, -20.0, 0.0, 10.0, 20.0, 0.0, 0.0, 0.0)
GRID_KW = (0.0, 10.0, 10.0, 0.0, -10.0, 10.0, 10.0, 10.0)
PV_KW = (30.0, 20.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
LOAD_KW = (10.0,) * 8
SOC_END = (0.6, 0.7, 0.7, 0.65, 0.55, 0.55, 0.55, 0.55)
BUY = (0.2, 0.2, 0.2, 0.4, 0.4, 0.4, 0.4, 0.4)
SELL = (0.1,) * 8
INTENTS = (Intent.FOLLOW, Intent.CHARGE, Intent.IDLE, Intent.FOLLOW, Intent.DISCHARGE) + (Intent.IDLE,) * 3


def hand_plan(**changes: object) -> Payload:
    """Return the plan: it costs 7.50 where doing nothing costs 10.00 and the rule 8.25; CO2 40, 50 and 44 kg."""
    money = Money(cost=7.5, co2_kg=40.0, import_kwh=12.5, export_kwh=2.5, peak_import_kw=10.0, cycles=0.05)
    known: dict[str, object] = {
        "steps": tuple(_step(place) for place in range(8)),
        "plan": {
            "load_kw": list(LOAD_KW), "load_p10": [8.0] * 8, "load_p90": [12.0] * 8,
            "pv_kw": list(PV_KW), "pv_p10": [kw / 2 for kw in PV_KW], "pv_p90": [kw * 2 for kw in PV_KW],
            "curtailed_kw": [0.0] * 8, "import_per_kwh": list(BUY), "export_per_kwh": list(SELL),
            "price_estimated": [0.0] * 6 + [1.0] * 2,
        },
        "computed_at": START,
        "expires_at": START + timedelta(hours=1),
        "expected": money,
        "without_battery": replace(money, cost=10.0, co2_kg=50.0, import_kwh=20.0),
        "self_consumption": replace(money, cost=8.25, co2_kg=44.0, import_kwh=15.5),
        "soc_now": 0.5,
        "inputs": (
            InputUsed(name="electricity demand", newest=START - QUARTER, digest="ab" * 32),
            InputUsed(name="PV production", newest=START - 2 * QUARTER, digest="cd" * 32),
            InputUsed(name="price", newest=START + timedelta(hours=20), digest="ef" * 32),
        ),
        "estimated_prices": 2,
    }  # fmt: skip
    return a_payload(**{**known, **changes})  # type: ignore[arg-type]


def _step(place: int) -> Step:
    battery, start = BATTERY_KW[place], START + place * QUARTER
    intent = INTENTS[place]
    follow = intent is Intent.FOLLOW
    return Step(
        start=start,
        end=start + QUARTER,
        intent=intent,
        target_kw=GRID_KW[place] if follow else abs(battery),
        battery_kw=battery,
        grid_kw=GRID_KW[place],
        power_min_kw=-75.0 if follow else min(battery, 0.0),
        power_max_kw=75.0 if follow else max(battery, 0.0),
        soc_min=0.1,
        soc_max=0.95,
        soc_end=SOC_END[place],
    )

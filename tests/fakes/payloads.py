"""Plans to decide on, with values that can be checked in the head."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from dash_app.domain.dispatch import Mode, Order, Telemetry
from dash_app.domain.recommendation import InputUsed, Payload, Recommendation
from dash_app.domain.schedule import Intent, Money, Objective, Step

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)


def a_step(start: datetime = NOON, *, battery_kw: float = 10.0, **changes: object) -> Step:
    """Return a quarter hour that discharges `battery_kw` within +-20 kW and a SoC corridor of 0.1 to 0.95."""
    known: dict[str, object] = {
        "start": start,
        "end": start + QUARTER,
        "intent": Intent.DISCHARGE if battery_kw > 0 else Intent.CHARGE if battery_kw < 0 else Intent.IDLE,
        "target_kw": abs(battery_kw),
        "battery_kw": battery_kw,
        "grid_kw": 30.0 - battery_kw,
        "power_min_kw": -20.0,
        "power_max_kw": 20.0,
        "soc_min": 0.1,
        "soc_max": 0.95,
        "soc_end": 0.5,
    }
    return Step(**{**known, **changes})  # type: ignore[arg-type]


def a_payload(
    project_id: str = "monash",
    start: datetime = NOON,
    *,
    powers_kw: tuple[float, ...] = (10.0, 10.0, 0.0, -10.0, -10.0, 0.0, 0.0, 0.0),
    **changes: object,
) -> Payload:
    """Return a plan of quarter hours from `start` on, computed at `start` and open for approval for one hour."""
    money = Money(cost=10.0, co2_kg=None, import_kwh=40.0, export_kwh=0.0, peak_import_kw=30.0, cycles=0.1)
    steps = tuple(a_step(start + place * QUARTER, battery_kw=power) for place, power in enumerate(powers_kw))
    known: dict[str, object] = {
        "project_id": project_id,
        "device_id": f"{project_id}-ess1",
        "computed_at": start,
        "expires_at": start + timedelta(hours=1),
        "objective": Objective.COST,
        "currency": "AUD",
        "steps": steps,
        "expected": money,
        "without_battery": money,
        "self_consumption": money,
        "soc_now": 0.5,
        "inputs": (InputUsed(name="load", newest=start, digest="00ff"),),
        "plan": {"load_kw": [30.0] * len(steps), "pv_kw": [0.0] * len(steps)},
        "estimated_prices": 0,
    }
    return Payload(**{**known, **changes})  # type: ignore[arg-type]


def a_telemetry(device_id: str = "monash-ess1", at: datetime = NOON, **changes: object) -> Telemetry:
    """Return a reading of a battery at half charge that does nothing."""
    known: dict[str, object] = {
        "device_id": device_id,
        "at": at,
        "mode": Mode.LOCAL,
        "battery_kw": 0.0,
        "soc": 0.5,
        "grid_kw": 30.0,
        "pv_kw": 0.0,
        "load_kw": 30.0,
        "setpoint_kw": 0.0,
        "boot_count": 1,
        "uptime_s": 3600,
        "max_charge_kw": 20.0,
        "max_discharge_kw": 20.0,
    }
    return Telemetry(**{**known, **changes})  # type: ignore[arg-type]


def an_order(recommendation: Recommendation, place: int = 0) -> Order:
    """Return the order of one step of a stored recommendation."""
    payload = recommendation.payload
    return Order.of(
        recommendation_id=recommendation.recommendation_id,
        project_id=payload.project_id,
        device_id=payload.device_id,
        step=payload.steps[place],
        payload_digest=recommendation.digest,
    )

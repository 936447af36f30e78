"""A table of the value of stored energy whose choices can be done in the head."""

from __future__ import annotations

from datetime import datetime

from dash_app.domain.value_table import ClassWorth, ValueTable
from tests.fakes.payloads import NOON


def a_table(worth_per_kwh: float = 0.25, computed_at: datetime = NOON, **changes: object) -> ValueTable:
    """Return a table by which each kWh in a battery of 100 kWh without losses is worth the same.

    Import costs 0.30 and export brings 0.10: between the two the battery takes the net load, below it also sells,
    above it also buys.
    """
    known: dict[str, object] = {
        "computed_at": computed_at,
        "stored_kwh": (0.0, 100.0),
        "models": (ClassWorth(net_kw=(0.0,), cost=((0.0, -100.0 * worth_per_kwh),)),),
        "import_price": 0.30,
        "export_price": 0.10,
        "capacity_kwh": 100.0,
        "charge_efficiency": 1.0,
        "discharge_efficiency": 1.0,
    }
    return ValueTable(**{**known, **changes})  # type: ignore[arg-type]

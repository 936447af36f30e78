"""A site small enough to be worked out by hand, for the closed loop."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.site import Battery
from optimizer.simulate.measured import Column, Measured

HORIZON = 48


def battery(**changes: Any) -> Battery:
    """Return 10 kWh, 5 kW, 90 % each way, 0.02 of wear."""
    values: dict[str, Any] = {
        "battery_id": "battery",
        "name": "battery",
        "device_id": "battery",
        "capacity_kwh": 10.0,
        "charge_kw": 5.0,
        "discharge_kw": 5.0,
        "charge_efficiency": 0.9,
        "discharge_efficiency": 0.9,
        "soc_min": 0.0,
        "soc_max": 1.0,
        "wear_per_kwh": 0.02,
    }
    return Battery(**{**values, **changes})


def measured(seed: int = 1, *, days: int = 3, past_days: int = 30, **changes: Any) -> Measured:
    """Return a made-up site of hours: evening peaks, sun at noon, two price levels; export at 0.05."""
    rng = np.random.default_rng(seed)
    hours = 24 * (past_days + days) + HORIZON
    index = pd.date_range("2021-03-01", periods=hours, freq="h", tz="UTC")
    hour = index.hour.to_numpy()
    frame = pd.DataFrame(
        {
            Column.LOAD_KW.value: 1.0 + 2.0 * ((hour >= 17) & (hour < 22)) + rng.uniform(0, 1, hours),
            Column.PV_KW.value: np.maximum(0.0, 5.0 * np.sin((hour - 6) / 12 * np.pi)) * rng.uniform(0.3, 1, hours),
            Column.IMPORT_PRICE.value: np.where((hour >= 16) & (hour < 21), 0.5, 0.2),
            Column.EXPORT_PRICE.value: 0.05,
            Column.CO2.value: 0.2 + 0.1 * (hour >= 18),
        },
        index=index,
    )
    values: dict[str, Any] = {
        "name": "made up",
        "zone": ZoneInfo("UTC"),
        "frame": frame,
        "first": 24 * past_days,
        "steps": 24 * days,
        "battery": battery(),
    }
    return Measured(**{**values, **changes})

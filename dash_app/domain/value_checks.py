"""What a table of the value of stored energy has to be before anybody decides by it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dash_app.domain.value_table import Row, ValueTable


def check_table(table: ValueTable) -> None:
    """Raise ValueError unless every row fits its points, everything is finite and ascending where it has to be."""
    points = len(table.stored_kwh)
    _check_ascending("stored_kwh", table.stored_kwh)
    if points < 2 or not table.models:
        raise ValueError(f"a table of {points} points and {len(table.models)} models tells nothing")
    for model in table.models:
        _check_ascending("net_kw", model.net_kw, strictly=False)
        if not model.net_kw or len(model.cost) != len(model.net_kw):
            raise ValueError(f"{len(model.cost)} rows of cost for {len(model.net_kw)} classes")
        if any(len(row) != points for row in model.cost) or not np.isfinite(np.array(model.cost)).all():
            raise ValueError(f"a row of cost is not {points} finite numbers")
    prices = (table.import_price, table.export_price, table.wear_per_kwh, table.peak_price, table.peak_kw)
    if not np.isfinite(prices).all() or table.capacity_kwh <= 0:
        raise ValueError("a price is not finite, or the battery has no capacity")
    if not (0 < table.charge_efficiency <= 1 and 0 < table.discharge_efficiency <= 1):
        raise ValueError("an efficiency lies outside 0..1")


def _check_ascending(name: str, values: Row, *, strictly: bool = True) -> None:
    ascends = all(a < b if strictly else a <= b for a, b in pairwise(values))
    if not ascends or not np.isfinite(values).all():
        raise ValueError(f"{name} does not ascend")

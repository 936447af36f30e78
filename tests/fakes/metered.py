"""A site's meters written down by hand: a few steps of each, and the window that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pandas as pd

from dash_app.domain.flow_parts import FlowParts, flow_parts
from dash_app.domain.measurement import Window
from dash_app.domain.site import Measurand, Quantity

START = datetime(2020, 9, 28, tzinfo=UTC)
HOUR = timedelta(hours=1)
QUANTITIES = {
    "pv": Quantity.PV_KW,
    "load": Quantity.LOAD_KW,
    "charge": Quantity.CHARGE_KW,
    "discharge": Quantity.DISCHARGE_KW,
    "import": Quantity.IMPORT_KW,
    "export": Quantity.EXPORT_KW,
    "sub": Quantity.OTHER_KW,
}


def meter(name: str, *, step: timedelta = HOUR, on_connection: bool = True, sparse: bool = False) -> Measurand:
    """Return a meter; the first word of its name says what it measures."""
    return Measurand(
        measurand_id=name,
        code=name,
        name=name.title(),
        quantity=QUANTITIES[name.split()[0]],
        resolution=step,
        on_connection=on_connection,
        sparse=sparse,
    )


def window_of(
    powers: Mapping[str, Sequence[float | None]], *, start: datetime = START, step: timedelta = HOUR
) -> tuple[Window, tuple[Measurand, ...]]:
    """Return a window with the powers (kW) of some meters, and the meters."""
    steps = max(len(values) for values in powers.values())
    index = pd.date_range(start, periods=steps, freq=step, name="time", tz="UTC")
    series = {name: pd.Series(list(values), index=index, dtype=float) for name, values in powers.items()}
    end = start + steps * step
    window = Window(start=start, end=end, series=series, fetched_at=end, data_until=end)
    return window, tuple(meter(name, step=step) for name in powers)


def parts_of(
    powers: Mapping[str, Sequence[float | None]], *, start: datetime = START, step: timedelta = HOUR
) -> FlowParts:
    """Return what flows are worked out from."""
    window, meters = window_of(powers, start=start, step=step)
    return flow_parts(window, meters, step, window.start, window.end)

"""The demand's charts without a time axis as files: every cell of the field, every step of the duration curve."""

from __future__ import annotations

from itertools import product

import numpy as np

from components.words import _
from dash_app.domain.export import ExportColumn, ExportTable
from dash_app.domain.load_profile import duration_curve
from dash_app.domain.site import Quantity
from dash_app.workflows.consumer import Consumer


def map_table(consumer: Consumer) -> ExportTable | None:
    """Return the mean demand of each hour of the last days on the site's clock; None while it is not known."""
    grid = consumer.grid()
    if grid is None:
        return None
    places = list(product(range(len(grid.days)), range(len(grid.minutes))))
    day = [grid.days[across].isoformat() for across, _down in places]
    time = [f"{grid.minutes[down] // 60:02d}:{grid.minutes[down] % 60:02d}" for _across, down in places]
    mean = np.array([grid.mean_kw[down, across] for across, down in places], dtype=float)
    return ExportTable(
        title=_("Demand by day and time of day"),
        columns=(
            ExportColumn(name=_("Day"), values=day),
            ExportColumn(name=_("Time of day"), values=time, detail=_("Start of the hour on the site's clock")),
            ExportColumn(name=_("Demand"), values=mean, unit="kW", detail=_("Mean of the hour")),
        ),
    )


def curve_table(consumer: Consumer) -> ExportTable | None:
    """Return every measured step, the highest first, with the share of the time in which it is reached."""
    if not consumer.place.of(Quantity.LOAD_KW):
        return None
    curve = duration_curve(consumer.load_kw)
    share = 100.0 * np.asarray(curve.index, dtype=float)
    return ExportTable(
        title=_("Load duration curve"),
        columns=(
            ExportColumn(name=_("Share of the time"), values=share, unit="%"),
            ExportColumn(name=_("Demand"), values=curve.to_numpy(dtype=float), unit="kW"),
        ),
    )

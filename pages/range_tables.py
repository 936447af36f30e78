"""Tables for the files of charts over time: what is measured at its own resolution, and the forecast where one is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

import pandas as pd

from components.numbers import step_words
from components.words import _
from dash_app.domain.export import ExportTable, Track, time_table
from dash_app.domain.frames import Band
from dash_app.domain.site import Measurand, Quantity
from dash_app.workflows.measured import Measured


def quantity_table(
    loaded: Measured, quantity: Quantity, title: str, forecast: pd.DataFrame | None = None
) -> ExportTable | None:
    """Return the total of a quantity, its parts and its forecast; None where nothing of it is measured."""
    parts = loaded.place.of(quantity)
    if not parts:
        return None
    whole = measured_track(loaded, _("Measured"), loaded.total(quantity), "kW", loaded.place.native(quantity))
    more = [part_track(loaded, part) for part in parts] if len(parts) > 1 else []
    return time_table(title, [whole, *more, *forecast_tracks(forecast)])


def part_track(loaded: Measured, measurand: Measurand) -> Track:
    """Return one measurand of a quantity."""
    return measured_track(loaded, measurand.name, loaded.part(measurand), "kW", measurand.resolution)


def measured_track(
    loaded: Measured, name: str, values: pd.Series, unit: str, step: timedelta, notes: Sequence[str] = ()
) -> Track:
    """Return a measured series up to the last step with a value or that is over: nothing of the future is a gap."""
    newest = values.last_valid_index()
    over = values.loc[(values.index <= loaded.view.until - step) | (values.index <= (newest or values.index.min()))]
    detail = ", ".join([_("Mean of %(step)s", step=step_words(step)), *notes])
    return Track(name=name, unit=unit, values=over, detail=detail)


def forecast_tracks(forecast: pd.DataFrame | None, unit: str = "kW") -> Iterable[Track]:
    """Return a forecast and the ends of its band, as far as they are there."""
    names = {
        Band.P50: _("Forecast"),
        Band.P10: _("Lower end of the band"),
        Band.P90: _("Upper end of the band"),
    }
    if forecast is None:
        return []
    detail = _("The newest forecast of each moment")
    known = {column: name for column, name in names.items() if column in forecast.columns}
    return [Track(name=name, unit=unit, values=forecast[column], detail=detail) for column, name in known.items()]

"""The words of the measurements explorer: names of quantities and groups, colours, values of any size."""

from __future__ import annotations

import math
from urllib.parse import quote

from components.numbers import NO_VALUE, duration, number, step_words
from components.words import _, mark
from dash_app.domain.measurement import LiveValue
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.domain.view import View
from dash_app.workflows.explorer import unit_of
from dash_app.workflows.measured import Place

ADDRESS = "measurements-address"
HUGE = 1e9
GROUPS: tuple[tuple[str, str, tuple[Quantity, ...]], ...] = (
    ("pv", mark("PV"), (Quantity.PV_KW,)),
    ("load", mark("Demand"), (Quantity.LOAD_KW,)),
    ("battery", mark("Battery"), (Quantity.SOC, Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)),
    ("grid", mark("Grid"), (Quantity.IMPORT_KW, Quantity.EXPORT_KW)),
    ("forecast", mark("Forecasts of the server"), (Quantity.PV_FORECAST_KW, Quantity.LOAD_FORECAST_KW)),
    ("other", mark("Other"), (Quantity.OTHER_KW, Quantity.UNKNOWN)),
)
"""Groups of the choice: key, name, and what is in each."""
LOOKS: dict[Quantity, str] = {
    Quantity.PV_KW: "pv",
    Quantity.PV_FORECAST_KW: "pv",
    Quantity.LOAD_KW: "load",
    Quantity.LOAD_FORECAST_KW: "load",
    Quantity.CHARGE_KW: "charge",
    Quantity.DISCHARGE_KW: "discharge",
    Quantity.SOC: "discharge",
    Quantity.IMPORT_KW: "grid_import",
    Quantity.EXPORT_KW: "grid_export",
    Quantity.OTHER_KW: "heat",
    Quantity.UNKNOWN: "neutral",
}
"""The colour (a token) of each quantity."""


def about(measurand: Measurand) -> str:
    """Return the unit and the step of a measurand.

    >>> from datetime import timedelta
    >>> pv = Quantity.PV_KW
    >>> about(Measurand(measurand_id="1", code="a", name="A", quantity=pv, resolution=timedelta(minutes=15)))
    'kW, every 15\\xa0min'
    """
    return _("%(unit)s, every %(step)s", unit=unit_of(measurand), step=step_words(measurand.resolution))


def flags(measurand: Measurand) -> list[str]:
    """Return what has to be known about a measurand besides its name."""
    found = []
    if measurand.simulated and _("simulated") not in measurand.name:
        found.append(_("simulated"))
    if measurand.sparse:
        found.append(_("sparse"))
    if not measurand.on_connection:
        found.append(_("another connection"))
    return found


def value_words(value: float | None, unit: str = "") -> str:
    """Return a value of any size.

    >>> value_words(12.34, "kW"), value_words(1e300), value_words(None)
    ('12.3\\xa0kW', '1e+300', '–')
    """
    if value is None or not math.isfinite(value):
        return NO_VALUE
    text = number(value) if abs(value) < HUGE else f"{value:.4g}"
    return f"{text}{NO_BREAK_SPACE}{unit}" if unit else text


def newest_words(measurand: Measurand, newest: LiveValue | None, view: View) -> str:
    """Return the newest value of a measurand with its age."""
    if newest is None:
        return _("no value known")
    age = duration(max(view.now - newest.at, view.now - view.now))
    return _("%(value)s, %(age)s ago", value=value_words(newest.value, unit_of(measurand)), age=age)


def energy_words(value: float | None, *, complete: bool) -> str:
    """Return an energy, marked when values are missing: the true one is at least that."""
    text = value_words(value, "kWh")
    return text if complete or text == NO_VALUE else f"≥ {text}"


def path_of(place: Place) -> str:
    """Return the address of the explorer of a project."""
    return f"/p/{quote(place.project.project_id, safe='')}/measurements"

"""Prices and CO2 as the API published them: read, checked and put on their own grid."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from dash_app.domain.errors import ApiUnreadable
from dash_app.domain.measurement import Published
from dash_app.domain.weather import Observed, Weather
from services.parsing import as_list, as_object, field, moment_field, number_of, positive_field, text_field
from services.series import Harvest, empty_series, harvest_rows, regular_series

PER_KWH = {"/kwh": 1.0, "/mwh": 1e-3}
KG = {"kg": 1.0, "g": 1e-3}
WEATHER = {
    "temperature_c": (Weather.TEMPERATURE_C, 1.0, (-90.0, 60.0)),
    "relative_humidity_pct": (Weather.HUMIDITY, 0.01, (0.0, 1.0)),
    "global_irradiance_w_m2": (Weather.IRRADIANCE_W_M2, 1.0, (0.0, 1500.0)),
}
"""The API's name -> our column, the factor to its unit, and the bounds beyond which no reading is true."""


def parse_published(answer: Any, path: str) -> Published | None:
    """Return a published series per kWh; None when nothing was published in that time, or only estimated.

    Negative and extreme prices are valid. A value that is no number is missing, never 0.
    """
    body = as_object(answer, path)
    if body.get("estimated") is True:
        return None
    unit = text_field(body, "unit", path)
    values = as_list(field(body, "values", path), f"{path}.values")
    if not values and body.get("issued_at") is None:
        return None
    series = empty_series()
    if values:
        start, step_s = moment_field(body, "start", path), round(positive_field(body, "step_s", path))
        series = regular_series(start, step_s, [number_of(value) for value in values]) * _factor(unit, path)
    return Published(issued_at=moment_field(body, "issued_at", path), values=series, unit=_per_kwh(unit))


def parse_weather(answer: Any, path: str) -> Observed:
    """Return observed weather by quantity; what is no number, or no weather on Earth, is missing."""
    body = as_object(answer, path)
    named = as_object(field(body, "series", path), f"{path}.series")
    lists = {name: as_list(named.get(name) or [], f"{path}.series.{name}") for name in WEATHER}
    longest = max(len(values) for values in lists.values())
    if longest == 0:
        return Observed(issued_at=None, values=pd.DataFrame(columns=list(Weather), index=empty_series().index))
    if {len(values) for values in lists.values()} - {0, longest}:
        raise ApiUnreadable(f"{path}.series: the series differ in length")
    start, step_s = moment_field(body, "start", path), round(positive_field(body, "step_s", path))
    columns = {}
    for name, (column, factor, (low, high)) in WEATHER.items():
        numbers = [number_of(value) for value in lists[name]] or [math.nan] * longest
        series = regular_series(start, step_s, numbers) * factor
        columns[column.value] = series.where((series >= low) & (series <= high))
    return Observed(issued_at=moment_field(body, "issued_at", path), values=pd.DataFrame(columns))


def harvest_live(answer: Any, path: str) -> Harvest:
    """Return the points of a `/live` answer."""
    body = as_object(answer, path)
    found = Harvest()
    harvest_rows(as_list(field(body, "values", path), f"{path}.values"), f"{path}.values", found)
    return found


def _factor(unit: str, path: str) -> float:
    """Return the factor to "per kWh" (and to kg for CO2); raise ApiUnreadable for a unit that is not known."""
    lower = unit.lower()
    per = next((factor for ending, factor in PER_KWH.items() if lower.endswith(ending)), None)
    amount = lower.split("/")[0]
    if per is None or amount in {"ct", "cent", "p", "c"}:
        raise ApiUnreadable(f"{path}.unit: {unit[:20]!r} is no amount per kWh")
    return per * KG.get(amount, 1.0)


def _per_kwh(unit: str) -> str:
    amount = unit.split("/")[0]
    return f"{'kg' if amount.lower() in KG else amount}/kWh"

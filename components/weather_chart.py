"""Observed weather over a range: temperature, humidity and irradiance in three rows on one time axis."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from components.graph import downsampled
from components.time_axis import draw_now, draw_time_axis, draw_unit, wall_clock
from components.time_series import nice_top
from components.tokens import LIGHT
from components.words import _
from dash_app.domain.weather import Weather

ROWS = {Weather.TEMPERATURE_C: (0.56, 1.0), Weather.HUMIDITY: (0.28, 0.46), Weather.IRRADIANCE_W_M2: (0.0, 0.18)}
AXES = {Weather.TEMPERATURE_C: "y", Weather.HUMIDITY: "y2", Weather.IRRADIANCE_W_M2: "y3"}
COLOURS = {Weather.TEMPERATURE_C: LIGHT.text, Weather.HUMIDITY: LIGHT.neutral, Weather.IRRADIANCE_W_M2: LIGHT.neutral}
FORMATS = {
    Weather.TEMPERATURE_C: "%{y:.1f} °C",
    Weather.HUMIDITY: "%{y:.0f} %",
    Weather.IRRADIANCE_W_M2: "%{y:.0f} W/m²",
}
TEMPERATURE_TICKS = (1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherData:
    """Columns of `Weather` averaged for the drawing, NaN where nothing was observed; humidity 0..1."""

    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    values: pd.DataFrame


def weather_figure(data: WeatherData) -> go.Figure:
    """Return three rows that share the x axis; temperatures have their own range, the others begin at 0."""
    figure = go.Figure()
    for column, name in names().items():
        _draw_line(figure, data, column, name)
    draw_time_axis(figure, data.start, data.end, data.zone, anchor="y3")
    _draw_axes(figure, data.values)
    for column, words in titles().items():
        draw_unit(figure, words, y=ROWS[column][1])
    units = {Weather.TEMPERATURE_C.value: "°C", Weather.HUMIDITY.value: "%", Weather.IRRADIANCE_W_M2.value: "W/m²"}
    figure.layout.meta = {**(figure.layout.meta or {}), "units": units}
    figure.update_layout(uirevision=f"{data.start.isoformat()}/{data.end.isoformat()}", dragmode="zoom")
    if data.start < data.now < data.end:
        draw_now(figure, data.now, data.zone)
    return figure


def names() -> dict[Weather, str]:
    """Return what each row is called."""
    return {
        Weather.TEMPERATURE_C: _("Outdoor temperature"),
        Weather.HUMIDITY: _("Relative humidity"),
        Weather.IRRADIANCE_W_M2: _("Global irradiance"),
    }


def titles() -> dict[Weather, str]:
    """Return the unit and name that stand over each row."""
    return {
        Weather.TEMPERATURE_C: _("°C outdoor temperature"),
        Weather.HUMIDITY: _("%(unit)s relative humidity", unit="%"),
        Weather.IRRADIANCE_W_M2: _("W/m² global irradiance"),
    }


def temperature_range(values: pd.Series) -> tuple[float, float, float]:
    """Return bottom, top and tick distance so that 3 to 5 round ticks hold every temperature.

    >>> temperature_range(pd.Series([-2.5, 9.0])), temperature_range(pd.Series([], dtype=float))
    ((-5.0, 10.0, 5.0), (0.0, 20.0, 5.0))
    """
    known = values.dropna()
    if known.empty:
        return 0.0, 20.0, 5.0
    low, high = float(known.min()), float(known.max())
    tick = next((tick for tick in TEMPERATURE_TICKS if (high - low) / tick <= 4), TEMPERATURE_TICKS[-1])
    return math.floor(low / tick) * tick, max(math.ceil(high / tick), math.floor(low / tick) + 1) * tick, tick


def _draw_line(figure: go.Figure, data: WeatherData, column: Weather, name: str) -> None:
    factor = 100.0 if column is Weather.HUMIDITY else 1.0
    line = downsampled(data.values[column] * factor)
    figure.add_scatter(
        x=wall_clock(pd.DatetimeIndex(line.index), data.zone),
        y=line.to_numpy(dtype=float),
        name=name,
        meta=column.value,
        yaxis=AXES[column],
        mode="lines",
        line={"color": COLOURS[column], "width": 2 if column is Weather.TEMPERATURE_C else 1.4},
        connectgaps=False,
        hovertemplate=FORMATS[column],
    )


def _draw_axes(figure: go.Figure, values: pd.DataFrame) -> None:
    low, high, tick = temperature_range(values[Weather.TEMPERATURE_C])
    top, top_tick = nice_top(float(values[Weather.IRRADIANCE_W_M2].max()))
    rows = {
        "yaxis": {"range": [low, high], "tick0": low, "dtick": tick, "domain": ROWS[Weather.TEMPERATURE_C]},
        "yaxis2": {"range": [0, 105], "tick0": 0, "dtick": 50, "domain": ROWS[Weather.HUMIDITY]},
        "yaxis3": {
            "range": [0, top],
            "tick0": 0,
            "dtick": max(top_tick, top / 2),
            "domain": ROWS[Weather.IRRADIANCE_W_M2],
        },
    }
    figure.update_layout({name: {**axis, "fixedrange": True} for name, axis in rows.items()})

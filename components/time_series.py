"""A power over time: measured solid, forecast dotted with its 80 % band, gaps shaded, the line of now.

Traces carry their key in `meta`, so that the legend's buttons (HTML, outside the plot) can find them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.graph import MAX_POINTS, downsampled
from components.time_axis import draw_gaps, draw_now, draw_time_axis, draw_unit, wall, wall_clock
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.frames import Band

WIDE_ONLY = "wide-only"
"""The name of annotations for which a phone has no room."""
FEW_POINTS = 3
"""So few measured values are marked: a line needs two."""
PART_DASHES = ("solid", "6px,3px", "2px,3px", "10px,4px", "6px,3px,2px,3px", "10px,3px,2px,3px")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One measured series for a chart: kW by the start of each step, UTC, NaN where missing."""

    key: str
    name: str
    values: pd.Series


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """Everything one chart shows. `forecast` has the columns of frames.Band; p10 and p90 may be missing."""

    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    measured: Line
    colour: str
    parts: tuple[Line, ...] = ()
    forecast: pd.DataFrame | None = None
    gaps: tuple[tuple[datetime, datetime], ...] = ()
    band_opacity: float = 0.18
    unit: str = "kW"
    shown: frozenset[str] = field(default_factory=lambda: frozenset({"measured", "forecast", "band"}))


def time_series_figure(series: TimeSeries) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure = go.Figure()
    if series.forecast is not None:
        _draw_band(figure, series, series.forecast)
        _draw_forecast(figure, series, series.forecast)
    for place, part in enumerate(series.parts):
        _draw_part(figure, series, part, PART_DASHES[place % len(PART_DASHES)])
    _draw_measured(figure, series)
    draw_gaps(figure, series.gaps, series.end - series.start, series.zone)
    draw_time_axis(figure, series.start, series.end, series.zone)
    draw_unit(figure, series.unit)
    top, tick = nice_top(_highest(series))
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, fixedrange=False)
    figure.update_layout(uirevision=f"{series.start.isoformat()}/{series.end.isoformat()}", dragmode="zoom")
    figure.layout.meta = {**figure.layout.meta, "downsampled": _is_downsampled(series)}
    if series.start < series.now < series.end:
        draw_now(figure, series.now, series.zone)
        _label_forecast(figure, series, top)
    return figure


def nice_top(highest: float) -> tuple[float, float]:
    """Return the top of an axis from 0 and its tick distance, so that 3 to 5 ticks stand on round numbers.

    >>> nice_top(129.7), nice_top(64.2), nice_top(0.0), nice_top(5.2)
    ((150.0, 50.0), (80.0, 20.0), (1.0, 0.5), (6.0, 2.0))
    """
    if not math.isfinite(highest) or highest <= 0:
        return 1.0, 0.5
    power = 10.0 ** math.floor(math.log10(highest))
    tick = next(factor * power for factor in (0.25, 0.5, 1, 2, 2.5, 5) if highest <= 4 * factor * power)
    return math.ceil(highest / tick) * tick, tick


def legend_chips(series: TimeSeries) -> list[html.Button]:
    """Return the legend: one toggle button for each series of the chart."""
    entries = [("measured", series.measured.name, "line")]
    if series.forecast is not None:
        entries.append(("forecast", _("Forecast"), "dotted"))
        if _has_band(series.forecast):
            entries.append(("band", _("80 % band"), "band"))
    entries += [(part.key, part.name, f"part-{place % len(PART_DASHES)}") for place, part in enumerate(series.parts)]
    return [
        html.Button(
            [html.Span(className=f"sb-chip-mark sb-chip-{mark}", style={"color": _css(series.colour)}), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true" if key in series.shown else "false"),
            **data(trace=key),
        )
        for key, name, mark in entries
    ]


def _css(colour: str) -> str:
    names = {LIGHT.pv: "pv", LIGHT.load: "load", LIGHT.discharge: "discharge", LIGHT.charge: "charge"}
    return f"var(--sb-{names[colour]})" if colour in names else colour


def _draw_measured(figure: go.Figure, series: TimeSeries) -> None:
    line = downsampled(series.measured.values)
    figure.add_scatter(
        x=wall_clock(pd.DatetimeIndex(line.index), series.zone),
        y=line.to_numpy(),
        name=series.measured.name,
        meta="measured",
        mode="lines+markers" if 0 < line.count() <= FEW_POINTS else "lines",
        marker={"size": 5},
        line={"color": series.colour, "width": 2, "shape": "linear"},
        connectgaps=False,
        hovertemplate=f"%{{y:.1f}} {series.unit}",
    )


def _draw_part(figure: go.Figure, series: TimeSeries, part: Line, dash: str) -> None:
    line = downsampled(part.values)
    figure.add_scatter(
        x=wall_clock(pd.DatetimeIndex(line.index), series.zone),
        y=line.to_numpy(),
        name=part.name,
        meta=part.key,
        mode="lines",
        visible=part.key in series.shown,
        line={"color": series.colour, "width": 1.4, "dash": dash},
        connectgaps=False,
        hovertemplate=f"%{{y:.1f}} {series.unit}",
    )


def _draw_forecast(figure: go.Figure, series: TimeSeries, forecast: pd.DataFrame) -> None:
    line = downsampled(forecast[Band.P50])
    figure.add_scatter(
        x=wall_clock(pd.DatetimeIndex(line.index), series.zone),
        y=line.to_numpy(),
        name=_("Forecast"),
        meta="forecast",
        mode="lines",
        line={"color": series.colour, "width": 1.6, "dash": "2px,3px"},
        connectgaps=False,
        hovertemplate=f"%{{y:.1f}} {series.unit}",
    )


def _draw_band(figure: go.Figure, series: TimeSeries, forecast: pd.DataFrame) -> None:
    if not _has_band(forecast):
        return
    edge = {"color": rgba(series.colour, 0.45), "width": 0.75}
    fill = rgba(series.colour, series.band_opacity)
    for column, name in ((Band.P10, _("Lower end of the band")), (Band.P90, _("Upper end of the band"))):
        line = downsampled(forecast[column])
        figure.add_scatter(
            x=wall_clock(pd.DatetimeIndex(line.index), series.zone),
            y=line.to_numpy(),
            name=name,
            meta="band",
            mode="lines",
            line=edge,
            fill="tonexty" if column == Band.P90 else None,
            fillcolor=fill,
            hovertemplate=f"%{{y:.1f}} {series.unit}",
        )


def _label_forecast(figure: go.Figure, series: TimeSeries, top: float) -> None:
    if series.forecast is None:
        return
    ahead = series.forecast[(series.forecast.index > series.now) & (series.forecast.index < series.end)]
    if ahead.empty or (series.end - series.now) / (series.end - series.start) < 0.12:
        return
    place = ahead.index[len(ahead) * 6 // 10]
    around = ahead[abs(ahead.index - place) <= timedelta(hours=3)]
    height = float(around.max().max())
    banded = _has_band(series.forecast)
    figure.add_annotation(
        name=WIDE_ONLY,
        x=wall(place.to_pydatetime(), series.zone),
        y=min(height, 0.82 * top),
        yanchor="bottom",
        yshift=6,
        showarrow=False,
        text=_("Forecast and 80 % band") if banded else _("Forecast, dotted"),
        font={"size": 11, "color": LIGHT.muted},
    )


def _has_band(forecast: pd.DataFrame) -> bool:
    return Band.P10 in forecast.columns and Band.P90 in forecast.columns


def _is_downsampled(series: TimeSeries) -> bool:
    lines = [series.measured.values, *(part.values for part in series.parts)]
    return any(len(values) > MAX_POINTS for values in lines)


def _highest(series: TimeSeries) -> float:
    known = [series.measured.values]
    if series.forecast is not None:
        inside = (series.forecast.index >= series.start) & (series.forecast.index < series.end)
        known += [series.forecast.loc[inside, column] for column in series.forecast.columns]
    highest = pd.concat([values.astype(float) for values in known]).max()
    return float(highest)

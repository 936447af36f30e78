"""Set-point against measured: dashed what the battery was told, solid what its meter showed, grey what is allowed.

Discharging is above zero, charging below; the axis prints no signs, the words stand at its ends.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.chart_words import hover_moment
from components.graph import downsampled
from components.numbers import clock_time
from components.time_axis import draw_now, draw_unit, wall, wall_clock
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.time import floor_to
from dash_app.domain.tracking import Tracking

HOVER = "%{customdata:.1f} kW"
ROOM = 1.05


def setpoint_figure(tracking: Tracking, zone: ZoneInfo) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure = go.Figure()
    _draw_allowed(figure, tracking, zone)
    _draw_told(figure, tracking, zone)
    _draw_measured(figure, tracking, zone)
    _draw_axes(figure, tracking, zone)
    draw_unit(figure, "kW")
    draw_now(figure, tracking.now, zone)
    # the range moves with the clock: what a person zoomed to stays while the page is open
    figure.update_layout(uirevision="live", dragmode="zoom")
    return figure


def setpoint_legend(tracking: Tracking) -> list[html.Button]:
    """Return the legend's toggle buttons."""
    entries = [("told", _("Set-point"), "dashed"), ("measured", _("Measured"), "line")]
    if tracking.tolerance_kw is not None:
        entries.append(("allowed", _("Allowed deviation"), "band"))
    return [
        html.Button(
            [html.Span(className=f"sb-chip-mark sb-chip-{look}"), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=key),
        )
        for key, name, look in entries
    ]


def _draw_told(figure: go.Figure, tracking: Tracking, zone: ZoneInfo) -> None:
    for key, name, values in (
        ("told", _("Set-point"), tracking.told),
        ("ahead", _("Planned"), tracking.ahead),
    ):
        if values.empty:
            continue
        line = downsampled(values)
        figure.add_scatter(
            x=wall_clock(pd.DatetimeIndex(line.index), zone),
            y=line.to_numpy(),
            customdata=np.abs(line.to_numpy()),
            name=name,
            meta="told" if key == "told" else "ahead",
            mode="lines",
            line={"color": LIGHT.text, "width": 2, "dash": "6px,3px", "shape": "hv"},
            opacity=1.0 if key == "told" else 0.55,
            connectgaps=False,
            hovertemplate=HOVER,
        )


def _draw_measured(figure: go.Figure, tracking: Tracking, zone: ZoneInfo) -> None:
    """Draw the measured power as means over its steps, in the colour of its direction."""
    sides = [
        (_("Measured, charging"), LIGHT.charge, _side(tracking.measured, -1)),
        (_("Measured, discharging"), LIGHT.discharge, _side(tracking.measured, 1)),
    ]
    if not tracking.measured.any():
        sides = [(_("Measured, idle"), LIGHT.neutral, tracking.measured)]
    for name, colour, values in sides:
        if values.notna().any():
            line = downsampled(values)
            figure.add_scatter(
                x=wall_clock(pd.DatetimeIndex(line.index), zone),
                y=line.to_numpy(),
                customdata=np.abs(line.to_numpy()),
                name=name,
                meta="measured",
                mode="lines",
                line={"color": colour, "width": 2, "shape": "hv"},
                connectgaps=False,
                hovertemplate=HOVER,
            )


def _side(measured: pd.Series, sign: int) -> pd.Series:
    """Return the values of one direction (a zero belongs to the one before it), from zero to zero."""
    direction = np.sign(measured).replace(0.0, np.nan).ffill().bfill().where(measured.notna())
    mine = direction == sign
    edge = (mine.shift(1, fill_value=False) | mine.shift(-1, fill_value=False)) & measured.notna()
    return measured.where(mine, other=pd.Series(0.0, index=measured.index).where(edge & ~mine))


def _draw_allowed(figure: go.Figure, tracking: Tracking, zone: ZoneInfo) -> None:
    if tracking.tolerance_kw is None or tracking.told.empty:
        return
    line = downsampled(tracking.told)
    x = wall_clock(pd.DatetimeIndex(line.index), zone)
    for sign, fill in ((-1, None), (1, "tonexty")):
        figure.add_scatter(
            x=x,
            y=line.to_numpy() + sign * tracking.tolerance_kw,
            name=_("Allowed deviation"),
            meta="allowed",
            mode="lines",
            line={"color": rgba(LIGHT.neutral, 0.3), "width": 0.75, "shape": "hv"},
            fill=fill,
            fillcolor=rgba(LIGHT.neutral, 0.2),
            connectgaps=False,
            hoverinfo="skip",
        )


def _draw_axes(figure: go.Figure, tracking: Tracking, zone: ZoneInfo) -> None:
    places = _ticks(tracking.start, tracking.end, timedelta(minutes=15), zone)
    phone = _ticks(tracking.start, tracking.end, timedelta(minutes=60), zone)
    figure.update_xaxes(
        type="date",
        range=[wall(tracking.start, zone), wall(tracking.end, zone)],
        tickmode="array",
        tickvals=[place for place, _text in places],
        ticktext=[text for _place, text in places],
        hoverformat=hover_moment(seconds=True),
    )
    phone_ticks = {"tickvals": [at.isoformat() for at, _text in phone], "ticktext": [text for _at, text in phone]}
    figure.update_layout(meta={"phone_ticks": phone_ticks})
    _draw_power_axis(figure, tracking)


def _draw_power_axis(figure: go.Figure, tracking: Tracking) -> None:
    known = pd.concat([tracking.told, tracking.measured, tracking.ahead]).astype(float)
    highest = float(known.max()) if known.notna().any() else 0.0
    lowest = float(known.min()) if known.notna().any() else 0.0
    if highest <= 0 <= lowest:
        highest, lowest = 1.0, -1.0
    tick = nice_top(max(highest, 0.0) - min(lowest, 0.0))[1]
    above, below = (math.ceil(max(end, 0.0) / tick) * tick for end in (highest, -lowest))
    marks = [place * tick for place in range(-round(below / tick), round(above / tick) + 1)]
    figure.update_yaxes(
        range=[-ROOM * max(below, 0.12 * above), ROOM * max(above, 0.12 * below)],
        tickmode="array",
        tickvals=marks,
        ticktext=[f"{abs(value):g}" for value in marks],
    )
    _name_ends(figure, above, below)


def _name_ends(figure: go.Figure, above: float, below: float) -> None:
    for shown, y, anchor, text in (
        (above, 1, "top", _("Discharging")),
        (below, 0, "bottom", _("Charging")),
    ):
        if shown:
            figure.add_annotation(
                x=0, y=y, xref="paper", yref="paper", xanchor="left", yanchor=anchor, xshift=6, showarrow=False,
                text=text, font={"size": 11, "color": LIGHT.muted},
            )  # fmt: skip


def _ticks(start: datetime, end: datetime, step: timedelta, zone: ZoneInfo) -> list[tuple[datetime, str]]:
    first = floor_to(start, step) + step
    moments = [first + place * step for place in range(int((end - first) / step) + 1)]
    return [(wall(moment, zone), clock_time(moment, zone)) for moment in moments]

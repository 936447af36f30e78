"""The three rows of the plan's chart: their axes, the ground of what is planned, limits and words in the plot."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go

from components.chart_rows import Limit, draw_soc_limits, name_prices, write
from components.numbers import percent
from components.plan_data import Column, plan_frame
from components.plan_picture import PlanPicture
from components.time_axis import draw_unit, wall
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.recommendation import Payload

ROWS = {"y": (0.5, 1.0), "y2": (0.27, 0.42), "y3": (0.0, 0.19)}
"""Each row's y axis and its part of the height, from the bottom."""
LAST_STEPS = 12
"""Over so many steps at the end of the plan the names of the prices are written."""


def draw_axes(figure: go.Figure, places: list[float], texts: list[str]) -> None:
    """Give the rows their y axes: power with numbers without sign, SoC 0 to 100 %, price."""
    figure.update_layout(
        yaxis={"domain": ROWS["y"], "range": [places[0], places[-1]], "tickvals": places, "ticktext": texts},
        yaxis2={"domain": ROWS["y2"], "anchor": "x", "range": [0, 104], "tickvals": [0, 50, 100], "fixedrange": True},
        yaxis3={"domain": ROWS["y3"], "anchor": "x", "tickformat": ".2f", "nticks": 4, "fixedrange": True},
    )


def draw_ground(figure: go.Figure, start: datetime, end: datetime, extent: tuple[float, float], zone: ZoneInfo) -> None:
    """Tint what is planned: faint diagonals under the powers, a plain tint in the other rows."""
    left, right = wall(start, zone), wall(end, zone)
    low, high = extent
    figure.add_scatter(
        x=[left, right, right, left, left],
        y=[low, low, high, high, low],
        meta="ground",
        name=_("Planned"),
        mode="lines",
        line={"width": 0, "color": rgba(LIGHT.text, 0.0)},
        fill="toself",
        fillcolor=rgba(LIGHT.text, 0.035),
        fillpattern={
            "shape": "/",
            "size": 9,
            "solidity": 0.08,
            "fgcolor": rgba(LIGHT.text, 0.07),
            "bgcolor": rgba(LIGHT.text, 0.035),
        },
        hoverinfo="skip",
    )
    for axis in ("y2", "y3"):
        figure.add_shape(
            type="rect",
            x0=left,
            x1=right,
            y0=0,
            y1=1,
            yref=f"{axis} domain",
            layer="below",
            fillcolor=rgba(LIGHT.text, 0.035),
            line={"width": 0},
        )


def draw_limits(figure: go.Figure, payload: Payload, zone: ZoneInfo) -> None:
    """Draw the SoC limits as thin lines, each with its label where the curve is not."""
    last = payload.steps[-1]
    limits = (
        Limit(level=last.soc_max, words=_("max %(soc)s", soc=percent(last.soc_max)), side=-1),
        Limit(level=last.soc_min, words=_("min %(soc)s", soc=percent(last.soc_min)), side=1),
    )
    ends = [wall(step.end, zone) for step in payload.steps]
    draw_soc_limits(figure, limits, ends, np.array([step.soc_end for step in payload.steps]))


def draw_words(figure: go.Figure, picture: PlanPicture, extent: tuple[float, float]) -> None:
    """Write the unit of each row, in and out, measured and planned; `extent` is the power axis' range."""
    low, high = extent
    draw_unit(figure, _("Power, kW"), y=ROWS["y"][1])
    draw_unit(figure, _("State of charge, %"), y=ROWS["y2"][1])
    draw_unit(figure, _("Price, %(currency)s per kWh", currency=picture.payload.currency), y=ROWS["y3"][1])
    right, span = wall(picture.end, picture.zone), picture.end - picture.start
    write(figure, right, high, _("in"), xanchor="right", xshift=-6, yshift=-9)
    if low < 0:
        write(figure, right, low, _("out"), xanchor="right", xshift=-6, yshift=9)
    turn, edge = picture.planned_from, wall(picture.planned_from, picture.zone)
    if turn - picture.start > span / 10:
        write(figure, edge, high, _("measured"), xanchor="right", xshift=-6, yshift=-9)
    if turn > picture.start and picture.end - turn > span / 10:
        write(figure, edge, high, _("planned"), xanchor="left", xshift=6, yshift=-9)


def draw_price_names(figure: go.Figure, payload: Payload, zone: ZoneInfo) -> None:
    """Write which line is the buying and which the selling price, near the end of the plan."""
    frame = plan_frame(payload)
    buy, sell = (frame[name].to_numpy(dtype=float)[-LAST_STEPS:] for name in (Column.BUY, Column.SELL))
    name_prices(figure, wall(payload.steps[-1].end - timedelta(minutes=30), zone), buy, sell)

"""The three rows of the plan's chart: their axes, the ground of what is planned, limits and words in the plot."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import plotly.graph_objects as go

from components.numbers import percent
from components.plan_data import Column, plan_frame
from components.plan_picture import PlanPicture
from components.time_axis import draw_unit, wall
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.recommendation import Payload

ROWS = {"y": (0.5, 1.0), "y2": (0.27, 0.42), "y3": (0.0, 0.19)}
"""Each row's y axis and its part of the height, from the bottom."""
LABEL_PLACES = tuple(place / 20 for place in range(3, 18))
"""Where along the plan a limit may be labelled."""
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
    first, last = payload.steps[0], payload.steps[-1]
    limits = (
        (last.soc_max, _("max %(soc)s", soc=percent(last.soc_max)), -1),
        (last.soc_min, _("min %(soc)s", soc=percent(last.soc_min)), 1),
    )
    for level, words, side in limits:
        figure.add_shape(
            type="line",
            x0=0,
            x1=1,
            xref="x domain",
            y0=100 * level,
            y1=100 * level,
            yref="y2",
            line={"color": LIGHT.neutral, "width": 1, "dash": "4px,3px"},
        )
        moment = first.start + _free_place(payload, level) * (last.end - first.start)
        _write(figure, wall(moment, zone), 100 * level, words, yref="y2", yshift=8 * side)


def draw_words(figure: go.Figure, picture: PlanPicture, extent: tuple[float, float]) -> None:
    """Write the unit of each row, in and out, measured and planned; `extent` is the power axis' range."""
    low, high = extent
    draw_unit(figure, _("Power, kW"), y=ROWS["y"][1])
    draw_unit(figure, _("State of charge, %"), y=ROWS["y2"][1])
    draw_unit(figure, _("Price, %(currency)s per kWh", currency=picture.payload.currency), y=ROWS["y3"][1])
    right, span = wall(picture.end, picture.zone), picture.end - picture.start
    _write(figure, right, high, _("in"), xanchor="right", xshift=-6, yshift=-9)
    if low < 0:
        _write(figure, right, low, _("out"), xanchor="right", xshift=-6, yshift=9)
    turn, edge = picture.planned_from, wall(picture.planned_from, picture.zone)
    if turn - picture.start > span / 10:
        _write(figure, edge, high, _("measured"), xanchor="right", xshift=-6, yshift=-9)
    if turn > picture.start and picture.end - turn > span / 10:
        _write(figure, edge, high, _("planned"), xanchor="left", xshift=6, yshift=-9)


def draw_price_names(figure: go.Figure, payload: Payload, zone: ZoneInfo) -> None:
    """Write which line is the buying and which the selling price, near the end of the plan."""
    frame = plan_frame(payload)
    buy, sell = (frame[name].to_numpy(dtype=float)[-LAST_STEPS:] for name in (Column.BUY, Column.SELL))
    if np.isnan([*buy, *sell]).any():
        return
    moment = wall(payload.steps[-1].end - timedelta(minutes=30), zone)
    above, below = (_("buy"), _("sell")) if buy.mean() >= sell.mean() else (_("sell"), _("buy"))
    _write(figure, moment, float(max(buy.max(), sell.max())), above, yref="y3", xanchor="right", yshift=8)
    _write(figure, moment, float(min(buy.min(), sell.min())), below, yref="y3", xanchor="right", yshift=-8)


def _free_place(payload: Payload, level: float) -> float:
    """Return the place (0..1) along the plan where the curve is farthest from `level`."""
    levels = np.array([step.soc_end for step in payload.steps])
    around = max(1, len(levels) // 12)

    def distance(place: float) -> float:
        middle = int(place * (len(levels) - 1))
        return float(np.abs(levels[max(0, middle - around) : middle + around + 1] - level).min())

    return max(LABEL_PLACES, key=distance)


def _write(figure: go.Figure, x: datetime, y: float, text: str, *, yref: str = "y", **where: Any) -> None:
    place = {"xanchor": "center", **where}
    figure.add_annotation(
        x=x, y=y, xref="x", yref=yref, text=text, showarrow=False, font={"size": 11, "color": LIGHT.muted}, **place
    )

"""Rows that several charts have below their powers: the state of charge with its limits, and what one kWh costs.

They are drawn on the axes y2 and y3 unless another one is named; traces carry their key in `meta`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import plotly.graph_objects as go

from components.numbers import percent
from components.plan_layers import Floats, area, stairs
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.site import Battery

PLANNED, ESTIMATED = "6px,3px", "2px,3px"
LABEL_PLACES = tuple(place / 20 for place in range(3, 18))
"""Where along the row a limit may be labelled."""


@dataclass(frozen=True, slots=True)
class Stairs:
    """Values by steps on the wall clock; NaN where there is none."""

    starts: Sequence[datetime]
    ends: Sequence[datetime]
    values: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """A level (0..1) of the SoC row with its label, above (`side` 1) or below (-1) its line."""

    level: float
    words: str
    side: int


def limits_of(battery: Battery) -> tuple[Limit, ...]:
    """Return the limits of a battery's SoC: highest, lowest, and the reserve where there is one above the lowest."""
    found = [
        Limit(level=battery.soc_max, words=_("max %(soc)s", soc=percent(battery.soc_max)), side=-1),
        Limit(level=battery.soc_min, words=_("min %(soc)s", soc=percent(battery.soc_min)), side=1),
    ]
    if battery.soc_reserve > battery.soc_min:
        words = _("reserve %(soc)s", soc=percent(battery.soc_reserve))
        found.append(Limit(level=battery.soc_reserve, words=words, side=1))
    return tuple(found)


def draw_soc_line(
    figure: go.Figure, x: Sequence[datetime], percents: Sequence[float], name: str, *, dash: str = "solid"
) -> None:
    """Draw a state of charge in percent: measured solid, planned dashed."""
    figure.add_scatter(
        x=list(x),
        y=list(percents),
        name=name,
        meta="soc",
        yaxis="y2",
        mode="lines",
        line={"color": LIGHT.discharge, "width": 2, "dash": dash},
        connectgaps=False,
        hovertemplate="%{y:.0f} %",
    )


def draw_soc_limits(figure: go.Figure, limits: Sequence[Limit], x: Sequence[datetime], levels: Floats) -> None:
    """Draw each limit as a thin line over the whole row, its label where the curve (`levels` at `x`, 0..1) is not."""
    taken: list[float] = []
    for limit in limits:
        figure.add_shape(
            type="line",
            x0=0,
            x1=1,
            xref="x domain",
            y0=100 * limit.level,
            y1=100 * limit.level,
            yref="y2",
            line={"color": LIGHT.neutral, "width": 1, "dash": "4px,3px"},
        )
        if len(x):
            taken.append(_free_place(x, levels, limit.level, taken))
            moment = x[0] + taken[-1] * (x[-1] - x[0])
            write(figure, moment, 100 * limit.level, limit.words, yref="y2", yshift=8 * limit.side)


def draw_price_line(figure: go.Figure, price: Stairs, name: str, width: float, *, dash: str = "solid") -> None:
    """Draw one price by steps: published solid, estimated dotted."""
    x, y = stairs(price.starts, price.ends, price.values)
    if not x:
        return
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        meta="price",
        yaxis="y3",
        mode="lines",
        line={"color": LIGHT.neutral, "width": width, "dash": dash, "shape": "hv"},
        hovertemplate="%{y:.3f}",
    )


def hatch_negative(figure: go.Figure, price: Stairs) -> None:
    """Hatch where a price is below zero."""
    below = np.where(price.values < 0, price.values, 0.0)
    x, y = area(price.starts, price.ends, np.zeros(len(below)), below)
    if not x:
        return
    figure.add_scatter(
        x=x,
        y=y,
        name=_("Negative price"),
        meta="price",
        yaxis="y3",
        mode="lines",
        line={"width": 0, "color": LIGHT.neutral},
        fill="toself",
        fillcolor=rgba(LIGHT.neutral, 0.12),
        fillpattern={"shape": "/", "size": 6, "solidity": 0.2, "fgcolor": LIGHT.neutral},
        hoverinfo="skip",
    )


def name_prices(figure: go.Figure, moment: datetime, buy: Floats, sell: Floats) -> None:
    """Write which line is the buying and which the selling price, left of `moment`; the values are those around it."""
    if not len(buy) or np.isnan([*buy, *sell]).any():
        return
    above, below = (_("buy"), _("sell")) if buy.mean() >= sell.mean() else (_("sell"), _("buy"))
    write(figure, moment, float(max(buy.max(), sell.max())), above, yref="y3", xanchor="right", yshift=8)
    write(figure, moment, float(min(buy.min(), sell.min())), below, yref="y3", xanchor="right", yshift=-8)


def write(figure: go.Figure, x: datetime, y: float, text: str, *, yref: str = "y", **where: Any) -> None:
    """Write a word into the plot, 11 px, at a place of its axes, legible over lines and areas."""
    place = {"xanchor": "center", "bgcolor": rgba(LIGHT.surface, 0.7), "borderpad": 0, **where}
    figure.add_annotation(
        x=x, y=y, xref="x", yref=yref, text=text, showarrow=False, font={"size": 11, "color": LIGHT.muted}, **place
    )


def _free_place(x: Sequence[datetime], levels: Floats, level: float, taken: Sequence[float]) -> float:
    """Return the place (0..1) along the curve, away from the `taken` ones, where it is farthest from `level`."""
    span = (x[-1] - x[0]).total_seconds() or 1.0
    shares = np.array([(moment - x[0]).total_seconds() / span for moment in x])

    def distance(place: float) -> float:
        around = np.abs(levels[np.abs(shares - place) <= 1 / 12] - level)
        return 1.0 if np.isnan(around).all() else float(np.nanmin(around))

    free = [place for place in LABEL_PLACES if all(abs(place - other) > 0.15 for other in taken)]
    return max(free or LABEL_PLACES, key=distance)

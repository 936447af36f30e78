"""Energy of days against what the weather asked for: one point a day (weekends hollow), and the fitted line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from components.numbers import day_words, with_unit
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT
from components.words import _

SATURDAY = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterData:
    """Points (`x`, `energy_kwh`) with a day each, and the places of the fitted line, empty where nothing fits."""

    x: Sequence[float]
    energy_kwh: Sequence[float]
    days: Sequence[date]
    line: Sequence[tuple[float, float]]
    x_title: str
    x_unit: str


def energy_scatter_figure(data: ScatterData) -> go.Figure:
    """Return the points and the line; both axes begin where the values do, energies at 0."""
    figure = go.Figure()
    if data.line:
        figure.add_scatter(
            x=[x for x, _y in data.line],
            y=[y for _x, y in data.line],
            name=_("Fitted line"),
            meta="line",
            mode="lines",
            line={"color": LIGHT.neutral, "width": 2},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=list(data.x),
        y=list(data.energy_kwh),
        name=_("Days"),
        meta="days",
        mode="markers",
        marker={
            "color": [LIGHT.surface if is_weekend(day) else LIGHT.load for day in data.days],
            "size": 7,
            "line": {"color": LIGHT.load, "width": 1.4},
        },
        customdata=_told(data),
        hovertemplate="%{customdata}<extra></extra>",
    )
    highest = max([*data.energy_kwh, *(y for _x, y in data.line)], default=0.0)
    top, tick = nice_top(highest)
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, tickformat=",", fixedrange=True)
    figure.update_xaxes(fixedrange=True, showspikes=False, zeroline=False, ticksuffix=f"\u00a0{data.x_unit}", nticks=8)
    figure.update_layout(hovermode="closest", dragmode=False, meta={"unit": "kWh", "rows": scatter_rows(data)})
    draw_unit(figure, _("kWh per day"))
    return figure


def is_weekend(day: date) -> bool:
    """Return whether a day is drawn hollow: Saturday and Sunday are a demand of their own."""
    return day.weekday() >= SATURDAY


def scatter_rows(data: ScatterData) -> list[list[str]]:
    """Return the points as rows of a table, the head first."""
    rows = zip(data.days, data.x, data.energy_kwh, strict=True)
    return [
        [_("Day"), f"{data.x_title} [{data.x_unit}]", _("Energy [kWh]")],
        *([day.isoformat(), f"{x:.2f}", f"{kwh:.2f}"] for day, x, kwh in rows),
    ]


def _told(data: ScatterData) -> list[str]:
    rows = zip(data.days, data.x, data.energy_kwh, strict=True)
    return [
        f"{day_words(day, weekday=True, year=True)}<br>{with_unit(x, data.x_unit, 1)}<br>{with_unit(kwh, 'kWh')}"
        for day, x, kwh in rows
    ]

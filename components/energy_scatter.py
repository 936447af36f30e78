"""Energy of days against what the weather asked for: one point a day, and the fitted line where there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from components.numbers import number, with_unit
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _


@dataclass(frozen=True, slots=True, kw_only=True)
class ScatterData:
    """Points (`x`, `energy_kwh`) with a name each, and the places of the fitted line, empty where nothing fits."""

    x: Sequence[float]
    energy_kwh: Sequence[float]
    names: Sequence[str]
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
        marker={"color": rgba(LIGHT.load, 0.75), "size": 7, "line": {"color": LIGHT.surface, "width": 1}},
        customdata=_told(data),
        hovertemplate="%{customdata}<extra></extra>",
    )
    highest = max([*data.energy_kwh, *(y for _x, y in data.line)], default=0.0)
    top, tick = nice_top(highest)
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, fixedrange=True)
    figure.update_xaxes(fixedrange=True, showspikes=False, zeroline=False, ticksuffix=f"\u00a0{data.x_unit}", nticks=8)
    figure.update_layout(hovermode="closest", dragmode=False, meta={"unit": "kWh", "rows": scatter_rows(data)})
    draw_unit(figure, _("kWh per day"))
    return figure


def scatter_rows(data: ScatterData) -> list[list[str]]:
    """Return the points as rows of a table, the head first."""
    rows = zip(data.names, data.x, data.energy_kwh, strict=True)
    return [
        [_("Day"), f"{data.x_title} [{data.x_unit}]", _("Energy [kWh]")],
        *([name, f"{x:.2f}", f"{kwh:.2f}"] for name, x, kwh in rows),
    ]


def _told(data: ScatterData) -> list[str]:
    rows = zip(data.names, data.x, data.energy_kwh, strict=True)
    return [f"{name}<br>{number(x, 1)}\u00a0{data.x_unit}<br>{with_unit(kwh, 'kWh')}" for name, x, kwh in rows]

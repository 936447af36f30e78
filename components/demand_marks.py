"""What stands out on a chart of a demand: its peak, and the limit of the connection."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pandas as pd
import plotly.graph_objects as go

from components.numbers import with_unit
from components.time_axis import wall
from components.time_series import WIDE_ONLY
from components.tokens import LIGHT
from components.words import _

IN_SIGHT = 1.6
"""A limit up to this many times the chart's top is drawn to scale; a farther one would flatten the demand."""


def mark_peak(figure: go.Figure, at: datetime, power_kw: float, zone: ZoneInfo, drawn_kw: pd.Series) -> None:
    """Ring the place of the peak with its power; where means are drawn the ring stands on the mean that holds it."""
    held = drawn_kw.loc[drawn_kw.index <= at].dropna()
    if held.empty:
        return
    x, y = wall(held.index[-1].to_pydatetime(), zone), float(held.iloc[-1])
    figure.add_scatter(
        x=[x],
        y=[y],
        name=_("Peak"),
        meta="peak",
        mode="markers",
        marker={"color": LIGHT.surface, "size": 8, "line": {"color": LIGHT.load, "width": 2}},
        hoverinfo="skip",
    )
    figure.add_annotation(
        x=x,
        y=y,
        yanchor="bottom",
        yshift=6,
        showarrow=False,
        text=_("Peak %(power)s", power=with_unit(power_kw, "kW")),
        font={"size": 11, "color": LIGHT.text},
    )


def draw_limit(figure: go.Figure, limit_kw: float) -> None:
    """Draw the limit of the import as a thin line, or say that it lies above what is shown."""
    top = float(figure.layout.yaxis.range[1])
    words = _("Import limit %(limit)s", limit=with_unit(limit_kw, "kW"))
    if limit_kw > IN_SIGHT * top:
        _write(figure, 1.0, _("%(limit)s, above this chart", limit=words), yref="y domain", name=WIDE_ONLY)
        return
    if limit_kw > top:
        figure.update_yaxes(range=[0, 1.08 * limit_kw])
    figure.add_shape(
        type="line",
        x0=0,
        x1=1,
        xref="x domain",
        y0=limit_kw,
        y1=limit_kw,
        yref="y",
        line={"color": LIGHT.neutral, "width": 1, "dash": "4px,3px"},
    )
    _write(figure, limit_kw, words, yref="y")


def _write(figure: go.Figure, y: float, text: str, *, yref: str, name: str | None = None) -> None:
    figure.add_annotation(
        name=name,
        x=0,
        y=y,
        xref="x domain",
        yref=yref,
        xanchor="left",
        yanchor="bottom",
        xshift=8,
        showarrow=False,
        text=text,
        font={"size": 11, "color": LIGHT.muted},
    )

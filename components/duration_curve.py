"""The load duration curve: for which share of the time the demand is at least so high, with the base load."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.numbers import with_unit
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _

POINTS = 400
MARGIN = {"l": 44, "r": 24, "t": 24, "b": 26}
TABLE_SHARES = (0.001, 0.01, 0.05, *(place / 10 for place in range(1, 10)), 0.95, 0.99, 1.0)


def duration_figure(curve: pd.Series, base_kw: float | None) -> go.Figure:
    """Return the curve (`load_profile.duration_curve`), x in percent of the time, y in kW from 0."""
    figure = go.Figure()
    kept = curve.iloc[_kept(len(curve))]
    told = _("At least %(power)s for %(share)s of the time", power="%{y:.1f} kW", share="%{x:.1f} %")
    figure.add_scatter(
        x=100 * kept.index.to_numpy(dtype=float),
        y=kept.to_numpy(dtype=float),
        name=_("Reached or exceeded"),
        meta="curve",
        mode="lines",
        line={"color": LIGHT.load, "width": 2},
        fill="tozeroy",
        fillcolor=rgba(LIGHT.load, 0.06),
        hovertemplate=told + "<extra></extra>",
    )
    top, tick = nice_top(float(curve.max()) if len(curve) else 0.0)
    if base_kw is not None:
        _draw_base(figure, base_kw)
    draw_unit(figure, "kW")
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, tickformat=",", fixedrange=True)
    figure.update_xaxes(
        range=[0, 100],
        tickvals=[0, 25, 50, 75, 100],
        ticktext=[f"{place}\u00a0%" for place in (0, 25, 50, 75, 100)],
        fixedrange=True,
        hoverformat=".1f",
    )
    figure.update_layout(
        margin=MARGIN, hovermode="closest", dragmode=False, meta={"unit": "kW", "rows": duration_rows(curve)}
    )
    return figure


def duration_rows(curve: pd.Series) -> list[list[str]]:
    """Return the curve at round shares of the time as rows of a table, the head first."""
    head = [_("Share of the time in %"), _("At least kW")]
    if curve.empty:
        return [head]
    places = [min(len(curve) - 1, max(0, int(np.ceil(share * len(curve))) - 1)) for share in TABLE_SHARES]
    rows = zip(TABLE_SHARES, places, strict=True)
    return [head, *([f"{100 * share:g}", f"{curve.iloc[place]:.3f}"] for share, place in rows)]


def _draw_base(figure: go.Figure, base_kw: float) -> None:
    figure.add_shape(
        type="line",
        x0=0,
        x1=1,
        xref="x domain",
        y0=base_kw,
        y1=base_kw,
        yref="y",
        line={"color": LIGHT.neutral, "width": 1, "dash": "4px,3px"},
    )
    figure.add_annotation(
        x=2,
        y=base_kw,
        xanchor="left",
        yanchor="top",
        showarrow=False,
        text=_("Base load %(power)s", power=with_unit(base_kw, "kW")),
        font={"size": 11, "color": LIGHT.muted},
    )


def _kept(length: int) -> np.ndarray:
    """Return the places to draw: both ends and evenly between; the curve only falls, so nothing is lost in shape."""
    return np.unique(np.linspace(0, length - 1, min(length, POINTS)).astype(int)) if length else np.array([], dtype=int)

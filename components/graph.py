"""THE graph factory: no chart reaches a page in another way, so none can offer to upload what it shows.

A chart is three parts: a store that the server fills with the figure (in light colours), the graph itself, and one
clientside function (assets/5-charts.js) that puts the one into the other in the colours of the theme in use.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html
from tsdownsample import MinMaxDownsampler

from components.aria import aria, data
from components.chart_words import locale_config, zoomed_ticks
from components.plot_text import plain
from components.templates import PHONE_MARGIN, recolouring, templates

MAX_POINTS = 2000
CONFIG: dict[str, Any] = {
    "displaylogo": False,
    "showSendToCloud": False,
    "displayModeBar": False,
    "doubleClick": "reset",
    "showTips": False,
    "responsive": True,
}
THEMES_STORE = "chart-themes"


def themes_store() -> dcc.Store:
    """Return what the browser needs to change the theme of a chart; once on every page with charts."""
    return dcc.Store(id=THEMES_STORE, data={"templates": templates(), "dark": recolouring()})


def graph(name: str, label: str, height: int, phone_height: int, *, link: str = "") -> html.Div:
    """Return an empty chart of its final size; charts with the same `link` share hover and zoom."""
    return html.Div(
        [
            dcc.Store(id=drawn_id(name)),
            dcc.Graph(
                id=graph_id(name),
                figure=_blank(height),
                config=CONFIG | locale_config(),  # type: ignore[arg-type]
                style={"height": "100%"},
            ),
        ],
        className="sb-chart",
        role="figure",
        style={"--sb-chart-height": f"{height}px", "--sb-chart-phone-height": f"{phone_height}px"},
        **aria(label=label),
        **data(chart=name, link=link, zoomed=zoomed_ticks()),
    )


def _blank(height: int) -> dict[str, Any]:
    hidden = {"visible": False}
    clear = "rgba(0,0,0,0)"
    return {
        "data": [],
        "layout": {
            "height": height,
            "xaxis": hidden,
            "yaxis": hidden,
            "paper_bgcolor": clear,
            "plot_bgcolor": clear,
        },
    }


def drawn_id(name: str) -> str:
    """Return the id of the store that the server fills with `drawn(...)`."""
    return f"{name}-drawn"


def graph_id(name: str) -> str:
    """Return the id of the graph."""
    return f"{name}-graph"


def drawn(figure: go.Figure, *, height: int, phone_height: int) -> dict[str, Any]:
    """Return what goes into the chart's store: the figure, its names shown as they are, and how a phone's differs."""
    figure.layout.template = {}
    figure.update_layout(height=height)
    figure.for_each_trace(lambda trace: trace.update(name=plain(trace.name or "") or None))
    phone = {"height": phone_height, "margin": PHONE_MARGIN}
    return {"figure": figure.to_dict(), "phone": phone}


def register_chart(app: Dash, name: str) -> None:
    """Let the browser draw the chart whenever its store is filled."""
    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        ClientsideFunction(namespace="charts", function_name="draw"),
        Output(graph_id(name), "figure"),
        Input(drawn_id(name), "data"),
        State(THEMES_STORE, "data"),
        State(graph_id(name), "id"),
    )


def downsampled(series: pd.Series, points: int = MAX_POINTS) -> pd.Series:
    """Return at most `points` of a series: the lowest and the highest of each stretch, both ends, where gaps begin.

    Never compute totals from this.
    """
    if len(series) <= points:
        return series
    values = np.ascontiguousarray(series.to_numpy(dtype=float))
    edges = np.union1d(_gap_starts(values)[: points // 4], [0, len(values) - 1])
    sampler = MinMaxDownsampler()  # type: ignore[no-untyped-call]
    filled = np.ascontiguousarray(series.ffill().bfill().fillna(0.0).to_numpy(dtype=float))
    kept = sampler.downsample(filled, n_out=(points - len(edges)) // 2 * 2)
    return series.iloc[np.union1d(np.asarray(kept, dtype=np.int64), edges)]


def _gap_starts(values: np.ndarray) -> np.ndarray:
    missing = np.isnan(values)
    return np.flatnonzero(missing & ~np.concatenate([[False], missing[:-1]]))

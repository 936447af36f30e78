"""How far forecasts were off, as bars by lead time or by hour; the reference is a tick over each bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.numbers import number, with_unit
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, css_name
from components.words import _

HALF_BAR, HALF_TICK = 0.3, 0.42
TICK_PX, CASING_PX = 2.2, 5
"""The casing in the colour of the surface keeps a tick apart from its bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBar:
    """The mean error of a group of steps, kW, and that of the reference over them; None where nothing was scored.

    `label` stands below the bar where there is room, `name` says in words what the group is.
    """

    label: str
    name: str
    error_kw: float | None
    reference_kw: float | None
    count: int


def error_bars_figure(bars: Sequence[ErrorBar], *, every: int = 1, phone_every: int = 1) -> go.Figure:
    """Return the chart, in the colours of the light theme; every n-th bar is labelled."""
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(bars))),
        y=[bar.error_kw for bar in bars],
        name=_("Our forecast"),
        meta="ours",
        width=2 * HALF_BAR,
        marker={"color": LIGHT.primary, "line": {"width": 0}},
        customdata=[_told(bar) for bar in bars],
        hovertemplate="%{customdata}<extra></extra>",
    )
    _draw_references(figure, bars)
    known = [kw for bar in bars for kw in (bar.error_kw, bar.reference_kw) if kw is not None]
    top, tick = nice_top(max(known, default=0.0))
    places = list(range(0, len(bars), every))
    few = list(range(0, len(bars), phone_every))
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, fixedrange=True)
    figure.update_xaxes(
        range=[-0.6, len(bars) - 0.4],
        tickvals=places,
        ticktext=[bars[at].label for at in places],
        fixedrange=True,
        showspikes=False,
    )
    phone = {"tickvals": few, "ticktext": [bars[at].label for at in few]}
    figure.update_layout(hovermode="closest", dragmode=False, meta={"phone_ticks": phone, "rows": _rows(bars)})
    draw_unit(figure, "kW")
    return figure


def error_chips() -> list[html.Button]:
    """Return the legend: ours as a bar, the reference as a tick."""
    entries = (("ours", _("Our forecast"), "sb-swatch sb-fill-primary", "primary"), _reference_entry())
    return [
        html.Button(
            [html.Span(className=look, style={"color": f"var({css_name(colour)})"}), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=key),
        )
        for key, name, look, colour in entries
    ]


def _reference_entry() -> tuple[str, str, str, str]:
    return ("reference", _("Persistence: the day before"), "sb-chip-mark sb-chip-line", "text")


def _draw_references(figure: go.Figure, bars: Sequence[ErrorBar]) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for at, bar in enumerate(bars):
        if bar.reference_kw is not None:
            x += [at - HALF_TICK, at + HALF_TICK, None]
            y += [bar.reference_kw, bar.reference_kw, None]
    for colour, width in ((LIGHT.surface, CASING_PX), (LIGHT.text, TICK_PX)):
        line = {"color": colour, "width": width}
        figure.add_scatter(
            x=x, y=y, name=_reference_entry()[1], meta="reference", mode="lines", line=line, hoverinfo="skip"
        )


def _told(bar: ErrorBar) -> str:
    lines = [bar.name, _("Off by %(kw)s on average", kw=with_unit(bar.error_kw, "kW"))]
    if bar.reference_kw is not None:
        lines.append(_("Persistence: %(kw)s", kw=with_unit(bar.reference_kw, "kW")))
    return "<br>".join([*lines, _("%(count)s steps", count=number(bar.count, 0))])


def _rows(bars: Sequence[ErrorBar]) -> list[list[str]]:
    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:.3f}"

    head = [_("Steps of"), _("Our forecast [kW]"), _("Persistence [kW]"), _("Steps compared")]
    return [head, *([bar.name, cell(bar.error_kw), cell(bar.reference_kw), str(bar.count)] for bar in bars)]

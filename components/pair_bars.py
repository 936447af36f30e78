"""Production and demand of days or months as pairs of bars: PV filled, demand outlined; what is not whole is light."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import plotly.graph_objects as go

from components.numbers import day_words, month_words, period_words, with_unit
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.surplus import Span

TICKS, PHONE_TICKS = 14, 5
LIGHTER = 0.4
FEW = 10
"""Fewer pairs than these are not drawn wider."""


def pair_bars_figure(spans: Sequence[Span], unit: str) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template; `unit` stands over its axis."""
    figure = go.Figure()
    solid = [1.0 if span.whole else LIGHTER for span in spans]
    pv = {"color": [rgba(LIGHT.pv, share) for share in solid], "line": {"color": LIGHT.pv, "width": 1}}
    edge = [rgba(LIGHT.load, share) for share in solid]
    load = {"color": rgba(LIGHT.load, 0.0), "line": {"color": edge, "width": 1.6}}
    _draw(figure, "pv", _("Production"), spans, [span.production_kwh for span in spans], pv)
    _draw(figure, "load", _("Demand"), spans, [span.demand_kwh for span in spans], load)
    known = [kwh for span in spans for kwh in (span.production_kwh, span.demand_kwh) if kwh is not None]
    top, tick = nice_top(max(known, default=0.0))
    places, texts = _ticks(spans)
    phone_places, phone_texts = _ticks(spans, phone=True)
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, fixedrange=True)
    figure.update_xaxes(
        range=[-0.6, len(spans) - 0.4], tickvals=places, ticktext=texts, fixedrange=True, showspikes=False
    )
    figure.update_layout(
        barmode="group",
        bargap=1 - 0.7 * min(1.0, len(spans) / FEW),
        bargroupgap=0.12,
        hovermode="closest",
        dragmode=False,
        meta={"phone_ticks": {"tickvals": phone_places, "ticktext": phone_texts}, "rows": _rows(spans)},
    )
    draw_unit(figure, unit)
    return figure


def day_ticks(days: Sequence[date], *, phone: bool = False) -> tuple[list[int], list[str]]:
    """Return where days are named under bars that stand at 0, 1, 2 ..., and how; a phone has room for five."""
    every = max(1, -(-len(days) // (PHONE_TICKS if phone else TICKS)))
    places = list(range(0, len(days), every))
    return places, [day_words(days[at], weekday=every == 1 and len(days) <= 8) for at in places]


def _ticks(spans: Sequence[Span], *, phone: bool = False) -> tuple[list[int], list[str]]:
    """Return where the spans are named, and how: as days, or as months where they are longer."""
    places, texts = day_ticks([span.first for span in spans], phone=phone)
    if all(span.first == span.last for span in spans):
        return places, texts
    return places, [month_words(spans[at].first) for at in places]


def _draw(
    figure: go.Figure, key: str, name: str, spans: Sequence[Span], energies: list[float | None], marker: dict[str, Any]
) -> None:
    told = [
        f"{_when(span)}<br>{name} {with_unit(kwh, 'kWh')}" + ("" if span.whole else f"<br>{_('Not complete')}")
        for span, kwh in zip(spans, energies, strict=True)
    ]
    figure.add_bar(
        x=list(range(len(spans))),
        y=energies,
        name=name,
        meta=key,
        marker=marker,
        customdata=told,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _when(span: Span) -> str:
    if span.first == span.last:
        return day_words(span.first, weekday=True, year=True)
    return period_words(span.first, span.last)


def _rows(spans: Sequence[Span]) -> list[list[str]]:
    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    words = {True: _("yes"), False: _("no")}
    head = [_("From"), _("To"), _("Production [kWh]"), _("Demand [kWh]"), _("Complete")]
    return [
        head,
        *(
            [span.first.isoformat(), span.last.isoformat(), cell(span.production_kwh), cell(span.demand_kwh),
             words[span.whole]]
            for span in spans
        ),
    ]  # fmt: skip

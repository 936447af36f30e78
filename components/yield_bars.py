"""What arrays brought each day against what was to be expected: bars, a tick over each, the expected range behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.numbers import day_words, with_unit
from components.pair_bars import day_ticks
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _

HALF_BAR, HALF_BOX = 0.21, 0.42
LIGHTER = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldBar:
    """One day, kWh: what was measured, what was expected and the span of 8 of 10 such days; None is not known.

    `whole` says that every value of the day is there and that it is over.
    """

    day: date
    actual_kwh: float | None
    expected_kwh: float | None = None
    low_kwh: float | None = None
    high_kwh: float | None = None
    whole: bool = True

    @property
    def inside(self) -> bool | None:
        """Whether the day lies within what was expected; None where that cannot be said."""
        if not self.whole or self.actual_kwh is None or self.low_kwh is None or self.high_kwh is None:
            return None
        return self.low_kwh <= self.actual_kwh <= self.high_kwh


def yield_bars_figure(days: Sequence[YieldBar]) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure = go.Figure()
    _draw_ranges(figure, days)
    _draw_actual(figure, days)
    _draw_expected(figure, days)
    known = [kwh for day in days for kwh in (day.actual_kwh, day.expected_kwh, day.high_kwh) if kwh is not None]
    top, tick = nice_top(max(known, default=0.0))
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, fixedrange=True, showticklabels=bool(known))
    places, texts = day_ticks([day.day for day in days])
    figure.update_xaxes(
        range=[-0.6, max(len(days), 1) - 0.4], tickvals=places, ticktext=texts, fixedrange=True, showspikes=False
    )
    phone_places, phone_texts = day_ticks([day.day for day in days], phone=True)
    phone = {"tickvals": phone_places, "ticktext": phone_texts}
    figure.update_layout(
        barmode="overlay", hovermode="closest", dragmode=False, meta={"phone_ticks": phone, "rows": _rows(days)}
    )
    draw_unit(figure, _("kWh per day"))
    return figure


def yield_chips() -> list[html.Button]:
    """Return the legend: one toggle button for each of the three things drawn."""
    entries = (
        ("actual", _("Actual"), "sb-swatch sb-fill-pv", "inherit"),
        ("expected", _("Expected"), "sb-chip-mark sb-chip-line", "var(--sb-text)"),
        ("range", _("Expected range"), "sb-chip-mark sb-chip-band", "var(--sb-neutral)"),
    )
    return [
        html.Button(
            [html.Span(className=mark, style={"color": colour}), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=key),
        )
        for key, name, mark, colour in entries
    ]


def _draw_ranges(figure: go.Figure, days: Sequence[YieldBar]) -> None:
    known = [(at, day.low_kwh, day.high_kwh) for at, day in enumerate(days)]
    spans = [(at, low, high) for at, low, high in known if low is not None and high is not None]
    figure.add_bar(
        x=[at for at, _low, _high in spans],
        base=[low for _at, low, _high in spans],
        y=[high - low for _at, low, high in spans],
        name=_("Expected range"),
        meta="range",
        width=2 * HALF_BOX,
        marker={"color": rgba(LIGHT.neutral, 0.16), "line": {"width": 0}},
        hoverinfo="skip",
    )


def _draw_actual(figure: go.Figure, days: Sequence[YieldBar]) -> None:
    figure.add_bar(
        x=list(range(len(days))),
        y=[day.actual_kwh for day in days],
        name=_("Actual"),
        meta="actual",
        width=2 * HALF_BAR,
        marker={
            "color": [rgba(LIGHT.pv, 1.0 if day.whole else LIGHTER) for day in days],
            "line": {"color": LIGHT.pv, "width": 1},
        },
        customdata=[_told(day) for day in days],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _draw_expected(figure: go.Figure, days: Sequence[YieldBar]) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for at, day in enumerate(days):
        if day.expected_kwh is not None:
            x += [at - HALF_BOX, at + HALF_BOX, None]
            y += [day.expected_kwh, day.expected_kwh, None]
    line = {"color": LIGHT.text, "width": 2}
    figure.add_scatter(x=x, y=y, name=_("Expected"), meta="expected", mode="lines", line=line, hoverinfo="skip")


def _told(day: YieldBar) -> str:
    lines = [day_words(day.day, weekday=True, year=True), _("Actual %(kwh)s", kwh=with_unit(day.actual_kwh, "kWh"))]
    if not day.whole:
        lines.append(_("Not complete"))
    if day.expected_kwh is not None:
        lines.append(_("Expected %(kwh)s", kwh=with_unit(day.expected_kwh, "kWh")))
    if day.low_kwh is not None and day.high_kwh is not None:
        facts = {"low": with_unit(day.low_kwh, "kWh"), "high": with_unit(day.high_kwh, "kWh")}
        lines.append(_("8 of 10 days: %(low)s to %(high)s") % facts)
    return "<br>".join(lines)


def _rows(days: Sequence[YieldBar]) -> list[list[str]]:
    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    head = [_("Day"), _("Actual [kWh]"), _("Expected [kWh]"), _("Low [kWh]"), _("High [kWh]")]
    rows = [
        [day.day.isoformat(), *(cell(kwh) for kwh in (day.actual_kwh, day.expected_kwh, day.low_kwh, day.high_kwh))]
        for day in days
    ]
    return [head, *rows]

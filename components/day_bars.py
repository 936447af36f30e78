"""Energy per day as bars, each with a tick for what it is compared with; a day that is not whole is drawn light."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import plotly.graph_objects as go

from components.numbers import day_words, with_unit
from components.time_axis import draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _

HALF_BAR, HALF_TICK = 0.3, 0.42
TICKS, PHONE_TICKS = 14, 5
TICK_PX, CASING_PX = 2.2, 5
"""The casing in the colour of the surface keeps a tick apart from its bar: in the dark theme both are light."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayBar:
    """One day, kWh; `before_kwh` is what it is compared with, None where that is not known."""

    day: date
    energy_kwh: float | None
    before_kwh: float | None
    whole: bool


def day_bars_figure(days: Sequence[DayBar], *, now_name: str, before_name: str) -> go.Figure:
    """Return bars (load is ink, never an energy colour) with the reference as a tick over each."""
    figure = go.Figure()
    figure.add_bar(
        x=list(range(len(days))),
        y=[day.energy_kwh for day in days],
        name=now_name,
        meta="now",
        width=2 * HALF_BAR,
        marker={
            "color": [LIGHT.neutral if day.whole else rgba(LIGHT.neutral, 0.35) for day in days],
            "line": {"color": LIGHT.neutral, "width": [0 if day.whole else 1 for day in days]},
        },
        customdata=[_told(day, before_name) for day in days],
        hovertemplate="%{customdata}<extra></extra>",
    )
    _draw_references(figure, days, before_name)
    places, texts = _ticks(days, TICKS)
    phone_places, phone_texts = _ticks(days, PHONE_TICKS)
    top, tick = nice_top(max((v for day in days for v in (day.energy_kwh, day.before_kwh) if v), default=0.0))
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick, tickformat=",", fixedrange=True)
    figure.update_xaxes(
        range=[-0.6, len(days) - 0.4], tickvals=places, ticktext=texts, fixedrange=True, showspikes=False
    )
    phone_ticks = {"tickvals": phone_places, "ticktext": phone_texts}
    rows = day_rows(days, now_name, before_name)
    figure.update_layout(
        hovermode="closest", dragmode=False, meta={"unit": "kWh", "rows": rows, "phone_ticks": phone_ticks}
    )
    draw_unit(figure, _("kWh per day"))
    return figure


def day_rows(days: Sequence[DayBar], now_name: str, before_name: str) -> list[list[str]]:
    """Return the days as rows of a table, the head first; empty where nothing is known."""

    def cell(value: float | None) -> str:
        return "" if value is None else f"{value:.2f}"

    head = [_("Day"), f"{now_name} [kWh]", f"{before_name} [kWh]", _("Whole day")]
    words = {True: _("yes"), False: _("no")}
    return [
        head,
        *([day.day.isoformat(), cell(day.energy_kwh), cell(day.before_kwh), words[day.whole]] for day in days),
    ]


def _draw_references(figure: go.Figure, days: Sequence[DayBar], name: str) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for at, day in enumerate(days):
        if day.before_kwh is not None:
            x += [at - HALF_TICK, at + HALF_TICK, None]
            y += [day.before_kwh, day.before_kwh, None]
    for colour, width in ((LIGHT.surface, CASING_PX), (LIGHT.text, TICK_PX)):
        line = {"color": colour, "width": width}
        figure.add_scatter(x=x, y=y, name=name, meta="before", mode="lines", line=line, hoverinfo="skip")


def _ticks(days: Sequence[DayBar], wanted: int) -> tuple[list[int], list[str]]:
    every = max(1, -(-len(days) // wanted))
    places = list(range(0, len(days), every))
    return places, [day_words(days[at].day, weekday=every == 1 and len(days) <= 8) for at in places]


def _told(day: DayBar, before_name: str) -> str:
    lines = [day_words(day.day, weekday=True, year=True), with_unit(day.energy_kwh, "kWh")]
    if not day.whole:
        lines.append(_("Not a whole day"))
    if day.before_kwh is not None:
        lines.append(f"{before_name}: {with_unit(day.before_kwh, 'kWh')}")
    return "<br>".join(lines)

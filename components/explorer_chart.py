"""Series of any unit over one time axis: a row for each of them, or for each unit. Two units never share an axis.

Traces carry their key in `meta`, so that the legend's buttons (HTML, outside the plot) can find them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.graph import MAX_POINTS, downsampled
from components.plot_text import plain
from components.time_axis import draw_now, draw_time_axis, wall, wall_clock
from components.time_series import PART_DASHES, nice_top
from components.tokens import LIGHT, css_name, rgba
from components.words import _

MARGIN = {"l": 44, "r": 12, "t": 30, "b": 26}
ROW_PX, TALL_ROW_PX, GAP_PX = 92, 190, 40
PHONE_ROW_PX, PHONE_TALL_ROW_PX = 84, 150
LEAST_PX, PHONE_LEAST_PX = 400, 240
"""The least height of all rows together: few of them are higher."""
FRAME_PX = MARGIN["t"] + MARGIN["b"]
HIGHEST_DRAWN = 1e300
Gaps = tuple[tuple[datetime, datetime], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesLine:
    """One series as drawn: values by the start of each step, UTC. `look` is the name of a colour of the tokens."""

    key: str
    name: str
    look: str
    values: pd.Series
    ahead: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRow:
    """The series of one row, all in `unit`; `gaps` are shaded when there is one series only. `whole` starts at 0."""

    title: str
    unit: str
    lines: tuple[SeriesLine, ...]
    gaps: Gaps = ()
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplorerPicture:
    """Everything one chart shows."""

    rows: tuple[ChartRow, ...]
    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    tall: bool = False

    @property
    def height(self) -> int:
        """The height of the chart, px."""
        return _height(len(self.rows), TALL_ROW_PX if self.tall else ROW_PX, LEAST_PX)

    @property
    def phone_height(self) -> int:
        """The height of the chart on a phone, px."""
        return _height(len(self.rows), PHONE_TALL_ROW_PX if self.tall else PHONE_ROW_PX, PHONE_LEAST_PX)


def explorer_figure(picture: ExplorerPicture) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure = go.Figure()
    for place, row in enumerate(picture.rows):
        axis = "y" if place == 0 else f"y{place + 1}"
        ends = value_range([line.values for line in row.lines], whole=row.whole)
        _draw_gaps(figure, picture, row, axis, ends)
        for line, dash in zip(row.lines, dashes(row.lines), strict=True):
            _draw_line(figure, picture, row, line, axis, dash)
        _draw_axis(figure, picture, place, ends)
        _write_title(figure, row, axis)
    if not picture.rows:
        figure.update_yaxes(range=[0, 1], tickvals=[], fixedrange=True)
        figure.add_annotation(x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, text=_("Nothing is chosen."))
    last = "y" if len(picture.rows) < 2 else f"y{len(picture.rows)}"
    draw_time_axis(figure, picture.start, picture.end, picture.zone, anchor=last)
    if picture.start < picture.now < picture.end:
        draw_now(figure, picture.now, picture.zone)
        if picture.end - picture.now < (picture.end - picture.start) / 14:
            figure.layout.annotations[-1].update(xanchor="right")
    units = {line.key: row.unit for row in picture.rows for line in row.lines}
    names = "/".join([picture.start.isoformat(), picture.end.isoformat(), *units])
    figure.update_layout(
        meta={**figure.layout.meta, "units": units, "downsampled": is_thinned(picture)},
        margin=MARGIN,
        dragmode="zoom",
        hoversubplots="axis",
        uirevision=names,
    )
    return figure


def is_thinned(picture: ExplorerPicture) -> bool:
    """Return whether some series has more values than are drawn of it."""
    return any(len(line.values) > MAX_POINTS for row in picture.rows for line in row.lines)


def series_chips(picture: ExplorerPicture) -> list[html.Button]:
    """Return the legend: one toggle button for each series."""
    return [
        html.Button(
            [
                html.Span(
                    className=f"sb-chip-mark sb-chip-part-{PART_DASHES.index(dash)}",
                    style={"color": f"var({css_name(line.look)})"},
                ),
                line.name,
            ],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=line.key),
        )
        for row in picture.rows
        for line, dash in zip(row.lines, dashes(row.lines), strict=True)
    ]


def dashes(lines: Sequence[SeriesLine]) -> list[str]:
    """Return the dash of each line: those of one colour in one row differ; what lies ahead is dotted."""
    seen: dict[str, int] = {}
    found = []
    for line in lines:
        place = seen.get(line.look, 0)
        seen[line.look] = place + 1
        found.append("2px,3px" if line.ahead else PART_DASHES[place % len(PART_DASHES)])
    return found


def value_range(rows: Sequence[pd.Series], *, whole: bool) -> tuple[float, float]:
    """Return the ends of a value axis that hold every finite value; with `whole` it begins at 0 or below.

    >>> value_range([pd.Series([1.0, 64.2])], whole=True), value_range([pd.Series([20.0, 22.0])], whole=False)
    ((0.0, 80.0), (19.8, 22.2))
    """
    known = np.concatenate([row.to_numpy(dtype=float) for row in rows] or [np.array([])])
    known = np.clip(known[np.isfinite(known)], -HIGHEST_DRAWN, HIGHEST_DRAWN)
    if not len(known):
        return 0.0, 1.0
    low, high = float(known.min()), float(known.max())
    if whole:
        top = nice_top(high)[0] if high > 0 else 0.0
        bottom = -nice_top(-low)[0] if low < 0 else 0.0
        return (bottom, top) if bottom < top else (0.0, 1.0)
    room = (high - low) / 10 or max(abs(high) / 10, 1.0)
    return low - room, high + room


def _height(rows: int, row_px: int, least_px: int) -> int:
    count = max(rows, 1)
    return FRAME_PX + max(least_px, count * row_px + (count - 1) * GAP_PX)


def _draw_line(
    figure: go.Figure, picture: ExplorerPicture, row: ChartRow, line: SeriesLine, axis: str, dash: str
) -> None:
    drawn = downsampled(line.values)
    figure.add_scatter(
        x=wall_clock(pd.DatetimeIndex(drawn.index), picture.zone),
        y=drawn.to_numpy(),
        yaxis=axis,
        name=line.name,
        meta=line.key,
        mode="lines",
        line={
            "color": getattr(LIGHT, line.look),
            "width": 2 if dash == "solid" else 1.6,
            "dash": dash,
        },
        connectgaps=False,
        hovertemplate=f"%{{y:.4~g}} {plain(row.unit)}",
    )


def _draw_axis(figure: go.Figure, picture: ExplorerPicture, place: int, ends: tuple[float, float]) -> None:
    """Give a row its part of the height, from the top, and its own values."""
    count = max(len(picture.rows), 1)
    plot_px = picture.height - FRAME_PX
    row_px = (plot_px - (count - 1) * GAP_PX) / count
    top = 1.0 - place * (row_px + GAP_PX) / plot_px
    domain = [max(0.0, top - row_px / plot_px), top]
    name = "yaxis" if place == 0 else f"yaxis{place + 1}"
    ticks = 5 if picture.tall else 3
    figure.update_layout(
        {name: {"domain": domain, "anchor": "x", "range": list(ends), "nticks": ticks, "fixedrange": True}}
    )


def _draw_gaps(
    figure: go.Figure, picture: ExplorerPicture, row: ChartRow, axis: str, ends: tuple[float, float]
) -> None:
    """Shade what is missing: one area for all gaps of a row, however many there are."""
    if not row.gaps:
        return
    low, high = ends
    corners = [(wall(begin, picture.zone), wall(end, picture.zone)) for begin, end in row.gaps]
    figure.add_scatter(
        x=[x for begin, end in corners for x in (begin, begin, end, end, begin, None)],
        y=[y for _gap in corners for y in (low, high, high, low, low, None)],
        yaxis=axis,
        name=_("no data"),
        meta=f"gaps-{axis}",
        mode="lines",
        line={"width": 0, "color": rgba(LIGHT.neutral, 0.12)},
        fill="toself",
        fillcolor=rgba(LIGHT.neutral, 0.12),
        hoverinfo="skip",
    )
    span = picture.end - picture.start
    for begin, end in row.gaps:
        if (end - begin) / span > 0.08:
            middle = wall(begin + (end - begin) / 2, picture.zone)
            figure.add_annotation(x=middle, y=0.5, yref=f"{axis} domain", showarrow=False, text=_("no data"))


def _write_title(figure: go.Figure, row: ChartRow, axis: str) -> None:
    """Write the row's name and unit at the top left, over its tick labels."""
    figure.add_annotation(
        x=0,
        y=1,
        xref="paper",
        yref=f"{axis} domain",
        xanchor="left",
        yanchor="bottom",
        xshift=-38,
        yshift=8,
        showarrow=False,
        text=f"<b>{plain(row.title)}</b>, {plain(row.unit)}" if row.title else plain(row.unit),
        font={"size": 12, "color": LIGHT.text},
    )

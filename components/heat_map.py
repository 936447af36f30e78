"""Power by day and time of day as one field of colours: one scale from the surface to the ink, missing hatched.

The scale uses tokens only, so that the dark theme gets its own: low is near the surface and high far from it in both.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

import numpy as np
import plotly.graph_objects as go

from components.numbers import day_words, number, with_unit
from components.time_series import nice_top
from components.tokens import LIGHT
from components.words import _
from dash_app.domain.load_profile import DayGrid

SCALE = ((0.0, LIGHT.sunken), (0.5, LIGHT.control), (1.0, LIGHT.load))
DAY_MIN = 24 * 60
HOURS_SHOWN = (0, 6, 12, 18, 24)
TICKS, PHONE_TICKS = 12, 4
FAR_FROM_ZERO = 0.25
"""From this share of the highest value on, a scale from 0 would be spent on what never happens."""
MARGIN = {"l": 44, "r": 12, "t": 8, "b": 26}


def heat_map_figure(grid: DayGrid) -> go.Figure:
    """Return the field: x day, y time of day from midnight at the top, kW; in the colours of the light theme."""
    figure = go.Figure()
    cell_min = _cell_min(grid)
    figure.add_heatmap(
        z=grid.mean_kw,
        x=np.arange(len(grid.days)),
        y=[minute + cell_min / 2 for minute in grid.minutes],
        dx=1,
        colorscale=[list(stop) for stop in SCALE],
        zmin=_lowest(grid),
        zmax=_highest(grid),
        xgap=0.5,
        ygap=0.5,
        text=_told(grid),
        hovertemplate="%{text}<extra></extra>",
        hoverongaps=False,
        colorbar={
            "thickness": 10,
            "outlinewidth": 0,
            "len": 1.0,
            "y": 0.5,
            "xpad": 8,
            "nticks": 5,
            "ticks": "",
            "title": {"text": "kW", "side": "top"},
        },
    )
    _hatch_missing(figure, grid)
    _draw_axes(figure, grid)
    return figure


def heat_map_rows(grid: DayGrid) -> list[list[str]]:
    """Return the field as rows of a table, the head first: one row for each day, empty where there is no value."""
    head = [_("Day"), *(_clock(minute) for minute in grid.minutes)]
    rows = [[day.isoformat(), *(_cell(value) for value in grid.mean_kw[:, at])] for at, day in enumerate(grid.days)]
    return [head, *rows]


def _draw_axes(figure: go.Figure, grid: DayGrid) -> None:
    places, texts = _day_ticks(grid.days, TICKS)
    phone_places, phone_texts = _day_ticks(grid.days, PHONE_TICKS)
    figure.update_xaxes(
        range=[-0.5, len(grid.days) - 0.5],
        tickmode="array",
        tickvals=places,
        ticktext=texts,
        showspikes=False,
        showline=False,
        fixedrange=True,
    )
    figure.update_yaxes(
        range=[DAY_MIN, 0],
        tickmode="array",
        tickvals=[hour * 60 for hour in HOURS_SHOWN],
        ticktext=[f"{hour:02d}:00" for hour in HOURS_SHOWN],
        ticklen=3,
        showgrid=False,
        zeroline=False,
        fixedrange=True,
    )
    figure.update_layout(
        margin=MARGIN,
        hovermode="closest",
        dragmode=False,
        meta={
            "unit": "kW",
            "rows": heat_map_rows(grid),
            "phone_ticks": {"tickvals": phone_places, "ticktext": phone_texts},
        },
    )


def _day_ticks(days: tuple[date, ...], wanted: int) -> tuple[list[int], list[str]]:
    every = max(1, -(-len(days) // wanted))
    every = -(-every // 7) * 7 if every > 3 else every
    first = next((at for at, day in enumerate(days) if day.weekday() == 0), 0) if every >= 7 else 0
    places = list(range(first, len(days), every))
    return places, [day_words(days[at]) for at in places]


def _hatch_missing(figure: go.Figure, grid: DayGrid) -> None:
    x: list[float | None] = []
    y: list[float | None] = []
    for left, top, bottom in _missing_runs(grid):
        x += [left, left + 1, left + 1, left, left, None]
        y += [top, top, bottom, bottom, top, None]
    if not x:
        return
    figure.add_scatter(
        x=x,
        y=y,
        name=_("No data"),
        meta="missing",
        mode="lines",
        line={"width": 0, "color": LIGHT.loss},
        fill="toself",
        fillcolor="rgba(0,0,0,0)",
        fillpattern={"shape": "/", "size": 6, "solidity": 0.2, "fgcolor": LIGHT.loss, "fillmode": "overlay"},
        hoverinfo="skip",
    )


def _missing_runs(grid: DayGrid) -> Iterator[tuple[float, int, int]]:
    """Yield (left edge, top, bottom) of each run of missing cells within a day."""
    cell_min = _cell_min(grid)
    for at in range(len(grid.days)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], grid.missing[:, at].astype(int), [0]])))
        for first, after in zip(edges[::2], edges[1::2], strict=True):
            yield at - 0.5, int(first) * cell_min, int(after) * cell_min


def _told(grid: DayGrid) -> list[list[str]]:
    """Return what is told about each cell: day, time, power; a doubled hour says so."""
    cell_min = _cell_min(grid)
    days = [day_words(day, weekday=True, year=True) for day in grid.days]
    twice = _("clock passed twice, mean of both")
    rows = []
    for row, minute in enumerate(grid.minutes):
        time = f"{_clock(minute)}–{_clock(minute + cell_min)}"
        rows.append(
            [
                f"{day}, {time}<br>{with_unit(grid.mean_kw[row, at], 'kW')}"
                + (f"<br>{twice}" if grid.doubled[row, at] else "")
                for at, day in enumerate(days)
            ]
        )
    return rows


def _cell_min(grid: DayGrid) -> int:
    return DAY_MIN // len(grid.minutes)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"


def _cell(value: float) -> str:
    return "" if np.isnan(value) else number(float(value), 1).replace(",", "")


def _highest(grid: DayGrid) -> float:
    return float(np.nanmax(grid.mean_kw)) if np.isfinite(grid.mean_kw).any() else 1.0


def _lowest(grid: DayGrid) -> float:
    """Return where the scale begins: at 0, or near the lowest value where that is far from 0."""
    if not np.isfinite(grid.mean_kw).any():
        return 0.0
    lowest, highest = float(np.nanmin(grid.mean_kw)), _highest(grid)
    if 0 <= lowest < FAR_FROM_ZERO * highest:
        return 0.0
    _top, tick = nice_top(highest)
    return math.floor(2 * lowest / tick) * tick / 2

"""The x axis that all charts over time share: the site's wall clock, days in bold at midnight, the line of now."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from components.chart_words import hover_moment
from components.numbers import clock_time, day_words
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.time import local_midnight

Ticks = tuple[list[datetime], list[str]]
ONE_DAY = timedelta(days=1)
SHORT, SHORT_STEPS_MIN = timedelta(hours=20), (5, 10, 15, 30, 60, 120, 180, 360)
"""Up to this length ticks stand on the clock only, as many as there is room for."""
AT_EDGE = 0.1
"""So near to an end of the axis, as a share of it, half of a label would be cut off on a phone."""


def wall_clock(index: pd.DatetimeIndex, zone: ZoneInfo) -> npt.NDArray[np.datetime64]:
    """Return the site's wall clock for a UTC index, naive: an array, because Plotly copies lists moment by moment."""
    return index.tz_convert(zone).tz_localize(None).to_numpy().astype("datetime64[ms]")


def wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the site's wall clock at a moment, naive."""
    return moment.astimezone(zone).replace(tzinfo=None)


def time_ticks(start: datetime, end: datetime, zone: ZoneInfo, *, phone: bool = False) -> Ticks:
    """Return tick places (wall clock) and their texts; a phone gets at most about five."""
    days = round((end - start) / ONE_DAY)
    if end - start < SHORT:
        every_min = next(
            step for step in SHORT_STEPS_MIN if (end - start) / timedelta(minutes=step) <= (4 if phone else 8)
        )
        return _clock_ticks(start, end, zone, every_min)
    if days <= 3:
        return _clock_ticks(start, end, zone, 60 * ((6, 12, 24)[max(days, 1) - 1] if phone else 3 if days <= 1 else 6))
    wanted = 5 if phone else 14
    every = next((step for step in (1, 2, 7, 14) if days / step <= wanted), None)
    if every is not None and days <= 100:
        return _day_ticks(start, end, zone, every)
    months = next(step for step in (1, 2, 3, 6, 12) if days / (30 * step) <= wanted or step == 12)
    return _month_ticks(start, end, zone, months)


def draw_time_axis(figure: go.Figure, start: datetime, end: datetime, zone: ZoneInfo, **where: Any) -> None:
    """Give a figure the x axis from `start` to `end`; the phone's ticks travel in `layout.meta`."""
    places, texts = time_ticks(start, end, zone)
    phone_places, phone_texts = time_ticks(start, end, zone, phone=True)
    figure.update_xaxes(
        type="date",
        range=[wall(start, zone), wall(end, zone)],
        tickmode="array",
        tickvals=places,
        ticktext=texts,
        hoverformat=hover_moment(),
        **where,
    )
    figure.update_layout(
        meta={"phone_ticks": {"tickvals": [place.isoformat() for place in phone_places], "ticktext": phone_texts}}
    )


def draw_now(figure: go.Figure, now: datetime, zone: ZoneInfo) -> None:
    """Draw the line of now through all rows of a figure that has its time axis, with its time above."""
    x = wall(now, zone)
    figure.add_shape(
        type="line",
        x0=x,
        x1=x,
        y0=0,
        y1=1,
        xref="x",
        yref="paper",
        line={"color": LIGHT.text, "width": 1.2, "dash": "dot"},
    )
    figure.add_annotation(
        x=x,
        y=1,
        xref="x",
        yref="paper",
        xanchor=_anchor(x, figure.layout.xaxis.range),
        yanchor="bottom",
        yshift=2,
        showarrow=False,
        text=_("Now %(time)s", time=clock_time(now, zone)),
        font={"size": 12, "color": LIGHT.text},
    )


def _anchor(x: datetime, shown: tuple[datetime, datetime] | None) -> str:
    """Return which side of a text stands at `x`, so that it is not cut off where the plot ends."""
    if not shown:
        return "center"
    place = (x - shown[0]) / (shown[1] - shown[0])
    return "left" if place < AT_EDGE else "right" if place > 1 - AT_EDGE else "center"


def draw_gaps(figure: go.Figure, gaps: tuple[tuple[datetime, datetime], ...], span: timedelta, zone: ZoneInfo) -> None:
    """Shade what was not measured; gaps too narrow for words are only shaded.

    All shapes are set at once: Plotly checks the whole list again with every one that is added.
    """
    look = {"type": "rect", "y0": 0, "y1": 1, "xref": "x", "yref": "y domain", "layer": "below"}
    look |= {"fillcolor": rgba(LIGHT.neutral, 0.12), "line": {"width": 0}}
    shades = [{**look, "x0": wall(begin, zone), "x1": wall(end, zone)} for begin, end in gaps]
    figure.update_layout(shapes=[*figure.layout.shapes, *shades])
    for begin, end in gaps:
        if (end - begin) / span > 0.08:
            figure.add_annotation(
                x=wall(begin + (end - begin) / 2, zone), y=0.5, yref="y domain", showarrow=False, text=_("no data")
            )


def draw_unit(figure: go.Figure, text: str, *, y: float = 1.0) -> None:
    """Write the unit at the top left, over the tick labels."""
    figure.add_annotation(
        x=0,
        y=y,
        xref="paper",
        yref="paper",
        xanchor="left",
        yanchor="bottom",
        xshift=-38,
        yshift=6,
        showarrow=False,
        text=text,
    )


def _clock_ticks(start: datetime, end: datetime, zone: ZoneInfo, every_min: int) -> Ticks:
    first, last = wall(start, zone), wall(end, zone)
    midnights = (datetime(day.year, day.month, day.day) for day in _days(start, end, zone))  # noqa: DTZ001 - wall clock
    every = [midnight + timedelta(minutes=at) for midnight in midnights for at in range(0, 24 * 60, every_min)]
    places = [place for place in every if first <= place < last]
    texts = [f"{at:%H:%M}" if at.hour or at.minute else f"<b>{day_words(at.date(), weekday=True)}</b>" for at in places]
    return places, texts


def _day_ticks(start: datetime, end: datetime, zone: ZoneInfo, every: int) -> Ticks:
    days = _days(start, end, zone)[::every]
    weekday = every == 1 and len(days) <= 8
    return [wall(local_midnight(day, zone), zone) for day in days], [day_words(day, weekday=weekday) for day in days]


def _month_ticks(start: datetime, end: datetime, zone: ZoneInfo, every: int) -> Ticks:
    days = [day for day in _days(start, end, zone) if day.day == 1][::every]
    texts = [f"<b>{day_words(day, year=True)}</b>" if day.month == 1 else day_words(day) for day in days]
    return [wall(local_midnight(day, zone), zone) for day in days], texts


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    first, last = start.astimezone(zone).date(), (end - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + count * ONE_DAY for count in range((last - first).days + 1)]

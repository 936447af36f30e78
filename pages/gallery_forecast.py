"""The gallery's charts of forecasts: how far they were off, and from when on one was known."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import plotly.graph_objects as go

from components.forecast_errors import ErrorBar, error_bars_figure, error_chips
from components.forecast_moment import draw_issue
from components.time_axis import draw_time_axis
from pages.gallery_data import NOW, START, ZONE
from pages.gallery_entry import ChartExample, Entry


def entries() -> tuple[Entry, ...]:
    """Return the entries in their order on the page."""
    return (
        Entry(title="Error of forecasts", examples=_errors()),
        Entry(title="As known at", examples=(_known("early", NOW - timedelta(hours=20)), _known("late", NOW))),
    )


def _errors() -> tuple[ChartExample, ...]:
    leads = ("up to 1 h", "1–6 h", "6–24 h", "over 24 h")
    by_lead = [
        ErrorBar(label=name, name=name, error_kw=2.0 + place, reference_kw=4.5, count=40 * 4**place)
        for place, name in enumerate(leads)
    ]
    by_hour = [
        ErrorBar(
            label=f"{hour:02d}",
            name=f"{hour:02d}:00",
            error_kw=None if hour < 4 else 1.0 + hour % 7,
            reference_kw=None if hour < 6 else 5.0,
            count=0 if hour < 4 else 12,
        )
        for hour in range(24)
    ]
    hours = partial(error_bars_figure, by_hour, every=3, phone_every=6)
    return (
        ChartExample(
            state="by lead time", key="error-lead", figure=partial(error_bars_figure, by_lead), legend=error_chips
        ),
        ChartExample(state="by hour, some without", key="error-hour", figure=hours, legend=error_chips),
        ChartExample(state="nothing scored", key="error-none", figure=partial(error_bars_figure, [])),
    )


def _known(state: str, moment: datetime) -> ChartExample:
    def figure() -> go.Figure:
        drawn = go.Figure()
        draw_time_axis(drawn, START, NOW + timedelta(hours=1), ZONE)
        draw_issue(drawn, moment, ZONE)
        return drawn

    return ChartExample(state=state, key=f"known-{state}", figure=figure)

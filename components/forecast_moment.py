"""The line of the moment from which a forecast is shown: what lies right of it was not known then."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import plotly.graph_objects as go

from components.numbers import clock_time
from components.time_axis import wall
from components.tokens import LIGHT
from components.words import _

TURN = 0.3
"""Right of this share of the axis the words stand at the left of the line: what follows it is at the right."""


def draw_issue(figure: go.Figure, issued_at: datetime, zone: ZoneInfo) -> None:
    """Draw the line of `issued_at` with its words inside the plot; nothing where it lies outside of the axis."""
    x, (first, last) = wall(issued_at, zone), figure.layout.xaxis.range
    if not first <= x <= last:
        return
    figure.add_shape(
        type="line", x0=x, x1=x, y0=0, y1=1, xref="x", yref="paper", line={"color": LIGHT.primary, "width": 1.2}
    )
    left = (x - first) / (last - first) > TURN
    figure.add_annotation(
        x=x,
        y=1,
        xref="x",
        yref="paper",
        xanchor="right" if left else "left",
        yanchor="top",
        xshift=-6 if left else 6,
        showarrow=False,
        text=_("As known at %(time)s", time=clock_time(issued_at, zone)),
        font={"size": 11, "color": LIGHT.primary},
    )

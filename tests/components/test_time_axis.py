"""The line of now: its words stand inside of the plot wherever now is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from components.time_axis import draw_now, draw_time_axis
from tests.fakes.campus import ZONE

START = datetime(2020, 9, 20, 14, tzinfo=UTC)
WEEK = timedelta(days=7)


@pytest.mark.parametrize(
    ("place", "anchor"), [(0.01, "left"), (0.11, "center"), (0.5, "center"), (0.89, "center"), (0.99, "right")]
)
def test_the_words_of_now_stand_beside_the_line_where_the_plot_ends(place: float, anchor: str) -> None:
    figure = go.Figure()
    draw_time_axis(figure, START, START + WEEK, ZONE)
    draw_now(figure, START + place * WEEK, ZONE)
    (words,) = figure.layout.annotations
    assert words.text.startswith("Now ")
    assert words.xanchor == anchor
    assert words.x == figure.layout.shapes[0].x0


def test_without_a_range_the_words_stand_over_the_line() -> None:
    figure = go.Figure()
    draw_now(figure, START, ZONE)
    assert figure.layout.annotations[0].xanchor == "center"

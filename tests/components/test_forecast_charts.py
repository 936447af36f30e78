"""The charts of forecasts' errors and of the moment of issue, asserted on their data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import plotly.graph_objects as go
import pytest

from components.forecast_errors import ErrorBar, error_bars_figure, error_chips
from components.forecast_moment import draw_issue
from components.time_axis import draw_time_axis, wall
from components.tokens import LIGHT
from tests.fakes.campus import ZONE

START = datetime(2020, 9, 27, 14, tzinfo=UTC)
DAY = timedelta(days=1)
BARS = [
    ErrorBar(label="a", name="group a", error_kw=2.0, reference_kw=5.0, count=40),
    ErrorBar(label="b", name="group b", error_kw=None, reference_kw=None, count=0),
    ErrorBar(label="c", name="group c", error_kw=3.5, reference_kw=None, count=7),
]


def test_each_group_is_a_bar_with_its_error_and_a_tick_of_the_reference() -> None:
    figure = error_bars_figure(BARS)
    bars, casing, ticks = figure.data
    assert list(bars.y) == [2.0, None, 3.5]
    assert bars.marker.color == LIGHT.primary
    assert list(ticks.y) == list(casing.y) == [5.0, 5.0, None]  # a reference that is not known has no tick
    assert figure.layout.yaxis.range[1] >= 5.0
    assert bars.customdata[0] == "group a<br>Off by 2.0\u00a0kW on average<br>Persistence: 5.0\u00a0kW<br>40 steps"


def test_the_table_behind_the_bars_has_the_numbers_in_full() -> None:
    head, *rows = error_bars_figure(BARS).layout.meta["rows"]
    assert head == ["Steps of", "Our forecast [kW]", "Persistence [kW]", "Steps compared"]
    assert rows == [["group a", "2.000", "5.000", "40"], ["group b", "", "", "0"], ["group c", "3.500", "", "7"]]


def test_a_phone_labels_fewer_bars() -> None:
    bars = [ErrorBar(label=f"{h:02d}", name=str(h), error_kw=1.0, reference_kw=1.0, count=9) for h in range(24)]
    figure = error_bars_figure(bars, every=3, phone_every=6)
    assert list(figure.layout.xaxis.ticktext) == ["00", "03", "06", "09", "12", "15", "18", "21"]
    assert figure.layout.meta["phone_ticks"]["ticktext"] == ["00", "06", "12", "18"]


def test_every_series_has_its_own_button() -> None:
    assert [getattr(chip, "data-trace") for chip in error_chips()] == ["ours", "reference"]
    assert {trace.meta for trace in error_bars_figure(BARS).data} == {"ours", "reference"}


@pytest.mark.parametrize(("place", "side"), [(0.05, "left"), (0.5, "right"), (0.95, "right")])
def test_the_words_of_the_issue_stand_inside_of_the_plot(place: float, side: str) -> None:
    figure = go.Figure()
    draw_time_axis(figure, START, START + DAY, ZONE)
    draw_issue(figure, START + place * DAY, ZONE)
    (words,) = figure.layout.annotations
    assert (words.xanchor, words.text[:11]) == (side, "As known at")
    assert figure.layout.shapes[0].x0 == wall(START + place * DAY, ZONE)


def test_an_issue_outside_of_the_range_is_not_drawn() -> None:
    figure = go.Figure()
    draw_time_axis(figure, START, START + DAY, ZONE)
    draw_issue(figure, START - timedelta(minutes=1), ZONE)
    assert not figure.layout.annotations and not figure.layout.shapes

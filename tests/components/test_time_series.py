"""The chart over time, asserted on its data, names, units and axes."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from components.graph import MAX_POINTS
from components.time_axis import time_ticks
from components.time_series import legend_chips, nice_top, time_series_figure
from components.tokens import LIGHT
from dash_app.domain.site import Quantity
from pages.overview_views import chart_series
from tests.components.drawing import overview
from tests.fakes.campus import NOW, ZONE, measurands, series_of

HOUR = timedelta(hours=1)
NOW_HALF = datetime(2020, 9, 28, 3, 30, tzinfo=UTC)
MIDNIGHT = datetime(2020, 9, 26, 14, tzinfo=UTC)


def traces(figure, key):
    return [trace for trace in figure.data if trace.meta == key]


def test_the_measured_line_is_the_sum_of_the_arrays_step_by_step() -> None:
    figure = time_series_figure(chart_series(overview(), Quantity.PV_KW))
    (line,) = traces(figure, "measured")
    expected = sum(series_of(m, MIDNIGHT, NOW).to_numpy() for m in measurands() if m.quantity is Quantity.PV_KW)
    assert np.allclose(np.asarray(line.y)[: len(expected)], expected)
    assert np.isnan(np.asarray(line.y)[len(expected) :]).all()
    assert line.x[0] == datetime(2020, 9, 27)  # noqa: DTZ001 - wall clock
    assert (line.line.color, line.line.width, line.line.dash) == (LIGHT.pv, 2, None)
    assert line.connectgaps is False
    assert "kW" in line.hovertemplate


def test_the_forecast_is_dotted_and_its_band_lies_around_it() -> None:
    figure = time_series_figure(chart_series(overview(), Quantity.PV_KW))
    (forecast,) = traces(figure, "forecast")
    lower, upper = traces(figure, "band")
    assert forecast.line.dash == "2px,3px"
    assert upper.fill == "tonexty"
    assert (np.asarray(lower.y) <= np.asarray(forecast.y)).all()
    assert (np.asarray(forecast.y) <= np.asarray(upper.y)).all()
    assert [trace.name for trace in figure.data].index("Measured") == len(figure.data) - 1


def test_without_a_plan_there_is_no_forecast_and_no_word_of_it() -> None:
    series = chart_series(overview(planned=False), Quantity.LOAD_KW)
    figure = time_series_figure(series)
    assert traces(figure, "forecast") == []
    assert [chip.children[1] for chip in legend_chips(series)] == ["Measured", "Building 1", "Building 6"]


def test_a_forecast_is_not_averaged_over_long_steps() -> None:
    assert chart_series(overview("?range=year"), Quantity.PV_KW).forecast is None


def test_arrays_are_there_but_hidden_until_asked_for() -> None:
    series = chart_series(overview(), Quantity.PV_KW)
    figure = time_series_figure(series)
    (first,) = traces(figure, "101")
    assert (first.name, first.visible) == ("Array 1", False)
    pressed = {chip.children[1]: getattr(chip, "aria-pressed") for chip in legend_chips(series)}
    assert (pressed["Measured"], pressed["80 % band"], pressed["Array 6"]) == ("true", "true", "false")


def test_a_gap_is_shaded_and_the_line_is_broken() -> None:
    gap = (datetime(2020, 9, 27, 0, tzinfo=UTC), datetime(2020, 9, 27, 6, tzinfo=UTC))
    figure = time_series_figure(chart_series(overview(hidden={"101": gap}), Quantity.PV_KW))
    (line,) = traces(figure, "measured")
    assert np.isnan(np.asarray(line.y)[40:64]).all()
    shaded = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert [(shape.x0.hour, shape.x1.hour) for shape in shaded] == [(10, 16)]
    assert "no data" in [note.text for note in figure.layout.annotations]


def test_now_is_a_line_with_its_time_and_the_unit_stands_over_the_axis() -> None:
    figure = time_series_figure(chart_series(overview(), Quantity.LOAD_KW))
    texts = [note.text for note in figure.layout.annotations]
    assert "Now 13:30" in texts
    assert "kW" in texts
    assert figure.layout.yaxis.title.text is None
    assert list(figure.layout.yaxis.range) == [0, 80]
    assert figure.layout.yaxis.dtick == 20


def test_a_past_range_has_no_line_of_now() -> None:
    figure = time_series_figure(chart_series(overview("?range=day&at=2020-09-20"), Quantity.LOAD_KW))
    assert not [note for note in figure.layout.annotations if "Now" in note.text]


def test_both_charts_share_the_x_axis() -> None:
    both = [time_series_figure(chart_series(overview(), quantity)) for quantity in (Quantity.PV_KW, Quantity.LOAD_KW)]
    first, second = (figure.layout.xaxis for figure in both)
    assert first.range == second.range
    assert first.tickvals == second.tickvals
    assert first.ticktext[0] == "<b>Sun 27\u00a0Sep</b>"


def test_hourly_means_keep_the_energy_of_the_quarter_hours() -> None:
    fine = chart_series(overview("?range=day&at=2020-09-20"), Quantity.PV_KW).measured.values
    coarse = chart_series(overview("?range=day&at=2020-09-20&resolution=60"), Quantity.PV_KW).measured.values
    assert (len(fine), len(coarse)) == (96, 24)
    assert coarse.sum() == pytest.approx(fine.sum() / 4)


@pytest.mark.parametrize("days", [1, 2, 3, 7, 14, 31, 92, 366, 730])
def test_a_phone_never_gets_more_than_five_labels(days: int) -> None:
    places, texts = time_ticks(MIDNIGHT, MIDNIGHT + timedelta(days=days), ZONE, phone=True)
    assert 2 <= len(places) == len(texts) <= 5


@pytest.mark.parametrize(
    ("minutes", "first", "every"),
    [(15, "13:30", 5), (30, "13:30", 5), (60, "13:30", 10), (180, "13:30", 30), (720, "14:00", 120)],
)
def test_a_short_range_has_ticks_on_round_times(minutes: int, first: str, every: int) -> None:
    places, texts = time_ticks(NOW_HALF, NOW_HALF + timedelta(minutes=minutes), ZONE)
    assert (texts[0], places[1] - places[0]) == (first, timedelta(minutes=every))
    assert 2 <= len(places) <= 8
    assert 2 <= len(time_ticks(NOW_HALF, NOW_HALF + timedelta(minutes=minutes), ZONE, phone=True)[0]) <= 5


@pytest.mark.parametrize("highest", [0.3, 1.0, 5.2, 64.2, 99.9, 129.7, 1000.0])
def test_an_axis_has_two_to_five_round_steps(highest: float) -> None:
    top, tick = nice_top(highest)
    assert top >= highest
    assert 2 <= round(top / tick) <= 5


def test_a_single_value_is_seen_though_it_makes_no_line() -> None:
    figure = time_series_figure(chart_series(overview("?range=30min"), Quantity.LOAD_KW))
    assert traces(figure, "measured")[0].mode == "lines+markers"
    figure = time_series_figure(chart_series(overview(), Quantity.LOAD_KW))
    assert traces(figure, "measured")[0].mode == "lines"


def test_a_chart_knows_whether_points_were_left_out() -> None:
    year = time_series_figure(chart_series(overview("?range=year&resolution=15"), Quantity.PV_KW))
    assert year.layout.meta["downsampled"] is True
    assert max(len(trace.x) for trace in year.data) <= MAX_POINTS
    assert time_series_figure(chart_series(overview(), Quantity.PV_KW)).layout.meta["downsampled"] is False

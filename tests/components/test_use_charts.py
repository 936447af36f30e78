"""The charts of demand, days and weather: what is drawn is what was given, gaps stay gaps, both themes can draw it."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from components.cards import Figure, kpi_card
from components.day_bars import DayBar, day_bars_figure
from components.demand_marks import draw_limit, mark_peak
from components.duration_curve import POINTS, duration_figure
from components.energy_scatter import ScatterData, energy_scatter_figure
from components.graph import drawn
from components.heat_map import SCALE, heat_map_figure
from components.templates import recolouring
from components.tokens import DARK, LIGHT, rgb_of
from components.weather_chart import WeatherData, temperature_range, weather_figure
from dash_app.domain.load_profile import DayGrid, day_grid, duration_curve
from dash_app.domain.weather import Weather
from tests.components.test_parts import words

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2020, 10, 27, 12, tzinfo=UTC)


def autumn() -> DayGrid:
    """Return 24 to 27 October 2020: a day of 25 hours, three hours missing on the 24th, the 27th half over."""
    index = pd.date_range(datetime(2020, 10, 23, 23, tzinfo=UTC), NOW, freq="h", inclusive="left")
    power = pd.Series(np.arange(len(index), dtype=float) + 40.0, index=index)
    power.iloc[[5, 6, 9]] = np.nan
    return day_grid(power, date(2020, 10, 24), date(2020, 10, 27), LONDON, NOW)


def trace(figure: go.Figure, meta: str) -> Any:
    return next(one for one in figure.data if one.meta == meta)


def scatter(**more: Any) -> ScatterData:
    given = {
        "x": [1.0, 5.0],
        "energy_kwh": [100.0, 180.0],
        "days": [date(2021, 1, 8), date(2021, 1, 9)],
        "line": [(0.0, 90.0), (5.0, 175.0)],
        "x_title": "Heating degree days",
        "x_unit": "Kd",
    }
    return ScatterData(**(given | more))


def weather(values: pd.DataFrame | None = None) -> WeatherData:
    start = datetime(2020, 10, 26, tzinfo=UTC)
    index = pd.date_range(start, periods=36, freq="h", name="time")
    columns = {Weather.TEMPERATURE_C: 5.0, Weather.HUMIDITY: 0.8, Weather.IRRADIANCE_W_M2: 120.0}
    frame = pd.DataFrame({column.value: value for column, value in columns.items()}, index=index)
    shown = frame if values is None else values
    return WeatherData(start=start, end=start + timedelta(days=2), now=NOW, zone=LONDON, values=shown)


def test_a_cell_says_its_day_its_hour_and_its_power() -> None:
    field = heat_map_figure(autumn()).data[0]
    assert field.text[0][1] == "Sun 25\u00a0Oct\u00a02020, 00:00–01:00<br>64.0\u00a0kW"
    assert field.z[0][1] == 64.0
    assert field.text[1][1].endswith("clock passed twice, mean of both")
    assert field.z[1][1] == 65.5


def test_missing_hours_are_hatched_and_hours_to_come_are_not() -> None:
    hatched = trace(heat_map_figure(autumn()), "missing")
    assert hatched.fillpattern.shape == "/"
    assert list(hatched.y[::6]) == [5 * 60, 9 * 60]
    assert hatched.y[2] == 7 * 60
    assert set(hatched.x) == {-0.5, 0.5, None}


def test_the_field_as_a_table_has_a_row_for_each_day_and_no_number_where_nothing_is() -> None:
    rows = heat_map_figure(autumn()).layout.meta["rows"]
    assert len(rows) == 5
    assert rows[0][:2] == ["Day", "00:00"]
    assert rows[1][6:9] == ["", "", "47.0"]
    assert rows[4][13:] == [""] * 12


def test_the_scale_gets_steadily_farther_from_the_surface_in_both_themes() -> None:
    def luminance(colour: str) -> float:
        red, green, blue = rgb_of(colour)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light = [luminance(colour) for _place, colour in SCALE]
    dark = [luminance(recolouring()[colour]) for _place, colour in SCALE]
    assert light == sorted(light, reverse=True)
    assert dark == sorted(dark)
    assert min(abs(np.diff(light))) > 60
    assert min(abs(np.diff(dark))) > 60
    assert recolouring()[LIGHT.load] == DARK.load


@pytest.mark.parametrize(("low", "high", "begins"), [(2.0, 50.0, 0.0), (27.0, 58.0, 20.0), (0.0, 0.0, 0.0)])
def test_the_scale_begins_at_zero_unless_that_is_far_away(low: float, high: float, begins: float) -> None:
    index = pd.date_range("2020-10-26", periods=24, freq="h", tz="UTC")
    power = pd.Series([low, high] * 12, index=index)
    grid = day_grid(power, date(2020, 10, 26), date(2020, 10, 26), LONDON, NOW)
    assert heat_map_figure(grid).data[0].zmin == begins


def test_a_field_without_any_value_draws_its_axes() -> None:
    empty = pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC"))
    figure = heat_map_figure(day_grid(empty, date(2020, 10, 1), date(2020, 10, 3), LONDON, NOW))
    assert figure.layout.xaxis.range == (-0.5, 2.5)
    assert len(trace(figure, "missing").x) == 3 * 6


def test_the_curve_keeps_both_ends_and_few_points() -> None:
    curve = duration_curve(pd.Series(np.arange(10_000, dtype=float)))
    figure = duration_figure(curve, 500.0)
    line = trace(figure, "curve")
    assert len(line.x) <= POINTS
    assert (line.y[0], line.y[-1], line.x[-1]) == (9999.0, 0.0, 100.0)
    assert figure.layout.annotations[0].text == "Base load 500\u00a0kW"
    assert figure.layout.meta["rows"][3] == ["5", "9500.000"]
    assert duration_figure(duration_curve(pd.Series(dtype=float)), None).layout.meta["rows"][1:] == []


def test_a_peak_is_ringed_where_the_drawn_mean_holds_it() -> None:
    index = pd.date_range("2020-10-26", periods=4, freq="h", tz="UTC")
    figure = go.Figure()
    mark_peak(
        figure, datetime(2020, 10, 26, 1, 45, tzinfo=UTC), 9.0, LONDON, pd.Series([1.0, 6.0, 2.0, 1.0], index=index)
    )
    ring = trace(figure, "peak")
    assert (list(ring.y), ring.x[0].hour) == ([6.0], 1)
    assert figure.layout.annotations[0].text == "Peak 9.0\u00a0kW"


def test_a_limit_near_by_is_a_line_and_one_far_away_is_said() -> None:
    near, far = (go.Figure().update_yaxes(range=[0, 100]) for _place in range(2))
    draw_limit(near, 120.0)
    draw_limit(far, 300.0)
    assert near.layout.shapes[0].y0 == 120.0
    assert near.layout.yaxis.range[1] > 120.0
    assert far.layout.shapes == ()
    assert far.layout.annotations[0].text == "Import limit 300\u00a0kW, above this chart"
    assert far.layout.yaxis.range[1] == 100


def test_weekends_are_hollow_and_the_line_is_the_one_given() -> None:
    figure = energy_scatter_figure(scatter())
    days = trace(figure, "days")
    assert list(days.marker.color) == [LIGHT.load, LIGHT.surface]
    assert days.customdata[1] == "Sat 9\u00a0Jan\u00a02021<br>5.0\u00a0Kd<br>180\u00a0kWh"
    assert list(trace(figure, "line").y) == [90.0, 175.0]
    assert figure.layout.meta["rows"] == [
        ["Day", "Heating degree days [Kd]", "Energy [kWh]"],
        ["2021-01-08", "1.00", "100.00"],
        ["2021-01-09", "5.00", "180.00"],
    ]
    assert len(energy_scatter_figure(scatter(line=[])).data) == 1


def test_a_day_that_is_not_whole_is_light_and_says_so() -> None:
    days = [
        DayBar(day=date(2021, 1, 8), energy_kwh=100.0, before_kwh=90.0, whole=True),
        DayBar(day=date(2021, 1, 9), energy_kwh=40.0, before_kwh=None, whole=False),
    ]
    figure = day_bars_figure(days, now_name="Energy", before_name="Before")
    bars = trace(figure, "now")
    assert list(bars.y) == [100.0, 40.0]
    assert bars.marker.color[1].endswith("0.35)")
    assert "Not a whole day" in bars.customdata[1]
    assert list(trace(figure, "before").y) == [90.0, 90.0, None]
    assert figure.layout.meta["rows"][2] == ["2021-01-09", "40.00", "", "no"]


def test_the_rows_of_the_weather_share_one_axis_and_humidity_is_in_percent() -> None:
    figure = weather_figure(weather())
    assert [one.yaxis for one in figure.data] == ["y", "y2", "y3"]
    assert all(one.xaxis in {None, "x"} for one in figure.data)
    assert figure.data[1].y[0] == 80.0
    assert figure.layout.meta["units"]["temperature_c"] == "°C"
    assert figure.layout.meta["phone_ticks"]


def test_a_frost_has_room_below_zero() -> None:
    assert temperature_range(pd.Series([-7.0, 3.0])) == (-10.0, 5.0, 5.0)
    assert temperature_range(pd.Series([4.0])) == (4.0, 5.0, 1.0)


def test_a_formula_opens_with_the_keyboard_and_only_where_there_is_one() -> None:
    given = {"key": "a", "label": "Load factor", "text": "74", "unit": "%", "context": "", "value": 0.74}
    explained = words(kpi_card(Figure(**given, formula="Mean ÷ peak")))
    assert "Mean ÷ peak" in explained
    assert "How Load factor is computed" in str(kpi_card(Figure(**given, formula="Mean ÷ peak")).to_plotly_json())
    assert "Details" not in str(kpi_card(Figure(**given)).to_plotly_json())


@pytest.mark.parametrize(
    "figure",
    [
        heat_map_figure(autumn()),
        duration_figure(duration_curve(pd.Series([1.0, 2.0])), 1.0),
        energy_scatter_figure(scatter()),
        day_bars_figure([DayBar(day=date(2021, 1, 8), energy_kwh=1.0, before_kwh=2.0, whole=False)], now_name="a",
                        before_name="b"),
        weather_figure(weather()),
    ],
)  # fmt: skip
def test_every_colour_has_a_twin_in_the_dark_theme(figure: go.Figure) -> None:
    known = set(recolouring()) | {f"rgba({','.join(map(str, rgb_of(colour)))}" for colour in recolouring()}
    text = json.dumps(drawn(figure, height=200, phone_height=200), default=str)
    for colour in re.findall(r"#[0-9A-F]{6}|rgba\(\d+,\d+,\d+", text):
        assert colour in known or colour == "rgba(0,0,0", colour

"""The graph factory: nothing is uploaded, extremes survive, every colour has its twin in the dark theme."""

import json
import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import dcc
from dash.development.base_component import Component

from components.cards import chart_card
from components.graph import CONFIG, MAX_POINTS, downsampled, drawn, graph
from components.templates import recolouring, template
from components.time_series import time_series_figure
from components.tokens import DARK, LIGHT, rgb_of
from dash_app.domain.site import Quantity
from pages.overview_views import chart_series
from tests.components.drawing import overview


def year(values: np.ndarray) -> pd.Series:
    return pd.Series(values, index=pd.date_range("2020-01-01", periods=len(values), freq="min", tz="UTC"))


def graphs_in(part: Component) -> list[dcc.Graph]:
    return [child for child in part._traverse() if isinstance(child, dcc.Graph)]


def test_no_chart_offers_to_upload_what_it_shows() -> None:
    for part in (graph("a", "A", 236, 200), chart_card("b", "B", height=236, phone_height=200)):
        (found,) = graphs_in(part)
        assert found.config == CONFIG
        assert found.config["showSendToCloud"] is False
        assert found.config["displaylogo"] is False
        assert found.config["displayModeBar"] is False


def test_a_year_of_minutes_keeps_its_extremes_in_two_thousand_points() -> None:
    values = np.sin(np.arange(525_600) / 500)
    values[123_456], values[400_001] = 99.0, -77.0
    shown = downsampled(year(values))
    assert len(shown) <= MAX_POINTS
    assert (shown.max(), shown.min()) == (99.0, -77.0)


def test_no_extreme_is_ever_left_out_however_near_it_is_to_the_others() -> None:
    rng = np.random.default_rng(7)
    for _round in range(20):
        values = rng.uniform(10, 100, 35_040)
        values[rng.integers(0, len(values), 300)] = np.nan
        shown = downsampled(year(values))
        assert len(shown) <= MAX_POINTS
        assert (shown.max(), shown.min()) == (np.nanmax(values), np.nanmin(values))
        assert (shown.index[0], shown.index[-1]) == (year(values).index[0], year(values).index[-1])


def test_a_gap_in_a_downsampled_series_is_still_a_gap() -> None:
    values = np.full(100_000, 5.0)
    values[40_000:40_200] = np.nan
    shown = downsampled(year(values))
    assert len(shown) <= MAX_POINTS
    assert shown.isna().any()


def test_a_short_series_is_not_touched() -> None:
    series = year(np.arange(1000.0))
    assert downsampled(series) is series


def test_every_colour_of_a_chart_has_a_twin_in_the_dark_theme() -> None:
    table = recolouring()
    known = set(table) | {f"rgba({','.join(map(str, rgb_of(colour)))}" for colour in table}
    for quantity in (Quantity.PV_KW, Quantity.LOAD_KW):
        figure = time_series_figure(chart_series(overview(), quantity))
        text = json.dumps(drawn(figure, height=236, phone_height=200), default=str)
        for colour in re.findall(r"#[0-9A-F]{6}|rgba\(\d+,\d+,\d+", text):
            assert colour in known, colour


def test_the_dark_template_has_the_colours_of_the_dark_theme() -> None:
    layout = template(DARK)["layout"]
    assert layout["font"]["color"] == DARK.muted
    assert layout["yaxis"]["gridcolor"] == DARK.chart_grid
    assert recolouring()[LIGHT.surface] == DARK.surface


def test_templates_are_ones_that_plotly_knows() -> None:
    for theme in (LIGHT, DARK):
        go.Figure(layout={"template": template(theme)})


def test_what_the_browser_gets_is_plain_json_with_the_phones_size() -> None:
    filled = drawn(time_series_figure(chart_series(overview(), Quantity.PV_KW)), height=236, phone_height=200)
    assert filled["figure"]["layout"]["height"] == 236
    assert filled["phone"]["height"] == 200
    assert filled["phone"]["margin"]["l"] == 40

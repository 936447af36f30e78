"""The explorer's chart: a row for each unit at least, gaps as gaps, whatever the values and however many."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from components.explorer_chart import (
    ChartRow,
    ExplorerPicture,
    SeriesLine,
    dashes,
    explorer_figure,
    series_chips,
    value_range,
)
from components.graph import MAX_POINTS, drawn
from components.tokens import LIGHT

ZONE = ZoneInfo("Australia/Melbourne")
START = datetime(2020, 9, 26, 14, tzinfo=UTC)
END, NOW = START + timedelta(days=2), START + timedelta(hours=37, minutes=30)


def line(key: str, look: str = "pv", values: list[float] | None = None, **more: bool) -> SeriesLine:
    known = [1.0, 2.0, 3.0] if values is None else values
    index = pd.date_range(START, periods=len(known), freq="15min", name="time")
    return SeriesLine(
        key=key, name=f"Series {key}", look=look, values=pd.Series(known, index=index, dtype=float), **more
    )


def row(*lines: SeriesLine, unit: str = "kW", **more: object) -> ChartRow:
    return ChartRow(title=lines[0].name, unit=unit, lines=lines, **more)  # type: ignore[arg-type]


def picture(*rows: ChartRow, tall: bool = False) -> ExplorerPicture:
    return ExplorerPicture(rows=rows, start=START, end=END, now=NOW, zone=ZONE, tall=tall)


def test_each_row_has_an_axis_of_its_own_and_all_share_the_time() -> None:
    figure = explorer_figure(picture(row(line("a")), row(line("b"), unit="%"), row(line("c"), unit="°C")))
    assert [trace.yaxis for trace in figure.data] == ["y", "y2", "y3"]
    assert {trace.xaxis for trace in figure.data} <= {None, "x"}
    domains = [figure.layout[name].domain for name in ("yaxis", "yaxis2", "yaxis3")]
    assert domains[0][1] == 1.0 and domains[2][0] == pytest.approx(0.0)
    assert all(upper[0] > lower[1] for upper, lower in pairwise(domains))
    assert figure.layout.xaxis.anchor == "y3"


def test_the_unit_of_every_series_travels_for_the_table() -> None:
    figure = explorer_figure(picture(row(line("a"), line("b")), row(line("c"), unit="%")))
    assert figure.layout.meta["units"] == {"a": "kW", "b": "kW", "c": "%"}
    assert [trace.hovertemplate for trace in figure.data] == ["%{y:.4~g} kW", "%{y:.4~g} kW", "%{y:.4~g} %"]


def test_series_of_one_colour_differ_by_their_dash_and_what_lies_ahead_is_dotted() -> None:
    lines = (line("a"), line("b"), line("c", look="load"), line("d", ahead=True))
    found = dashes(lines)
    assert found[0] == "solid" and found[1] != "solid" and found[2] == "solid"
    assert found[3] == "2px,3px"
    assert len({(one.look, dash) for one, dash in zip(lines[:3], found, strict=False)}) == 3


def test_the_legend_has_a_pressed_button_for_each_series() -> None:
    chips = series_chips(picture(row(line("a"), line("b"))))
    assert [getattr(chip, "data-trace") for chip in chips] == ["a", "b"]
    assert {getattr(chip, "aria-pressed") for chip in chips} == {"true"}


def test_names_from_outside_are_no_markup() -> None:
    hostile = "<img src=x onerror=alert(1)> $x$"
    bad = SeriesLine(key="a", name=hostile, look="pv", values=line("a").values)
    filled = drawn(
        explorer_figure(picture(ChartRow(title=hostile, unit=hostile, lines=(bad,)))), height=100, phone_height=100
    )
    texts = [note["text"] for note in filled["figure"]["layout"]["annotations"]] + [filled["figure"]["data"][0]["name"]]
    assert not any("<img" in text or "$x$" in text for text in texts)


@pytest.mark.parametrize(
    ("values", "whole", "ends"),
    [
        ([0.0, 43.4], True, (0.0, 60.0)),
        ([-3.0, 5.2], True, (-3.0, 6.0)),
        ([-5.0, -1.0], True, (-6.0, 0.0)),
        ([0.0, 0.0], True, (0.0, 1.0)),
        ([], True, (0.0, 1.0)),
        ([np.nan, np.inf], True, (0.0, 1.0)),
        ([18.0, 22.0], False, (17.6, 22.4)),
        ([7.0], False, (6.0, 8.0)),
    ],
)
def test_an_axis_holds_every_value(values: list[float], whole: bool, ends: tuple[float, float]) -> None:
    low, high = value_range([pd.Series(values, dtype=float)], whole=whole)
    assert (low, high) == pytest.approx(ends)
    assert low < high


@pytest.mark.parametrize("value", [1e300, -1e300, 1.7e308, -1.7e308])
def test_a_huge_value_has_a_finite_axis(value: float) -> None:
    for whole in (True, False):
        low, high = value_range([pd.Series([value, 1.0])], whole=whole)
        assert np.isfinite([low, high]).all() and low < high


def test_gaps_are_shaded_by_one_area_and_long_ones_say_so() -> None:
    gaps = (
        (START, START + timedelta(hours=1)),
        (START + timedelta(hours=2), START + timedelta(hours=8)),
    )
    figure = explorer_figure(picture(row(line("a"), gaps=gaps)))
    shades = [trace for trace in figure.data if trace.meta.startswith("gaps")]
    assert len(shades) == 1
    assert shades[0].x[0].isoformat() == "2020-09-27T00:00:00"
    assert shades[0].x[6].isoformat() == "2020-09-27T02:00:00"
    assert shades[0].hoverinfo == "skip"
    assert sum(note.text == "no data" for note in figure.layout.annotations) == 1


def test_a_gap_in_the_values_is_not_bridged() -> None:
    figure = explorer_figure(picture(row(line("a", values=[1.0, np.nan, 3.0]))))
    assert figure.data[0].connectgaps is False
    assert np.isnan(figure.data[0].y[1])


def test_long_series_are_thinned_and_keep_their_extremes() -> None:
    values = np.sin(np.arange(35_040) / 50.0)
    values[17_003], values[20_011] = 9.0, -9.0
    figure = explorer_figure(picture(row(line("a", values=values.tolist()))))
    assert len(figure.data[0].y) <= MAX_POINTS
    assert figure.layout.meta["downsampled"] is True
    assert (max(figure.data[0].y), min(figure.data[0].y)) == (9.0, -9.0)


def test_rows_keep_their_height_and_few_of_them_fill_the_card() -> None:
    heights = [picture(*[row(line(str(n))) for n in range(count)]).height for count in (1, 2, 4, 8)]
    assert heights[0] == heights[1] < heights[2] < heights[3]
    tall = picture(row(line("a")), row(line("b")), row(line("c")), tall=True)
    assert tall.height > picture(*tall.rows).height
    assert tall.phone_height < tall.height


def test_nothing_chosen_is_an_empty_plot_with_a_sentence() -> None:
    figure = explorer_figure(picture())
    assert not figure.data
    assert "Nothing is chosen." in [note.text for note in figure.layout.annotations]
    assert figure.layout.xaxis.range[0].isoformat() == "2020-09-27T00:00:00"


def test_colours_are_those_of_the_tokens() -> None:
    figure = explorer_figure(picture(row(line("a", look="grid_import"))))
    assert figure.data[0].line.color == LIGHT.grid_import

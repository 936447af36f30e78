"""Another period beside the present one: where its line lies, how high the axis reaches, and what is said in words."""

import doctest
from datetime import datetime
from functools import partial
from typing import Any

import numpy as np
import pytest

import components.compared
from components.cards import Figure, kpi_row
from components.compared import compared_words, numbers_of, with_other_figures, with_other_period
from components.tokens import LIGHT
from dash_app.domain.comparison import compared_to, laid_over
from dash_app.domain.site import Quantity
from dash_app.domain.view import Compare
from pages.overview_views import chart_view
from tests.components.drawing import overview
from tests.components.test_parts import words


def both(search: str) -> dict[str, Any]:
    """Return the PV chart of a view with that of the day before laid over it."""
    present = overview(search)
    found = compared_to(present.view)
    assert found is not None
    other = chart_view(overview(f"?range=day&at={found.first.isoformat()}"), Quantity.PV_KW)
    places = partial(laid_over, found, present.view)
    return with_other_period(chart_view(present, Quantity.PV_KW), other, places=places, name="Yesterday")


def trace(chart: dict[str, Any], meta: str) -> dict[str, Any]:
    (found,) = [one for one in chart["drawn"]["figure"]["data"] if one.get("meta") == meta]
    return found


def test_the_other_day_lies_on_the_present_axis_below_the_measured_line() -> None:
    chart = both("?range=day&at=2020-09-20&compare=previous")
    alone = trace(chart_view(overview("?range=day&at=2020-09-19"), Quantity.PV_KW), "measured")
    line = trace(chart, "compared")
    assert (line["x"] == alone["x"] + np.timedelta64(1, "D")).all()
    np.testing.assert_array_equal(numbers_of(line["y"]), numbers_of(alone["y"]))
    metas = [one.get("meta") for one in chart["drawn"]["figure"]["data"]]
    assert metas.index("compared") == 0
    assert line["line"]["color"] == LIGHT.neutral


def test_the_legend_and_the_line_below_the_title_name_it() -> None:
    chart = both("?range=day&at=2020-09-20&compare=previous")
    assert words(chart["legend"][-1]) == "Yesterday"
    assert getattr(chart["legend"][-1], "data-trace") == "compared"
    assert "grey: Yesterday" in "".join(map(words, chart["meta"]))


def test_the_axis_reaches_as_high_as_the_higher_of_the_two() -> None:
    low, high = (
        {"drawn": {"figure": {"data": [line(top)], "layout": axis(top)}}, "meta": "", "legend": []} for top in (10, 40)
    )
    for chart, other in ((low, high), (high, low)):
        drawn = with_other_period(chart, other, places=list, name="x")["drawn"]["figure"]
        assert drawn["layout"]["yaxis"] == {"range": [0, 40], "dtick": 20.0}


def line(top: float) -> dict[str, Any]:
    return {"meta": "measured", "type": "scatter", "x": [datetime(2020, 9, 1)], "y": [top]}  # noqa: DTZ001 - wall clock


def axis(top: float) -> dict[str, Any]:
    return {"yaxis": {"range": [0, top], "dtick": top / 2}}


@pytest.mark.parametrize("values", [[None, None], []])
def test_a_chart_stays_as_it_is_when_nothing_was_measured_in_the_other_period(values: list[None]) -> None:
    other = {**line(1), "x": [datetime(2020, 9, 1)] * len(values), "y": values}  # noqa: DTZ001 - wall clock
    chart = {"drawn": {"figure": {"data": [line(1)], "layout": axis(1)}}, "meta": "", "legend": []}
    empty = {"drawn": {"figure": {"data": [other], "layout": axis(1)}}}
    assert with_other_period(chart, empty, places=list, name="x") is chart


def test_a_key_figure_says_what_it_was_and_a_stale_one_keeps_its_age() -> None:
    now = kpi_row([figure("peak", 59.8), figure("total", 10.0, stale="silent for 22 min"), figure("average", 4.0)])
    with_other_figures(now, kpi_row([figure("peak", 58.1), figure("total", 20.0)]), Compare.PREVIOUS)
    assert [words(card.children[-1]) for card in now] == [
        "Previous: 58.1 kW, 3\u00a0% more now",
        "silent for 22 min",
        "as it was",
    ]


def figure(key: str, value: float, stale: str = "") -> Figure:
    return Figure(key=key, label=key, text=str(value), unit="kW", context="as it was", value=value, stale=stale)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (10.0, None, "Last year: no value"),
        (None, 5.0, "Last year: X"),
        (10.0, 0.0, "Last year: X"),
        (10.02, 10.0, "Last year: X, the same now"),
        (0.0, 5.0, "Last year: X, 100\u00a0% less now"),
        (-3.0, 5.0, "Last year: X"),
    ],
)
def test_a_share_is_only_said_where_it_means_something(now: float | None, before: float | None, said: str) -> None:
    assert compared_words(now, before, "X", Compare.YEAR) == said


def test_the_examples_hold() -> None:
    assert doctest.testmod(components.compared).failed == 0

"""The yield on the overview: days against what was to be expected, kWh per kWp; the home of each project type."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from components.yield_bars import YieldBar, yield_bars_figure, yield_chips
from dash_app.domain.project import ProjectType
from dash_app.domain.site import Quantity
from dash_app.domain.time import local_midnight
from dash_app.workflows.overview import Overview, yield_days
from pages.overview_cards import arrays_card
from pages.overview_views import key_figures, load_view, main_quantity, pv_view, second_pv_view
from pages.overview_yield import yield_view
from tests.components.drawing import overview, place
from tests.components.test_parts import words
from tests.fakes.campus import ARRAYS_KWP, NOW, ZONE, measurands, series_of

TODAY = datetime(2020, 9, 27, 14, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


def day_kwh(day: date) -> float:
    """Return what the six arrays brought on a local day, added up one by one."""
    begin, end = local_midnight(day, ZONE), local_midnight(day + ONE_DAY, ZONE)
    arrays = [series_of(m, begin, end) for m in measurands() if m.quantity is Quantity.PV_KW]
    return sum(float(array[at]) for array in arrays for at in array.index) * 0.25


@pytest.fixture(scope="module")
def shown() -> Overview:
    return overview(opening=False)


def drawn(loaded: Overview) -> Any:
    filled = yield_view(loaded)
    assert filled is not None
    return filled["drawn"]["figure"]


def of(figure: Any, key: str) -> Any:
    return next(trace for trace in figure["data"] if trace["meta"] == key)


def test_each_bar_is_the_sum_of_the_arrays_of_that_day(shown: Overview) -> None:
    bars = of(drawn(shown), "actual")
    days = [date(2020, 9, 28) - (13 - place) * ONE_DAY for place in range(14)]
    assert [row[0] for row in drawn(shown)["layout"]["meta"]["rows"][1:]] == [day.isoformat() for day in days]
    assert list(bars["y"]) == pytest.approx([day_kwh(day) for day in days])
    assert bars["marker"]["color"][-1].endswith(",0.4)")  # today is not over


def test_what_is_expected_follows_the_arrays_own_weeks_before(shown: Overview) -> None:
    """The campus has the same sun every day while the real one climbs in September: expected runs ahead a little."""
    rows = drawn(shown)["layout"]["meta"]["rows"][1:-1]
    for _day, actual, expected, low, high in rows:
        assert float(expected) == pytest.approx(float(actual), rel=0.2)
        assert float(low) <= float(expected) <= float(high)


def test_the_first_drawing_does_not_wait_for_the_weeks_before() -> None:
    filled = yield_view(overview())
    assert filled is not None
    assert filled["caption"] == "Reading the weeks before."


def test_without_pv_there_is_no_yield() -> None:
    assert yield_view(overview(at=place(None, "e_demand"))) is None


def test_a_gap_makes_a_day_light_and_leaves_it_out_of_the_count() -> None:
    gap = (datetime(2020, 9, 20, 1, tzinfo=UTC), datetime(2020, 9, 20, 4, tzinfo=UTC))
    loaded = overview(opening=False, hidden={"101": gap})
    bars = [bar for bar in loaded.yields or () if bar.day == date(2020, 9, 20)]
    assert [bar.whole for bar in bars] == [False]
    assert "of 12 complete days" in (yield_view(loaded) or {})["caption"]


def test_a_place_that_is_not_set_up_expects_nothing_and_says_so(shown: Overview) -> None:
    bare = replace(shown, yields=tuple(replace(day, expected=None) for day in shown.yields or ()))
    caption = (yield_view(bare) or {})["caption"]
    assert caption.startswith("What was to be expected is not known")
    assert "Lowest: " in caption


@pytest.mark.parametrize(
    ("search", "first", "last"),
    [
        ("", date(2020, 9, 15), date(2020, 9, 28)),
        ("?range=month&at=2020-08-10", date(2020, 8, 1), date(2020, 8, 31)),
        ("?range=year", date(2020, 8, 29), date(2020, 9, 28)),
        ("?range=day&at=2020-09-20", date(2020, 9, 7), date(2020, 9, 20)),
    ],
)
def test_the_days_shown_are_a_fortnight_to_a_month(search: str, first: date, last: date) -> None:
    days = yield_days(overview(search).view)
    assert (days[0], days[-1]) == (first, last)
    assert len(days) == (last - first).days + 1


def test_the_specific_yield_is_energy_over_nameplate() -> None:
    arrays = [series_of(m, TODAY, NOW) for m in measurands() if m.quantity is Quantity.PV_KW]
    kwh = sum(float(array.sum()) for array in arrays) * 0.25
    text = words(arrays_card(overview()))
    assert f"Specific yield today: {kwh / sum(ARRAYS_KWP):.2f}\xa0kWh/kWp of {sum(ARRAYS_KWP):.0f}\xa0kWp." in text


def test_without_a_nameplate_there_is_no_specific_yield() -> None:
    known = place()
    assert known.site is not None
    bare = replace(known, site=replace(known.site, arrays=known.site.arrays[:5]))
    assert "Specific yield" not in words(arrays_card(overview(at=bare)))


def of_type(kind: ProjectType) -> Overview:
    known = place()
    return overview(at=replace(known, project=replace(known.project, type=kind)))


@pytest.mark.parametrize("kind", [ProjectType.NORMAL, ProjectType.ABNORMAL, ProjectType.TEMPERATURE])
def test_the_home_of_a_consumer_begins_with_the_demand(kind: ProjectType) -> None:
    loaded = of_type(kind)
    assert main_quantity(loaded.place) is Quantity.LOAD_KW
    assert pv_view(loaded) is None
    assert load_view(loaded)["drawn"]["figure"]["data"]
    assert second_pv_view(loaded) is not None
    labels = [figure.label for figure in key_figures(loaded)]
    assert labels == ["Current demand", "Total demand", "Average demand", "Peak demand"]
    meters = [series_of(m, TODAY - ONE_DAY, NOW) for m in measurands() if m.quantity is Quantity.LOAD_KW]
    assert key_figures(loaded)[1].value == pytest.approx(sum(float(meter.sum()) for meter in meters) * 0.25)


def test_the_home_of_a_producer_begins_with_pv() -> None:
    loaded = of_type(ProjectType.PV)
    assert pv_view(loaded) is not None
    assert second_pv_view(loaded) is None
    assert key_figures(loaded)[0].label == "Current power"
    assert all(figure.formula for figure in key_figures(loaded))


def test_a_tick_stands_over_each_bar_and_the_range_behind_it() -> None:
    bars = [
        YieldBar(day=date(2020, 9, 1), actual_kwh=700, expected_kwh=650, low_kwh=500, high_kwh=720),
        YieldBar(day=date(2020, 9, 2), actual_kwh=400, expected_kwh=650, low_kwh=500, high_kwh=720),
        YieldBar(day=date(2020, 9, 3), actual_kwh=None, whole=False),
    ]
    assert [bar.inside for bar in bars] == [True, False, None]
    figure = yield_bars_figure(bars)
    traces = {trace.meta: trace for trace in figure.data}
    assert [y for y in traces["expected"].y if y is not None] == [650] * 4
    assert (list(traces["range"].base), list(traces["range"].y)) == ([500, 500], [220, 220])
    assert [trace.meta for trace in figure.data].index("range") < [trace.meta for trace in figure.data].index("actual")
    assert list(traces["actual"].y) == [700, 400, None]
    assert traces["actual"].customdata[0].split("<br>") == [
        "Tue 1\xa0Sep\xa02020", "Actual 700\xa0kWh", "Expected 650\xa0kWh", "8 of 10 days: 500\xa0kWh to 720\xa0kWh",
    ]  # fmt: skip
    assert {chip.to_plotly_json()["props"]["data-trace"] for chip in yield_chips()} == set(traces)


def test_no_days_are_an_empty_chart() -> None:
    assert yield_bars_figure([]).layout.yaxis.range == (0, 1)

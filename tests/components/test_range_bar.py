"""The range bar: real links, the resolution's reasons, and what an address could not say."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
import pytest
from dash import dcc, html

from components.range_bar import RangeIds, range_bar
from components.range_words import fallback_words
from dash_app.domain.address import parse_view
from dash_app.domain.view import Range, View
from tests.components.test_parts import words
from tests.fakes.campus import NOW

IDS = RangeIds.of("page")
QUARTER = timedelta(minutes=15)


def view_of(search: str) -> View:
    return parse_view(search, now=NOW, zone=ZoneInfo("Australia/Melbourne"), native=QUARTER)


def bar(search: str = "") -> html.Div:
    return range_bar(view_of(search), "/p/monash/", IDS)


def links(part: Any) -> dict[str, str]:
    return {words(child).strip(): child.href for child in part._traverse() if isinstance(child, html.A)}


def controls(part: Any) -> dict[str, Any]:
    return {child.id: child for child in part._traverse() if isinstance(child, dbc.Select | dbc.Input | dcc.Store)}


def test_every_range_is_a_real_link() -> None:
    found = links(bar())
    assert found["48\u00a0h"] == "/p/monash/"
    assert found["Week"] == "/p/monash/?range=week"
    assert found["Custom"].startswith("/p/monash/?range=custom&from=2020-09-27&to=2020-09-28")


def test_the_range_in_use_is_marked_for_eyes_and_ears() -> None:
    current = [part for part in bar("?range=week")._traverse() if getattr(part, "aria-current", None)]
    assert [words(part) for part in current] == ["Week"]


def test_nothing_leads_into_the_future() -> None:
    assert "Later" not in links(bar())
    assert links(bar("?range=day&at=2020-09-20"))["Later"] == "/p/monash/?range=day&at=2020-09-21"
    assert links(bar("?range=day&at=2020-09-20"))["Earlier"] == "/p/monash/?range=day&at=2020-09-19"


def test_finer_than_measured_is_disabled_with_the_reason() -> None:
    options = {option["value"]: option for option in controls(bar())["page-resolution"].options}
    assert list(options) == ["auto", "360", "180", "120", "60", "30", "15", "10", "5"]
    assert options["5"]["disabled"] is True
    assert options["5"]["label"] == "5\u00a0min: measured every 15\u00a0min"
    assert options["15"]["disabled"] is False


def test_dates_keep_to_the_two_years_and_to_today() -> None:
    shown = controls(bar("?range=custom&from=2020-09-01&to=2020-09-03"))
    assert (shown["page-from"].value, shown["page-to"].value) == ("2020-09-01", "2020-09-03")
    assert (shown["page-from"].min, shown["page-to"].max) == ("2018-09-29", "2020-09-28")


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("?range=fortnight", "“fortnight” is not a range we know. Showing 48\u00a0h."),
        ("?resolution=7", "“7” is not a resolution we know. Showing 15\u00a0min."),
        ("?resolution=5", "Nothing here is measured every 5 min. Showing 15\u00a0min."),
        ("?range=day&at=soon", "“soon” is not a date. Showing 2020-09-28."),
        ("?range=day&at=2021-01-01", "2021-01-01 lies in the future. Showing 2020-09-28."),
        ("?range=day&at=2017-01-01", "2017-01-01 is more than two years ago. Showing 2018-09-29."),
        ("?resolution=0", "“0” is not a resolution we know. Showing 15\u00a0min."),
        ("?range=15min&resolution=30", "Steps of 30 min are longer than the range. Showing 15\u00a0min."),
        ("?compare=mars", "“mars” is not a comparison we know."),
        ("?range=day&at=9999-99-99", "“9999-99-99” is not a date. Showing 2020-09-28."),
        ("?range=day&range=week", "“range” stands in the address more than once: day, week. Showing Week."),
        (
            "?range=custom&from=2020-09-20&to=2020-09-10",
            "The range ends on 2020-09-10, before it begins. Showing 48\u00a0h.",
        ),
    ],
)
def test_a_value_that_was_not_used_is_named_in_words(search: str, text: str) -> None:
    assert [fallback_words(fallback) for fallback in view_of(search).fallbacks] == [text]


@pytest.mark.parametrize(
    "search",
    [
        "",
        "?range=eon&resolution=7",
        "?range=custom&from=2020-09-01&to=2020-09-03",
        "?range=3h&compare=previous",
        "?range=day&resolution=60&compare=year",
    ],
)
def test_the_store_says_what_the_controls_show(search: str) -> None:
    shown = controls(bar(search))
    dates = {name: shown[f"page-{name}"].value if f"page-{name}" in shown else None for name in ("from", "to")}
    chosen = {name: shown[f"page-{name}"].value for name in ("resolution", "range", "recent", "compare")}
    assert shown["page-rendered"].data == chosen | dates


def test_short_ranges_are_in_one_select_beside_the_segment() -> None:
    options = controls(bar("?range=3h"))["page-recent"].options
    assert [option["label"] for option in options] == [
        "Last 15\u00a0min", "Last 30\u00a0min", "Last 1\u00a0h", "Last 3\u00a0h", "Last 12\u00a0h",
        "Last 24\u00a0h",
    ]  # fmt: skip
    assert controls(bar("?range=3h"))["page-recent"].value == "3h"
    assert controls(bar(""))["page-recent"].value is None
    assert controls(bar(""))["page-recent"].placeholder == "Last …"
    assert not [part for part in bar("?range=3h")._traverse() if getattr(part, "aria-current", None)]


def test_a_phone_has_every_range_in_one_select() -> None:
    options = controls(bar())["page-range"].options
    assert [option["value"] for option in options] == [kind.value for kind in Range]


def test_a_range_shorter_than_a_step_is_disabled_with_the_reason() -> None:
    view = parse_view("", now=NOW, zone=ZoneInfo("Australia/Melbourne"), native=timedelta(hours=1))
    options = {one["value"]: one for one in controls(range_bar(view, "/", IDS))["page-recent"].options}
    assert options["30min"]["disabled"] is True
    assert options["30min"]["label"] == "Last 30\u00a0min: measured every 1\u00a0h"
    assert options["1h"]["disabled"] is False


def test_one_can_compare_with_the_period_before_and_with_last_year() -> None:
    select = controls(bar("?compare=year"))["page-compare"]
    assert [option["label"] for option in select.options] == ["No comparison", "Previous period", "Last year"]
    assert select.value == "year"
    assert links(bar("?compare=year"))["Week"] == "/p/monash/?range=week&compare=year"


def test_a_range_that_ends_now_says_so_where_the_stepper_stands_still() -> None:
    shown = bar("?range=3h")
    assert links(shown)["Now Last 3\u00a0h"] == "/p/monash/?range=3h"
    assert "Earlier" not in links(shown)
    assert "This range ends now." in words(shown)

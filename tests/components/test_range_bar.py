"""The range bar: real links, the resolution's reasons, and what an address could not say."""

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dash_bootstrap_components as dbc
import pytest
from dash import dcc, html

from components.range_bar import RangeIds, fallback_words, range_bar, search_after
from dash_app.domain.address import parse_view
from dash_app.domain.view import View
from tests.components.test_parts import words
from tests.fakes.campus import NOW

IDS = RangeIds(address="a", rendered="r", resolution="res", phone_range="kind", first="from", last="to")
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
    options = {option["value"]: option for option in controls(bar())["res"].options}
    assert list(options) == ["auto", "360", "180", "120", "60", "30", "15", "10", "5"]
    assert options["5"]["disabled"] is True
    assert options["5"]["label"] == "5\u00a0min: measured every 15\u00a0min"
    assert options["15"]["disabled"] is False


def test_dates_keep_to_the_two_years_and_to_today() -> None:
    shown = controls(bar("?range=custom&from=2020-09-01&to=2020-09-03"))
    assert (shown["from"].value, shown["to"].value) == ("2020-09-01", "2020-09-03")
    assert (shown["from"].min, shown["to"].max) == ("2018-09-29", "2020-09-28")


@pytest.mark.parametrize(
    ("search", "text"),
    [
        ("?range=fortnight", "“fortnight” is not a range we know. Showing 48\u00a0h."),
        ("?resolution=7", "“7” is not a resolution we know. Showing 15\u00a0min."),
        ("?resolution=5", "Nothing here is measured every 5 min. Showing 15\u00a0min."),
        ("?range=day&at=soon", "“soon” is not a date. Showing 2020-09-28."),
        ("?range=day&at=2021-01-01", "2021-01-01 lies in the future. Showing 2020-09-28."),
        ("?range=day&at=2017-01-01", "2017-01-01 is more than two years ago. Showing 2018-09-29."),
        (
            "?range=custom&from=2020-09-20&to=2020-09-10",
            "The range ends on 2020-09-10, before it begins. Showing 48\u00a0h.",
        ),
    ],
)
def test_a_value_that_was_not_used_is_named_in_words(search: str, text: str) -> None:
    assert [fallback_words(fallback) for fallback in view_of(search).fallbacks] == [text]


def test_drawing_the_controls_anew_changes_no_address() -> None:
    for search in ("", "?range=eon&resolution=7", "?range=custom&from=2020-09-01&to=2020-09-03"):
        shown = controls(bar(search))
        chosen = {"resolution": shown["res"].value, "range": shown["kind"].value}
        chosen |= {"from": shown["from"].value, "to": shown["to"].value} if "from" in shown else {}
        assert search_after(search, shown["r"].data, chosen) is None


def test_a_new_date_keeps_the_other_one() -> None:
    rendered = {"resolution": "auto", "range": "custom", "from": "2020-09-01", "to": "2020-09-03"}
    after = search_after("?range=custom&from=2020-09-01&to=2020-09-03", rendered, {**rendered, "to": "2020-09-05"})
    assert after == "?range=custom&from=2020-09-01&to=2020-09-05"

"""The range bar in a real browser: every choice counts, whenever it is made, and the keyboard stays where it was."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.app.browsing import served
from tests.app.campus_app import Campus, build_campus
from tests.app.test_overview_browser import drawn, opened

CALLBACKS = "**/_dash-update-component*"
NOTHING = {"resolution": "auto", "range": "48h", "recent": None, "compare": "none", "from": None, "to": None}


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


@pytest.fixture(scope="module")
def shared(browser: Browser, address: str) -> Page:
    seen = opened(browser, address)
    drawn(seen.page)
    return seen.page


@pytest.fixture
def page(shared: Page, address: str) -> Page:
    if not shared.url.endswith("/p/monash/"):
        shared.goto(f"{address}/p/monash/")
        drawn(shared)
    return shared


def hold_heads(page: Page) -> list[Route]:
    """Let no head of the page arrive until `let_go`."""
    held: list[Route] = []

    def wait(route: Route) -> None:
        if "overview-head-drawn" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route(CALLBACKS, wait)
    return held


def let_go(page: Page, held: list[Route]) -> None:
    for route in held:
        route.continue_()
    page.unroute(CALLBACKS)


@pytest.mark.parametrize(
    ("search", "changed", "after"),
    [
        ("", {"resolution": "60"}, "?resolution=60"),
        ("?at=2020-09-20", {"resolution": "60"}, "?at=2020-09-20&resolution=60"),
        ("?range=eon", {}, None),
        ("?range=week&at=2020-09-20&resolution=60&m=1,2", {"recent": "3h"}, "?range=3h&m=1,2"),
        ("?at=2020-09-20&compare=year", {"range": "week"}, "?compare=year&range=week"),
        ("?range=week", {"compare": "previous"}, "?range=week&compare=previous"),
    ],
)
def test_what_the_address_is_after_a_choice(
    page: Page, search: str, changed: dict[str, str], after: str | None
) -> None:
    assert address_after(page, search, NOTHING, changed) == after


def test_going_back_to_the_default_leaves_nothing_in_the_address(page: Page) -> None:
    shown = NOTHING | {"resolution": "60", "compare": "year"}
    back = {"resolution": "auto", "compare": "none"}
    assert address_after(page, "?resolution=60&compare=year", shown, back) == ""


def test_a_new_date_keeps_the_other_one(page: Page) -> None:
    shown = NOTHING | {"range": "custom", "from": "2020-09-01", "to": "2020-09-03"}
    search = "?range=custom&from=2020-09-01&to=2020-09-03"
    after = "?range=custom&from=2020-09-01&to=2020-09-05"
    assert address_after(page, search, shown, {"to": "2020-09-05"}) == after
    assert address_after(page, search, shown, {"to": ""}) is None, "a field that is being emptied changes nothing"


def address_after(page: Page, search: str, shown: dict[str, Any], changed: dict[str, str]) -> str | None:
    values = list((shown | changed).values())
    return page.evaluate(
        "([search, shown, values]) => window.dash_clientside.range.searchAfter(search, shown, values)",
        [search, shown, values],
    )


def test_a_resolution_chosen_while_the_bar_is_redrawn_counts(page: Page) -> None:
    held = hold_heads(page)
    page.select_option("#overview-resolution", "60")
    page.wait_for_url(re.compile(r"resolution=60"))
    page.select_option("#overview-resolution", "120")
    let_go(page, held)
    page.wait_for_url(re.compile(r"resolution=120"))
    expect(page.locator(".sb-title-about")).to_contain_text("2\u00a0h values")
    expect(page.locator("#overview-resolution")).to_have_value("120")


def test_no_redraw_takes_away_the_control_that_is_held(page: Page) -> None:
    held = hold_heads(page)
    page.select_option("#overview-compare", "previous")
    page.wait_for_url(re.compile(r"compare=previous"))
    week = page.get_by_role("link", name="Week")
    box = week.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 10, box["y"] + 10)
    page.mouse.down()
    with page.expect_response(lambda answer: "overview-head-drawn" in (answer.request.post_data or "")):
        let_go(page, held)
    page.wait_for_timeout(150)
    page.mouse.up()
    page.wait_for_url(re.compile(r"range=week&compare=previous"))


def test_the_keyboard_stays_where_it_was_when_the_bar_is_redrawn(page: Page) -> None:
    page.locator("#overview-resolution").focus()
    page.locator("#overview-resolution").evaluate("select => select.dataset.before = 'the redraw'")
    page.select_option("#overview-resolution", "30")
    expect(page.locator(".sb-title-about")).to_contain_text("30\u00a0min values")
    expect(page.locator("#overview-resolution")).not_to_have_attribute("data-before", "the redraw")
    expect(page.locator("#overview-resolution")).to_be_focused()
    page.get_by_role("link", name="Week").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".sb-segment .sb-active")).to_have_text("Week")
    expect(page.get_by_role("link", name="Week")).to_be_focused()


def test_a_short_range_is_chosen_beside_the_segment(page: Page) -> None:
    page.select_option("#overview-recent", "3h")
    expect(page.locator(".sb-title-about")).to_contain_text("Last 3\u00a0h")
    page.get_by_role("link", name="48\u00a0h").click()
    expect(page.locator("#overview-recent")).to_have_value("")
    assert page.url.endswith("/p/monash/")


MEASURED = """() => {
  const plot = document.querySelector("[data-chart=overview-pv] .js-plotly-plot");
  const line = plot._fullData.find((trace) => trace.meta === "measured");
  return [line.x.length, new Date(line.x[1]) - new Date(line.x[0])];
}"""


def test_zooming_in_brings_finer_values_and_leaving_it_the_whole(page: Page) -> None:
    page.get_by_role("link", name="Month").click()
    meta = page.locator("#overview-pv-meta")
    expect(meta).to_contain_text("mean of 6\u00a0h")
    whole = page.evaluate(MEASURED)
    box = page.locator("[data-chart=overview-pv] .nsewdrag").first.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 300, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 330, middle, steps=4)
    page.mouse.up()
    expect(meta).to_contain_text("mean of 15\u00a0min")
    expect(page.locator("#overview-load-meta")).to_contain_text("mean of 15\u00a0min")
    assert page.evaluate(MEASURED)[1] == 15 * 60 * 1000
    page.mouse.dblclick(box["x"] + 200, middle)
    expect(meta).to_contain_text("mean of 6\u00a0h")
    assert page.evaluate(MEASURED) == whole

"""A page with the keyboard alone: skip link first, every stop seen, in the order of the page, no trap."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.app.browsing import served
from tests.app.campus_app import Campus, build_campus
from tests.app.test_overview_browser import drawn, opened

MOST_STOPS = 200
CHART_MENU = "#overview-pv-frame details:has(> summary.sb-menu-button)"
STOP = """() => {
  const part = document.activeElement;
  if (!part || part === document.body) return null;
  const mark = part.dataset.stop || (part.dataset.stop = String(window.stops = (window.stops || 0) + 1));
  const looks = [part, part.closest("label"), part.nextElementSibling].filter(Boolean).flatMap((one) =>
    [getComputedStyle(one), getComputedStyle(one, "::after")]);
  const ringed = looks.some((look) => (look.outlineStyle !== "none" && parseFloat(look.outlineWidth) >= 2)
    || /0px 0px 0px [2-4]/.test(look.boxShadow));
  const box = part.getBoundingClientRect();
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < window.innerHeight
    && box.right > 0 && box.left < window.innerWidth;
  const all = [...document.querySelectorAll("*")];
  return { mark, place: all.indexOf(part), ringed, inside, what: part.outerHTML.slice(0, 120),
           text: (part.getAttribute("aria-label") || part.textContent).trim() };
}"""


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = opened(browser, address).page
    drawn(page)
    expect(page.locator("main .sb-loading")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    page.emulate_media(reduced_motion="reduce")  # nothing scrolls slowly or fades in
    yield page
    page.context.close()


def walked(page: Page) -> list[dict[str, Any]]:
    """Press Tab until the page is left, and return where the focus was."""
    stops: list[dict[str, Any]] = []
    for _press in range(MOST_STOPS):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None or (stops and stop["mark"] == stops[0]["mark"]):
            return stops
        stops.append(stop)
    raise AssertionError(f"no end after {MOST_STOPS} stops; the last ones: {[stop['what'] for stop in stops[-4:]]}")


def test_tab_walks_the_whole_page_in_order_and_always_shows_where_it_is(page: Page) -> None:
    stops = walked(page)
    assert stops[0]["text"] == "Skip to the content"
    assert len({stop["mark"] for stop in stops}) == len(stops), "a trap: the focus came back"
    assert [stop["what"] for stop in stops if not stop["inside"]] == []
    assert [stop["what"] for stop in stops if not stop["ringed"]] == []
    places = [stop["place"] for stop in stops]
    assert places == sorted(places)
    reached = [stop["text"] for stop in stops]
    for wanted in ("Recommendations", "Switch between light and dark", "48\xa0h", "overview-resolution", "Review"):
        assert any(wanted in text or wanted in stop["what"] for text, stop in zip(reached, stops, strict=True)), wanted


def test_the_skip_link_leads_into_the_content(page: Page) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('#shell-content') !== null")


@pytest.mark.parametrize("menu", ["#shell-account details", "#shell-switcher details", CHART_MENU])
def test_a_menu_opens_with_the_keyboard_and_escape_gives_the_focus_back(page: Page, menu: str) -> None:
    summary = page.locator(f"{menu} > summary")
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator(menu)).to_have_attribute("open", "")
    page.keyboard.press("Tab")
    assert page.evaluate(f"document.activeElement.closest(`{menu}`) !== null")
    page.keyboard.press("Escape")
    expect(page.locator(menu)).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()


def test_a_chart_is_read_as_a_table_without_a_pointer(page: Page) -> None:
    page.locator(f"{CHART_MENU} > summary").focus()
    page.keyboard.press("Enter")
    for _press in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.chartAction") == "table":
            break
    page.keyboard.press("Enter")
    expect(page.locator("[data-chart-table=overview-pv] table")).to_be_visible()

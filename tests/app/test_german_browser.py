"""German pages in a real browser: nothing English among what was filled in, and long words break no layout."""

from __future__ import annotations

from collections.abc import Iterator
from types import ModuleType

import pytest
from playwright.sync_api import Browser, Page, expect

from dash_app.app import PAGES
from tests.app.browsing import DESK, PHONE, served, sign_in
from tests.app.campus_app import Campus, build_campus
from tests.app.german import English

WITHIN_MS = 20_000
TEXTS = """() => {
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const holder = walker.currentNode.parentElement;
    if (!holder.closest("script, style, footer")) found.push(walker.currentNode.textContent);
  }
  for (const name of ["aria-label", "title", "placeholder"])
    for (const part of document.body.querySelectorAll(`[${name}]`)) found.push(part.getAttribute(name));
  return found;
}"""
TOO_WIDE = """() => [...document.querySelectorAll("main button, main .btn, .sb-nav-words, .sb-tab > span, .sb-badge")]
  .filter((part) => part.offsetParent && !part.querySelector(".visually-hidden"))
  .filter((part) => getComputedStyle(part).display !== "inline" && part.scrollWidth > part.clientWidth + 1)
  .map((part) => part.textContent)"""
NAMES_OF_DATA = {"Import", "Export", "Battery charging", "Battery discharging"}
"""What the fake API calls its measurands: names are shown as they come."""


@pytest.fixture(scope="module")
def english() -> English:
    return English()


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


@pytest.fixture(scope="module")
def phone(browser: Browser, address: str) -> Iterator[Page]:
    page = a_german(browser, address, PHONE)
    yield page
    page.context.close()


def a_german(browser: Browser, address: str, viewport: dict[str, int]) -> Page:
    context = browser.new_context(viewport=viewport, locale="de-DE")  # type: ignore[arg-type]
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    sign_in(page, address)
    page.wait_for_url("**/projects")
    return page


def opened(page: Page, address: str, path: str) -> None:
    page.goto(address + path.replace("<project_id>", "monash"))
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("main h1").first).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator("main .sb-loading")).to_have_count(0, timeout=WITHIN_MS)
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("shown", PAGES, ids=lambda shown: shown.__name__)
def test_a_page_is_german_and_keeps_its_shape_on_a_phone(
    phone: Page, address: str, english: English, shown: ModuleType
) -> None:
    opened(phone, address, shown.PATH)
    assert [text for text in english.among(phone.evaluate(TEXTS)) if text not in NAMES_OF_DATA] == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert phone.evaluate(TOO_WIDE) == []


def test_the_overview_on_a_desk_has_german_axes_and_numbers(browser: Browser, address: str, english: English) -> None:
    page = a_german(browser, address, DESK)
    opened(page, address, "/p/<project_id>/")
    assert [text for text in english.among(page.evaluate(TEXTS)) if text not in NAMES_OF_DATA] == []
    assert page.evaluate(TOO_WIDE) == []
    plot = page.locator("[data-chart=overview-pv] .js-plotly-plot")
    expect(plot.locator("g.xtick text").first).to_have_text("So 27. Sep.")
    layout = "document.querySelector('[data-chart=overview-pv] .js-plotly-plot')._fullLayout"
    assert page.evaluate(f"{layout}.separators") == ",."
    assert page.evaluate(f"{layout}.xaxis.hoverformat") == "%a %d. %b %H:%M"
    expect(page.locator(".sb-kpi-number").nth(1)).to_have_text("1.251")
    expect(page.locator(".sb-kpi-number").nth(2)).to_have_text("33,4")
    page.context.close()

"""A page on paper: A4 upright, light whatever the theme, nothing to click, charts whole and as wide as the sheet."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from components.tokens import DARK, LIGHT
from tests.app.browsing import served
from tests.app.campus_app import Campus, build_campus
from tests.app.test_overview_browser import colour_of, drawn, opened

ONLY_ON_SCREEN = (".sb-nav", ".sb-header", ".sb-bottom", ".sb-range", "main button.sb-tertiary", "main .sb-menu")
SHEET_PX = 186 / 25.4 * 96
WIDTHS = """
[...document.querySelectorAll('.js-plotly-plot')].filter(plot => plot.offsetParent).map(plot => plot._fullLayout.width)
"""


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    page = opened(browser, address, scheme="dark").page
    drawn(page)
    expect(page.locator("main .sb-loading")).to_have_count(0)
    yield page
    page.context.close()


def test_the_sheet_is_upright_a4_and_there_are_few(page: Page) -> None:
    paper = page.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", paper)
    assert {(round(float(width)), round(float(height))) for width, height in sheets} == {(595, 842)}
    assert 1 <= len(sheets) <= 3
    assert len(paper) > 20_000


def test_what_can_only_be_clicked_stays_off_the_sheet(page: Page) -> None:
    page.emulate_media(media="print")
    assert [part for part in ONLY_ON_SCREEN if page.locator(part).locator("visible=true").count()] == []
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator(".sb-title-about")).to_contain_text("27–28")
    expect(page.locator(".sb-banner")).to_be_visible()
    page.emulate_media(media="screen")


def test_paper_is_light_and_says_what_it_is_and_when_it_was_printed(page: Page) -> None:
    assert colour_of(page, "measured") == DARK.pv
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"
    assert colour_of(page, "measured") == LIGHT.pv
    head = page.locator(".sb-print-head")
    expect(head).to_contain_text(page.locator(".sb-switch-name").inner_text())
    assert re.search(r"Printed \d{1,2} \w{3} \d{4}, \d{2}:\d{2}", head.text_content() or "")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    assert colour_of(page, "measured") == DARK.pv


def test_charts_are_as_wide_as_the_sheet_and_come_back(page: Page) -> None:
    before = page.evaluate(WIDTHS)
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    settled(page, lambda widths: all(SHEET_PX - 60 < width <= SHEET_PX for width in widths))
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    settled(page, lambda widths: widths == before)


def settled(page: Page, wanted: Callable[[list[float]], bool]) -> None:
    """Wait until the charts, which Plotly draws in its own time, have the wanted widths."""
    for _try in range(100):
        if wanted(page.evaluate(WIDTHS)):
            return
        page.wait_for_timeout(100)
    raise AssertionError(page.evaluate(WIDTHS))

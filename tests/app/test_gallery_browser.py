"""The gallery in a real browser: every component in every state is accessible, quiet and fits, in both themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from pages import gallery
from pages.gallery_entry import ChartExample
from tests.app.building import build
from tests.app.test_shell_browser import AXE, DESK, PHONE, Watched, a_page, browser, playwright, served, sign_in

__all__ = ["browser", "playwright"]  # fixtures
CHARTS = 1 + sum(isinstance(one, ChartExample) for entry in gallery.entries() for one in entry.examples)
"""The map is the one that is no example of a chart."""
WITHIN_MS = 30_000


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(build(dev_pages=True)) as url:
        yield url


def opened(browser: Browser, address: str, viewport: dict[str, int], scheme: str = "light") -> Watched:
    seen = a_page(browser, address, viewport=viewport, scheme=scheme)
    sign_in(seen.page, address)
    seen.page.wait_for_url("**/projects")
    seen.page.goto(f"{address}{gallery.PATH}")
    expect(seen.page.locator(".sb-gallery .js-plotly-plot .main-svg:first-child")).to_have_count(
        CHARTS, timeout=WITHIN_MS
    )
    return seen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_component_is_accessible_and_quiet(browser: Browser, address: str, scheme: str) -> None:
    seen = opened(browser, address, DESK, scheme)
    faults = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert seen.page.evaluate("window.hurt") is None
    assert seen.away == []
    assert [said for said in seen.said if "webgl" not in said.lower()] == []
    seen.page.context.close()


def test_every_component_fits_a_phone(browser: Browser, address: str) -> None:
    seen = opened(browser, address, PHONE)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    seen.page.context.close()

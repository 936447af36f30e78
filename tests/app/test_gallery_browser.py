"""The gallery in a real browser: every component in every state is accessible, quiet and fits, in both themes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from pages import gallery
from pages.gallery_entry import ChartExample
from tests.app.browsing import AXE, PHONE, Watched, a_page, served, sign_in
from tests.app.building import build

SETTLED = "Promise.all(document.getAnimations().map(change => change.finished.catch(() => null)))"
"""Waits until no colour is on its way any more: halfway between two themes nothing can be judged."""
CHARTS = 1 + sum(isinstance(one, ChartExample) for entry in gallery.entries() for one in entry.examples)
"""The map is the one that is no example of a chart."""
WITHIN_MS = 60_000


@pytest.fixture(scope="module")
def seen(browser: Browser) -> Iterator[Watched]:
    with served(build(dev_pages=True)) as url:
        seen = a_page(browser, url)
        sign_in(seen.page, url)
        seen.page.wait_for_url("**/projects")
        seen.page.goto(f"{url}{gallery.PATH}")
        drawn = seen.page.locator(".sb-gallery .js-plotly-plot .main-svg:first-child")
        expect(drawn).to_have_count(CHARTS, timeout=WITHIN_MS)
        yield seen
        seen.page.context.close()


def faults(seen: Watched) -> list[tuple[str, str]]:
    found = Axe().run(seen.page, options=AXE).response["violations"]
    return [(fault["id"], fault["nodes"][0]["target"]) for fault in found]


def test_every_component_is_accessible_and_quiet_in_both_themes(seen: Watched) -> None:
    assert faults(seen) == []
    seen.page.click(".sb-header [data-theme-toggle]")
    expect(seen.page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    seen.page.evaluate(SETTLED)
    assert faults(seen) == []
    assert seen.page.evaluate("window.hurt") is None
    assert seen.away == []
    assert [said for said in seen.said if "webgl" not in said.lower()] == []


def test_every_component_fits_a_phone(seen: Watched) -> None:
    seen.page.set_viewport_size(PHONE)
    expect(seen.page.locator(".sb-bottom")).to_be_visible()
    seen.page.wait_for_function(f"document.documentElement.scrollWidth <= {PHONE['width']}", timeout=WITHIN_MS)

"""The battery's page and production against demand in a real browser: axe, a quiet console, the chart that splits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.app.battery_app import build_battery
from tests.app.browsing import AXE, DESK, PHONE, Watched, at, served

WITHIN_MS = 15_000
PATHS = {"/p/monash/battery": "battery-power", "/p/monash/production-vs-demand": "production-powers"}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served(build_battery()) as url:  # type: ignore[arg-type]
        yield url


def opened(browser: Browser, address: str, **how: object) -> Watched:
    return at(browser, address, **how)  # type: ignore[arg-type]


def drawn(page: Page, chart: str) -> None:
    page.wait_for_selector(f"[data-chart={chart}] .scatterlayer .trace path", state="attached")
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "dark"), (PHONE, "light")], ids=["1440-dark", "390-light"])
def test_both_pages_are_accessible_quiet_and_ask_nobody_else(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = opened(browser, address, viewport=viewport, scheme=scheme)
    for path, chart in PATHS.items():
        seen.page.goto(address + path)
        drawn(seen.page, chart)
        expect(seen.page.locator(".sb-refreshing")).to_have_count(0)
        faults = Axe().run(seen.page, options=AXE).response["violations"]
        assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == [], path
        assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], path
    assert (seen.said, seen.away) == ([], [])
    seen.page.context.close()


def test_the_chart_splits_by_a_link_that_back_undoes(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    page.goto(f"{address}/p/monash/battery")
    drawn(page, "battery-power")
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Split in two").click()
    expect(page.locator("#battery-stored-frame")).to_be_visible(timeout=WITHIN_MS)
    expect(page.locator("#battery-power-frame")).to_be_hidden()
    page.get_by_role("link", name="Day", exact=True).click()
    expect(page).to_have_url(re.compile(r"range=day&split=1$"))
    page.get_by_role("link", name="Show as one chart").click()  # keeps the range, drawn again or not
    expect(page).to_have_url(re.compile(r"\?range=day$"))
    expect(page.locator("#battery-power-frame")).to_be_visible(timeout=WITHIN_MS)
    page.go_back()
    expect(page.locator("#battery-charge-frame")).to_be_visible(timeout=WITHIN_MS)
    assert page.evaluate("window.kept") is True
    page.context.close()


def test_the_chart_is_also_a_table(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    page.goto(f"{address}/p/monash/battery")
    drawn(page, "battery-power")
    page.locator("summary[aria-label='Menu: Power, state of charge and price']").click()
    page.locator("[data-chart-action=table][data-chart=battery-power]").click()
    frame = page.locator("[data-chart-table=battery-power]")
    expect(frame.locator("thead")).to_contain_text("State of charge, %")
    expect(frame.locator("tbody tr").first).to_contain_text("2020-09-27 00:00")
    page.context.close()

"""The Forecast page in a real browser: axe, a quiet console, the choice of the moment, and its address."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.app.browsing import AXE, DESK, PHONE, Watched, a_page, served, sign_in
from tests.app.campus_app import Campus
from tests.app.forecast_app import build_forecast

PATH = "/p/monash/forecast?range=day"
SELECT = "#forecast-known"
Opened = Callable[..., Watched]


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_forecast()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


@pytest.fixture(scope="module")
def signed_in(browser: Browser, address: str) -> Any:
    page = a_page(browser, address).page
    sign_in(page, address)
    page.wait_for_url("**/projects")
    state = page.context.storage_state()
    page.context.close()
    return state


@pytest.fixture
def opened(browser: Browser, address: str, signed_in: Any) -> Iterator[Opened]:
    contexts: list[BrowserContext] = []

    def open_page(viewport: dict[str, int] = DESK, scheme: str = "light") -> Watched:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, storage_state=signed_in)  # type: ignore[arg-type]
        contexts.append(context)
        seen = Watched(context.new_page(), address)
        seen.page.goto(address + PATH)
        expect(seen.page.locator("#forecast-band-graph .scatterlayer").first).to_be_attached()
        expect(seen.page.locator(".sb-loading")).to_have_count(0)
        return seen

    yield open_page
    for context in contexts:
        context.close()


def settled(page: Page) -> None:
    expect(page.locator("#forecast-switches")).to_be_visible()
    page.wait_for_load_state("networkidle")


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["1440", "390"])
def test_the_page_is_accessible_and_quiet(opened: Opened, viewport: dict[str, int], scheme: str) -> None:
    seen = opened(viewport, scheme)
    settled(seen.page)
    found = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in found] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert (seen.said, seen.away) == ([], [])


def test_a_chosen_moment_goes_into_the_address_and_back_takes_it_away(opened: Opened) -> None:
    page = opened().page
    caption = page.locator("#forecast-band-caption")
    expect(caption).to_contain_text("Of each moment the newest forecast")
    chosen = page.locator(f"{SELECT} option").nth(5).get_attribute("value") or ""
    page.select_option(SELECT, chosen)
    expect(caption).to_contain_text("Issued Mon 28")
    assert chosen.replace(":", "%3A") in page.url and "range=day" in page.url
    page.reload()
    expect(caption).to_contain_text("Issued Mon 28")
    expect(page.locator(SELECT)).to_have_value(chosen)
    page.get_by_role("link", name="PV production").click()
    expect(page.locator("#forecast-band-meta")).to_contain_text("PV production")
    assert chosen.replace(":", "%3A") in page.url
    page.select_option(SELECT, "newest")
    expect(caption).to_contain_text("Of each moment the newest forecast")
    assert "known=" not in page.url
    page.go_back()
    expect(caption).to_contain_text("Issued Mon 28")

"""The live page in a real browser, on fakes: axe, nothing from outside, a dialog that holds it still, Stop."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from dash_app.domain.recommendation import State
from tests.app.browsing import AXE, DESK, PHONE, Watched, served
from tests.app.building import PASSWORD
from tests.app.live_app import MAX, LiveApp, build_live

LINES = "[data-chart=live-setpoint] .scatterlayer .trace"
FOCUSED = ".modal:focus, .modal :focus"


@pytest.fixture
def live() -> LiveApp:
    return build_live()


@pytest.fixture
def address(live: LiveApp) -> Iterator[str]:
    with served(live) as url:  # type: ignore[arg-type]  # it needs only the app
        yield url


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{one['id']}: {node['html'][:200]}" for one in found for node in one["nodes"]]


def opened(browser: Browser, url: str, viewport: dict[str, int] = DESK) -> Watched:
    page = browser.new_page(viewport=viewport, color_scheme="light", reduced_motion="reduce")  # type: ignore[arg-type]
    page.clock.install()
    watched = Watched(page, url)
    page.goto(f"{url}/login")
    page.fill("input[type=email]", MAX)
    page.fill("input[type=password]", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/projects")
    page.goto(f"{url}/p/monash/live")
    expect(page.locator("#live-chain .sb-chain")).to_be_visible()
    expect(page.locator(LINES).first).to_be_attached()
    return watched


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
def test_the_page_is_quiet_accessible_and_fits_in_both_themes(
    browser: Browser, address: str, viewport: dict[str, int]
) -> None:
    watched = opened(browser, address, viewport)
    page = watched.page
    for theme in ("light", "dark"):
        assert page.evaluate("document.documentElement.dataset.bsTheme") == theme
        assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
        assert faults(page) == []
        page.click("#live-stop")
        expect(page.get_by_role("dialog", name="Stop and return to safe rules?")).to_be_visible()
        assert faults(page) == []
        expect(page.locator(FOCUSED)).to_have_count(1)
        page.keyboard.press("Escape")
        expect(page.locator(".sb-dialog")).to_be_hidden()
        page.click("[data-theme-toggle]")
    assert (watched.said, watched.away) == ([], [])
    page.close()


def test_an_open_dialog_holds_the_page_still_and_escape_lets_it_go_on(
    browser: Browser, address: str, live: LiveApp
) -> None:
    page = opened(browser, address).page
    page.click("#live-stop")
    expect(page.locator(FOCUSED)).to_have_count(1)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or ""))
    live.clock.advance(timedelta(seconds=1))
    page.clock.fast_forward(30_000)
    page.keyboard.press("Escape")
    expect(page.locator(".sb-dialog")).to_be_hidden()
    assert not [body for body in asked if "live-tick" in body or "live-chart-tick" in body]
    page.clock.fast_forward(6_000)
    expect(page.locator("#live-now")).to_contain_text("3\xa0s ago", timeout=15_000)
    assert not live.link.asked
    page.close()


def test_stop_asks_once_more_and_then_says_what_it_did(browser: Browser, address: str, live: LiveApp) -> None:
    page = opened(browser, address).page
    page.click("#live-stop")
    page.click("#live-stop-confirm")
    expect(page.locator("#live-outcome")).to_contain_text("Released: Battery 1, simulated battery")
    expect(page.locator(".sb-dialog")).to_be_hidden()
    expect(page.locator("#live-control")).to_contain_text("No plan is in force.")
    assert live.link.asked == [("monash", MAX)]
    assert live.store.recommendations.newest("monash")[0].state is State.STOPPED
    page.close()

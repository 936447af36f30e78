"""The frame in a real browser, on fakes: nothing from outside, a quiet console, axe, theme, links, the countdown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from dash_app.domain.errors import ApiUnavailable
from tests.app.browsing import AXE, DESK, PHONE, a_page, served, sign_in
from tests.app.building import MANAGER, Building, build
from tests.fakes.payloads import a_payload

XSS = '<img src=x onerror="window.hurt=1">$\\href{javascript:window.hurt=1}{x}$'


@pytest.fixture
def address(building: Building) -> Iterator[str]:
    building.store.recommendations.add(a_payload("monash"), by="planner")
    for name in ("dispatcher", "planner"):
        building.store.states.beat(name, "epoch 1")
    with served(building) as url:
        yield url


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_quiet_and_asks_nobody_else(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = a_page(browser, address, viewport, scheme)
    page, found = seen.page, {}
    page.goto(f"{address}/login")
    found["/login"] = Axe().run(page, options=AXE).response["violations"]
    sign_in(page, address)
    page.wait_for_selector(".sb-row")
    for path, ready in (
        ("/projects", ".sb-row"), ("/status", ".sb-status-cards"), ("/p/nobody/", ".sb-nowhere"),
    ):  # fmt: skip
        page.goto(f"{address}{path}")
        page.wait_for_selector(ready)
        expect(page.locator("#shell-account summary")).to_be_visible()
        found[path] = Axe().run(page, options=AXE).response["violations"]
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"], path
    assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
    page.context.close()
    assert {
        path: [(v["id"], v["nodes"][0]["target"]) for v in faults] for path, faults in found.items() if faults
    } == {}
    assert (seen.said, seen.away) == ([], [])


def test_the_theme_is_kept_and_never_flashes(browser: Browser, address: str) -> None:
    page = a_page(browser, address).page
    page.goto(f"{address}/login")
    page.click("[data-theme-toggle]")
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.add_init_script(
        "addEventListener('DOMContentLoaded', () => { window.first = document.documentElement.dataset.bsTheme })"
    )
    page.reload()
    assert page.evaluate("window.first") == "dark"
    page.context.close()


def test_links_change_the_page_without_a_reload_and_back_works(browser: Browser, address: str) -> None:
    page = a_page(browser, address).page
    sign_in(page, address)
    page.wait_for_selector(".sb-row")
    page.evaluate("window.kept = 1")
    page.click(".sb-nav >> text=Status")
    page.wait_for_selector(".sb-status-cards")
    assert page.evaluate("window.kept") == 1
    expect(page).to_have_title(re.compile("^Status"))
    expect(page.locator(".sb-nav [aria-current=page]")).to_have_text("Status")
    page.go_back()
    page.wait_for_selector(".sb-row")
    expect(page).to_have_url(re.compile("/projects$"))
    page.context.close()


def test_the_list_is_searched_and_filtered_while_one_types(browser: Browser, address: str) -> None:
    page = a_page(browser, address).page
    sign_in(page, address)
    page.wait_for_selector(".sb-row")
    page.fill("#projects-search", "fontana PV")
    expect(page.locator(".sb-row:visible")).to_have_count(1)
    page.fill("#projects-search", "nothing like this")
    expect(page.locator("#projects-none")).to_have_text("No project fits.")
    page.fill("#projects-search", "")
    page.click("text=Waiting")
    expect(page.locator(".sb-row:visible")).to_have_count(1)
    expect(page.locator("#projects-none")).to_have_text("")
    page.context.close()


def test_a_project_is_opened_with_the_keyboard(browser: Browser, address: str) -> None:
    page = a_page(browser, address).page
    sign_in(page, address)
    page.wait_for_selector(".sb-row")
    page.focus("#projects-search")
    for _ in range(8):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.classList.contains('sb-row-link')"):
            break
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/p/monash/$"))
    page.context.close()


def test_the_sign_in_repeats_by_itself_and_says_so(browser: Browser, building: Building, address: str) -> None:
    page = a_page(browser, address).page
    page.clock.install()
    building.api.fails = ApiUnavailable("refused")
    sign_in(page, address)
    notice = page.locator(".login-words")
    expect(notice).to_have_text("We cannot reach the server. Trying again in 5 s (2 of 5).")
    page.clock.run_for(2000)
    expect(notice).to_have_text("We cannot reach the server. Trying again in 3 s (2 of 5).")
    building.api.fails = None
    page.clock.run_for(3500)
    expect(page).to_have_url(re.compile("/projects"))
    page.context.close()


def test_wrong_words_are_said_at_once_and_point_at_the_field(browser: Browser, address: str) -> None:
    page = a_page(browser, address).page
    page.goto(f"{address}/login")
    page.fill("input[type=email]", MANAGER)
    page.fill("input[type=password]", "wrong")
    page.press("input[type=password]", "Enter")
    expect(page.locator(".login-words")).to_have_text("Wrong e-mail or password.")
    expect(page.locator("#login-password")).to_be_focused()
    expect(page.locator("#login-password")).to_have_attribute("aria-invalid", "true")
    page.context.close()


def test_signing_out_goes_back_to_the_sign_in(browser: Browser, address: str) -> None:
    page = a_page(browser, address).page
    sign_in(page, address, "/login?next=/status")
    page.wait_for_selector(".sb-status-cards")
    page.click("#shell-account summary")
    page.click("text=Sign out")
    expect(page).to_have_url(re.compile("/login$"))
    page.goto(f"{address}/status")
    expect(page).to_have_url(re.compile("/login\\?next=/status"))
    page.context.close()


def test_a_session_that_ends_while_a_page_is_open_leads_to_the_sign_in(
    browser: Browser, building: Building, address: str
) -> None:
    page = a_page(browser, address).page
    sign_in(page, address)
    page.wait_for_selector(".sb-row")
    building.clock.advance(timedelta(hours=13))
    page.click(".sb-nav >> text=Status")
    expect(page).to_have_url(re.compile("/login\\?"))
    expect(page.locator(".login-words")).to_have_text("Your session has ended. Please sign in again.")
    page.context.close()


def test_a_name_with_markup_does_nothing(browser: Browser) -> None:
    hostile = build(names={"monash": XSS})
    with served(hostile) as url:
        seen = a_page(browser, url)
        sign_in(seen.page, url)
        seen.page.wait_for_selector(".sb-row")
        expect(seen.page.locator(".sb-row-link").first).to_have_text(XSS)
        seen.page.goto(f"{url}/p/monash/")
        expect(seen.page.locator(".sb-switch-name")).to_have_text(XSS)
        assert seen.page.evaluate("window.hurt") is None
        seen.page.context.close()
    assert seen.away == []

"""The data quality page in a real browser: accessible in both themes and sizes, filtered by links, by keyboard too."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from dash_app.app import create_app
from tests.app.browsing import AXE, DESK, PHONE, Watched, at
from tests.app.building import MANAGER, PASSWORD, build
from tests.fakes.api import FakeEnergyApi, FakeSites
from tests.fakes.clock import FakeClock
from tests.fakes.konstanz import END, KonstanzMeasurements, project, site
from tests.fakes.store import FakeStore

AUGUST = "/p/konstanz-4/quality?range=month&at=2016-08-31"


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The app of the house on a free port."""
    clock = FakeClock(END)
    api, store = FakeEnergyApi(clock), FakeStore(clock)
    api.add_person(MANAGER, PASSWORD, project())
    workspace = replace(
        build().workspace,
        clock=clock,
        api=api,
        measurements=KonstanzMeasurements(),
        sites=FakeSites(site()),
        sessions=store.sessions,
        recommendations=store.recommendations,
    )
    server = make_server("127.0.0.1", 0, create_app(workspace).server, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def opened(browser: Browser, address: str, *look: object, path: str = AUGUST) -> Watched:
    """Return the page with its findings."""
    seen = at(browser, address, path, *look)  # type: ignore[arg-type]
    seen.page.wait_for_selector(".sb-dq-days")
    seen.page.wait_for_selector(".sb-findings")
    return seen


def names(page: Page) -> list[str]:
    return page.locator(".sb-finding-title").all_inner_texts()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_and_quiet(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = opened(browser, address, viewport, scheme)
    faults = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    seen.page.context.close()
    assert (seen.said, seen.away) == ([], [])


def test_a_rule_is_chosen_by_keyboard_without_a_reload_and_back_shows_all(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    every = names(page)
    page.evaluate("window.kept = 1")
    page.locator(".sb-filter", has_text="Clock offset").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"rule=clock"))
    expect(page.locator(".sb-finding-title")).to_have_count(1, timeout=20_000)
    assert names(page) == ["Clock offset"]
    assert page.evaluate("window.kept") == 1
    expect(page.locator(".sb-filter[aria-current]")).to_contain_text("Clock offset")
    page.go_back()
    expect(page.locator(".sb-finding-title")).to_have_count(len(every), timeout=20_000)
    page.context.close()


def test_the_ranges_keep_the_rule(browser: Browser, address: str) -> None:
    page = opened(browser, address, path=f"{AUGUST}&rule=clock").page
    page.locator(".sb-segment-entry", has_text="Week").click()
    page.wait_for_url(re.compile(r"range=week.*rule=clock"))
    page.context.close()


def test_on_a_phone_each_finding_is_told_without_scrolling_sideways(browser: Browser, address: str) -> None:
    page = opened(browser, address, PHONE).page
    frame = page.locator(".sb-findings").evaluate("one => one.scrollWidth <= one.parentElement.clientWidth")
    calendar = page.locator(".sb-dq-days-frame").evaluate("one => one.scrollWidth <= one.clientWidth")
    assert (frame, calendar) == (True, True)
    expect(page.locator(".sb-finding-why").first).to_be_hidden()
    page.locator(".sb-finding-folded summary").first.click()
    expect(page.locator(".sb-finding-folded p").first).to_be_visible()
    page.context.close()

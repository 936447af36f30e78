"""The notices in a real browser, on fakes: accessible in both themes and sizes, and a click that takes care of one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from dash_app.domain.notices import NoticeKind, Wanted
from tests.app.browsing import AXE, DESK, PHONE, at, served
from tests.app.building import build
from tests.fakes.clock import FakeClock
from tests.fakes.notices import FakeNotices

PATH = "/p/monash/notices"
TOLD = (
    Wanted(project_id="monash", kind=NoticeKind.WAITING, key="", text="R-7 waits for a decision."),
    Wanted(project_id="monash", kind=NoticeKind.DISPATCH, key="not_followed",
           text="monash-ess1: measured 3.100 kW, told was 12.500 kW, for more than 10 s"),
)  # fmt: skip


@pytest.fixture
def address() -> Iterator[str]:
    notices = FakeNotices(FakeClock())
    notices.update(TOLD, lambda _wanted: [])
    with served(build(notices=notices)) as url:
        yield url


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_notices_are_accessible_and_fit(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = at(browser, address, PATH, viewport, scheme)
    page = seen.page
    expect(page.locator("#notices-rows tbody tr")).to_have_count(2)
    expect(page.locator(".sb-bell")).to_have_text("2")
    faults = Axe().run(page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert (seen.said, seen.away) == ([], [])
    page.context.close()


def test_a_click_takes_care_of_one(browser: Browser, address: str) -> None:
    page = at(browser, address, PATH).page
    page.get_by_role("button", name="Acknowledge: Dispatch failed").click()
    expect(page.locator("#notices-rows tbody tr").first).to_contain_text("max@example.org, Tue")
    expect(page.get_by_role("button", name="Acknowledge")).to_have_count(1)
    page.context.close()

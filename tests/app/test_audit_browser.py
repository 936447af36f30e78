"""The audit page in a real browser, on fakes: accessible in both themes and sizes; filters stay in the address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.app.browsing import AXE, DESK, PHONE, at, served
from tests.app.building import MANAGER, Building

PATH = "/p/monash/audit"


@pytest.fixture
def address(building: Building) -> Iterator[str]:
    audit = building.store.audit
    audit.append(
        who="planner", what="recommendation proposed", project_id="monash", detail="R-12 5f2a", after="proposed"
    )
    audit.append(
        who="a.very.long.address.of.somebody@energy-management.example.org", what="recommendation approved",
        project_id="monash", detail="R-12 5f2a91b0c3d4", before="proposed", after="approved",
    )  # fmt: skip
    audit.append(
        who="dispatcher", what="order unverified", project_id="monash", after="set-point 12.500 kW, measured 3.100 kW",
        detail="monash-ess1, 2026-11-03 11:45 to 12:00 UTC, order 9f8e7d6c5b4a3928, plan 1a2b3c4d5e6f7a8b, stuck",
    )  # fmt: skip
    audit.append(who=MANAGER, what="stop", project_id="monash", detail="released")
    with served(building) as url:
        yield url


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_audit_page_is_accessible_and_fits(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = at(browser, address, PATH, viewport, scheme)
    page = seen.page
    expect(page.locator(".sb-audit tbody tr")).to_have_count(5)
    expect(page.locator("#audit-chain .sb-badge-ok")).to_have_text("Chain whole")
    faults = Axe().run(page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert (seen.said, seen.away) == ([], [])
    page.context.close()


def test_what_is_chosen_stands_in_the_address_and_back_undoes_it(browser: Browser, address: str) -> None:
    page = at(browser, address, PATH).page
    rows = page.locator(".sb-audit tbody tr")
    expect(rows).to_have_count(5)
    page.select_option("#audit-what", "dispatch")
    expect(rows).to_have_count(1)
    expect(page).to_have_url(re.compile(r"\?what=dispatch$"))
    page.fill("#audit-who", "nobody")
    page.press("#audit-who", "Enter")
    expect(page.get_by_text("No rows fit.")).to_be_visible()
    page.go_back()
    expect(rows).to_have_count(1)
    expect(page.locator("#audit-who")).to_have_value("")
    page.reload()
    expect(rows).to_have_count(1)
    expect(page.locator("#audit-what")).to_have_value("dispatch")
    page.context.close()

"""Every page of the app in a real browser on the running demo: accessible, quiet, steady, alone, and linked."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.e2e.demo import Demo, signed_in
from tests.e2e.looking import (
    DESK,
    NARROW,
    NOWHERE,
    PATHS,
    PHONE,
    Witness,
    a_context,
    accused,
    settled,
    shifted,
    width_of,
)

pytestmark = pytest.mark.e2e

LONGEST_NAME = 26
STEADY = 0.1
FIRST_VISIT_BYTES = 2_600_000
OVERVIEW = "/p/monash/"


def manager(context: BrowserContext, demo: Demo) -> Page:
    return signed_in(context, demo, demo.sign_in_of("manager"))


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_accessible_quiet_steady_and_asks_nobody_else(
    demo: Demo, browser: Browser, viewport: ViewportSize, scheme: str
) -> None:
    context = a_context(browser, viewport, scheme)
    witness = Witness(context, demo.url)
    page, faults, jumps = context.new_page(), {}, {}
    page.goto(f"{demo.url}/login")
    faults["/login"] = accused(page)
    page.close()
    page = manager(context, demo)
    for path in (*PATHS, NOWHERE):
        page.goto(f"{demo.url}{path}")
        settled(page)
        jumps[path] = shifted(page)
        faults[path] = accused(page)
        assert page.evaluate("document.documentElement.dataset.bsTheme") == scheme
        assert width_of(page) <= viewport["width"], path
    context.close()
    assert {path: found for path, found in faults.items() if found} == {}
    assert {path: jump for path, jump in jumps.items() if jump > STEADY} == {}
    assert (witness.said, witness.away) == ([], [])


def test_nothing_scrolls_sideways_at_320_px(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, NARROW)
    page, widths = context.new_page(), {}
    page.goto(f"{demo.url}/login")
    widths["/login"] = width_of(page)
    page.close()
    page = manager(context, demo)
    for path in (*PATHS, NOWHERE):
        page.goto(f"{demo.url}{path}")
        settled(page)
        widths[path] = width_of(page)
    context.close()
    assert {path: width for path, width in widths.items() if width > NARROW["width"]} == {}


def test_the_first_visit_is_light(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK)
    page = context.new_page()
    wire = context.new_cdp_session(page)
    received: list[float] = []
    wire.on("Network.loadingFinished", lambda done: received.append(done["encodedDataLength"]))
    wire.send("Network.enable")
    email, password = demo.sign_in_of("manager")
    page.goto(f"{demo.url}/login")
    page.fill("input[type=email]", email)
    page.fill("input[type=password]", password)
    page.press("input[type=password]", "Enter")
    settled(page)
    page.get_by_role("link", name="Monash campus").first.click()
    page.wait_for_selector("[data-kpi=current]")
    settled(page)
    context.close()
    assert len(received) > 10
    assert sum(received) <= FIRST_VISIT_BYTES


def test_every_entry_of_the_navigation_is_a_real_link_that_leads_somewhere(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK)
    page = manager(context, demo)
    expect(page.locator(".sb-row")).to_have_count(5)
    homes = [row.get_attribute("href") or "" for row in page.locator(".sb-row-link").all()]
    leads: dict[str, str] = {}
    for home in homes:
        page.goto(f"{demo.url}{home}")
        expect(page.locator(".sb-nav .sb-nav-item").first).to_be_visible()
        names = [name.strip() for name in page.locator(".sb-nav .sb-nav-words").all_inner_texts()]
        assert [name for name in names if not 0 < len(name) <= LONGEST_NAME] == []
        assert all(page.locator(".sb-nav .sb-nav-off .sb-nav-reason").all_inner_texts())
        links = page.locator(".sb-nav a.sb-nav-item").all()
        leads |= {link.get_attribute("href") or "": home for link in links}
        off = page.locator(".sb-nav .sb-nav-off").count()
        assert len(links) + off == len(names)
    assert {f"/p/{home.split('/')[2]}/recommendations" for home in homes} & leads.keys()
    for address in leads:
        answer = page.goto(f"{demo.url}{address}")
        assert answer is not None and answer.status == 200, address
        expect(page.locator("main h1").first).to_be_visible()
        expect(page.locator(".sb-nowhere")).to_have_count(0)
        expect(page.locator(".sb-nav [aria-current=page]")).to_have_count(1)
    context.close()


def test_what_a_site_lacks_stays_in_the_navigation_with_the_reason(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK)
    page = manager(context, demo)
    page.goto(f"{demo.url}/p/konstanz-4/")
    off = page.locator(".sb-nav .sb-nav-off")
    expect(off.first).to_contain_text("No battery in this project")
    expect(off.first).to_have_attribute("aria-disabled", "true")
    context.close()


def test_a_click_in_the_navigation_does_not_load_the_page_anew(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK)
    page = manager(context, demo)
    page.goto(f"{demo.url}{OVERVIEW}")
    settled(page)
    page.evaluate("window.kept = true")
    for name in ("Live", "Recommendations", "Status", "Project selection"):
        page.locator(f".sb-nav a:has-text('{name}')").first.click()
        expect(page.locator(".sb-nav [aria-current=page]")).to_contain_text(name)
        expect(page).to_have_title(re.compile(f"^{name}"))
    assert page.evaluate("window.kept") is True
    context.close()


def test_the_buttons_show_and_hide_each_legend(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK)
    page = manager(context, demo)
    page.goto(f"{demo.url}{OVERVIEW}")
    settled(page)
    for chart in ("overview-pv", "overview-load"):
        button, legend = (
            page.locator(f".sb-legend-button[data-legend={chart}-legend]"),
            page.locator(f"#{chart}-legend"),
        )
        expect(button).to_have_text("Show legend")
        expect(legend).to_be_hidden()
        button.click()
        expect(button).to_have_text("Hide legend")
        expect(legend.locator("[aria-pressed]").first).to_be_visible()
        button.click()
        expect(button).to_have_text("Show legend")
        expect(legend).to_be_hidden()
    context.close()


def shows(page: Page, name: str) -> None:
    """Wait until the range bar is drawn for a range: what is chosen in the bar before it would go with it."""
    expect(page.locator(".sb-range [aria-current]").filter(has_text=name)).to_be_visible()


def says_week_by_180(page: Page) -> None:
    expect(page.locator("#overview-resolution")).to_have_value("180")
    expect(page.locator(".sb-title-about")).to_contain_text("3\u00a0h values")
    shows(page, "Week")
    assert "range=week" in page.url and "resolution=180" in page.url


def test_range_and_resolution_survive_reload_back_and_a_copied_link(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK, permissions=["clipboard-read", "clipboard-write"])
    page = manager(context, demo)
    page.goto(f"{demo.url}{OVERVIEW}")
    settled(page)
    page.get_by_role("link", name="Week", exact=True).click()
    shows(page, "Week")
    page.select_option("#overview-resolution", "180")
    says_week_by_180(page)
    page.reload()
    says_week_by_180(page)
    page.get_by_role("link", name="Day", exact=True).click()
    shows(page, "Day")
    page.go_back()
    says_week_by_180(page)
    page.locator("summary[aria-label='Menu: Electricity demand']").click()
    page.locator("[data-chart-action=link][data-chart=overview-load]").click()
    other = context.new_page()
    other.goto(page.evaluate("navigator.clipboard.readText()"))
    says_week_by_180(other)
    context.close()


def test_values_of_the_address_that_are_not_known_fall_back_with_a_note(demo: Demo, browser: Browser) -> None:
    context = a_context(browser, DESK)
    page = manager(context, demo)
    page.goto(f"{demo.url}{OVERVIEW}?range=eon&resolution=7")
    notes = page.locator(".sb-notes").filter(has_text="is not")
    expect(notes.first).to_contain_text("“eon” is not a range we know. Showing 48\u00a0h.")
    expect(notes.first).to_contain_text("“7” is not a resolution we know.")
    page.wait_for_selector("[data-kpi=current]")
    context.close()

"""The map in a real browser: drawn with WebGL, its pins in their places, told without it; the account beside it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.app.browsing import AXE, CHROMIUM, DESK, FLAGS, PHONE, Watched, a_page, served, sign_in
from tests.app.building import PASSWORD, Building, build
from tests.app.test_projects import silence
from tests.app.test_shell_browser import XSS

WHERE = {"monash": (-37.911, 145.13), "fontana1": (34.092, -117.43), "b071": (52.194, 0.13)}
MAP = "document.querySelector('.sb-map .js-plotly-plot')._fullLayout.map._subplot.map"
WITHIN_S = 60.0


@pytest.fixture(scope="module")
def building() -> Building:
    """Return an app whose sites stand far apart; what is heard of Cambridge is old, Fontana is called by markup."""
    made = build({"fontana1": XSS})
    sites = made.workspace.sites._sites  # type: ignore[attr-defined]
    for name, (latitude, longitude) in WHERE.items():
        sites[name] = replace(sites[name], latitude=latitude, longitude=longitude)
    silence(made, "b071-load", timedelta(minutes=30))
    return made


@pytest.fixture(scope="module")
def address(building: Building) -> Iterator[str]:
    with served(building) as url:
        yield url


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str) -> Iterator[Watched]:
    """Return the project selection on a desk, signed in: one for all, because a map takes a while to come up."""
    seen = opened(browser, address)
    drawn(seen.page)
    yield seen
    seen.page.context.close()


def opened(browser: Browser, url: str, viewport: dict[str, int] = DESK) -> Watched:
    seen = a_page(browser, url, viewport)
    seen.page.set_default_timeout(1000 * WITHIN_S)
    sign_in(seen.page, url)
    seen.page.wait_for_selector(".sb-row")
    return seen


def drawn(page: Page) -> None:
    page.wait_for_selector(".sb-map-ready")
    until(page, lambda: bool(page.evaluate(f"{MAP}.loaded() && {MAP}.isSourceLoaded('outlines')")))


def until(page: Page, true: Callable[[], bool]) -> None:
    """Wait for a value of the map: the content policy keeps the browser from evaluating a condition by itself."""
    end = time.monotonic() + WITHIN_S
    while not true():
        assert time.monotonic() < end
        page.wait_for_timeout(50)


def pixel(page: Page, latitude: float, longitude: float) -> str:
    """Return the colour that the map has at a place, as it was painted."""
    script = """([lat, lon]) => new Promise((done) => {
      const map = %s;
      map.once('render', () => {
        const gl = map.getCanvas().getContext('webgl2') || map.getCanvas().getContext('webgl');
        const at = map.project([lon, lat]), scale = map.getPixelRatio(), found = new Uint8Array(4);
        const y = gl.drawingBufferHeight - Math.round(at.y * scale);
        gl.readPixels(Math.round(at.x * scale), y, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, found);
        done('#' + [...found.slice(0, 3)].map((c) => c.toString(16).padStart(2, '0')).join('').toUpperCase());
      });
      map.triggerRepaint();
    })"""
    return str(page.evaluate(script % MAP, [latitude, longitude]))


def check(seen: Watched) -> None:
    """Axe finds nothing, the console is quiet, nobody else is asked, nothing is wider than the window or runs."""
    found = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert (seen.said, seen.away) == ([], [])
    assert seen.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert seen.page.evaluate("window.hurt === undefined")


def test_land_and_sea_are_painted_and_pins_tell_the_state_by_shape_and_colour(desk: Watched) -> None:
    page = desk.page
    assert (pixel(page, 60.0, 100.0), pixel(page, 0.0, -140.0)) == ("#D3DAE3", "#F3F6F9")
    assert (pixel(page, *WHERE["monash"]), pixel(page, *WHERE["b071"])) == ("#0B6B3A", "#FFFFFF")
    check(desk)


def test_a_pin_shows_its_note_to_the_pointer_and_to_the_keyboard(desk: Watched) -> None:
    page = desk.page
    pin = page.locator(".sb-pin-place").filter(has_text="Cambridge")
    note = pin.locator(".sb-pin-note")
    expect(note).to_be_hidden()
    pin.locator(".sb-pin").hover()
    expect(note).to_be_visible()
    expect(note).to_contain_text("Using 1.0\u00a0kW, 30\u00a0min ago")
    expect(note).to_contain_text("Stale")
    expect(page.locator(".sb-row.sb-row-on")).to_contain_text("Cambridge")
    page.mouse.move(0, 0)
    expect(note).to_be_hidden()
    pin.locator(".sb-pin").focus()
    expect(note).to_be_visible()
    page.keyboard.press("Escape")
    expect(note).to_be_hidden()


def test_a_row_points_at_its_pin_and_its_card(desk: Watched) -> None:
    desk.page.locator(".sb-row-link", has_text="Monash").focus()
    expect(desk.page.locator(".sb-pin-on .sb-pin-note")).to_contain_text("Monash")
    expect(desk.page.locator(".sb-place:visible")).to_have_count(1)
    expect(desk.page.locator(".sb-place:visible")).to_contain_text("Monash campus")


def test_the_search_takes_pins_off_the_map_and_brings_them_back(desk: Watched) -> None:
    page = desk.page
    page.fill("#projects-search", "cambridge")
    expect(page.locator(".sb-pin:visible")).to_have_count(1)
    until(page, lambda: pixel(page, *WHERE["monash"]) == "#D3DAE3")
    page.fill("#projects-search", "")
    expect(page.locator(".sb-pin:visible")).to_have_count(3)
    until(page, lambda: pixel(page, *WHERE["monash"]) == "#0B6B3A")


def test_the_map_zooms_with_buttons_only_and_keeps_its_view_in_the_other_theme(desk: Watched) -> None:
    page = desk.page
    before = page.evaluate(f"{MAP}.getZoom()")
    page.locator(".sb-map-frame").hover()
    page.mouse.wheel(0, -600)
    page.locator(".sb-row-link", has_text="Cambridge").focus()
    assert page.evaluate(f"{MAP}.getZoom()") == before
    page.get_by_role("button", name="Zoom in").click()
    until(page, lambda: abs(page.evaluate(f"{MAP}.getZoom()") - before - 1) < 0.01)
    centre = page.evaluate(f"{MAP}.getCenter()")
    assert (centre["lat"], centre["lng"]) == pytest.approx(WHERE["b071"], abs=0.01)
    page.get_by_role("button", name="Switch between light and dark").click()
    until(page, lambda: pixel(page, 27.0, 2.0) == "#2B3440")
    assert page.evaluate(f"{MAP}.getZoom()") == pytest.approx(before + 1, abs=0.01)
    check(desk)


def test_a_pin_opens_its_project_and_the_menu_leads_to_an_accessible_account(desk: Watched, address: str) -> None:
    page = desk.page
    page.locator(".sb-pin-place").filter(has_text="Cambridge").locator(".sb-pin").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{address}/p/b071/")
    expect(page.locator(".sb-switch-name")).to_have_text("Cambridge b071", timeout=1000 * WITHIN_S)
    page.locator(".sb-account summary").click()
    page.get_by_role("link", name="Account and language").click()
    page.wait_for_selector(".sb-account-roles")
    check(desk)


def test_on_a_phone_the_list_comes_before_the_map(browser: Browser, address: str) -> None:
    seen = opened(browser, address, PHONE)
    drawn(seen.page)
    top = "document.querySelector('%s').getBoundingClientRect().top"
    assert seen.page.evaluate(top % ".sb-list") < seen.page.evaluate(top % ".sb-map")
    check(seen)
    seen.page.goto(f"{address}/account")
    seen.page.wait_for_selector(".sb-account-roles")
    check(seen)
    seen.page.get_by_text("Deutsch", exact=True).click()
    expect(seen.page.locator("html")).to_have_attribute("lang", "de")
    expect(seen.page.get_by_role("radio", name="Deutsch")).to_be_checked()
    seen.page.context.close()


def test_enter_in_a_field_changes_the_password_which_never_stands_in_an_address(browser: Browser) -> None:
    with served(build()) as url:
        page = opened(browser, url).page
        page.goto(f"{url}/account")
        page.wait_for_selector(".sb-account-roles")
        page.fill("#account-old", PASSWORD)
        page.fill("#account-new", "four plain grey herons")
        page.fill("#account-again", "four plain grey herons")
        page.press("#account-again", "Enter")
        expect(page.locator("#account-said")).to_contain_text("Changed.", timeout=1000 * WITHIN_S)
        expect(page.locator("#account-old")).to_have_value("")
        assert page.url == f"{url}/account"
        page.context.close()


def test_without_webgl_the_list_stands_alone_and_it_is_said(browser: Browser, address: str) -> None:
    plain = browser.browser_type.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-3d-apis"])
    seen = opened(plain, address)
    expect(seen.page.locator(".sb-map-off")).to_be_visible()
    expect(seen.page.locator(".sb-map-off")).to_contain_text("The list has every project.")
    expect(seen.page.locator(".sb-row:visible")).to_have_count(3)
    assert seen.said == []
    plain.close()

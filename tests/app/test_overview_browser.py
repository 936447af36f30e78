"""The overview in a real browser, on the campus: axe, a quiet console, charts, legend, links, theme and an outage."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from components.tokens import DARK, LIGHT
from dash_app.domain.errors import ApiUnavailable
from tests.app.browsing import AXE, DESK, PHONE, Watched, at, served
from tests.app.campus_app import Campus, build_campus

LINE = "[data-chart=overview-load] .scatterlayer .trace path"
PATH = "/p/monash/"


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


def opened(browser: Browser, address: str, path: str = PATH, **how: object) -> Watched:
    return at(browser, address, path, **how)  # type: ignore[arg-type]


def drawn(page: Page) -> None:
    page.wait_for_selector(LINE, state="attached")
    expect(page.locator("#overview-now .sb-now")).to_be_visible()


def colour_of(page: Page, key: str) -> str:
    plot = "document.querySelector('[data-chart=overview-pv] .js-plotly-plot')"
    return str(page.evaluate(f"{plot}._fullData.find(trace => trace.meta === '{key}').line.color"))


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_quiet_and_asks_nobody_else(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = opened(browser, address, viewport=viewport, scheme=scheme)
    drawn(seen.page)
    faults = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert colour_of(seen.page, "measured") == (DARK if scheme == "dark" else LIGHT).pv
    assert (seen.said, seen.away) == ([], [])
    seen.page.context.close()


def test_nothing_scrolls_sideways_at_320_px(browser: Browser, address: str) -> None:
    page = opened(browser, address, viewport={"width": 320, "height": 700}).page
    drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.context.close()


def test_the_legend_is_asked_for_and_its_buttons_show_arrays(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    drawn(page)
    button = page.locator("[data-legend=overview-pv-legend].sb-legend-button")
    expect(page.locator("#overview-pv-legend")).to_be_hidden()
    button.click()
    expect(button).to_have_text("Hide legend")
    chip = page.locator("#overview-pv-legend [data-trace='102']")
    expect(chip).to_have_attribute("aria-pressed", "false")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "true")
    expect(page.locator("[data-chart=overview-pv] .scatterlayer .trace")).to_have_count(5)
    page.context.close()


def test_a_range_is_a_link_that_back_undoes(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    drawn(page)
    page.evaluate("window.kept = true")
    page.get_by_role("link", name="Week").click()
    expect(page.locator(".sb-title-about")).to_contain_text("28 Sep – 4 Oct 2020, 1 h values")
    assert page.url.endswith("?range=week")
    page.select_option("#overview-resolution", "180")
    expect(page).to_have_url(re.compile(r"resolution=180"))
    page.go_back()
    expect(page.locator("#overview-resolution")).to_have_value("auto")
    assert page.evaluate("window.kept") is True
    page.context.close()


def test_a_change_of_theme_recolours_the_charts_without_a_request(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    drawn(page)
    page.wait_for_load_state("networkidle")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or request.url))
    page.click("[data-theme-toggle]")
    expect(page.locator("[data-chart=overview-pv] .scatterlayer .trace path.js-line").last).to_have_css(
        "stroke", re.compile(r"rgb\(254, 198, 114\)")
    )
    assert [body for body in asked if "overview-pv" in body] == []
    page.context.close()


def test_the_chart_is_also_a_table(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    drawn(page)
    page.locator("summary[aria-label='Menu: Electricity demand']").click()
    page.locator("[data-chart-action=table][data-chart=overview-load]").click()
    frame = page.locator("[data-chart-table=overview-load]")
    expect(frame.locator("tbody tr")).to_have_count(192)
    expect(frame.locator("thead")).to_contain_text("Measured [kW]")
    page.context.close()


def test_an_unreachable_server_is_counted_down_and_the_page_recovers_by_itself(
    browser: Browser, campus: Campus, address: str
) -> None:
    page = opened(browser, address, path="/projects").page
    campus.measurements.fails = [ApiUnavailable("refused")]
    page.goto(address + PATH)
    words = page.locator("#overview-countdown")
    expect(words).to_have_text(re.compile(r"We cannot reach the server\. Trying again in [1-4] s \(1 of 5\)\."))
    expect(page.locator("#overview-content")).to_be_hidden()
    expect(page.get_by_role("link", name="Project selection").last).to_be_visible()
    drawn(page)
    expect(words).to_be_hidden()
    expect(page.locator(".sb-kpi")).to_have_count(4)
    page.context.close()

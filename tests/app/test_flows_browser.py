"""Energy flows in a real browser, on the campus: axe, a quiet console, the diagram in both themes, units, table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from components.tokens import DARK, LIGHT
from dash_app.domain.site import TariffPart
from tests.app.browsing import AXE, DESK, PHONE, Watched, a_page, served, sign_in
from tests.app.campus_app import Campus, build_campus
from tests.fakes.campus import site

PATH = "/p/monash/flows"
NODE = "[data-chart=flows-sankey] .sankey-node"
Opened = Callable[..., Watched]
OVERLAPS = """
() => {
  const labels = [...document.querySelectorAll("[data-chart=flows-sankey] .node-label")];
  const boxes = labels.map((label) => label.getBoundingClientRect());
  const touch = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => touch(a, b))).length;
}
"""


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus(place=replace(site(), tariff=(TariffPart(valid_from=date(2016, 1, 1)),)))


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

    def open_page(path: str = PATH, viewport: dict[str, int] = DESK, scheme: str = "light") -> Watched:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, storage_state=signed_in)  # type: ignore[arg-type]
        context.set_default_timeout(30_000)
        contexts.append(context)
        seen = Watched(context.new_page(), address)
        seen.page.goto(address + path)
        expect(seen.page.locator(NODE).first).to_be_attached()
        return seen

    yield open_page
    for context in contexts:
        context.close()


def node_colour(page: Page) -> str:
    return str(page.locator(f"{NODE} rect").first.evaluate("rect => getComputedStyle(rect).fill"))


def rgb(colour: str) -> str:
    return f"rgb({', '.join(str(channel) for channel in bytes.fromhex(colour[1:]))})"


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_accessible_quiet_and_its_labels_do_not_touch(
    opened: Opened, viewport: dict[str, int], scheme: str
) -> None:
    seen = opened(viewport=viewport, scheme=scheme)
    faults = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert seen.page.evaluate(OVERLAPS) == 0
    assert node_colour(seen.page) == rgb((DARK if scheme == "dark" else LIGHT).pv)
    assert (seen.said, seen.away) == ([], [])


def test_a_phone_leaves_the_single_arrays_to_the_table(opened: Opened) -> None:
    page = opened(viewport=PHONE).page
    labels = page.locator("[data-chart=flows-sankey] .node-label").all_text_contents()
    assert not [label for label in labels if label.startswith("Array")]
    assert [label for label in labels if label.startswith("PV")]


def test_the_diagram_is_drawn_anew_without_fading_in(opened: Opened) -> None:
    page = opened().page
    page.locator("[data-theme-toggle]").first.click()
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    expect(page.locator(f"{NODE} rect").first).to_have_css("fill", rgb(DARK.pv))
    opacities = page.locator("[data-chart=flows-sankey] .sankey-link").evaluate_all(
        "all => all.map(e => e.style.opacity)"
    )
    assert set(opacities) == {"1"}


def test_the_table_holds_the_links_of_the_diagram(opened: Opened) -> None:
    page = opened().page
    page.locator("#flows-sankey-frame .sb-menu-button").click()
    page.get_by_role("button", name="Show as table").click()
    rows = page.locator("[data-chart-table=flows-sankey] tr")
    expect(rows.first).to_have_text("FromTokWh")
    links = page.evaluate(
        "document.querySelector('[data-chart=flows-sankey] .js-plotly-plot').data[0].link.value.length"
    )
    assert rows.count() >= links + 1
    expect(rows.nth(1)).to_contain_text("Array 1PV")


def test_a_unit_is_a_link_that_keeps_the_range_and_back_undoes_it(opened: Opened) -> None:
    page = opened(f"{PATH}?range=day").page
    page.get_by_role("navigation", name="Unit").get_by_role("link", name="Cost").click()
    page.wait_for_url("**/flows?range=day&flow=cost")
    expect(page.locator("#flows-sankey-frame")).to_contain_text("No price is known for this range")
    expect(page.locator(NODE)).to_have_count(0)
    page.get_by_role("link", name="Week").click()
    page.wait_for_url("**/flows?range=week&flow=cost")
    page.go_back()
    page.go_back()
    page.wait_for_url("**/flows?range=day")
    expect(page.locator(NODE).first).to_be_visible()


def test_a_formula_opens_by_keyboard(opened: Opened) -> None:
    page = opened().page
    page.locator("[data-kpi=self-sufficiency] summary").focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-kpi=self-sufficiency] .sb-formula-sheet")).to_contain_text("PV used directly")

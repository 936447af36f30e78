"""The explorer in a real browser: boxes, keyboard, search, the address, files from the menu."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Browser, Page, expect

from dash_app.domain.errors import ApiUnavailable
from tests.app.browsing import AXE, DESK, PHONE, Watched, at, served
from tests.app.campus_app import Campus, build_campus

PATH = "/p/monash/measurements"
LINES = "[data-chart=measurements-series] .scatterlayer .trace path.js-line"


@pytest.fixture(scope="module")
def campus() -> Campus:
    return build_campus()


@pytest.fixture(scope="module")
def address(campus: Campus) -> Iterator[str]:
    with served(campus) as url:  # type: ignore[arg-type]
        yield url


def opened(browser: Browser, address: str, path: str = PATH, **how: object) -> Watched:
    seen = at(browser, address, path, **how)  # type: ignore[arg-type]
    expect(seen.page.locator(".sb-choose")).to_be_attached()
    expect(seen.page.locator(".sb-list-table tbody tr").first).to_be_visible()
    return seen


@pytest.fixture(scope="module")
def desk(browser: Browser, address: str) -> Iterator[Page]:
    """Return a page of somebody signed in, for all tests that change nothing but the address."""
    page = opened(browser, address).page
    yield page
    page.context.close()


def shown(page: Page, address: str, query: str = "") -> Page:
    page.goto(f"{address}{PATH}{query}")
    expect(page.locator(".sb-list-table tbody tr").first).to_be_visible()
    return page


def rows(page: Page) -> list[str]:
    return [name.strip() for name in page.locator(".sb-list-table-name").all_inner_texts()]


def menu(page: Page, entry: str) -> None:
    page.locator("#measurements-series-frame .sb-menu-button").click()
    page.get_by_role("button", name=entry).click()


@pytest.mark.parametrize(("viewport", "scheme"), [(DESK, "dark"), (PHONE, "light")], ids=["1440 dark", "390 light"])
def test_the_page_is_accessible_quiet_and_asks_nobody_else(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = opened(browser, address, viewport=viewport, scheme=scheme)
    if viewport is PHONE:
        expect(seen.page.get_by_label("Array 2")).to_be_hidden()
        seen.page.get_by_role("button", name="Choose measurands").click()
    expect(seen.page.get_by_label("Array 2")).to_be_visible()
    faults = Axe().run(seen.page, options=AXE).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["target"]) for fault in faults] == []
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    assert (seen.said, seen.away) == ([], [])
    seen.page.context.close()


def test_boxes_change_the_address_and_the_address_changes_the_boxes(desk: Page, address: str) -> None:
    page = shown(desk, address)
    assert rows(page) == ["Array 1", "Building 1", "Import"]
    page.get_by_label("Array 2").focus()
    page.keyboard.press("Space")
    expect(page).to_have_url(re.compile(r"\?m=101,102,201,304$"))
    expect(page.locator(".sb-list-table tbody tr")).to_have_count(4)
    assert page.evaluate("document.activeElement.value") == "102"
    page.get_by_label("Import").uncheck()
    expect(page.locator(".sb-list-table tbody tr")).to_have_count(3)
    page.go_back()
    expect(page.get_by_label("Import")).to_be_checked()
    expect(page.locator(".sb-list-table tbody tr")).to_have_count(4)
    page.get_by_role("link", name="Week", exact=True).click()
    expect(page).to_have_url(re.compile("range=week&m=101,102,201,304"))
    page.get_by_role("button", name="Clear").click()
    expect(page).to_have_url(re.compile("m=none"))
    expect(page.locator("#measurements-series-caption")).to_have_text("Choose at least one measurand.")


def test_the_search_hides_what_does_not_fit_and_the_newest_values_stand_beside_the_names(
    desk: Page, address: str
) -> None:
    page = shown(desk, address)
    expect(page.locator(".sb-choose-newest").first).to_have_text("41.3\xa0kW, 12\xa0s ago")
    page.fill(".sb-choose-search", "building")
    expect(page.locator(".sb-choose .form-check:visible")).to_have_count(2)
    page.fill(".sb-choose-search", "nothing like it")
    expect(page.get_by_text("No measurand has such a name.")).to_be_visible()


def test_the_menu_brings_files_at_full_resolution(desk: Page, address: str, tmp_path: Path) -> None:
    page = shown(desk, address, "?range=day&at=2020-09-20&resolution=360&m=102,101")
    for entry, name in (("Download CSV", "a.csv"), ("Download XLSX", "a.xlsx")):
        with page.expect_download() as caught:
            menu(page, entry)
        assert caught.value.suggested_filename.startswith("monash-campus-measurements-series-2020-09-20.")
        caught.value.save_as(tmp_path / name)
    with (tmp_path / "a.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file))
    assert (lines[0][2:], len(lines)) == (["Array 2 [kW]", "Array 1 [kW]"], 97)
    assert load_workbook(tmp_path / "a.xlsx")["Data"].max_row == 97


def test_a_file_that_cannot_be_made_is_a_sentence_beside_the_menu(desk: Page, address: str, campus: Campus) -> None:
    page = shown(desk, address)
    campus.measurements.fails = [ApiUnavailable("refused")]
    menu(page, "Download CSV")
    expect(page.locator("[data-menu-news=measurements-series]")).to_have_text("We cannot reach the server.")
    assert page.url.endswith(PATH)
    campus.measurements.fails.clear()


def test_the_table_shows_what_is_drawn_with_its_units(desk: Page, address: str) -> None:
    page = shown(desk, address, "?range=day&at=2020-09-20&m=101")
    expect(page.locator(LINES).first).to_be_attached()
    menu(page, "Show as table")
    table = page.locator("[data-chart-table=measurements-series] table")
    expect(table.locator("th").nth(1)).to_have_text("Array 1 [kW]")
    expect(table.locator("tbody tr")).to_have_count(96)

"""The cache as its users meet it: a second opening asks nobody, it is counted, and nobody sees what is another's."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from diskcache import Cache, JSONDisk
from playwright.sync_api import Browser, Page, expect

from tests.e2e.demo import Demo, signed_in
from tests.e2e.own_api import OwnApi

pytestmark = pytest.mark.e2e

OTTO, VERA, OLGA, MIA = (f"{name}@example.org" for name in ("otto", "vera", "olga", "mia"))
HERS = {"konstanz-4", "cambridge-b005"}


def a_page(browser: Browser, at: Demo, account: tuple[str, str]) -> Page:
    page = signed_in(browser.new_context(), at, account)
    expect(page.locator(".sb-row").first).to_be_visible()
    return page


def calls_when_quiet(page: Page, own: OwnApi) -> list[str]:
    """Return the calls so far, once what is fetched behind the page has come."""
    seen: list[str] = []
    while (now := own.upstream_calls("konstanz-4")) != seen:
        seen = now
        page.wait_for_timeout(2_000)
    return seen


def open_project(page: Page, at: Demo, project: str, search: str = "") -> None:
    page.goto(f"{at.url}/p/{project}/{search}")
    expect(page.locator("[data-kpi=current]")).to_be_visible()
    page.wait_for_selector("[data-chart=overview-load] .scatterlayer .trace path", state="attached")


def figures(page: Page, at: Demo) -> dict[str, Any]:
    """Return what the status page says of the cache."""
    page.goto(f"{at.url}/status")
    card = page.locator("[data-kpi=hit-rate]")
    expect(card).to_be_visible()
    hits, openings = re.findall(r"\d+", card.locator(".sb-kpi-context").inner_text())
    asked = page.locator("[data-kpi=points-asked]").get_attribute("data-value")
    rate = card.get_attribute("data-value") or "nan"
    return {"hits": int(hits), "openings": int(openings), "asked": float(asked or "nan"), "rate": float(rate)}


def rows_of(at: Demo) -> set[tuple[str, str]]:
    """Return the owner and the project of every row of measurements in the cache, read beside the product."""
    found = set()
    for folder in (at.state_dir / "cache").iterdir():
        with Cache(str(folder), disk=JSONDisk) as cache:
            keys = [json.loads(key) for key in cache if isinstance(key, str) and key.startswith('["window"')]
        found |= {(key[1], key[2]) for key in keys}
    return found


def test_the_second_opening_asks_nobody_and_is_counted(own: OwnApi, demo: Demo, browser: Browser) -> None:
    page = a_page(browser, own.app, demo.account(OTTO))
    before = figures(page, own.app)
    open_project(page, own.app, "konstanz-4")
    first = calls_when_quiet(page, own)
    assert any(call.startswith("GET /getprojectdata") for call in first)
    assert any("from=" in call for call in first), "a month ahead is fetched behind the first screen"
    open_project(page, own.app, "konstanz-4")
    assert own.upstream_calls("konstanz-4") == first
    open_project(page, own.app, "konstanz-4", "?range=month")
    new = own.upstream_calls("konstanz-4")[len(first) :]
    assert not [call for call in new if call.startswith("GET /getprojectdata")], "the month is there already"
    after = figures(page, own.app)
    assert after["openings"] - before["openings"] == 3
    assert after["hits"] - before["hits"] == 2
    assert after["rate"] == pytest.approx(100 * after["hits"] / after["openings"])
    page.context.close()


def test_no_more_points_are_asked_for_than_the_first_screen_needs(own: OwnApi, demo: Demo, browser: Browser) -> None:
    page = a_page(browser, own.app, demo.account(MIA))
    before = figures(page, own.app)["asked"]
    open_project(page, own.app, "konstanz-4")
    calls = reversed(own.upstream_calls("konstanz-4"))
    limit = next(found for call in calls if (found := re.search(r"limit=(\d+)", call)))
    listed = page.request.get(f"{demo.card['api_url']}/capabilities").json()
    assert "history" in listed["extensions"]
    added = figures(page, own.app)["asked"] - before
    assert 0 < added < 2 * int(limit.group(1))
    page.context.close()


def test_nobody_reads_a_row_that_another_person_filled(own: OwnApi, demo: Demo, browser: Browser) -> None:
    otto = a_page(browser, own.app, demo.account(OTTO))
    open_project(otto, own.app, "fontana-1")
    filled = rows_of(own.app)
    asked = len(own.upstream_calls("fontana-1"))
    vera = a_page(browser, own.app, demo.account(VERA))
    open_project(vera, own.app, "fontana-1")
    assert len(own.upstream_calls("fontana-1")) > asked, "her first opening is not served from his row"
    new = rows_of(own.app) - filled
    assert {project for _person, project in new} == {"fontana-1"}
    assert {person for person, _project in new}.isdisjoint({person for person, _project in filled})
    otto.context.close()
    vera.context.close()


def test_olga_sees_her_two_projects_and_nothing_of_the_others(demo: Demo, browser: Browser) -> None:
    page = a_page(browser, demo, demo.account(OLGA))
    rows = page.locator(".sb-row")
    assert {row.get_attribute("data-project") for row in rows.all()} == HERS
    page.locator("a.sb-row-link").first.click()
    page.wait_for_url(re.compile("/p/"))
    expect(page.locator(".sb-switch a")).to_have_count(2)
    for path in ("/p/monash/", "/p/monash/live", "/p/monash/recommendations"):
        answer = page.goto(f"{demo.url}{path}")
        assert answer is not None and answer.status == 404, path
        expect(page.locator("main h1")).to_have_text("Not found")
        expect(page.locator("main")).to_contain_text("There is no such project, or it is not open to you.")
        assert "Monash" not in (page.locator("body").text_content() or "")
    page.context.close()


def test_a_request_made_by_hand_for_another_persons_project_finds_nothing(demo: Demo, browser: Browser) -> None:
    page = a_page(browser, demo, demo.account(OLGA))
    table = page.request.get(f"{demo.url}/_dash-dependencies").json()
    callback = next(one for one in table if one["output"] == "overview-now.children")
    values = {"n_intervals": 0, "pathname": "/p/konstanz-4/"}

    def asked_with(pathname: str) -> Any:
        told = {**values, "pathname": pathname}
        body = {
            "output": callback["output"],
            "outputs": {"id": "overview-now", "property": "children"},
            **{kind: [{**put, "value": told[put["property"]]} for put in _plain(callback[kind])]
               for kind in ("inputs", "state")},
            "changedPropIds": [],
        }  # fmt: skip
        return page.request.post(f"{demo.url}/_dash-update-component", data=body, headers={"Origin": demo.url})

    assert asked_with("/p/konstanz-4/").status == 200
    refused = asked_with("/p/monash/")
    assert refused.status == 404 and refused.json() == {"error": "There is no such project."}
    page.context.close()


def _plain(declared: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{"id": put["id"], "property": put["property"]} for put in declared]

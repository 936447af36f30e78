"""Recommendations in a real browser: axe, a quiet console, the dialog on a phone, progress and Cancel over a reload."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from components.tokens import DARK, LIGHT
from dash_app.domain.jobs import JobState
from dash_app.domain.recommendation import State
from dash_app.domain.schedule import Objective
from pages.gallery_why import WHY
from services.store import open_store
from tests.app.browsing import AXE, DESK, PHONE, Watched, at, served
from tests.app.building import SECRET
from tests.app.decide_app import PATH, Decide, build_decide, decide_with_jobs, fresh
from tests.fakes.campus import site
from tests.fakes.hand_plan import hand_plan

TABS = {"why": ".sb-why-runs", "table": "table", "inputs": "table", "decisions": "table"}
"""What stands on each tab but the chart's."""
PLOT = "document.querySelector('[data-chart=recommendations-plan] .js-plotly-plot')"


@pytest.fixture
def decide() -> Decide:
    decide = build_decide(fresh(hand_plan(why=WHY)), place=replace(site(), has_co2=True))
    first = decide.store.recommendations.newest("monash")[0]
    decide.propose(fresh(hand_plan(notes=("newer",), why=WHY)), keep=(first.recommendation_id,))
    return decide


@pytest.fixture
def address(decide: Decide) -> Iterator[str]:
    with served(decide) as url:  # type: ignore[arg-type]
        yield url


def opened(browser: Browser, address: str, path: str = PATH, **how: object) -> Watched:
    seen = at(browser, address, path, **how)  # type: ignore[arg-type]
    expect(seen.page.locator(".sb-plan-open")).to_be_visible()
    return seen


def drawn(page: Page) -> None:
    page.wait_for_selector("[data-chart=recommendations-plan] .scatterlayer .trace path", state="attached")


def faults_of(page: Page) -> list[tuple[str, str]]:
    page.evaluate("window.scrollTo(0, 0)")  # what the phone's bar covers is not measured
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in Axe().run(page, options=AXE).response["violations"]]


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["1440", "390"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_tab_and_the_dialog_are_accessible_quiet_and_ask_nobody_else(
    browser: Browser, address: str, viewport: dict[str, int], scheme: str
) -> None:
    seen = opened(browser, address, viewport=viewport, scheme=scheme)
    page = seen.page
    drawn(page)
    colour = page.evaluate(f"{PLOT}._fullData.find(trace => trace.meta === 'pv' && trace.line.width > 1).line.color")
    assert colour == (DARK if scheme == "dark" else LIGHT).pv
    found = {"chart": faults_of(page)}
    for tab in TABS if (scheme == "dark") == (viewport == PHONE) else ():
        page.click(f".sb-tabs-entry[href$='tab={tab}']")
        expect(page.locator(f"#recommendations-tab-body {TABS[tab]}").first).to_be_visible()
        found[tab] = faults_of(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"], tab
    page.click("#recommendations-ask-approve")
    expect(page.get_by_role("dialog")).to_be_visible()
    found["dialog"] = faults_of(page)
    assert {name: faults for name, faults in found.items() if faults} == {}
    assert (seen.said, seen.away) == ([], [])
    page.context.close()


def test_a_manager_approves_on_a_phone(browser: Browser, decide: Decide, address: str) -> None:
    page = opened(browser, address, f"{PATH}?plan=2", viewport=PHONE).page
    for button in ("#recommendations-ask-approve", "#recommendations-ask-reject"):
        assert page.locator(button).bounding_box()["height"] >= 44  # type: ignore[index]
    page.click("#recommendations-ask-approve")
    dialog = page.get_by_role("dialog", name="Approve R-2?")
    expect(dialog).to_contain_text("saves AUD 2.50")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert decide.store.recommendations.newest("monash")[0].state is State.PROPOSED
    page.click("#recommendations-ask-approve")
    page.dblclick("#recommendations-do-approve")
    expect(page.locator("#recommendations-outcome")).to_contain_text("R-2 is approved, in force until")
    expect(page.locator("#recommendations-ask-stop")).to_be_visible()
    assert [row.after for row in decide.store.recommendations.transitions("monash-2")] == [
        State.PROPOSED,
        State.APPROVED,
    ]
    page.context.close()


def test_a_rejection_without_a_reason_stays_in_the_dialog(browser: Browser, decide: Decide, address: str) -> None:
    page = opened(browser, address).page
    page.click("#recommendations-ask-reject")
    page.click("#recommendations-do-reject")
    expect(page.locator("#recommendations-refusal")).to_contain_text("Please give a reason")
    page.fill("#recommendations-reason-text", "The hall is used tonight.")
    page.click("#recommendations-do-reject")
    expect(page.locator("#recommendations-outcome")).to_contain_text("R-2 is rejected.")
    assert decide.store.recommendations.newest("monash")[0].state is State.REJECTED
    page.context.close()


def test_another_plan_is_a_link_that_back_and_reload_keep(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    card = page.locator(".sb-plan-open .sb-plan-label")
    expect(card).to_contain_text("R-2")
    page.locator(".sb-plan-link").click()
    expect(card).to_contain_text("R-1")
    assert page.url.endswith("?plan=1")
    page.reload()
    expect(card).to_contain_text("R-1")
    page.go_back()
    expect(card).to_contain_text("R-2")
    page.context.close()


def test_a_chip_switches_its_series(browser: Browser, address: str) -> None:
    page = opened(browser, address).page
    drawn(page)
    chip = page.locator("#recommendations-plan-legend [data-trace=pv]")
    chip.click()
    expect(chip).to_have_attribute("aria-pressed", "false")
    shown = page.evaluate(f"{PLOT}.data.filter(trace => trace.meta === 'pv').map(trace => trace.visible)")
    assert set(shown) == {False}
    page.context.close()


@pytest.fixture
def computing(tmp_path: Path) -> Iterator[tuple[Decide, str, Path]]:
    """Serve the app on a real store; the job runs until the file `go` is there or somebody cancels it."""
    decide = decide_with_jobs(tmp_path, partial(compute_when_told, tmp_path), fresh(hand_plan()))
    with served(decide) as address:  # type: ignore[arg-type]
        yield decide, address, tmp_path / "go"


def compute_when_told(folder: Path, _session_id: str, project_id: str, _objective: Objective) -> str:
    """Store a plan as soon as the file `go` is there, unless somebody cancels."""
    mine = open_store(f"sqlite:///{folder}/plans.db", secret_key=SECRET)
    job = mine.jobs.start(project_id, "max@example.org")
    deadline = time.monotonic() + 40
    while not (folder / "go").exists() and time.monotonic() < deadline:
        if mine.jobs.advance(job.job_id, 0.6, "optimising").cancel_requested:
            mine.jobs.finish(job.job_id, JobState.CANCELLED)
            return ""
        time.sleep(0.05)
    made = mine.recommendations.add(fresh(hand_plan(notes=("computed",))), by="max@example.org")
    mine.jobs.finish(job.job_id, JobState.DONE, result=made.recommendation_id)
    return made.recommendation_id


def test_progress_and_cancel_survive_a_reload_and_the_new_plan_appears_by_itself(
    browser: Browser, computing: tuple[Decide, str, Path]
) -> None:
    _decide, address, go = computing
    page = opened(browser, address).page
    strip, button = page.locator("#recommendations-job"), page.locator("#recommendations-recompute")
    button.click()
    expect(strip).to_contain_text("Optimising, 60 %")
    page.reload()
    expect(strip).to_contain_text("Optimising, 60 %")
    expect(button).to_be_disabled()
    page.click("#recommendations-cancel")
    expect(page.locator("#recommendations-ended")).to_contain_text("The computation was cancelled. Nothing changed.")
    expect(strip).to_be_hidden()
    button.click()
    expect(strip).to_contain_text("Optimising, 60 %")
    page.goto(f"{address}/projects")  # the person leaves; the job goes on
    go.touch()
    page.goto(f"{address}{PATH}")
    expect(page.locator(".sb-plan-open .sb-plan-label")).to_contain_text(re.compile("R-2"))
    expect(strip).to_be_hidden()
    page.context.close()


def test_the_result_of_ones_own_click_is_drawn_without_a_reload(
    browser: Browser, computing: tuple[Decide, str, Path]
) -> None:
    _decide, address, go = computing
    page = opened(browser, address).page
    page.click("#recommendations-recompute")
    expect(page.locator("#recommendations-job")).to_contain_text("Optimising")
    go.touch()
    expect(page.locator(".sb-plan-open .sb-plan-label")).to_contain_text("R-2")
    expect(page.locator("#recommendations-recompute")).to_be_enabled()
    expect(page.locator("#recommendations-job")).to_be_hidden()
    page.context.close()

"""The numbers on the screen against the shipped measurements, computed with csv and arithmetic only."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.demo import Demo, signed_in
from tests.e2e.processes import eventually
from tests.e2e.replayed import B071_LOAD, FONTANA_LOAD, FONTANA_PV, MONASH_LOAD, MONASH_PV, Figures, Replayed

pytestmark = pytest.mark.e2e

CARDS = ("current", "total", "average", "peak")
UNITS = {"current": "kW", "total": "kWh", "average": "kW", "peak": "kW"}
CENT = 1e-3
NBSP = "\u00a0"


def printed(value: float) -> str:
    """Write a number as the product promises to: one decimal below 100, none from there on."""
    return f"{value:.1f}" if round(value, 1) < 100 else f"{value:,.0f}"


def at_least(figures: Figures, text: str) -> str:
    return f"≥ {text}" if figures.missing else text


def exact(page: Page) -> dict[str, float]:
    cards = {name: page.locator(f"[data-kpi={name}]") for name in CARDS}
    return {name: float(card.get_attribute("data-value") or "nan") for name, card in cards.items()}


def texts(page: Page) -> dict[str, str]:
    return {name: page.locator(f"[data-kpi={name}] .sb-kpi-value").inner_text() for name in CARDS}


def seen_as_expected(page: Page, of: Replayed, look: Callable[[Figures], bool]) -> bool:
    """Look while the page refreshes; a step may end while we look, so what held just before it counts too."""
    before = of.figures(datetime.now(UTC))
    return bool(eventually(lambda: look(before) or look(of.figures(datetime.now(UTC))), within_s=20))


def check_cards(page: Page, of: Replayed) -> None:
    expect(page.locator("[data-kpi]")).to_have_count(4)

    def fits(figures: Figures) -> bool:
        shown, words = exact(page), texts(page)
        wanted = {name: getattr(figures, name) for name in CARDS}
        said = {name: f"{printed(value)}{UNITS[name]}" for name, value in wanted.items()}
        said["total"] = at_least(figures, said["total"])
        compact = {name: re.sub(r"\s+(?=k)", "", text) for name, text in words.items()}
        return shown == pytest.approx(wanted, abs=CENT) and compact == said

    wanted = of.figures(datetime.now(UTC))
    assert seen_as_expected(page, of, fits), f"{exact(page)} {texts(page)}, not {wanted}"


def check_caption(page: Page, name: str, of: Replayed) -> None:
    caption = page.locator(f"#overview-{name}-caption")

    def fits(figures: Figures) -> bool:
        total = at_least(figures, f"{printed(figures.total)}{NBSP}kWh")
        peak = f"{printed(figures.peak)}{NBSP}kW"
        return f"From {printed(figures.lowest)} to {peak}, {total} so far." in (caption.text_content() or "")

    assert seen_as_expected(page, of, fits), f"{caption.text_content()}, not {of.figures(datetime.now(UTC))}"


def opened(browser: Browser, demo: Demo, name: str) -> Page:
    page = signed_in(browser.new_context(), demo, demo.account("mia@example.org"))
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_url(re.compile("/p/"))
    return page


def test_the_key_figures_of_monash_are_those_of_the_measurements(demo: Demo, browser: Browser) -> None:
    page = opened(browser, demo, "Monash campus")
    check_cards(page, MONASH_PV)
    check_caption(page, "pv", MONASH_PV)
    check_caption(page, "load", MONASH_LOAD)
    peak = MONASH_PV.figures(datetime.now(UTC)).peak_at
    told = f"{peak:%a} {peak.day}{NBSP}{peak:%b} {peak:%H:%M}, mean of 15{NBSP}min"
    expect(page.locator("[data-kpi=peak] .sb-kpi-context")).to_have_text(told)
    page.context.close()


def test_the_key_figures_of_fontana_are_those_of_the_measurements(demo: Demo, browser: Browser) -> None:
    page = opened(browser, demo, "Fontana home 1")
    check_cards(page, FONTANA_PV)
    check_caption(page, "load", FONTANA_LOAD)
    page.context.close()


def test_without_pv_the_key_figures_are_those_of_the_demand(demo: Demo, browser: Browser) -> None:
    page = opened(browser, demo, "Cambridge b071")
    check_cards(page, B071_LOAD)
    check_caption(page, "load", B071_LOAD)
    expect(page.locator("#overview-pv-frame")).to_be_hidden()
    page.context.close()

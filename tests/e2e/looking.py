"""Looking at a page as a person and as a judge: where it is ready, what it said, whom it asked, how far it jumped."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, ViewportSize, expect

from dash_app.app import PAGES

AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NARROW: ViewportSize = {"width": 320, "height": 700}
SHOWN_AT = {"production-vs-demand": "konstanz-4", "temperature": "cambridge-b005", "efficiency": "cambridge-b005"}
"""Where a page has something to show that it has not on the campus."""
NOWHERE = "/p/nobody/"
WITHIN_MS = 30_000
COUNT_SHIFTS = """
  window.shifted = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shifted += entry.value;
  }).observe({type: "layout-shift", buffered: true});
"""


def path_at(template: str) -> str:
    """Return the address of a page at the project that has most to show there."""
    return template.replace("<project_id>", SHOWN_AT.get(template.rsplit("/", 1)[-1], "monash"))


PATHS = tuple(path_at(page.PATH) for page in PAGES)


class Witness:
    """What the pages of a context said on the console, and whom they asked but the app."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.said: list[str] = []
        self.away: list[str] = []
        self._url = url
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.said.append(str(error.error)))
        context.on("request", self._see)

    def _hear(self, message: ConsoleMessage) -> None:
        expected = NOWHERE in message.location["url"] and "404" in message.text
        of_the_driver = message.text.startswith("[.WebGL-")  # of the software renderer here, not of the app
        if message.type in {"error", "warning"} and not expected and not of_the_driver:
            self.said.append(f"{message.location['url']}: {message.text}")

    def _see(self, request: Request) -> None:
        if not request.url.startswith((f"{self._url}/", "data:", "blob:")):
            self.away.append(request.url)


def a_context(browser: Browser, viewport: ViewportSize, scheme: str = "light", **more: Any) -> BrowserContext:
    context = browser.new_context(viewport=viewport, color_scheme=scheme, **more)  # type: ignore[arg-type]
    context.set_default_timeout(WITHIN_MS)
    context.add_init_script(COUNT_SHIFTS)
    return context


def settled(page: Page) -> None:
    """Wait until a page shows its content: nothing is a placeholder any more, the charts are drawn, it is quiet."""
    expect(page.locator("main h1").first).to_be_visible()
    expect(page.locator("main .sb-loading")).to_have_count(0)
    page.wait_for_load_state("networkidle")


def accused(page: Page) -> list[str]:
    """Return what axe finds, as rule and first place."""
    found = Axe().run(page, options=AXE).response["violations"]
    return [f"{fault['id']}: {fault['nodes'][0]['target']}" for fault in found]


def width_of(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth"))


def shifted(page: Page) -> float:
    return float(page.evaluate("window.shifted"))

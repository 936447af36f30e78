"""What a person's browser reports of every page of the running demo: largest paint, longest answer to a click, shift.

Each page is opened in a new tab of a signed-in desktop browser whose cache is warm; then its first menu, its first
legend and the range "Week" are clicked, as far as it has them. Prints one JSON line per page and the worst of each with
the product's gates. Run: `python -m benchmarks.vitals`.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.demo import Demo, chromium, running_demo, signed_in
from tests.e2e.looking import DESK, PATHS, a_context, settled, shifted

GATES = {"lcp_ms": 2500, "inp_ms": 200, "cls": 0.1}
GOALS = {"lcp_ms": 1000, "inp_ms": 100, "cls": 0.02}
WATCH = """
  window.largest = 0; window.longest = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.largest = entry.startTime;
  }).observe({type: "largest-contentful-paint", buffered: true});
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries())
      if (entry.interactionId) window.longest = Math.max(window.longest, entry.duration);
  }).observe({type: "event", buffered: true, durationThreshold: 16});
"""
CLICKS = ("main .sb-menu > summary", "main .sb-legend-button", "main .sb-range a:has-text('Week')")


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser, running_demo(Path(folder)) as demo:
        found = measure(browser, demo)
    for path, values in found.items():
        sys.stdout.write(json.dumps({"benchmark": "vitals", "page": path, **values}) + "\n")
    for what, gate in GATES.items():
        path, worst = max(((path, values[what]) for path, values in found.items()), key=lambda each: each[1])
        verdict = "met" if worst <= gate else "missed"
        sys.stdout.write(f"{what}: worst {worst:g} on {path} (gate {gate}: {verdict}; goal {GOALS[what]})\n")


def measure(browser: Browser, demo: Demo) -> dict[str, dict[str, float]]:
    """Return for each page what its second visit is like."""
    context = a_context(browser, DESK)
    context.add_init_script(WATCH)
    signed_in(context, demo, demo.sign_in_of("manager")).close()
    for path in PATHS:
        _visit(context, f"{demo.url}{path}").close()
    found = {}
    for path in PATHS:
        page = _visit(context, f"{demo.url}{path}")
        cls, lcp = shifted(page), page.evaluate("window.largest")
        found[path] = {"lcp_ms": round(lcp), "inp_ms": _longest_answer(page), "cls": round(cls, 3)}
        page.close()
    context.close()
    return found


def _visit(context: BrowserContext, url: str) -> Page:
    page = context.new_page()
    page.goto(url)
    settled(page)
    return page


def _longest_answer(page: Page) -> float:
    for place in CLICKS:
        target = page.locator(place).first
        if target.count() and target.is_visible():
            target.click()
            page.wait_for_timeout(300)
            page.keyboard.press("Escape")
    settled(page)
    return float(page.evaluate("window.longest"))


if __name__ == "__main__":
    main()

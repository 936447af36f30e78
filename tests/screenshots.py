"""`python -m tests.screenshots`: pictures of the running demo for the README and the documents.

Starts the demo in a folder of its own, waits until the planner has recommended something, signs in as the manager,
decides nothing, and writes docs/screenshots/<page>-<light, dark or phone>.png.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.e2e.demo import Demo, chromium, running_demo, signed_in
from tests.e2e.looking import DESK, PHONE, WITHIN_MS, a_context, settled

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
PAGES = {
    "projects": "/projects",
    "overview": "/p/monash/",
    "recommendations": "/p/monash/recommendations",
    "live": "/p/monash/live",
    "status": "/status",
}
LOOKS = {"light": (DESK, "light"), "dark": (DESK, "dark"), "phone": (PHONE, "light")}
PLANNED_WITHIN_MS = 180_000


def main() -> int:
    """Write every picture."""
    expect.set_options(timeout=WITHIN_MS)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="screenshots") as folder,
        running_demo(Path(folder)) as demo,
        chromium() as browser,
    ):
        wait_for_recommendations(browser, demo)
        for look in LOOKS:
            take(browser, demo, look)
    return 0


def wait_for_recommendations(browser: Browser, demo: Demo) -> None:
    """Wait until the project selection says that every site with a battery has one."""
    context = a_context(browser, DESK)
    page = signed_in(context, demo, demo.sign_in_of("manager"))
    with_battery = page.locator(".sb-row").filter(has_text="simulated battery")
    expect(with_battery.filter(has_text="waiting")).to_have_count(3, timeout=PLANNED_WITHIN_MS)
    context.close()


def take(browser: Browser, demo: Demo, look: str) -> None:
    """Write the pictures of one look: the window on a desk, the whole page on a phone."""
    viewport, scheme = LOOKS[look]
    context = a_context(browser, viewport, scheme, device_scale_factor=1, reduced_motion="reduce")
    page = context.new_page()
    page.goto(f"{demo.url}/login")
    page.wait_for_load_state("networkidle")
    shoot(page, "login", look)
    page.close()
    page = signed_in(context, demo, demo.sign_in_of("manager"))
    for name, path in PAGES.items():
        page.goto(f"{demo.url}{path}")
        settled(page)
        shoot(page, name, look)
    context.close()


def shoot(page: Page, name: str, look: str) -> None:
    """Write one picture, without a focus ring or a half-open menu."""
    page.mouse.move(0, 0)
    page.screenshot(path=str(FOLDER / f"{name}-{look}.png"), animations="disabled", caret="hide")


if __name__ == "__main__":
    sys.exit(main())

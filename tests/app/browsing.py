"""A real browser in front of the app on fakes: a server in a thread, a page that is watched, and the way in."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, ViewportSize
from werkzeug.serving import BaseWSGIServer, make_server

from tests.app.building import MANAGER, PASSWORD, Building
from tests.e2e.demo import CHROMIUM, FLAGS
from tests.e2e.looking import AXE, DESK, PHONE

__all__ = ["AXE", "CHROMIUM", "DESK", "FLAGS", "PHONE"]


@contextmanager
def served(building: Building) -> Iterator[str]:
    server: BaseWSGIServer = make_server("127.0.0.1", 0, building.app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()


class Watched:
    """A page whose console, errors and requests are kept."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.said, self.away = page, [], []
        page.on("console", lambda message: self._hear(message.type, message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self._see(request.url, url))

    def _hear(self, kind: str, text: str) -> None:
        of_the_driver = text.startswith("[.WebGL-")  # of the software renderer here, not of the app
        if kind in {"error", "warning"} and "status of" not in text and not of_the_driver:
            self.said.append(text)

    def _see(self, asked: str, url: str) -> None:
        if not asked.startswith((url, "data:", "blob:")):
            self.away.append(asked)


def a_page(browser: Browser, url: str, viewport: ViewportSize = DESK, scheme: str = "light") -> Watched:
    context = browser.new_context(viewport=viewport, color_scheme=scheme)
    context.set_default_timeout(15_000)
    return Watched(context.new_page(), url)


def sign_in(page: Page, url: str, path: str = "/login") -> None:
    page.goto(f"{url}{path}")
    page.fill("input[type=email]", MANAGER)
    page.fill("input[type=password]", PASSWORD)
    page.press("input[type=password]", "Enter")


def at(
    browser: Browser, url: str, path: str = "/projects", viewport: ViewportSize = DESK, scheme: str = "light"
) -> Watched:
    """Return the page of that address, of somebody who is signed in."""
    seen = a_page(browser, url, viewport, scheme)
    sign_in(seen.page, url)
    seen.page.wait_for_url("**/projects")
    if path != "/projects":
        seen.page.goto(f"{url}{path}")
    return seen

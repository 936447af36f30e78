"""The app on fakes, new for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.app.building import Building, build
from tests.e2e.demo import chromium


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Wait longer than Playwright's 5 s for what a page shows: other tests may keep the machine busy."""
    expect.set_options(timeout=30_000)


@pytest.fixture
def building() -> Building:
    """Return the app with everything behind it."""
    return build()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a real browser for the tests of one file."""
    with chromium() as running:
        yield running

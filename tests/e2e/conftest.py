"""One demo and one browser for all end-to-end tests; the outage comes last, because it takes the API away."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.demo import Demo, chromium, running_demo
from tests.e2e.looking import WITHIN_MS
from tests.e2e.own_api import OwnApi, running_against


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Return the running demo."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Return a headless chromium."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def own(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnApi]:
    """Return a second run of the app against "a customer's" API: the demo's, behind a proxy that counts the calls."""
    with running_against(demo, tmp_path_factory.mktemp("own")) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def patience() -> None:
    """Give every expectation the time that a busy machine needs; a value that comes earlier is not waited for."""
    expect.set_options(timeout=WITHIN_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what disturbs the shared demo after everything else."""
    items.sort(key=lambda item: "test_outage" in item.nodeid)

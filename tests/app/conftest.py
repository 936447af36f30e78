"""The app on fakes, new for each test."""

from __future__ import annotations

import pytest

from tests.app.building import Building, build


@pytest.fixture
def building() -> Building:
    """Return the app with everything behind it."""
    return build()

"""A stub API on loopback, a clock that stands still, and clients for both kinds of server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.energy_api import HttpEnergyApi
from services.transport import Limits
from tests.fakes.clock import FakeClock
from tests.services.stub_api import EVERYTHING, StubApi, serving

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
QUICK = Limits(connect_s=1.0, read_s=1.0, total_s=2.0)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def base(clock: FakeClock) -> Iterator[StubApi]:
    with serving(StubApi(clock)) as stub:
        yield stub


@pytest.fixture
def extended(clock: FakeClock) -> Iterator[StubApi]:
    with serving(StubApi(clock, *EVERYTHING)) as stub:
        yield stub


def client(stub: StubApi, **more: object) -> HttpEnergyApi:
    """Return a client that tries once."""
    return HttpEnergyApi(stub.url, clock=stub.clock, **{"limits": QUICK, **more})

"""The prefetch after sign-in: behind the page, uncounted, and without any harm when it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dash_app.domain.errors import ApiUnavailable
from dash_app.workflows.prefetch import prefetch_last_used
from tests.fakes.api import FakeEnergyApi, FakeMeasurements, project, session
from tests.fakes.clock import FakeClock

ADA = session("ada", project("p1"))


@pytest.fixture
def api() -> FakeEnergyApi:
    return FakeEnergyApi(FakeClock())


def prefetch(api: FakeEnergyApi, project_id: str) -> tuple[FakeMeasurements, list[Callable[[], None]]]:
    measurements, later = FakeMeasurements(api, api.clock), []
    prefetch_last_used(measurements, ADA, project_id, clock=api.clock, run=later.append)
    return measurements, later


def test_the_last_used_project_is_loaded_behind_the_page_and_is_no_opening(api: FakeEnergyApi) -> None:
    measurements, later = prefetch(api, "p1")
    assert api.calls == []
    later[0]()
    assert api.calls == ["list_measurands", "fetch_history"]
    assert measurements.openings == 0


def test_a_project_that_is_no_longer_ours_is_not_asked_for(api: FakeEnergyApi) -> None:
    assert prefetch(api, "p2")[1] == []


def test_a_failure_behind_the_page_hurts_nobody(api: FakeEnergyApi) -> None:
    _, later = prefetch(api, "p1")
    api.fails = ApiUnavailable("refused")
    later[0]()

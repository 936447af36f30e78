"""What every EnergyApi keeps to, whoever implements it: the client on both kinds of server, and the fake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from dash_app.domain.errors import BadCredentials, SessionEnded
from dash_app.domain.frames import check_index
from dash_app.domain.ports import EnergyApi, SignIn
from dash_app.domain.project import Project
from dash_app.domain.site import Measurand
from services.energy_api import HttpEnergyApi
from tests.fakes.api import FakeEnergyApi, project
from tests.fakes.clock import FakeClock
from tests.services.stub_api import EVERYTHING, PASSWORD, StubApi, serving

NOW = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
EMAIL = "ada@example.org"
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Signed:
    """An API and somebody signed in."""

    api: EnergyApi
    found: SignIn
    project: Project
    measurands: tuple[Measurand, ...]


@pytest.fixture(params=["fake", "base", "extended"])
def api(request: pytest.FixtureRequest) -> Iterator[EnergyApi]:
    clock = FakeClock(NOW)
    if request.param == "fake":
        fake = FakeEnergyApi(clock)
        fake.add_person(EMAIL, PASSWORD, project("p1"))
        yield fake
        return
    with serving(StubApi(clock, *(EVERYTHING if request.param == "extended" else ()))) as stub:
        stub.measure("1", 5.0, since=72 * HOUR)
        stub.measure("2", 30.0, since=72 * HOUR)
        yield HttpEnergyApi(stub.url, clock=clock)


@pytest.fixture
def signed(api: EnergyApi) -> Signed:
    found = api.sign_in(EMAIL, PASSWORD)
    own = found.projects[0]
    return Signed(api=api, found=found, project=own, measurands=api.list_measurands(found.token, own))


def test_a_sign_in_gives_a_token_that_expires_and_the_projects(signed: Signed) -> None:
    assert signed.found.token.expires_at > NOW
    assert signed.found.token.access not in repr(signed.found)
    assert [each.project_id for each in signed.found.projects] == ["p1"]


@pytest.mark.parametrize(("email", "password"), [(EMAIL, "wrong"), ("nobody@example.org", PASSWORD)])
def test_wrong_credentials_are_bad_credentials(api: EnergyApi, email: str, password: str) -> None:
    with pytest.raises(BadCredentials):
        api.sign_in(email, password)


def test_a_token_that_cannot_be_refreshed_ends_the_session(signed: Signed) -> None:
    with pytest.raises(SessionEnded):
        signed.api.refresh(type(signed.found.token)(access="x", refresh=None, expires_at=NOW))


def test_changed_credentials_are_the_only_ones_that_sign_in(signed: Signed) -> None:
    person, token = signed.found.person, signed.found.token
    signed.api.change_credentials(token, person, email=EMAIL, password="another password")
    with pytest.raises(BadCredentials):
        signed.api.sign_in(EMAIL, PASSWORD)
    assert signed.api.sign_in(EMAIL, "another password").person.user_id == person.user_id


def test_a_changed_address_signs_in_with_the_same_projects(signed: Signed) -> None:
    signed.api.change_credentials(signed.found.token, signed.found.person, email="ads@example.org", password=PASSWORD)
    assert signed.api.sign_in("ads@example.org", PASSWORD).projects == signed.found.projects


def test_the_measurands_are_those_of_the_project(signed: Signed) -> None:
    assert [m.measurand_id for m in signed.measurands] == ["1", "2"]


def test_history_holds_the_steps_that_begin_in_the_window(signed: Signed) -> None:
    window = signed.api.fetch_history(
        signed.found.token, signed.project, signed.measurands, NOW - 5 * HOUR, NOW - 2 * HOUR
    )
    assert set(window.series) == {"1", "2"}
    for series in window.series.values():
        check_index(series.index)
        assert (series.index[0], len(series)) == (NOW - 5 * HOUR, 12)
        assert series.index[-1] + pd.Timedelta(minutes=15) == NOW - 2 * HOUR
    assert window.data_until == NOW - 2 * HOUR
    assert not window.saved


def test_the_newest_points_are_counted_over_all_measurands(signed: Signed) -> None:
    window = signed.api.fetch_newest(signed.found.token, signed.project, signed.measurands, 20)
    assert sum(int(series.notna().sum()) for series in window.series.values()) == 20
    assert window.data_until == NOW


def test_live_is_the_newest_value_of_each_measurand(signed: Signed) -> None:
    values = signed.api.fetch_live(signed.found.token, signed.project)
    assert {value.measurand_id: value.at for value in values} == dict.fromkeys("12", NOW - timedelta(minutes=15))
    assert next(value.value for value in values if value.measurand_id == "2") == 30.0


def test_a_project_without_prices_co2_or_weather_has_none(signed: Signed) -> None:
    assert signed.api.fetch_prices(signed.found.token, "p1", NOW, NOW + HOUR) is None
    assert signed.api.fetch_co2(signed.found.token, "p1", NOW, NOW + HOUR) is None
    assert signed.api.fetch_weather(signed.found.token, "p1", NOW, NOW + HOUR) is None

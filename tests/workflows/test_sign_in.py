"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from dash_app.domain.errors import ApiUnavailable, BadCredentials, RateLimited, SessionEnded
from dash_app.domain.ports import ApiToken, Session, SignIn
from dash_app.domain.project import Right, Role
from dash_app.workflows.sign_in import reread, service_session, session_of, sign_in, sign_out
from tests.fakes.api import FakeEnergyApi, FakeMeasurements, project
from tests.fakes.clock import FakeClock
from tests.fakes.people import a_sign_in
from tests.fakes.store import FakeStore

MAX = "max@example.org"
PASSWORD = "correct horse"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def api(clock: FakeClock) -> FakeEnergyApi:
    api = FakeEnergyApi(clock)
    api.add_person(MAX, PASSWORD, project("monash", Role.MANAGER))
    return api


@pytest.fixture
def store(clock: FakeClock) -> FakeStore:
    return FakeStore(clock)


@pytest.fixture
def measurements(api: FakeEnergyApi, clock: FakeClock) -> FakeMeasurements:
    return FakeMeasurements(api, clock)


@pytest.fixture
def signed_in(api: FakeEnergyApi, store: FakeStore, measurements: FakeMeasurements) -> Session:
    session = sign_in(api, store.sessions, store.audit, measurements, MAX, PASSWORD)
    api.calls.clear()
    return session


def test_signing_in_opens_a_session_purges_the_cache_and_is_audited(
    api: FakeEnergyApi, store: FakeStore, measurements: FakeMeasurements
) -> None:
    session = sign_in(api, store.sessions, store.audit, measurements, f" {MAX} ", PASSWORD)
    assert store.sessions.get(session.session_id) == session
    assert session.expires_at - session.opened_at == timedelta(hours=12)
    assert measurements.purges == 1
    assert [(row.who, row.what) for row in store.audit.rows()] == [(MAX, "signed in")]


@pytest.mark.parametrize(("email", "password"), [("", PASSWORD), ("  ", PASSWORD), (MAX, "")])
def test_empty_fields_are_refused_before_anything_is_asked(
    api: FakeEnergyApi, store: FakeStore, measurements: FakeMeasurements, email: str, password: str
) -> None:
    with pytest.raises(BadCredentials, match="Enter your e-mail and your password"):
        sign_in(api, store.sessions, store.audit, measurements, email, password)
    assert (api.calls, store.audit.kept, measurements.purges) == ([], [], 0)


def test_a_wrong_password_is_audited_without_the_password(
    api: FakeEnergyApi, store: FakeStore, measurements: FakeMeasurements
) -> None:
    with pytest.raises(BadCredentials):
        sign_in(api, store.sessions, store.audit, measurements, MAX + "\n" + "x" * 300, "hunter2 canary")
    (row,) = store.audit.rows()
    assert (row.what, len(row.who)) == ("sign-in refused", 253)
    assert "canary" not in repr(row)
    assert row.who.isprintable()


def test_an_api_that_is_away_is_not_a_wrong_password(
    api: FakeEnergyApi, store: FakeStore, measurements: FakeMeasurements
) -> None:
    api.fails = ApiUnavailable("refused")
    with pytest.raises(ApiUnavailable):
        sign_in(api, store.sessions, store.audit, measurements, MAX, PASSWORD)
    assert store.audit.rows() == ()


def test_signing_out_revokes_the_session_and_is_audited(store: FakeStore, signed_in: Session) -> None:
    sign_out(store.sessions, store.audit, signed_in.session_id)
    sign_out(store.sessions, store.audit, signed_in.session_id)
    assert store.sessions.get(signed_in.session_id) is None
    assert [row.what for row in store.audit.rows()] == ["signed out", "signed in"]


def test_a_fresh_token_is_used_as_it_is(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock, signed_in: Session
) -> None:
    clock.advance(timedelta(minutes=12, seconds=59))
    assert session_of(store.sessions, api, signed_in.session_id, clock) == signed_in
    assert api.calls == []


def test_a_token_with_two_minutes_left_is_renewed_and_roles_are_read_again(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock, signed_in: Session
) -> None:
    api.add_person(MAX, PASSWORD, project("monash", Role.VIEWER))
    clock.advance(timedelta(minutes=13))
    session = session_of(store.sessions, api, signed_in.session_id, clock)
    assert session.token.expires_at == clock() + timedelta(minutes=15)
    assert not session.projects[0].allows(Right.APPROVE)
    assert session_of(store.sessions, api, signed_in.session_id, clock) == session
    assert api.calls == ["refresh"]


def test_whoever_is_renewed_keeps_the_email_that_every_record_names(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock, signed_in: Session
) -> None:
    assert reread(store.sessions, api, signed_in).person.email == MAX
    clock.advance(timedelta(minutes=13))
    assert session_of(store.sessions, api, signed_in.session_id, clock).person.email == MAX


def test_a_person_removed_at_the_api_loses_the_session(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock, signed_in: Session
) -> None:
    api.revoked.add(MAX)
    clock.advance(timedelta(minutes=13))
    for _ in range(2):
        with pytest.raises(SessionEnded, match=r"Your session has ended\. Please sign in again\."):
            session_of(store.sessions, api, signed_in.session_id, clock)
    assert api.calls == ["refresh"]


def test_an_unknown_session_has_ended(api: FakeEnergyApi, store: FakeStore, clock: FakeClock) -> None:
    with pytest.raises(SessionEnded):
        session_of(store.sessions, api, "made up", clock)


def test_while_the_api_is_away_the_session_stays_and_the_api_is_asked_every_five_seconds_only(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock, signed_in: Session
) -> None:
    api.fails = ApiUnavailable("refused")
    clock.advance(timedelta(minutes=20))
    for _ in range(3):
        assert session_of(store.sessions, api, signed_in.session_id, clock).token == signed_in.token
    assert api.calls == ["refresh"]
    api.fails = None
    clock.advance(timedelta(seconds=5))
    assert session_of(store.sessions, api, signed_in.session_id, clock).token != signed_in.token


def test_an_api_that_asks_us_to_wait_is_left_alone_as_long(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock, signed_in: Session
) -> None:
    api.fails = RateLimited("wait", retry_after_s=40.0)
    clock.advance(timedelta(minutes=14))
    for wait in (0, 39, 1):
        clock.advance(timedelta(seconds=wait))
        session_of(store.sessions, api, signed_in.session_id, clock)
    assert api.calls == ["refresh", "refresh"]


class CountingApi(FakeEnergyApi):
    """Counts how many renewals run at once; a token can be used once."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.used: list[str] = []

    def refresh(self, token: ApiToken) -> SignIn:
        self.used.append(token.access)
        return super().refresh(token)


def test_a_token_is_renewed_once_however_many_callbacks_need_it(clock: FakeClock, store: FakeStore) -> None:
    api = CountingApi(clock)
    api.add_person(MAX, PASSWORD, project("monash", Role.MANAGER))
    session = sign_in(api, store.sessions, store.audit, FakeMeasurements(api, clock), MAX, PASSWORD)
    clock.advance(timedelta(minutes=14))
    ready = threading.Barrier(8)

    def opened(_place: int) -> str:
        ready.wait()
        return session_of(store.sessions, api, session.session_id, clock).token.access

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(opened, range(8)))
    assert api.used == [session.token.access]
    assert len(tokens) == 1


def test_a_session_without_a_refresh_token_lasts_as_long_as_its_token(
    api: FakeEnergyApi, store: FakeStore, clock: FakeClock
) -> None:
    session = store.sessions.open(a_sign_in(refresh=None), timedelta(hours=12))
    clock.advance(timedelta(minutes=14, seconds=59))
    assert session_of(store.sessions, api, session.session_id, clock) == session
    assert reread(store.sessions, api, session) == session
    clock.advance(timedelta(seconds=1))
    with pytest.raises(SessionEnded):
        session_of(store.sessions, api, session.session_id, clock)


def test_rereading_asks_the_api_whatever_the_token_still_allows(
    api: FakeEnergyApi, store: FakeStore, signed_in: Session
) -> None:
    api.add_person(MAX, PASSWORD, project("monash", Role.ANALYST))
    assert not reread(store.sessions, api, signed_in).projects[0].allows(Right.APPROVE)
    api.fails = ApiUnavailable("refused")
    with pytest.raises(ApiUnavailable):
        reread(store.sessions, api, signed_in)


def test_a_token_renewed_for_somebody_else_ends_the_session(
    api: FakeEnergyApi, store: FakeStore, signed_in: Session
) -> None:
    mixed_up = a_sign_in("mia@example.org", refresh=f"refresh-{MAX}")
    session = store.sessions.open(mixed_up, timedelta(hours=12))
    with pytest.raises(SessionEnded):
        reread(store.sessions, api, session)
    assert store.sessions.get(session.session_id) is None


def test_the_service_account_signs_in_once_and_renews_before_the_end(api: FakeEnergyApi, clock: FakeClock) -> None:
    current = service_session(api, MAX, PASSWORD, clock)
    first = current()
    assert current() is first
    clock.advance(timedelta(minutes=13))
    assert current().token != first.token
    assert api.calls == ["sign_in", "refresh"]


def test_the_service_account_signs_in_again_when_its_session_ended(api: FakeEnergyApi, clock: FakeClock) -> None:
    current = service_session(api, MAX, PASSWORD, clock)
    current()
    api.revoked.add(MAX)
    clock.advance(timedelta(minutes=13))
    assert current().token.expires_at == clock() + timedelta(minutes=15)
    assert api.calls == ["sign_in", "refresh", "sign_in"]


def test_the_service_account_keeps_its_token_while_the_api_is_away_and_no_longer(
    api: FakeEnergyApi, clock: FakeClock
) -> None:
    current = service_session(api, MAX, PASSWORD, clock)
    first = current()
    api.fails = ApiUnavailable("refused")
    clock.advance(timedelta(minutes=14))
    assert current() is first
    clock.advance(timedelta(minutes=1))
    with pytest.raises(ApiUnavailable):
        current()

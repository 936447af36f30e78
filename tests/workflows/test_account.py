"""Another e-mail or password: the old ones first, one question, and no doubt left about what is valid now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from dash_app.account_attempts import MOST, WITHIN, Attempts
from dash_app.domain.errors import (
    ApiError,
    ApiUnavailable,
    ApiUnreadable,
    BadCredentials,
    RateLimited,
    RejectedByApi,
    SessionEnded,
    UnknownAtApi,
)
from dash_app.domain.ports import ApiToken, Session
from dash_app.domain.project import Person
from dash_app.workflows.account import FIXED, Verdict, Wanted, can_change, change_credentials, fault_of, weakness
from tests.fakes.api import FakeEnergyApi, project
from tests.fakes.clock import FakeClock
from tests.fakes.store import FakeStore

ADA, OLD, NEW = "ada@example.org", "old canary 8c1f", "four plain grey herons"
HALF_DAY = timedelta(hours=12)


class FlakyApi(FakeEnergyApi):
    """An API whose answer to a change can get lost, after it has changed something or before."""

    def __init__(self, clock: Callable[..., object]) -> None:
        super().__init__(clock)  # type: ignore[arg-type]
        self.before: ApiError | None = None
        self.after: ApiError | None = None
        self.then: ApiError | None = None

    def change_credentials(self, token: ApiToken, person: Person, *, email: str, password: str) -> None:
        if self.before is not None:
            self.fails = self.then
            raise self.before
        super().change_credentials(token, person, email=email, password=password)
        self.fails = self.then
        if self.after is not None:
            raise self.after


class Bench:
    """An API and a store, Ada signed in twice and Bob once."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.api, self.store = FlakyApi(self.clock), FakeStore(self.clock)
        self.api.add_person(ADA, OLD, project("p1"))
        self.api.add_person("bob@example.org", OLD, project("p1"))
        self.here, self.elsewhere, self.bob = (self.open(who) for who in (ADA, ADA, "bob@example.org"))

    def open(self, email: str) -> Session:
        return self.store.sessions.open(self.api.sign_in(email, OLD), HALF_DAY)

    def change(self, email: str = ADA, old: str = OLD, new: str = NEW, again: str | None = None) -> Verdict:
        wanted = Wanted(email=email, old=old, new=new, again=new if again is None else again)
        self.outcome = change_credentials(self.api, self.store.sessions, self.store.audit, self.here, wanted)
        return self.outcome.verdict

    def rows(self) -> list[tuple[str, str, str]]:
        return [(row.who, row.what, row.detail) for row in reversed(self.store.audit.rows())]

    def running(self) -> list[bool]:
        return [self.store.sessions.get(one.session_id) is not None for one in (self.here, self.elsewhere, self.bob)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_changed_password_is_the_only_one_that_signs_in(bench: Bench) -> None:
    assert bench.change() is Verdict.CHANGED
    assert bench.api.sign_in(ADA, NEW).person.email == ADA
    with pytest.raises(BadCredentials):
        bench.api.sign_in(ADA, OLD)


def test_every_other_session_of_that_person_ends_and_this_one_goes_on(bench: Bench) -> None:
    bench.change()
    assert bench.running() == [True, False, True]
    assert bench.outcome.ended == 1


def test_this_session_goes_on_with_a_new_token_and_the_new_address(bench: Bench) -> None:
    bench.clock.advance(timedelta(minutes=1))
    assert bench.change(email=" ads@example.org ", new="") is Verdict.CHANGED
    now = bench.store.sessions.get(bench.here.session_id)
    assert now is not None
    assert (now.person.email, now.person.user_id) == ("ads@example.org", bench.here.person.user_id)
    assert now.token != bench.here.token


def test_the_audit_says_who_changed_what_and_never_a_password(bench: Bench) -> None:
    bench.change(email="ads@example.org")
    assert bench.rows() == [
        (ADA, "change of credentials asked", f"e-mail {ADA} -> ads@example.org, password"),
        (ADA, "credentials changed", f"e-mail {ADA} -> ads@example.org, password: 1 other sessions ended"),
    ]
    assert OLD not in str(bench.rows()) and NEW not in str(bench.rows())
    assert OLD not in repr(Wanted(email=ADA, old=OLD, new=NEW, again=NEW))


def test_a_wrong_old_password_changes_nothing_and_is_audited(bench: Bench) -> None:
    assert bench.change(old="wrong") is Verdict.WRONG_OLD
    assert "change_credentials" not in bench.api.calls
    assert bench.rows()[-1] == (ADA, "change of credentials failed", "password: wrong old password")
    assert bench.running() == [True, True, True]


def test_the_old_password_of_somebody_else_is_a_wrong_one(bench: Bench) -> None:
    bench.api.user_ids[ADA] = "somebody else"
    assert bench.change() is Verdict.WRONG_OLD
    assert "change_credentials" not in bench.api.calls


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"email": ""}, Verdict.NO_EMAIL),
        ({"email": "no address"}, Verdict.NO_EMAIL),
        ({"email": "a@b@c"}, Verdict.NO_EMAIL),
        ({"email": "a" * 250 + "@example.org"}, Verdict.NO_EMAIL),
        ({"old": ""}, Verdict.NO_OLD),
        ({"new": ""}, Verdict.NOTHING_NEW),
        ({"again": "something else"}, Verdict.MISMATCH),
        ({"new": "", "again": "something else"}, Verdict.MISMATCH),
        ({"new": OLD}, Verdict.SAME),
        ({"new": "nine sign"}, Verdict.TOO_SHORT),
        ({"new": "x1y2z3" * 40}, Verdict.TOO_LONG),
        ({"new": "aaaaaaaaaaaa"}, Verdict.TOO_SIMPLE),
    ],
)
def test_what_cannot_be_is_said_before_anybody_is_asked(bench: Bench, given: dict[str, str], said: Verdict) -> None:
    bench.api.calls.clear()
    assert bench.change(**given) is said
    assert bench.api.calls == []
    assert bench.rows() == []


@pytest.mark.parametrize(
    "password",
    ["Password123", "1234567890", "qwertzuiop", "abcabcabcabc", "annabella1234", "9876543210", "geheim geheim"],
)
def test_passwords_that_everybody_guesses_are_too_simple(password: str) -> None:
    assert weakness(password, "annabella@example.org") is Verdict.TOO_SIMPLE


@pytest.mark.parametrize("password", [NEW, "Kx7!pq9Lm2", "grüner Tee um vier", "correcthorsebattery"])
def test_passwords_that_nobody_guesses_are_good(password: str) -> None:
    assert weakness(password, ADA) is None
    assert fault_of(ADA, Wanted(email=ADA, old=OLD, new=password, again=password)) is None


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RejectedByApi("status 422"), Verdict.REFUSED),
        (UnknownAtApi("status 404"), Verdict.NOT_OFFERED),
        (SessionEnded("status 403"), Verdict.NOT_OFFERED),
        (RateLimited("status 429", retry_after_s=40), Verdict.TOO_OFTEN),
    ],
)
def test_a_refusal_changes_nothing_and_says_why(bench: Bench, error: ApiError, said: Verdict) -> None:
    bench.api.before = error
    assert bench.change() is said
    assert bench.running() == [True, True, True]
    assert bench.rows()[-1][1] == "change of credentials failed"


def test_an_address_that_is_taken_is_refused(bench: Bench) -> None:
    assert bench.change(email="bob@example.org") is Verdict.REFUSED


def test_how_long_to_wait_is_told(bench: Bench) -> None:
    bench.api.before = RateLimited("status 429", retry_after_s=40)
    bench.change()
    assert bench.outcome.wait_s == 40


@pytest.mark.parametrize("error", [ApiUnavailable("cut"), ApiUnreadable("empty")])
def test_a_lost_answer_to_a_change_that_was_made_is_found_out(bench: Bench, error: ApiError) -> None:
    bench.api.after = error
    assert bench.change() is Verdict.CHANGED
    assert bench.running() == [True, False, True]


def test_a_lost_question_is_found_out_as_well(bench: Bench) -> None:
    bench.api.before = ApiUnavailable("cut")
    assert bench.change() is Verdict.NOT_REACHED
    assert bench.running() == [True, True, True]


def test_when_nothing_can_be_found_out_it_is_said(bench: Bench) -> None:
    bench.api.after, bench.api.then = ApiUnavailable("cut"), ApiUnavailable("still cut")
    assert bench.change() is Verdict.UNCLEAR
    assert bench.running() == [True, True, True]


def test_a_change_stands_even_when_the_next_sign_in_fails(bench: Bench) -> None:
    bench.api.then = ApiUnavailable("cut")
    assert bench.change() is Verdict.CHANGED
    assert bench.running() == [True, False, True]


def test_a_server_out_of_reach_changes_nothing(bench: Bench) -> None:
    bench.api.fails = ApiUnavailable("refused")
    assert bench.change() is Verdict.NOT_REACHED


def test_without_an_audit_row_nothing_is_asked(bench: Bench) -> None:
    bench.store.broken = True
    bench.api.calls.clear()
    assert bench.change() is Verdict.NOT_POSSIBLE
    assert bench.api.calls == []


def test_accounts_kept_elsewhere_are_named_by_the_api() -> None:
    clock = FakeClock()
    assert can_change(FakeEnergyApi(clock))
    assert not can_change(FakeEnergyApi(clock, extensions=frozenset({FIXED})))


def test_five_wrong_passwords_mean_waiting_for_a_quarter_of_an_hour() -> None:
    clock = FakeClock()
    attempts = Attempts(clock)
    for _ in range(MOST):
        assert attempts.wait_s("ada") == 0
        attempts.failed("ada")
    assert attempts.wait_s("ada") == WITHIN.total_seconds()
    assert attempts.wait_s("bob") == 0
    clock.advance(WITHIN + timedelta(seconds=1))
    assert attempts.wait_s("ada") == 0


def test_the_right_password_forgets_the_wrong_ones() -> None:
    attempts = Attempts(FakeClock())
    for _ in range(MOST):
        attempts.failed("ada")
    attempts.succeeded("ada")
    assert attempts.wait_s("ada") == 0

"""Stop: who may, what it does, and what it says when the dispatcher or the plan store is away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dash_app.domain.errors import SessionEnded, StoreUnavailable
from dash_app.domain.ports import Session
from dash_app.domain.project import Role
from dash_app.domain.recommendation import State
from dash_app.session_memory import KEEP, SessionMemory
from tests.app.building import call, output_of, payload
from tests.app.live_app import PEOPLE, LiveApp, build_live
from tests.components.test_parts import words
from tests.fakes.api import session
from tests.fakes.clock import FakeClock

PATH = "/p/monash/live"


@pytest.fixture
def live() -> LiveApp:
    return build_live()


def body(live: LiveApp, path: str = PATH, clicks: int = 1) -> dict[str, Any]:
    filled = payload(live.app, output_of(live.app, "live-outcome.children"), live_address__pathname=path)
    filled["inputs"][0]["value"] = clicks
    return filled


def text_of(answer: Any) -> str:
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return words(_revived(answer.get_json()["response"]["live-outcome"]["children"]))


def _revived(part: Any) -> Any:
    """Return the texts of a component as JSON, nested as `words` wants them."""
    if isinstance(part, dict):
        return _revived(part["props"].get("children"))
    return [_revived(child) for child in part] if isinstance(part, list) else part


def state(live: LiveApp) -> State:
    return live.store.recommendations.newest("monash")[0].state


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ANALYST])
def test_a_hand_made_request_of_somebody_who_may_not_is_refused(live: LiveApp, role: Role) -> None:
    assert call(live.signed_in(role), body(live)).status_code == 403
    assert not live.link.asked
    assert state(live) is State.ACTIVE


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.MANAGER, Role.ADMIN])
def test_those_who_may_release_the_battery_and_end_the_plan(live: LiveApp, role: Role) -> None:
    text = text_of(call(live.signed_in(role), body(live)))
    assert live.link.asked == [("monash", PEOPLE[role])]
    assert state(live) is State.STOPPED
    assert "Released: Battery 1, simulated battery follows its own safe rules." in text and "R-1 is stopped." in text


def test_a_stop_without_a_project_or_for_another_one_does_nothing(live: LiveApp) -> None:
    client = live.signed_in()
    assert call(client, body(live, "/projects")).status_code == 403
    assert call(client, body(live, "/p/fontana1/live")).status_code == 404
    assert not live.link.asked


def test_without_a_click_nothing_is_stopped(live: LiveApp) -> None:
    assert call(live.signed_in(), body(live, clicks=0)).status_code == 200
    assert not live.link.asked


def test_a_dispatcher_that_does_not_confirm_is_said_with_the_command_to_use(live: LiveApp) -> None:
    live.link.answer = False
    text = text_of(call(live.signed_in(), body(live)))
    assert "No dispatcher confirmed the release of Battery 1, simulated battery." in text
    assert "energy-dashboard release" in text
    assert state(live) is State.STOPPED


def test_stop_works_while_the_plan_store_is_away_and_says_that_it_is_not_recorded(live: LiveApp) -> None:
    client = live.signed_in(Role.OPERATOR)
    look = payload(live.app, output_of(live.app, "live-now.children"), live_address__pathname=PATH)
    assert call(client, look).status_code == 200
    live.store.broken = True
    assert "The plan store cannot be read" in call(client, look).get_data(as_text=True)
    text = text_of(call(client, body(live)))
    assert live.link.asked == [("monash", PEOPLE[Role.OPERATOR])]
    assert "The battery was released, but the stop could not be recorded" in text


def test_without_store_and_dispatcher_the_page_says_what_to_do(live: LiveApp) -> None:
    client = live.signed_in()
    call(client, payload(live.app, output_of(live.app, "live-now.children"), live_address__pathname=PATH))
    live.store.broken, live.link.answer = True, False
    text = text_of(call(client, body(live)))
    assert "NOT released" in text and "energy-dashboard release" in text


def test_a_viewer_stays_a_viewer_while_the_store_is_away(live: LiveApp) -> None:
    client = live.signed_in(Role.VIEWER)
    call(client, payload(live.app, output_of(live.app, "live-now.children"), live_address__pathname=PATH))
    live.store.broken = True
    assert call(client, body(live)).status_code == 403
    assert not live.link.asked


class Finder:
    """A way to find sessions that fails when told to."""

    def __init__(self) -> None:
        self.fails: Exception | None = None

    def __call__(self, session_id: str) -> Session:
        if self.fails is not None:
            raise self.fails
        return session("u1")


def remembering() -> tuple[SessionMemory, Finder, FakeClock]:
    finder, clock = Finder(), FakeClock()
    return SessionMemory(finder, clock), finder, clock


def test_a_session_is_remembered_for_a_while_when_the_store_is_away() -> None:
    memory, finder, clock = remembering()
    memory("s")
    finder.fails = StoreUnavailable("full")
    clock.advance(KEEP)
    assert memory("s").person.user_id == "u1"
    clock.advance(timedelta(seconds=1))
    with pytest.raises(StoreUnavailable):
        memory("s")


def test_a_session_that_nobody_checked_before_is_not_let_in() -> None:
    memory, finder, _clock = remembering()
    finder.fails = StoreUnavailable("full")
    with pytest.raises(StoreUnavailable):
        memory("s")


def test_a_session_that_has_ended_is_forgotten_at_once() -> None:
    memory, finder, _clock = remembering()
    memory("s")
    finder.fails = SessionEnded("signed out")
    with pytest.raises(SessionEnded):
        memory("s")
    finder.fails = StoreUnavailable("full")
    with pytest.raises(StoreUnavailable):
        memory("s")


def test_a_session_is_not_remembered_beyond_its_own_end() -> None:
    memory, finder, clock = remembering()
    clock.now = session("u1").expires_at - timedelta(seconds=1)
    memory("s")
    finder.fails = StoreUnavailable("full")
    clock.advance(timedelta(seconds=2))
    with pytest.raises(StoreUnavailable):
        memory("s")

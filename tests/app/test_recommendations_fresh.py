"""The process of a job opens everything anew and believes only the server's session."""

from __future__ import annotations

from pathlib import Path

import pytest

from dash_app.domain.errors import NotPermitted, SessionEnded
from dash_app.domain.project import Role
from dash_app.domain.schedule import Objective
from dash_app.recompute_job import compute_for_session
from dash_app.settings import Settings
from dash_app.wiring import build
from dash_app.workflows.sign_in import SESSION_LIFETIME
from tests.app.building import SECRET
from tests.fakes.people import a_sign_in

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(secret_key=SECRET, state_dir=tmp_path, energy_api_url=NOWHERE, _env_file=None)


def test_an_unknown_session_computes_nothing(settings: Settings) -> None:
    with pytest.raises(SessionEnded):
        compute_for_session(build(settings), "guessed", "monash", Objective.COST)
    assert build(settings).jobs.newest("monash") is None


def test_the_role_is_checked_again_where_the_work_is_done(settings: Settings) -> None:
    web = build(settings)
    answer = a_sign_in(roles=frozenset({Role.VIEWER}))
    session = web.sessions.open(answer, SESSION_LIFETIME)
    with pytest.raises(NotPermitted):
        compute_for_session(build(settings), session.session_id, "monash", Objective.COST)
    assert web.jobs.newest("monash") is None

"""The role table: a right is checked on the project of the address, for plain and background callbacks alike."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dash import Dash, Input, Output, State, dcc, html
from dash._callback_context import context_value
from dash._utils import AttributeDict
from flask import Flask, session
from flask.testing import FlaskClient

from dash_app.auth import Guard
from dash_app.background import build_manager
from dash_app.domain.errors import SessionEnded
from dash_app.domain.ports import Session
from dash_app.domain.project import Project, Right, Role
from dash_app.session_cookie import configure_cookie
from tests.app.building import SECRET, Building, call, output_of, payload
from tests.fakes.people import a_session


def person() -> Session:
    """A manager of `monash` who is a viewer of `fontana1`."""
    known = a_session()
    other = replace(known.projects[0], project_id="fontana1", roles=frozenset({Role.VIEWER}))
    return replace(known, projects=(*known.projects, other))


def never_rebuilt() -> Dash:
    raise AssertionError("no job is started here")


def guarded(tmp_path: Path, found: Callable[[str], Session]) -> tuple[Dash, Guard, list[str]]:
    app = Dash(
        "guarded", server=Flask("guarded"), background_callback_manager=build_manager(tmp_path / "jobs", never_rebuilt)
    )
    configure_cookie(app.server, secret_key=SECRET, secure=False)
    app.server.add_url_rule("/enter", "enter", lambda: (session.update(sid="of max"), "")[1])
    app.layout = html.Div([dcc.Location(id="url"), html.Button(id="go"), html.Div(id="done"), html.Div(id="job")])
    ran: list[str] = []
    address = State("url", "pathname")

    @app.callback(Output("done", "children"), Input("go", "n_clicks"), address)
    def approve(_clicks: int, pathname: str) -> str:
        ran.append(pathname)
        return "approved"

    @app.callback(Output("job", "children"), Input("go", "n_clicks"), address, background=True)
    def compute(_clicks: int, _pathname: str) -> str:
        return "computed"

    @app.callback(Output("free", "children"), Input("go", "n_clicks"))
    def look(_clicks: int) -> str:
        return "seen"

    guard = Guard(app, session_of=found, public=("/enter",))
    guard.require(Right.APPROVE, "done")
    guard.require(Right.RECOMPUTE, "job.children")
    guard.check_table()
    return app, guard, ran


def inside(app: Dash) -> FlaskClient:
    client = app.server.test_client()
    client.get("/enter")
    return client


def sent(app: Dash, output: str, pathname: str) -> Any:
    return call(inside(app), payload(app, output, url__pathname=pathname))


@pytest.fixture
def guard_of_max(tmp_path: Path) -> tuple[Dash, Guard, list[str]]:
    return guarded(tmp_path, lambda _session_id: person())


def test_a_right_holds_on_the_project_where_the_role_is(guard_of_max: tuple[Dash, Guard, list[str]]) -> None:
    app, _guard, ran = guard_of_max
    assert sent(app, "done.children", "/p/monash/recommendations").status_code == 200
    assert sent(app, "done.children", "/p/fontana1/recommendations").status_code == 403
    assert sent(app, "done.children", "/p/nobody/recommendations").status_code == 404
    assert ran == ["/p/monash/recommendations"]


@pytest.mark.parametrize("pathname", ["/projects", "", None, "/p/", "/p", "/login"])
def test_without_a_project_in_the_address_nothing_is_allowed(
    guard_of_max: tuple[Dash, Guard, list[str]], pathname: str
) -> None:
    app, _guard, ran = guard_of_max
    assert sent(app, "done.children", pathname).status_code == 403
    assert ran == []


def test_a_background_job_is_refused_before_it_starts(guard_of_max: tuple[Dash, Guard, list[str]]) -> None:
    app, _guard, _ran = guard_of_max
    assert sent(app, "job.children", "/p/fontana1/").status_code == 403
    polled = inside(app).post(
        "/_dash-update-component?cacheKey=a~b&job=1~c", json=payload(app, "job.children", url__pathname="/p/fontana1/")
    )
    assert polled.status_code == 403


def test_a_right_that_could_never_be_checked_is_an_error(guard_of_max: tuple[Dash, Guard, list[str]]) -> None:
    _app, guard, _ran = guard_of_max
    guard.require(Right.APPROVE, "free.children")
    with pytest.raises(ValueError, match="not told the pathname"):
        guard.check_table()


def test_what_needs_no_right_is_open_to_who_is_signed_in(guard_of_max: tuple[Dash, Guard, list[str]]) -> None:
    app, _guard, _ran = guard_of_max
    assert call(inside(app), payload(app, "free.children")).status_code == 200
    assert call(app.server.test_client(), payload(app, "free.children")).status_code == 401


def test_a_job_knows_who_started_it_from_the_signed_cookie(guard_of_max: tuple[Dash, Guard, list[str]]) -> None:
    app, guard, _ran = guard_of_max
    cookie = inside(app).get_cookie("energy")
    assert cookie is not None
    token = context_value.set(AttributeDict({"cookies": {"energy": cookie.value}}))
    try:
        assert guard.who().person.email == "max@example.org"
    finally:
        context_value.reset(token)


def test_a_job_with_a_forged_cookie_is_nobodys(tmp_path: Path) -> None:
    def only_max(session_id: str) -> Session:
        if session_id != "of max":
            raise SessionEnded("ended")
        return person()

    _app, guard, _ran = guarded(tmp_path, only_max)
    token = context_value.set(AttributeDict({"cookies": {"energy": "eyJzaWQiOiJvZiBtYXgifQ.x.y"}}))
    try:
        with pytest.raises(SessionEnded):
            guard.who()
    finally:
        context_value.reset(token)


def test_the_groups_that_dash_auth_reads_are_the_persons_roles(guard_of_max: tuple[Dash, Guard, list[str]]) -> None:
    app, guard, _ran = guard_of_max
    with app.server.test_request_context("/"):
        session["sid"] = "of max"
        assert guard.is_authorized()
        assert session["user"] == {"email": "max@example.org", "groups": ["manager", "viewer"]}


def test_the_first_requests_may_all_come_at_once(building: Building) -> None:
    clients = [building.signed_in() for _ in range(8)]
    body = payload(building.app, output_of(building.app, "projects-rows.children"))
    seen: list[int] = []
    start = threading.Barrier(8)

    def ask(client: FlaskClient) -> None:
        start.wait()
        seen.extend((client.get("/projects").status_code, call(client, body).status_code))

    threads = [threading.Thread(target=ask, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [200] * 16


def test_a_project_is_found_by_its_id_only() -> None:
    assert isinstance(person().project("monash"), Project)
    assert person().project("Monash") is None

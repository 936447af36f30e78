"""The project shown last is fetched behind the next sign-in, if it is still this person's."""

from __future__ import annotations

import threading
from typing import Any

from flask.testing import FlaskClient

from dash_app.last_project import THREAD
from tests.app.building import MANAGER, VIEWER, Building, build, call, output_of, payload, sign_in


def show(built: Building, client: FlaskClient, pathname: str) -> None:
    body = payload(built.app, output_of(built.app, "shell-content.children"), shell_url__pathname=pathname)
    assert call(client, body).status_code == 200


def fetched_at_sign_in(built: Building, client: FlaskClient, email: str) -> list[str]:
    asked: list[str] = []
    load = built.measurements.load_window

    def note(session: Any, project: Any, *rest: Any) -> Any:
        asked.append(project.project_id)
        return load(session, project, *rest)

    built.measurements.load_window = note  # type: ignore[method-assign]
    assert sign_in(client, email).status_code == 303
    for thread in threading.enumerate():
        if thread.name == THREAD:
            thread.join(5)
    return asked


def test_the_first_screen_of_the_project_shown_last_is_fetched_behind_the_sign_in() -> None:
    built = build()
    client = built.signed_in(MANAGER)
    show(built, client, "/p/fontana1/")
    assert fetched_at_sign_in(built, client, MANAGER) == ["fontana1"]


def test_somebody_else_at_the_same_browser_does_not_get_a_foreign_project() -> None:
    built = build()
    client = built.signed_in(MANAGER)
    show(built, client, "/p/fontana1/")
    assert fetched_at_sign_in(built, client, VIEWER) == []


def test_a_first_sign_in_fetches_nothing() -> None:
    built = build()
    assert fetched_at_sign_in(built, built.client(), MANAGER) == []


def test_a_foreign_project_is_not_remembered() -> None:
    built = build()
    client = built.signed_in(VIEWER)
    show(built, client, "/p/fontana1/")
    assert fetched_at_sign_in(built, client, MANAGER) == []

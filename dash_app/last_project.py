"""The project a browser showed last: its name stays in a cookie, its data are fetched behind the next sign-in."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

from dash import ctx
from flask import current_app, request

from dash_app.domain.ports import Session
from dash_app.workflows.prefetch import prefetch_last_used
from dash_app.workspace import Workspace

COOKIE = "project"
KEPT = timedelta(days=90)
THREAD = "prefetch"

SignInWith = Callable[[str, str], Session]


def remember(project_id: str) -> None:
    """Let the browser remember the project that the running callback shows; it is no secret and no right."""
    ctx.response.set_cookie(
        COOKIE,
        project_id,
        max_age=KEPT,
        httponly=True,
        samesite="Strict",
        secure=bool(current_app.config["SESSION_COOKIE_SECURE"]),
    )


def with_prefetch(sign_in: SignInWith, workspace: Workspace) -> SignInWith:
    """Return `sign_in` that, once somebody is in, fetches the first screen of the remembered project behind them."""

    def sign_in_and_prefetch(email: str, password: str) -> Session:
        session = sign_in(email, password)
        wanted = request.cookies.get(COOKIE, "")
        prefetch_last_used(workspace.measurements, session, wanted, clock=workspace.clock, run=_behind)
        return session

    return sign_in_and_prefetch


def _behind(work: Callable[[], None]) -> None:
    threading.Thread(target=work, name=THREAD, daemon=True).start()

"""The guard at the door: who is signed in, what was sent, and whether the role allows it, before anything runs.

A subclass of dash-auth's `Auth`, so that `list_groups`, `check_groups` and `protected` work; its own `_protect` lets
a payload with an input named `pathname` pass unsigned, which is why it is replaced here. The order of the checks:

    origin (403) -> public paths -> content type (415) -> payload's shape (400) -> signed in? (401, or the way to
    sign in) -> the project in the address is this person's (404) -> the role allows the callback (403)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

import structlog
from dash import Dash, ctx
from dash_auth.auth import Auth
from flask import Response, abort, g, has_request_context, jsonify, redirect, request, session
from flask.typing import ResponseReturnValue

from dash_app import payload
from dash_app.domain.errors import SessionEnded, StoreUnavailable
from dash_app.domain.ports import Session
from dash_app.domain.project import Right
from dash_app.headers import SAFE_METHODS, origin_is_ours
from dash_app.session_cookie import SESSION_ID, cookie_content
from dash_app.way_in import bounce_page, sign_in_path

CALLBACKS = "/_dash-update-component"
FORMS = frozenset({"/login", "/logout"})
MACHINERY = ("/_", "/assets/", "/vendor/")
EXIT_ID = "shell-exit"
log = structlog.get_logger()

SessionOf = Callable[[str], Session]
"""Returns the running session of an id, its token renewed if need be; raises SessionEnded."""


class Guard(Auth):  # type: ignore[misc]  # dash-auth has no types
    """Checks every request of `app`; `who` is the signed-in session, `require` the role table of callbacks."""

    def __init__(self, app: Dash, *, session_of: SessionOf, public: Iterable[str], public_url: str = "") -> None:
        self._session_of = session_of
        self._public = frozenset(public) | FORMS
        self._public_url = public_url
        self._rights: dict[str, Right] = {}
        self._any_path: set[str] = set()
        super().__init__(app)

    def who(self) -> Session:
        """Return the session of the request, or of the request that started this background job."""
        if has_request_context():
            if "energy_session" not in g:
                raise SessionEnded("Your session has ended. Please sign in again.")
            return cast(Session, g.energy_session)
        content = cookie_content(self.app.server, ctx.cookies)
        return self._session_of(content.get(SESSION_ID, ""))

    def require(self, right: Right, *output_ids: str) -> None:
        """Let only roles with `right` run callbacks that write to these components (`id` or `id.property`).

        The right is checked on the project in the payload's `pathname`, so such a callback must have it as an input or
        a state; plain and background callbacks are treated alike.
        """
        self._rights.update(dict.fromkeys((str(output_id) for output_id in output_ids), right))

    def accept_any_path(self, *output_ids: str) -> None:
        """Let callbacks of the frame see unknown addresses: they draw the "not found" state themselves."""
        self._any_path.update(str(output_id) for output_id in output_ids)

    def check_table(self) -> None:
        """Raise ValueError for a row that protects nothing, or a right that could never be checked."""
        written = {name for output in self.app.callback_map for name in _names_of(output)}
        unknown = sorted((self._rights.keys() | self._any_path) - written)
        if unknown:
            raise ValueError(f"no callback writes to {', '.join(unknown)}")
        for output, declared in self.app.callback_map.items():
            told = any(one["property"] == "pathname" for one in declared["inputs"] + declared["state"])
            if not told and self._needed(output) - {Right.STATUS}:
                raise ValueError(f"{output} needs a right on a project, but is not told the pathname")

    def is_authorized(self) -> bool:
        """Return whether the request belongs to a running session, and remember it for `who`."""
        session_id = session.get(SESSION_ID)
        if not session_id:
            return False
        try:
            found = self._session_of(session_id)
        except SessionEnded:
            g.session_ended = True
            return False
        g.energy_session = found
        session["user"] = {"email": found.person.email, "groups": groups_of(found)}
        return True

    def login_request(self) -> ResponseReturnValue:
        """Answer somebody who is not signed in: 401 for machinery, the way to sign in for pages."""
        ended = bool(g.get("session_ended"))
        if request.path == CALLBACKS:
            return _leave_page() if ended else (jsonify(error="Please sign in."), 401)
        if request.method not in SAFE_METHODS or request.path.startswith(MACHINERY):
            return jsonify(error="Please sign in."), 401
        if request.headers.get("Sec-Fetch-Site") == "cross-site" and SESSION_ID not in session:
            return bounce_page(request.full_path)
        return redirect(sign_in_path(request.full_path, ended=ended))

    def _protect(self) -> None:
        self.app.server.before_request(self._check)

    def _check(self) -> ResponseReturnValue | None:
        if request.method not in SAFE_METHODS and not origin_is_ours(self._public_url):
            return jsonify(error="This request comes from another site."), 403
        if request.path in self._public:
            return None
        body = self._checked_body()
        try:
            if not self.is_authorized():
                return self.login_request()
        except StoreUnavailable as error:
            log.error("sessions unavailable", error=str(error))
            return jsonify(error="The plan store cannot be read."), 503
        if body is not None:
            return self._check_reach(body)
        self._mark_missing_page()
        return None

    def _checked_body(self) -> dict[str, Any] | None:
        if request.method in SAFE_METHODS:
            return None
        if request.mimetype != "application/json":
            abort(415)
        if request.path != CALLBACKS:
            return None
        try:
            return payload.check_payload(request.get_json(silent=True), self.app.callback_map)
        except payload.BadPayload as error:
            log.warning("payload refused", reason=str(error))
            abort(400)

    def _check_reach(self, body: Mapping[str, Any]) -> ResponseReturnValue | None:
        names = _names_of(body["output"])
        projects = payload.project_ids(body)
        who = self.who()
        if not names & self._any_path and any(who.project(project_id) is None for project_id in projects):
            return jsonify(error="There is no such project."), 404
        needed = self._needed(body["output"])
        anywhere = not projects and _is_poll(body, self.app)
        if not all(_is_allowed(who, right, projects, anywhere=anywhere) for right in needed):
            log.warning("callback refused", email=who.person.email, output=body["output"], needed=sorted(needed))
            return jsonify(error="Your role does not allow this."), 403
        return None

    def _needed(self, output: str) -> set[Right]:
        return {self._rights[name] for name in _names_of(output) & self._rights.keys()}

    def _mark_missing_page(self) -> None:
        project_id = payload.project_of(request.path)
        g.page_missing = project_id is not None and self.who().project(project_id) is None


def groups_of(found: Session) -> list[str]:
    """Return every role that the person has on any project, as dash-auth's `list_groups` reads them."""
    return sorted({role.value for project in found.projects for role in project.roles})


def _names_of(output: str) -> set[str]:
    """Return the components a callback writes to, as `id` and as `id.property`: the table may use either."""
    return {name for pair in payload.output_parts(output) for name in (pair[0], ".".join(pair))}


def _is_poll(body: Mapping[str, Any], app: Dash) -> bool:
    """Return whether this asks how a background job is doing; it runs nothing, and Dash sends it without any values.

    Its handles are signed: who does not have them gets nothing.
    """
    callback = app.callback_map.get(body["output"], {})
    return bool(callback.get("background") and request.args.get("cacheKey"))


def _is_allowed(who: Session, right: Right, project_ids: tuple[str, ...], *, anywhere: bool) -> bool:
    """Return whether the person has `right` on every named project; STATUS, and a poll, belong to none: any will do."""
    if right is Right.STATUS or anywhere:
        return any(project.allows(right) for project in who.projects)
    found = [who.project(project_id) for project_id in project_ids]
    return bool(found) and all(project is not None and project.allows(right) for project in found)


def _leave_page() -> Response:
    """Tell the page of a session that has ended to go to the sign-in page; no data, also while it polls a job."""
    href = sign_in_path(request.headers.get("Referer", ""), ended=True)
    return jsonify(multi=True, response={}, sideUpdate={EXIT_ID: {"href": href}})

"""Signing in and out: one plain page without any Dash callback, and the form it posts.

The script of the page repeats an attempt that could not reach the energy API; without script the sentence is shown
and the person presses the button again. "Cannot reach" and "wrong password" are never confused: 503 against 401.
"""

from __future__ import annotations

import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from flask import Flask, Response, jsonify, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter, RateLimitExceeded
from limits import RateLimitItemPerMinute

from components.words import _
from dash_app.domain.errors import ApiUnavailable, ApiUnreadable, BadCredentials, EnergyError, RateLimited
from dash_app.domain.ports import Audit, Session
from dash_app.session_cookie import FORM_TOKEN, SESSION_ID
from dash_app.way_in import safe_next

SignInWith = Callable[[str, str], Session]
"""Takes e-mail and password, returns the new server-side session; raises ApiError."""

PER_PERSON_AND_ADDRESS = "5 per minute; 30 per hour"
PER_ADDRESS = "30 per minute; 200 per hour"
_AUDIT_ONCE = RateLimitItemPerMinute(1)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """What the sign-in page needs: the two use cases, the audit trail, and whether this is the demo."""

    sign_in: SignInWith
    sign_out: Callable[[str], None]
    audit: Audit
    demo: bool
    asset: Callable[[str], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why somebody is not in: a status, the words, the field to correct, and when to try again by itself."""

    status: int
    words: str
    field: str = ""
    retry_s: int | None = None


def install_login(server: Flask, entrance: Entrance) -> None:
    """Add `/login` and `/logout` with their rate limit: failures only, per person and address and per address.

    The counts live in the memory of the one web process; a restart forgets them.
    """
    limiter = Limiter(_address, app=server, storage_uri="memory://", strategy="moving-window")

    def sign_in() -> ResponseReturnValue:
        return _sign_in(entrance)

    for limit, key in ((PER_PERSON_AND_ADDRESS, _person_and_address), (PER_ADDRESS, _address)):
        sign_in = limiter.limit(limit, key_func=key, deduct_when=_failed)(sign_in)
    server.add_url_rule("/login", "login", lambda: _page(entrance, _said_before()), methods=["GET"])
    server.add_url_rule("/login", "sign_in", sign_in, methods=["POST"])
    server.add_url_rule("/logout", "logout", lambda: _sign_out(entrance), methods=["POST"])
    server.register_error_handler(RateLimitExceeded, lambda error: _too_many(entrance, limiter))


def refusal_of(error: EnergyError) -> Refusal:
    """Return what a failed attempt says; the sentences are product.md's."""
    match error:
        case BadCredentials():
            return Refusal(status=401, words=_("Wrong e-mail or password."), field="password")
        case RateLimited():
            wait = math.ceil(error.retry_after_s)
            return Refusal(status=429, words=_("The server asks us to wait %(s)d s.", s=wait), retry_s=wait)
        case ApiUnavailable():
            return Refusal(status=503, words=_("We cannot reach the server."), retry_s=5)
        case ApiUnreadable():
            return Refusal(status=502, words=_("The server sent an unreadable answer."))
        case _:
            return Refusal(status=503, words=_("Signing in is not possible now. Please try again later."))


def _sign_in(entrance: Entrance) -> ResponseReturnValue:
    if not secrets.compare_digest(request.form.get("token", ""), str(session.get(FORM_TOKEN) or secrets.token_hex())):
        return _page(entrance, Refusal(status=400, words=_("This page was open for too long. Please try again.")))
    email, password = request.form.get("email", "").strip(), request.form.get("password", "")
    if not email or not password:
        field = "password" if email else "email"
        return _page(entrance, Refusal(status=422, words=_("Enter your e-mail and your password."), field=field))
    try:
        opened = entrance.sign_in(email, password)
    except EnergyError as error:
        log.info("sign-in refused", email=email, error=type(error).__name__)
        return _page(entrance, refusal_of(error))
    return _come_in(entrance, opened)


def _come_in(entrance: Entrance, opened: Session) -> ResponseReturnValue:
    """Start a new cookie (nothing of the old one survives) and go on to where the person wanted to go."""
    before = session.get(SESSION_ID)
    if before:
        entrance.sign_out(before)
    session.clear()
    session[SESSION_ID] = opened.session_id
    target = safe_next(request.form.get("next"))
    return jsonify(next=target) if _wants_json() else redirect(target, 303)


def _sign_out(entrance: Entrance) -> ResponseReturnValue:
    session_id = session.get(SESSION_ID)
    if session_id:
        entrance.sign_out(session_id)
    session.clear()
    return redirect("/login", 303)


def _too_many(entrance: Entrance, limiter: Limiter) -> Response:
    """Say how long to wait; the first refusal of a minute is audited, not every one (that would be a flood)."""
    breached = limiter.current_limit
    wait = max(1, math.ceil(breached.reset_at - time.time())) if breached else 60
    if limiter.limiter.hit(_AUDIT_ONCE, "audited", _person_and_address()):
        log.warning("sign-in locked", address=_address(), email=_email(), wait_s=wait)
        entrance.audit.append(who=_email(), what="sign-in locked", detail=f"from {_address()} for {wait} s")
    return _page(entrance, refusal_of(RateLimited("too many attempts", retry_after_s=wait)))


def _page(entrance: Entrance, refusal: Refusal | None) -> Response:
    """Return the page, or the refusal alone as JSON for the page's own script."""
    if refusal is not None and _wants_json():
        said = jsonify(error=refusal.words, field=refusal.field, retry_s=refusal.retry_s)
        return make_response(said, refusal.status)
    session[FORM_TOKEN] = session.get(FORM_TOKEN) or secrets.token_urlsafe(24)
    page = render_template(
        "login.html",
        token=session[FORM_TOKEN],
        next=safe_next(request.values.get("next")),
        email=request.form.get("email", ""),
        refusal=refusal,
        demo=entrance.demo,
        asset=entrance.asset,
        _=_,
    )
    return make_response(page, refusal.status if refusal is not None and request.method == "POST" else 200)


def _said_before() -> Refusal | None:
    if not request.args.get("ended"):
        return None
    return Refusal(status=401, words=_("Your session has ended. Please sign in again."))


def _failed(response: Response) -> bool:
    return response.status_code == 401


def _email() -> str:
    return request.form.get("email", "").strip().lower()[:200]


def _address() -> str:
    return request.remote_addr or "unknown"


def _person_and_address() -> str:
    return f"{_email()}|{_address()}"


def _wants_json() -> bool:
    return request.accept_mimetypes.best == "application/json"

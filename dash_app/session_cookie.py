"""The signed cookie: it holds the id of a server-side session and the sign-in form's token, nothing else.

Whatever else stands in `flask.session` (such as the `user` that dash-auth's `list_groups` reads) lives for one request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature

SESSION_ID = "sid"
FORM_TOKEN = "form"  # noqa: S105 - the name of a key, not a secret
_KEPT = frozenset({SESSION_ID, FORM_TOKEN})


class IdOnlyCookie(SecureCookieSessionInterface):
    """Write only the two allowed keys into the cookie, and only when one of them changed."""

    digest_method = staticmethod(hashlib.sha256)

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Drop everything that lives for one request, then write the cookie if it says something new."""
        for key in set(session) - _KEPT:
            del session[key]
        session.modified = dict(session) != cookie_content(app, request.cookies)
        super().save_session(app, session, response)


def cookie_content(app: Flask, cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return what the signed cookie holds; nothing when there is none, it is too old or its signature is wrong."""
    value = cookies.get(app.config["SESSION_COOKIE_NAME"], "")
    serializer = IdOnlyCookie().get_signing_serializer(app)
    if not value or serializer is None:
        return {}
    try:
        return dict(serializer.loads(value, max_age=int(app.permanent_session_lifetime.total_seconds())))
    except BadSignature:
        return {}


def configure_cookie(app: Flask, *, secret_key: str, secure: bool) -> None:
    """Set the cookie's rules: HttpOnly, SameSite=Strict, and Secure unless served over plain http on loopback."""
    app.secret_key = secret_key
    app.session_interface = IdOnlyCookie()
    app.config.update(
        SESSION_COOKIE_NAME="__Host-energy" if secure else "energy",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        SESSION_COOKIE_SECURE=secure,
        SESSION_COOKIE_PATH="/",
        SESSION_REFRESH_EACH_REQUEST=False,
    )

"""The language of an answer: what the person chose on the account page, else what the browser asks for.

The choice is a cookie of its own, so that the sign-in page speaks the same language as everything behind it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flask import Flask, has_request_context, request
from flask_babel import Babel

from components.words import LANGUAGES

COOKIE = "energy-language"
AUTOMATIC = ""
DEFAULT = "en"
KEPT_S = 365 * 24 * 3600


class TakesCookies(Protocol):
    """An answer: Flask's own, or the one of a running callback."""

    def set_cookie(self, key: str, value: str = "", **rules: Any) -> None: ...


def install_language(server: Flask) -> None:
    """Let Babel translate each answer into its own language, and templates ask for it as `language()`."""
    Babel(server, locale_selector=language)
    server.jinja_env.globals["language"] = language


def language() -> str:
    """Return the code of the language in which this request is answered, as `<html lang>` has it."""
    if not has_request_context():
        return DEFAULT
    return chosen(request.cookies) or request.accept_languages.best_match(list(LANGUAGES), default=DEFAULT)


def chosen(cookies: Mapping[str, str]) -> str:
    """Return the language chosen before, or AUTOMATIC; what is no language of ours is no choice.

    >>> chosen({"energy-language": "de"}), chosen({"energy-language": "tlh"}), chosen({})
    ('de', '', '')
    """
    code = cookies.get(COOKIE, AUTOMATIC)
    return code if code in LANGUAGES else AUTOMATIC


def choice() -> str:
    """Return the language that whoever asks has chosen, or AUTOMATIC."""
    return chosen(request.cookies) if has_request_context() else AUTOMATIC


def remember(response: TakesCookies, code: str, *, secure: bool) -> None:
    """Keep a choice in the browser for a year; AUTOMATIC, or a language that is not ours, forgets it."""
    known = code in LANGUAGES
    response.set_cookie(
        COOKIE,
        code if known else "",
        max_age=KEPT_S if known else 0,
        path="/",
        secure=secure,
        httponly=True,
        samesite="Lax",
    )

"""The way to the sign-in page and back: addresses that stay on this site whatever they contain."""

from __future__ import annotations

from html import escape
from urllib.parse import quote, urlencode, urlsplit

from flask import Response

HOME = "/projects"
_NEVER = ("/login", "/logout", "/_dash", "/assets", "/vendor")


def safe_next(address: str | None) -> str:
    """Return a path of this site to go to after sign-in: `address` if it is one, else the project selection.

    >>> safe_next("/p/monash/?range=48h"), safe_next("//evil.example"), safe_next("https://evil.example/p")
    ('/p/monash/?range=48h', '/projects', '/projects')
    """
    text = address or ""
    plain = all(character.isprintable() and character not in "\\ " for character in text)
    if not plain or not text.startswith("/") or text.startswith(("//", *_NEVER)):
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    return HOME if parts.scheme or parts.netloc or parts.path == "/" else text


def sign_in_path(came_from: str, *, ended: bool = False) -> str:
    """Return the sign-in page's address, keeping the way back; `came_from` is a path or one of our own addresses."""
    parts = urlsplit(came_from)
    wanted = safe_next(f"{parts.path}?{parts.query}" if parts.query else parts.path)
    query = {"next": wanted} if wanted != HOME else {}
    if ended:
        query["ended"] = "1"
    return f"/login?{urlencode(query, safe='/', quote_via=quote)}" if query else "/login"


def bounce_page(address: str) -> Response:
    """Return a page that opens `address` again, from our own site.

    The cookie is SameSite=Strict: a browser that follows a link in an e-mail does not send it. The second request
    comes from ourselves, so it does; without a cookie even then, the sign-in page is next.
    """
    path = escape(safe_next(address.removesuffix("?")), quote=True)
    page = f'<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={path}"><title>…</title>'
    return Response(page, mimetype="text/html")

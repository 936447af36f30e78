"""What every answer says to the browser: security headers, the content policy, how long it may be kept; and who asked.

The policy allows our own origin only. `style-src` needs 'unsafe-inline' because Plotly and AG Grid write style
elements; scripts need no such thing: Dash's inline scripts are named by their hashes.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_compress import Compress

YEAR_S = 31_536_000
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]", "::1")

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}


def content_policy(script_hashes: Iterable[str], *, map_style_url: str = "") -> str:
    """Return the Content-Security-Policy for our own origin, the given inline scripts and the origin of a map style."""
    maps = _origin(map_style_url)
    rules = {
        "default-src": "'self'",
        "script-src": " ".join(["'self'", *script_hashes]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": f"'self' data: blob:{maps}",
        "font-src": "'self' data:",
        "connect-src": f"'self'{maps}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _origin(address: str) -> str:
    """Return the origin of an address elsewhere, with a blank before it; nothing for a path of our own.

    >>> _origin("https://maps.example.org:8443/style.json?key=1"), _origin("/assets/style.json"), _origin("")
    (' https://maps.example.org:8443', '', '')
    """
    parts = urlsplit(address)
    return f" {parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} and parts.netloc else ""


def install_headers(server: Flask, *, policy: str, public_url: str) -> None:
    """Add compression and the headers to every answer; HSTS only where people use https."""
    server.config["COMPRESS_ALGORITHM"] = ["zstd", "br", "gzip"]

    @server.after_request
    def add_headers(response: Response) -> Response:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy)
        if public_url:
            response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR_S}")
        _add_cache_rule(response)
        return response

    Compress(server)


def origin_is_ours(public_url: str) -> bool:
    """Return whether this request was sent by our own pages, or by something that is no browser.

    Browsers send `Origin` with every POST. Without one, `Sec-Fetch-Site` still tells a browser's foreign page.
    """
    origin = request.headers.get("Origin")
    if origin is None:
        return request.headers.get("Sec-Fetch-Site", "none") in {"none", "same-origin"}
    ours = urlsplit(public_url or request.host_url)
    theirs = urlsplit(origin)
    return (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc)


def trusted_hosts(public_url: str) -> list[str]:
    """Return the names under which the app answers: anything else is somebody else's name for our address."""
    public = urlsplit(public_url).hostname
    return [*LOOPBACK_HOSTS, *([public] if public else [])]


def _add_cache_rule(response: Response) -> None:
    if response.status_code not in {200, 304}:
        response.headers["Cache-Control"] = "no-store"
    elif _is_fingerprinted(response):
        response.headers["Cache-Control"] = f"public, max-age={YEAR_S}, immutable"
    elif not request.path.startswith(("/assets/", "/_dash-component-suites/", "/vendor/")):
        response.headers["Cache-Control"] = "no-store"


def _is_fingerprinted(response: Response) -> bool:
    if request.path.startswith(("/assets/", "/vendor/")):
        return "m" in request.args
    return request.path.startswith("/_dash-component-suites/") and response.cache_control.max_age == YEAR_S

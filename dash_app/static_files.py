"""Files the browser gets from our own origin: our assets, and Bootstrap's style sheet and icons out of their wheel."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

from flask import Flask, Response

from components.icons import icons_css

ASSETS = Path(__file__).resolve().parent.parent / "assets"
NOT_FOR_DASH = r"^(login\.|theme\.js)"
"""Files in `assets` that Dash must not add to its pages: the sign-in page's own, and the script that goes first."""

PUBLIC = (
    "/assets/0-tokens.css",
    "/assets/1-base.css",
    "/assets/favicon.svg",
    "/assets/login.css",
    "/assets/login.js",
    "/assets/login-curve.svg",
    "/assets/theme.js",
    "/vendor/bootstrap.css",
    "/vendor/icons.css",
)
"""What the sign-in page needs; everything else is for people who are signed in."""


class StaticFiles:
    """Addresses with fingerprints, and the answers under `/vendor`."""

    def __init__(self) -> None:
        bootstrap = files("flask_bootstrap").joinpath("static/bootstrap5/css/bootstrap.min.css").read_text("utf-8")
        self._vendor = {
            "bootstrap.css": bootstrap.split("/*# sourceMappingURL")[0],
            "icons.css": icons_css(),
        }

    def install(self, server: Flask) -> None:
        """Serve `/vendor/<name>`."""
        server.add_url_rule("/vendor/<name>", "vendor", self._serve)

    def address(self, name: str) -> str:
        """Return the address of an asset, or of `vendor/<name>`, with a fingerprint that changes with its content."""
        if name.startswith("vendor/"):
            content = self._vendor[name.removeprefix("vendor/")].encode()
            return f"/{name}?m={_fingerprint(content)}"
        return f"/assets/{name}?m={_fingerprint((ASSETS / name).read_bytes())}"

    def _serve(self, name: str) -> Response:
        if name not in self._vendor:
            return Response("not found", status=404)
        return Response(self._vendor[name], mimetype="text/css")


def _fingerprint(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]

"""What the audit trail says about the settings of an installation: values, and of secrets only whether they changed."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from dash_app.settings import Settings

HIDDEN = "hidden "
CONTENT = "sha256 "


def setting_facts(settings: Settings, *, key: str, files: dict[str, Path | None]) -> dict[str, str]:
    """Return each setting as a text; '' where it is not set.

    A secret is told by a fingerprint that only who has `key` can compute, so that nobody can guess it from there;
    `files` are told by the hash of what they hold.
    """
    facts = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        text = "" if value is None else str(value)
        facts[name] = text if field.repr or not text else HIDDEN + fingerprint(text, key)
    return facts | {f"{name} content": _content(path) for name, path in files.items()}


def fingerprint(secret: str, key: str) -> str:
    """Return a short name for a secret that tells nothing about it without `key`."""
    return hmac.new(key.encode(), secret.encode(), hashlib.sha256).hexdigest()[:12]


def _content(path: Path | None) -> str:
    if path is None or not path.is_file():
        return ""
    return CONTENT + hashlib.sha256(path.read_bytes()).hexdigest()[:12]

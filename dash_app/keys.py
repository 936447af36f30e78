"""Secrets made at first start: random, kept in a file only this user can read, never in the repository."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from dash_app.domain.errors import ConfigError
from dash_app.settings import Settings


def secret_key(settings: Settings) -> tuple[str, bool]:
    """Return SECRET_KEY and whether it was generated here rather than set."""
    if settings.secret_key:
        return settings.secret_key, False
    return load_or_make(settings.state_dir / "secret_key"), True


def load_or_make(path: Path) -> str:
    """Return the secret kept in `path` (0600), made once; raise ConfigError when it cannot be kept."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _make(path)
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ConfigError(f"{path}: the generated key cannot be kept there: {error.strerror}") from None


def _make(path: Path) -> None:
    """Create the file with a new secret unless it exists; another process may do the same at this moment."""
    if path.exists():
        return
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()

"""Trained models on disk: one signed file for each, in a folder that only this user can open.

A file is the signature and what it signs: the bytes and the model's id. Whatever has no valid signature of ours is
taken for absent: a damaged file, one of another installation, one that somebody put there.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

import structlog

from dash_app.domain.errors import StoreUnavailable

SIGNATURE = 32
LARGEST = 256 * 2**20
PURPOSE = b"trained forecast models"
SUFFIX, DRAFT = ".model", ".draft"

log = structlog.get_logger()


class SignedModelFiles:
    """The ModelFiles port on a folder; `secret_key` signs."""

    def __init__(self, folder: Path, *, secret_key: str) -> None:
        """Use `folder`; it is made when something is kept."""
        self._folder = folder
        self._key = hmac.new(secret_key.encode(), PURPOSE, hashlib.sha256).digest()

    def keep(self, model_id: str, body: bytes) -> None:
        """Keep `body`: the file is complete and on the disk, or as it was before; raise StoreUnavailable."""
        path = self._path(model_id)
        draft = path.with_suffix(f".{os.getpid()}{DRAFT}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder.chmod(0o700)
            _write(draft, self._signature(model_id, body) + body)
            draft.replace(path)
            _settle(self._folder)
        except OSError as error:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            raise StoreUnavailable(f"{path}: the trained model cannot be kept: {error.strerror}.") from error

    def load(self, model_id: str) -> bytes | None:
        """Return what was kept, or None when nothing there was signed by us for this model."""
        path = self._path(model_id)
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
            with os.fdopen(descriptor, "rb") as file:
                whole = file.read(LARGEST)
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("a trained model cannot be read", path=str(path), why=error.strerror)
            return None
        body = whole[SIGNATURE:]
        if not hmac.compare_digest(whole[:SIGNATURE], self._signature(model_id, body)):
            log.warning("a trained model is not what was kept", path=str(path), model=model_id)
            return None
        return body

    def mark(self, model_id: str) -> str:
        """Return a text that changes whenever the file does; "" where there is none."""
        try:
            stat = self._path(model_id).stat()
        except OSError:
            return ""
        return f"{stat.st_ino}-{stat.st_mtime_ns}-{stat.st_size}"

    def drop_others(self, model_ids: Collection[str]) -> int:
        """Remove the files of any other model, and drafts that were left behind; return how many that were."""
        wanted = {self._path(model_id).name for model_id in model_ids}
        there = [path for path in self._folder.glob("*") if path.suffix in (SUFFIX, DRAFT) and path.name not in wanted]
        for path in there:
            with suppress(FileNotFoundError):
                path.unlink()
        return len(there)

    def _path(self, model_id: str) -> Path:
        """Return where a model lies: ids hold names from outside, so they are never part of a path."""
        return self._folder / f"{hashlib.sha256(model_id.encode()).hexdigest()[:32]}{SUFFIX}"

    def _signature(self, model_id: str, body: bytes) -> bytes:
        signed = hmac.new(self._key, f"{len(model_id)}|{model_id}|".encode(), hashlib.sha256)
        signed.update(body)
        return signed.digest()


def _write(path: Path, body: bytes) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(body)
        file.flush()
        os.fsync(file.fileno())


def _settle(folder: Path) -> None:
    """Make the new name durable too."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

"""Signed heads of the audit trail on disk: one small file for each day, never written twice, to be copied elsewhere.

Ed25519, so that whoever has the public key can check a head without being able to make one. The key is derived from
AUDIT_KEY for this purpose only.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from dash_app.domain.audit import Head
from dash_app.domain.audit_heads import head_as_json, parse_head
from dash_app.domain.errors import ConfigError, StoreUnavailable

PURPOSE = b"energy-dashboard: heads of the audit trail"
FILES = "audit-head-*.json"


class Ed25519Signer:
    """The HeadSigner port."""

    def __init__(self, key: str) -> None:
        seed = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(key.encode())
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @property
    def public_key(self) -> str:
        """The key, hex, with which others check what was signed."""
        return self._key.public_key().public_bytes_raw().hex()

    def signed(self, head: Head) -> Head:
        """Return the head with our key and signature."""
        return replace(head, public_key=self.public_key, signature=self._key.sign(head.message).hex())

    def is_genuine(self, head: Head) -> bool:
        """Return whether the head is as the owner of the public key in it has signed it, whoever that is."""
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.public_key))
            key.verify(bytes.fromhex(head.signature), head.message)
        except (ValueError, InvalidSignature):
            return False
        return True


class HeadFolder:
    """The HeadKeeper port: a folder that only this user can read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, head: Head) -> None:
        """Write the head into a file of its own, named after its day and row; a head that is there already stays."""
        path = self._folder / f"audit-head-{head.signed_at:%Y-%m-%d}-{head.row_id:09d}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                _write_once(path, head_as_json(head) + "\n")
        except OSError as error:
            raise StoreUnavailable(
                f"The head of the audit trail cannot be kept in {path}: {error.strerror}."
            ) from error

    def heads(self) -> tuple[Head, ...]:
        """Return what was exported, by row; raise StoreUnavailable for a file that holds no head."""
        found = [_read(path) for path in sorted(self._folder.glob(FILES))]
        return tuple(sorted(found, key=lambda head: (head.row_id, head.signed_at)))


def _write_once(path: Path, text: str) -> None:
    """Write a whole file durably, or none: what is cut short has another name."""
    draft = path.with_suffix(f".{os.getpid()}.draft")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(handle, text.encode())
        os.fsync(handle)
        os.link(draft, path)
    finally:
        os.close(handle)
        draft.unlink()


def _read(path: Path) -> Head:
    try:
        return parse_head(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ConfigError) as error:
        raise StoreUnavailable(f"{path} cannot be read as a head of the audit trail: {error}") from error

"""Signed heads: who has the public key can check them, nobody without the key can make them, no file is overwritten."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from dash_app.domain.audit import Head
from dash_app.domain.audit_heads import head_as_json, parse_head
from dash_app.domain.errors import ConfigError, StoreUnavailable
from services.audit_heads import Ed25519Signer, HeadFolder

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
HEAD = Head(row_id=7, chain="ab" * 32, signed_at=NOON)
SIGNER = Ed25519Signer("a key of at least thirty-two characters")


def test_a_head_is_checked_with_the_public_key_alone() -> None:
    exported = json.loads(head_as_json(SIGNER.signed(HEAD)))
    signed = '["energy-dashboard audit head",7,"' + "ab" * 32 + '","2026-11-03T12:00:00.000000+00:00"]'
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(exported["public_key"]))
    key.verify(bytes.fromhex(exported["signature"]), signed.encode())


@pytest.mark.parametrize(
    "change",
    [
        {"row_id": 8},
        {"chain": "cd" * 32},
        {"signed_at": NOON + timedelta(seconds=1)},
        {"signature": "00" * 64},
        {"signature": "no hex"},
        {"public_key": ""},
        {"public_key": "00" * 32},
    ],
)
def test_a_head_that_was_changed_is_not_genuine(change: dict[str, object]) -> None:
    signed = SIGNER.signed(HEAD)
    assert SIGNER.is_genuine(signed)
    assert not SIGNER.is_genuine(replace(signed, **change))


def test_with_another_key_a_head_is_signed_otherwise() -> None:
    other = Ed25519Signer("another key of at least thirty-two characters")
    assert other.public_key != SIGNER.public_key
    assert SIGNER.is_genuine(other.signed(HEAD)), "genuine, by somebody else: the public key in it tells"


def test_heads_come_back_by_row_and_only_this_user_can_read_them(tmp_path: Path) -> None:
    folder = HeadFolder(tmp_path / "audit")
    later = SIGNER.signed(replace(HEAD, row_id=12, signed_at=NOON + timedelta(days=1)))
    folder.keep(later)
    folder.keep(SIGNER.signed(HEAD))
    assert folder.heads() == (SIGNER.signed(HEAD), later)
    names = ["audit-head-2026-11-03-000000007.json", "audit-head-2026-11-04-000000012.json"]
    assert sorted(path.name for path in (tmp_path / "audit").iterdir()) == names
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "audit").iterdir()}
    assert (modes, (tmp_path / "audit").stat().st_mode & 0o777) == ({0o600}, 0o700)


def test_a_head_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    folder = HeadFolder(tmp_path)
    folder.keep(HEAD)
    folder.keep(replace(HEAD, chain="cd" * 32))
    assert folder.heads() == (HEAD,)


def test_a_folder_that_does_not_exist_holds_no_heads(tmp_path: Path) -> None:
    assert HeadFolder(tmp_path / "nowhere").heads() == ()


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\udcff", '{"row": "x"}', "7:short"])
def test_a_file_that_holds_no_head_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "audit-head-x.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(StoreUnavailable, match=r"audit-head-x\.json cannot be read as a head"):
        HeadFolder(tmp_path).heads()


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("a file, not a folder")
    with pytest.raises(StoreUnavailable, match=r"cannot be kept in .*audit-head-2026-11-03-000000007\.json"):
        HeadFolder(tmp_path / "audit").keep(HEAD)


@pytest.mark.parametrize(
    "text",
    ["7", "7:" + "a" * 63, "x:" + "a" * 64, "null", '{"row": 1, "chain": "", "signed_at": "2026-11-03T12:00:00"}'],
)
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="no exported head"):
        parse_head(text)

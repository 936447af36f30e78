"""Signed heads of the audit trail, as they are exported and kept elsewhere: their text, when one is due, the ports."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Protocol

from dash_app.domain.audit import Head, moment_text
from dash_app.domain.errors import ConfigError

_SHORT = re.compile(r"(\d+):([0-9a-f]{64})")


class HeadKeeper(Protocol):
    """Where signed heads are exported to. Raises StoreUnavailable when one cannot be kept or read."""

    def keep(self, head: Head) -> None:
        """Export a head; it is durable when this returns."""
        ...

    def heads(self) -> tuple[Head, ...]:
        """Return what was exported, by row."""
        ...


class HeadSigner(Protocol):
    """Signs heads with the key of this installation."""

    @property
    def public_key(self) -> str: ...
    def signed(self, head: Head) -> Head: ...
    def is_genuine(self, head: Head) -> bool:
        """Return whether the head is as the owner of the public key in it has signed it, whoever that is."""
        ...


def head_as_json(head: Head) -> str:
    """Return a head as one line of JSON, as it is exported."""
    facts = {
        "row": head.row_id,
        "chain": head.chain,
        "signed_at": moment_text(head.signed_at),
        "public_key": head.public_key,
        "signature": head.signature,
    }
    return json.dumps(facts)


def parse_head(text: str) -> Head:
    """Return an exported head, or one given as ROW:CHAIN; raise ConfigError when the text is neither.

    >>> head = Head(row_id=3, chain="a" * 64, signed_at=datetime(2026, 11, 3, tzinfo=UTC))
    >>> parse_head(head_as_json(head)) == head
    True
    >>> parse_head("3:" + "a" * 64).chain == head.chain
    True
    """
    if (short := _SHORT.fullmatch(text.strip())) is not None:
        return Head(row_id=int(short[1]), chain=short[2], signed_at=datetime.fromtimestamp(0, UTC))
    try:
        raw = json.loads(text)
        return Head(
            row_id=int(raw["row"]),
            chain=str(raw["chain"]),
            signed_at=_parsed(raw["signed_at"]),
            public_key=str(raw["public_key"]),
            signature=str(raw["signature"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"This is no exported head of an audit trail: {error}.") from None


def is_due(newest: Head | None, now: datetime) -> bool:
    """Return whether a new head is to be signed: none yet, or the newest one was signed on an earlier day (UTC).

    >>> at = datetime(2026, 11, 3, 23, 59, tzinfo=UTC)
    >>> head = Head(row_id=3, chain="a" * 64, signed_at=at)
    >>> is_due(None, at), is_due(head, at), is_due(head, datetime(2026, 11, 4, tzinfo=UTC))
    (True, False, True)
    """
    return newest is None or newest.signed_at.astimezone(UTC).date() < now.astimezone(UTC).date()


def _parsed(text: str) -> datetime:
    at = datetime.fromisoformat(str(text))
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC)

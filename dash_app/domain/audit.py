"""The audit trail as a chain: what a row is, how rows hang together, what a signed head proves. Pure.

Every row's `chain` is SHA-256 over the chain of the row before and everything the row says (`encoded`).
Rows of form 1 are those of the first release; the rows after them go on from their chain, so nothing was rewritten.
A head names one row and its chain; who keeps a signed head elsewhere can later prove that the trail still goes through
it (`check_chain` with heads), whatever somebody with the file in hand did meanwhile.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

FORM = 2
"""The form of rows written now: with `before` and `after`, and its own number inside the hash."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit trail: who did what on which project, and what it was before and after.

    `project_id` is empty for what belongs to no project; `chain` hashes the line together with the line before.
    """

    row_id: int
    at: datetime
    who: str
    what: str
    project_id: str
    detail: str
    chain: str
    before: str = ""
    after: str = ""
    form: int = FORM


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """A row and its chain, signed: `signature` (hex, Ed25519) is by the owner of `public_key`; empty when unsigned."""

    row_id: int
    chain: str
    signed_at: datetime
    public_key: str = ""
    signature: str = ""

    @property
    def message(self) -> bytes:
        """What is signed."""
        facts = ["energy-dashboard audit head", self.row_id, self.chain, moment_text(self.signed_at)]
        return json.dumps(facts, separators=(",", ":")).encode()


class Flaw(StrEnum):
    """What is wrong with a trail at a row."""

    CHANGED = "changed"
    MISSING = "missing"
    TRUNCATED = "truncated"
    FORGED = "forged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainCheck:
    """What a walk along the trail found: its length and end, how many rows are of form 1, the first flaw.

    `flaw_row` is the row that was changed, is missing, or (FORGED) is not the one that a head was signed for.
    """

    rows: int
    head_row: int
    head: str
    earlier_form: int
    flaw: Flaw | None = None
    flaw_row: int | None = None
    heads_met: int = 0

    @property
    def intact(self) -> bool:
        """Whether the trail is whole."""
        return self.flaw is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which rows are wanted; an empty text or None does not filter. `who` and `what` are parts of texts.

    `begins` are the beginnings of `what`, one of which must fit.

    `projects` None: every row. Otherwise the rows of these projects are wanted, and of those that belong to no project
    the ones by `person`, and with `colleagues` also those by everybody who stands in a row of these projects.
    """

    projects: frozenset[str] | None = None
    person: str = ""
    colleagues: bool = False
    who: str = ""
    what: str = ""
    since: datetime | None = None
    until: datetime | None = None
    begins: tuple[str, ...] = ()
    after_row: int = 0
    before_row: int | None = None


def encoded(before: str, row: AuditRow) -> bytes:
    """Return the one encoding of a row after the chain of the row before: a JSON list, ASCII, without blanks.

    >>> row = AuditRow(row_id=1, at=datetime(2026, 11, 3, tzinfo=UTC), who="ada", what="stop", project_id="p",
    ...                detail="", chain="", before="active", after="stopped")
    >>> encoded("", row).decode()
    '[2,"",1,"2026-11-03T00:00:00.000000+00:00","ada","stop","p","","active","stopped"]'
    """
    if row.form == 1:
        said = [before, row.row_id, row.at.isoformat(), row.who, row.what, row.project_id, row.detail]
        return json.dumps(said).encode()
    facts = [row.form, before, row.row_id, moment_text(row.at), row.who, row.what, row.project_id, row.detail]
    return json.dumps([*facts, row.before, row.after], separators=(",", ":")).encode()


def chain_of(before: str, row: AuditRow) -> str:
    """Return SHA-256 over the chain of the row before and everything this row says."""
    return hashlib.sha256(encoded(before, row)).hexdigest()


def chained(before: str, row: AuditRow) -> AuditRow:
    """Return the row with its chain."""
    return replace(row, chain=chain_of(before, row))


def check_chain(rows: Iterable[AuditRow], last_given: int | None = None, heads: Collection[Head] = ()) -> ChainCheck:
    """Walk along the rows, first to last, and return what they are; stop at the first flaw.

    `last_given` is the highest number ever given to a row (None: unknown), so that missing last rows are noticed.
    `heads` must lie on the trail; their signatures are checked by whoever has the key.
    """
    signed = {head.row_id: head for head in heads}
    before, row_id, earlier, met = "", 0, 0, 0
    form = 1

    def found(flaw: Flaw | None = None, at: int | None = None) -> ChainCheck:
        return ChainCheck(
            rows=row_id, head_row=row_id, head=before, earlier_form=earlier, flaw=flaw, flaw_row=at, heads_met=met
        )

    for row in rows:
        if row.row_id != row_id + 1:
            return found(Flaw.MISSING, row_id + 1)
        if row.form < form or not _well_formed(row) or row.chain != chain_of(before, row):
            return found(Flaw.CHANGED, row.row_id)
        before, row_id, form = row.chain, row.row_id, row.form
        earlier += row.form == 1
        if (head := signed.get(row.row_id)) is not None:
            if head.chain != row.chain:
                return found(Flaw.FORGED, row.row_id)
            met += 1
    last = max([last_given or row_id, *signed])
    return found() if row_id >= last else found(Flaw.TRUNCATED, row_id + 1)


def _well_formed(row: AuditRow) -> bool:
    """Return whether a row says nothing outside of what its form hashes."""
    return row.form == FORM or (row.form == 1 and not row.before and not row.after)


def moment_text(at: datetime) -> str:
    """Return a moment as it stands in what is hashed or signed: UTC, microseconds."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")

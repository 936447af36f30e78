"""Verify the audit trail, and export its newest hash, signed, once a day; say in it which settings changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from dash_app.domain.audit import AuditQuery, ChainCheck, Head
from dash_app.domain.audit_heads import HeadKeeper, HeadSigner, is_due
from dash_app.domain.ports import Alarms, Audit
from dash_app.domain.time import Clock

ALARM = "audit"
SETTING = "setting"
UNSET = "not set"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPorts:
    """What verifying and exporting need."""

    audit: Audit
    heads: HeadKeeper
    signer: HeadSigner
    alarms: Alarms
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What was found, and when: the chain, the exported heads that lie on it, and those that are not what was signed.

    `other_keys` counts genuine heads by somebody else's key (an earlier AUDIT_KEY, or a forger's).
    """

    at: datetime
    chain: ChainCheck
    newest: Head | None
    doubtful: tuple[Head, ...]
    other_keys: int

    @property
    def whole(self) -> bool:
        """Whether nothing was changed, as far as can be known here."""
        return self.chain.intact and not self.doubtful


def verify(given: AuditPorts, earlier: Head | None = None) -> Verification:
    """Walk along the whole trail, through every exported head and `earlier`, which somebody kept elsewhere.

    Raise StoreUnavailable when the trail or the exported heads cannot be read.
    """
    exported = given.heads.heads()
    genuine = [head for head in exported if given.signer.is_genuine(head)]
    found = given.audit.check([*genuine, *([earlier] if earlier else [])])
    return Verification(
        at=given.clock(),
        chain=found,
        newest=genuine[-1] if genuine else None,
        doubtful=tuple(head for head in exported if head not in genuine),
        other_keys=sum(head.public_key != given.signer.public_key for head in genuine),
    )


def verify_alone(audit: Audit, clock: Clock) -> Verification:
    """Walk along the trail where no heads are exported."""
    return Verification(at=clock(), chain=audit.check(), newest=None, doubtful=(), other_keys=0)


def export_head(given: AuditPorts) -> tuple[Verification, Head | None]:
    """Verify, then sign and export the newest hash; a trail that is not whole is alarmed and gets no new head."""
    found = verify(given)
    if not found.whole:
        _alarm(given, found)
        return found, None
    given.alarms.clear("", ALARM)
    if not found.chain.rows:
        return found, None
    head = Head(row_id=found.chain.head_row, chain=found.chain.head, signed_at=given.clock())
    head = given.signer.signed(head)
    given.heads.keep(head)
    log.info("audit head exported", row=head.row_id, chain=head.chain)
    return found, head


def export_when_due(given: AuditPorts) -> Head | None:
    """Export a head if none was exported today (UTC)."""
    exported = given.heads.heads()
    newest = max(exported, key=lambda head: head.signed_at, default=None)
    return export_head(given)[1] if is_due(newest, given.clock()) else None


def record_settings(audit: Audit, facts: Mapping[str, str], who: str) -> int:
    """Write a row for every setting that is not what the trail last says of it; return how many those are."""
    changed = 0
    for name, value in facts.items():
        known = _last_known(audit, name)
        if known != value:
            audit.append(who=who, what=f"{SETTING} {name}", before=known or UNSET, after=value or UNSET)
            changed += 1
    return changed


def _last_known(audit: Audit, name: str) -> str:
    wanted = f"{SETTING} {name}"
    rows = audit.find(AuditQuery(what=wanted), limit=50)
    newest = next((row for row in rows if row.what == wanted), None)
    return "" if newest is None or newest.after == UNSET else newest.after


def _alarm(given: AuditPorts, found: Verification) -> None:
    chain = found.chain
    where = f"{chain.flaw.value} at row {chain.flaw_row}" if chain.flaw else f"{len(found.doubtful)} heads not genuine"
    log.error("audit trail not whole", what=where)
    given.alarms.raise_alarm("", ALARM, f"The audit trail is not whole: {where}.")

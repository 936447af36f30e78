"""`energy-dashboard audit verify | export`: is the audit trail what was written, and all of it as lines of JSON."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from dash_app import wiring
from dash_app.chore_wiring import audit_ports
from dash_app.domain.audit import AuditQuery, AuditRow, Flaw, Head
from dash_app.domain.audit_heads import parse_head
from dash_app.domain.errors import ConfigError
from dash_app.settings import Settings
from dash_app.workflows.audit import AuditPorts, Verification, export_head, verify

ROWS_AT_ONCE = 1000
SAID = {
    Flaw.CHANGED: "was changed",
    Flaw.MISSING: "is missing, or others stand in its place",
    Flaw.TRUNCATED: "is missing, and so is every row after it",
    Flaw.FORGED: "is not the one that the earlier head was taken of",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the words of the command."""
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True)
    check = parts.add_parser("verify", help="find rows that were edited, removed, inserted, reordered or cut off")
    check.add_argument(
        "--from",
        dest="earlier",
        metavar="HEAD",
        help="an exported head (file), or ROW:CHAIN: prove that it still holds",
    )
    export = parts.add_parser("export", help="sign the newest hash now, and write every row as a line of JSON")
    export.add_argument("file", nargs="?", default="-", help="where to (default: -, standard output)")


def run_audit(settings: Settings, args: argparse.Namespace) -> int:
    """Run the command; return 0 only when the trail is whole."""
    store = wiring.plan_store(settings)
    try:
        ports = audit_ports(settings, store, wiring.now)
        return _export(ports, args.file) if args.part == "export" else _verify(ports, args.earlier)
    finally:
        store.close()


def head_given(text: str) -> Head:
    """Return the head that a person names: a file, or ROW:CHAIN; raise ConfigError."""
    path = Path(text)
    try:
        return parse_head(path.read_text(encoding="utf-8") if path.is_file() else text)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None


def _verify(ports: AuditPorts, text: str | None) -> int:
    earlier = head_given(text) if text else None
    found = verify(ports, earlier)
    if earlier is not None and earlier.signature and not ports.signer.is_genuine(earlier):
        sys.stdout.write(f"FAIL  the head of row {earlier.row_id} is not what was signed\n")
        return 1
    _tell(found)
    if earlier is not None and found.chain.intact:
        sys.stdout.write(f"ok    goes on from row {earlier.row_id}, {earlier.chain}\n")
    return 0 if found.whole else 1


def _export(ports: AuditPorts, file: str) -> int:
    found, head = export_head(ports)
    if file == "-":
        _write_rows(ports, sys.stdout.write)
    else:
        with Path(file).open("w", encoding="utf-8") as out:
            _write_rows(ports, out.write)
    if head is not None:
        sys.stderr.write(f"head {head.row_id}:{head.chain}, signed by {head.public_key}\n")
    return 0 if found.whole else 1


def _write_rows(ports: AuditPorts, write: Callable[[str], object]) -> None:
    """Write the rows oldest first, a few at a time."""
    last = 0
    while part := ports.audit.find(AuditQuery(after_row=last), limit=ROWS_AT_ONCE, oldest_first=True):
        for row in part:
            write(_line(row))
        last = part[-1].row_id


def _line(row: AuditRow) -> str:
    return json.dumps(asdict(row) | {"at": row.at.isoformat(timespec="microseconds")}) + "\n"


def _tell(found: Verification) -> None:
    chain = found.chain
    lines = [
        f"ok    {chain.rows} rows, each hashed together with the one before",
        f"ok    head {chain.head_row}:{chain.head}",
    ]
    if chain.flaw is not None:
        lines = [f"FAIL  row {chain.flaw_row} {SAID[chain.flaw]}; {chain.rows} rows before it are whole"]
    if chain.earlier_form:
        lines.append(f"note  rows 1 to {chain.earlier_form} are of the earlier form, without before and after")
    if found.newest is not None and chain.intact:
        day = f"{found.newest.signed_at:%Y-%m-%d %H:%M} UTC"
        lines.append(f"ok    {chain.heads_met} earlier heads lie on the trail; the newest exported one is of {day}")
    lines += [f"FAIL  the exported head of row {head.row_id} is not what was signed" for head in found.doubtful]
    if found.other_keys:
        lines.append(f"note  {found.other_keys} exported heads were signed with another key than AUDIT_KEY is now")
    sys.stdout.write("\n".join(lines) + "\n")

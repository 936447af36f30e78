"""Examples of what people look up afterwards: rows of the audit trail."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from components.audit_table import audit_table
from dash_app.domain.audit import AuditRow
from pages.gallery_entry import Entry, Example

ZONE = ZoneInfo("Australia/Melbourne")
AT = datetime(2026, 11, 3, 2, 15, 7, tzinfo=UTC)


def entries() -> tuple[Entry, ...]:
    """Return the entries, in the order of the page."""
    return (
        Entry(
            title="Audit table",
            examples=(
                Example(
                    state="A decision, a setting, an order that failed", draw=lambda: audit_table(_rows(), ZONE, {})
                ),
                Example(
                    state="Of several projects",
                    draw=lambda: audit_table(_rows(), ZONE, {"monash": "Monash campus", "b071": "Cambridge b071"}),
                ),
                Example(state="No rows", draw=lambda: audit_table((), ZONE, {})),
            ),
        ),
    )


def _rows() -> tuple[AuditRow, ...]:
    return (
        _row(412, "max@example.org", "recommendation approved", "R-118 5f2a91b0c3d4", "proposed", "approved"),
        _row(411, "planner", "setting data_timeout_minutes", "", "3000", "1440", project_id=""),
        _row(
            410, "dispatcher", "order unverified", "monash-ess1, 02:00 to 02:15 UTC, stuck", "", "set-point 12.500 kW"
        ),
        _row(409, "max@example.org", "signed in", "", "", "", project_id=""),
    )


def _row(
    row_id: int, who: str, what: str, detail: str, before: str, after: str, *, project_id: str = "monash"
) -> AuditRow:
    return AuditRow(
        row_id=row_id,
        at=AT,
        who=who,
        what=what,
        project_id=project_id,
        detail=detail,
        chain=f"{row_id:x}".ljust(64, "0"),
        before=before,
        after=after,
    )

"""Examples of what people look up afterwards, and of what tells them to: rows of the audit trail, notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from components.audit_table import audit_table
from components.notice_list import notice_bell, notice_list
from dash_app.domain.audit import AuditRow
from dash_app.domain.notices import Notice, NoticeKind
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
            ),
        ),
        Entry(
            title="Bell and notices",
            examples=(
                Example(state="Lasting, acknowledged, over", draw=lambda: notice_list(_notices(), ZONE)),
                Example(
                    state="For somebody who cannot acknowledge",
                    draw=lambda: notice_list(_notices()[:1], ZONE, reason="Viewers cannot acknowledge."),
                ),
                Example(state="The bell, three waiting", draw=lambda: notice_bell(3, "#gallery-bell-and-notices")),
                Example(state="The bell, nothing waiting", draw=lambda: notice_bell(0, "#gallery-bell-and-notices")),
            ),
        ),
    )


def _notices() -> tuple[Notice, ...]:
    kinds = (NoticeKind.DISPATCH, NoticeKind.WAITING, NoticeKind.NO_PLAN)
    texts = (
        "monash-ess1: measured 3.100 kW, told was 12.500 kW, for more than 10 s",
        "R-118 waits for a decision until 2026-11-03 03:00 UTC.",
        "The newest electricity demand is of 2026-11-02T22:00:00+00:00: too old to plan on.",
    )
    stuck, waiting, missing = (
        Notice(notice_id=place + 1, at=AT, project_id="monash", kind=kind, key="", text=text)
        for place, (kind, text) in enumerate(zip(kinds, texts, strict=True))
    )
    care = replace(waiting, acknowledged_at=AT, acknowledged_by="max@example.org")
    return stuck, care, replace(missing, over_at=AT)


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

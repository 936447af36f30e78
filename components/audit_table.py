"""Rows of the audit trail as a table: when, who, what, before and after, hash; a list on phones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from components.aria import aria, data
from components.audit_words import value_words, what_words
from components.icons import Icon, icon
from components.list_table import list_table, row_name
from components.numbers import day_words
from components.words import _
from dash_app.domain.audit import AuditRow

SHORT = 12
ALARMING = ("refused", "sign-in refused", "sign-in locked", "order unverified", "order refused", "order not sent")


def audit_table(rows: Sequence[AuditRow], zone: ZoneInfo, projects: Mapping[str, str]) -> html.Div:
    """Return the rows as they come; `projects` names projects by id where more than one is shown."""
    head = [_("When"), _("Who"), _("What"), _("Before → after"), _("Hash")]
    lines = [[_when(row, zone), _who(row), _what(row, projects), _change(row), _hash(row)] for row in rows]
    title = _("Audit trail of several projects") if projects else _("Audit trail")
    table = list_table(title, head, lines, words=len(head) - 1)
    return html.Div(table, className="sb-table-frame sb-audit", tabIndex=0, role="region", **aria(label=title))


def _when(row: AuditRow, zone: ZoneInfo) -> list[Any]:
    local = row.at.astimezone(zone)
    return row_name(local.strftime("%H:%M:%S"), day_words(local.date(), weekday=True, year=True))


def _who(row: AuditRow) -> html.Span:
    return html.Span(row.who, className="sb-audit-who")


def _what(row: AuditRow, projects: Mapping[str, str]) -> html.Div:
    alarming = row.what.startswith(ALARMING)
    title: Any = html.Span([icon(Icon.EXCLAMATION_TRIANGLE, size=12) if alarming else None, what_words(row.what)])
    about = " · ".join(part for part in (projects.get(row.project_id, ""), row.detail) if part)
    return html.Div(
        [html.Span(title, className="sb-audit-what"), html.Span(about, className="sb-audit-detail")],
        **data(tone="warning" if alarming else ""),
    )


def _change(row: AuditRow) -> html.Div:
    """Return what was and what is; what is new has no before."""
    before, after = value_words(row.what, row.before), value_words(row.what, row.after)
    if not before and not after:
        return html.Div("–", className="sb-audit-none")
    arrow = [
        html.Span("→", className="sb-audit-arrow", **aria(hidden="true")),
        html.Span(_("then"), className="visually-hidden"),
    ]
    old: list[Any] = [html.Span(before, className="sb-audit-before"), " ", *arrow, " "] if before else []
    return html.Div([*old, html.Span(after, className="sb-audit-after")])


def _hash(row: AuditRow) -> html.Span:
    words = [html.Span(f"{row.row_id} ", className="sb-audit-number"), html.Code(row.chain[:SHORT])]
    return html.Span(words, title=row.chain, className="sb-audit-hash")

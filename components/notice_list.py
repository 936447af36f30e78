"""Notices: the bell of the header with how many wait, and the list in which somebody takes care of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo

from dash import html

from components.aria import aria
from components.badges import Tone, badge
from components.icons import Icon, icon
from components.list_table import list_table, row_name
from components.numbers import clock_time, day_words, moment_words
from components.words import _, mark, ngettext
from dash_app.domain.notices import URGENT, Notice, NoticeKind

ACKNOWLEDGE = "notice-acknowledge"
TITLES: dict[NoticeKind, str] = {
    NoticeKind.WAITING: mark("A plan waits for a decision"),
    NoticeKind.EXPIRING: mark("A plan expires undecided"),
    NoticeKind.NO_PLAN: mark("No new plan"),
    NoticeKind.STALE: mark("The plant is silent"),
    NoticeKind.DISPATCH: mark("Dispatch failed"),
    NoticeKind.STOPPED: mark("Stopped by a person"),
    NoticeKind.AUDIT: mark("The audit trail was changed"),
}


def notice_bell(waiting: int, href: str) -> html.A:
    """Return the header's link to the notices; what waits is told in words too."""
    told = ngettext("%(num)d notice", "%(num)d notices", waiting)
    count = [html.Span(str(waiting), className="sb-count sb-bell-count")] if waiting else []
    label = _("Notices: %(told)s", told=told)
    return html.A([icon(Icon.BELL), *count], href=href, className="sb-icon-button sb-bell", **aria(label=label))


def notice_list(notices: Sequence[Notice], zone: ZoneInfo, *, reason: str = "") -> html.Div:
    """Return the notices as they come; `reason` says why this person cannot acknowledge."""
    head = [_("When"), _("What"), _("State"), _("Taken care of")]
    rows = [[_when(one, zone), _what(one), _state(one, zone), _care(one, zone, reason)] for one in notices]
    table = list_table(_("Notices"), head, rows, words=len(head) - 1)
    label = _("Notices, to read only") if reason else _("Notices")
    return html.Div(table, className="sb-table-frame sb-audit", tabIndex=0, role="region", **aria(label=label))


def _when(one: Notice, zone: ZoneInfo) -> list[Any]:
    return row_name(clock_time(one.at, zone), day_words(one.at.astimezone(zone).date(), weekday=True, year=True))


def _what(one: Notice) -> html.Div:
    title = html.Span(_(TITLES[one.kind]), className="sb-audit-what")
    return html.Div([title, html.Span(one.text, className="sb-audit-detail")])


def _state(one: Notice, zone: ZoneInfo) -> html.Span:
    if one.over_at is not None:
        return badge(_("Over since %(time)s", time=moment_words(one.over_at, zone)), Tone.OK)
    return badge(_("Lasts"), Tone.DANGER if one.kind in URGENT else Tone.INFO)


def _care(one: Notice, zone: ZoneInfo, reason: str) -> Any:
    if one.acknowledged_at is not None:
        when = moment_words(one.acknowledged_at, zone)
        return html.Span(_("%(who)s, %(when)s", who=one.acknowledged_by, when=when), className="sb-audit-who")
    if one.over_at is not None:
        return html.Span("–", className="sb-audit-none")
    if reason:
        return html.Span(reason, className="sb-quiet")
    return html.Button(
        _("Acknowledge"),
        id={"type": ACKNOWLEDGE, "index": one.notice_id},
        type="button",
        className="btn sb-secondary sb-small",
        **aria(label=_("Acknowledge: %(what)s", what=_(TITLES[one.kind]))),
    )

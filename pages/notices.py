"""The notices of a project: what somebody should know without looking, and who takes care of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html

from components.badges import Tone
from components.cards import card
from components.icons import Icon
from components.notice_list import ACKNOWLEDGE, notice_list
from components.shell import page_head
from components.states import banner, empty, loading
from components.words import _, ngettext
from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.notices import Notices
from dash_app.domain.ports import Session, Sites
from dash_app.domain.project import Right
from dash_app.workflows.audit_page import project_at
from dash_app.workflows.notices import acknowledge, reach

PATH = "/p/<project_id>/notices"
TICK = timedelta(seconds=15)


class Id(StrEnum):
    """The page's parts."""

    ADDRESS = "notices-address"
    TICK = "notices-tick"
    HEAD = "notices-head"
    ROWS = "notices-rows"


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return html.Div(
        [
            dcc.Location(id=Id.ADDRESS, refresh=False),
            dcc.Interval(id=Id.TICK, interval=int(1000 * TICK.total_seconds())),
            html.Div(page_head(_("Notices"), " "), id=Id.HEAD),
            html.Div(loading(320, _("Loading the notices")), id=Id.ROWS, className="sb-slot"),
        ],
        className="sb-page sb-audit-page",
    )


def register(app: Dash, *, notices: Notices, sites: Sites, who: Callable[[], Session]) -> None:
    """Put the page and its callback into `app`."""

    @app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.ROWS, "children"),
        Input(Id.TICK, "n_intervals"),
        Input({"type": ACKNOWLEDGE, "index": ALL}, "n_clicks"),
        State(Id.ADDRESS, "pathname"),
    )
    def show_notices(_tick: int | None, clicks: list[int | None], pathname: str) -> tuple[Any, Any]:
        if any(clicks) and isinstance(ctx.triggered_id, dict):
            acknowledge(notices, who(), pathname, int(ctx.triggered_id["index"]))
        return notices_view(notices, sites, who(), pathname)


def notices_view(notices: Notices, sites: Sites, session: Session, pathname: str) -> tuple[Any, Any]:
    """Return the head and the list."""
    project = project_at(session, pathname)
    site = sites.site_of(project.project_id)
    zone = site.timezone if site else ZoneInfo("UTC")
    try:
        rows, waiting = notices.newest(reach(project)), notices.count_open(reach(project))
    except StoreUnavailable as fault:
        words = _("The notices cannot be read now: %(why)s", why=str(fault))
        return page_head(_("Notices"), " "), banner(words, Tone.DANGER, Icon.DATABASE)
    about = ngettext("%(num)d waits for somebody", "%(num)d wait for somebody", waiting)
    reason = "" if project.allows(Right.STATUS) else _("Viewers cannot acknowledge.")
    body = notice_list(rows, zone, reason=reason) if rows else empty(_("Nothing to tell."))
    return page_head(_("Notices"), about), card(_("Newest first"), body)

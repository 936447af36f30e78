"""The frame's callbacks: navigation, header, banner and the page of the address, drawn for each session and address.

`layout` holds no data: everything a person sees comes through callbacks that the guard has checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from dash import ClientsideFunction, Dash, Input, Output, dcc, html

from components import shell
from components.aria import aria, data
from components.numbers import duration, zone_words
from components.words import _
from dash_app import navigation
from dash_app.auth import EXIT_ID
from dash_app.bell import BELL_ID, register_bell
from dash_app.domain.errors import ApiError, StoreUnavailable
from dash_app.domain.notices import NoNotices, Notices
from dash_app.domain.now import now_balance
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.project import Project, Right, Role
from dash_app.domain.recommendation import State
from dash_app.domain.time import Clock
from dash_app.faults import NOTICE_ID
from dash_app.last_project import remember
from dash_app.payload import project_of
from dash_app.routes import PageModule, find_page

TICK_MS = 15_000


class Id(StrEnum):
    """The frame's parts."""

    URL = "shell-url"
    EXIT = EXIT_ID
    TICK = "shell-tick"
    NAV = "shell-nav"
    SWITCHER = "shell-switcher"
    FRESHNESS = "shell-freshness"
    ACCOUNT = "shell-account"
    BANNER = "shell-banner"
    NOTICE = NOTICE_ID
    CONTENT = "shell-content"
    BOTTOM = "shell-bottom"
    TITLE = "shell-title"
    TITLE_SET = "shell-title-set"


ANY_PATH = (Id.NAV, Id.CONTENT, Id.FRESHNESS, BELL_ID)
"""Callbacks that see unknown addresses too, because they draw what is shown there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What the frame is drawn from."""

    who: Callable[[], Session]
    sites: Sites
    measurements: Measurements
    recommendations: Recommendations
    clock: Clock
    demo: bool
    pages: Sequence[PageModule]
    notices: Notices = field(default_factory=NoNotices)


def layout(*, demo: bool = False) -> html.Div:
    """Return the empty frame; what stands above the content of a demo is there from the start: nothing jumps."""
    return html.Div(
        [
            dcc.Location(id=Id.URL, refresh="callback-nav"),
            dcc.Location(id=Id.EXIT, refresh=True),
            dcc.Interval(id=Id.TICK, interval=TICK_MS),
            dcc.Store(id=Id.TITLE),
            html.Div(id=Id.TITLE_SET, hidden=True),
            html.A(_("Skip to the content"), href=f"#{Id.CONTENT}", className="sb-skip"),
            html.Nav(id=Id.NAV, className="sb-nav", **aria(label=_("Main"))),
            html.Header(_header(), className="sb-header"),
            html.Aside(
                shell.demo_banner() if demo else [],
                id=Id.BANNER,
                className="sb-banner",
                **aria(label=_("About these data")),
            ),
            html.Main(
                [
                    html.Div(className="sb-print-head", **data(printed=_("Printed"))),
                    html.Div(id=Id.NOTICE, className="sb-notice", role="alert"),
                    html.Div(id=Id.CONTENT, tabIndex=-1),
                ],
                className="sb-main",
            ),
            html.Nav(id=Id.BOTTOM, className="sb-bottom", **aria(label=_("Quick"))),
        ],
        id="shell",
        className="sb-shell",
    )


def register(app: Dash, frame: Frame) -> None:
    """Add the frame's callbacks."""
    register_bell(app, frame.who, frame.notices, tick=Id.TICK, address=Id.URL)

    @app.callback(
        Output(Id.NAV, "children"),
        Output(Id.SWITCHER, "children"),
        Output(Id.ACCOUNT, "children"),
        Output(Id.BANNER, "children"),
        Output(Id.BOTTOM, "children"),
        Input(Id.URL, "pathname"),
    )
    def show_frame(pathname: str) -> tuple[Any, ...]:
        return frame_view(frame, frame.who(), pathname)

    @app.callback(Output(Id.CONTENT, "children"), Output(Id.TITLE, "data"), Input(Id.URL, "pathname"))
    def show_page(pathname: str) -> tuple[Any, str]:
        session = frame.who()
        if project := _project(session, pathname):
            remember(project.project_id)
        return page_view(frame, session, pathname)

    @app.callback(Output(Id.FRESHNESS, "children"), Input(Id.TICK, "n_intervals"), Input(Id.URL, "pathname"))
    def show_freshness(_beat: int | None, pathname: str) -> list[Any]:
        return freshness_view(frame, frame.who(), pathname)

    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("energy", "set_title"), Output(Id.TITLE_SET, "children"), Input(Id.TITLE, "data")
    )


def frame_view(frame: Frame, session: Session, pathname: str) -> tuple[Any, ...]:
    """Return navigation, switcher, account, banner and bottom bar for a person at an address."""
    project = _project(session, pathname)
    site = frame.sites.site_of(project.project_id) if project else None
    paths = {page.PATH for page in frame.pages}
    waiting = _waiting(frame, project)
    links = navigation.links(session, project, site, pathname, pages=paths, waiting=waiting)
    account = shell.account(session.person.name, session.person.email, _roles(session, project))
    banner = shell.demo_banner() if frame.demo else []
    return (
        shell.side_nav(links),
        shell.switcher(_place(frame, session, project)),
        account,
        banner,
        shell.bottom_bar(links),
    )


def page_view(frame: Frame, session: Session, pathname: str) -> tuple[Any, str]:
    """Return the page of an address and its title; what is unknown or not this person's is "not found"."""
    found = find_page(pathname, frame.pages)
    if found is None:
        return shell.not_found(_("There is no such page.")), _("Not found")
    if found.project_id is None:
        return _open_page(found.page, session), _label(found.page)
    project = session.project(found.project_id)
    if project is None:
        return shell.not_found(_("There is no such project, or it is not open to you.")), _("Not found")
    return found.page.layout(project_id=found.project_id), f"{_label(found.page)} · {project.name}"


def freshness_view(frame: Frame, session: Session, pathname: str) -> list[Any]:
    """Return how old the newest value of the project is, in words and as a dot."""
    project = _project(session, pathname)
    if project is None:
        return []
    now = frame.clock()
    try:
        measurands = frame.measurements.measurands(session, project)
        balance = now_balance(frame.measurements.live(session, project), measurands, now)
    except ApiError:
        return shell.freshness(_("Server not reached"), "danger")
    if balance.newest is None:
        return shell.freshness(_("No values yet"), "muted")
    age = duration(max(now - balance.newest, now - now))
    if balance.silent and balance.oldest_stale == balance.newest:
        return shell.freshness(_("Silent for %(age)s", age=age), "warning")
    return shell.freshness(_("Live, %(age)s ago", age=age), "success")


def _open_page(page: PageModule, session: Session) -> Any:
    """Return a page outside of projects; the status is for analysts and above."""
    needed = navigation.STATUS.right if navigation.STATUS.path == page.PATH else Right.VIEW
    if any(project.allows(needed) for project in session.projects) or needed is Right.VIEW:
        return page.layout()
    return shell.not_allowed(_("Analysts, operators, managers and administrators can open it."))


def _header() -> list[Any]:
    right = [
        html.Div(id=Id.FRESHNESS, className="sb-freshness"),
        html.Div(id=BELL_ID),
        shell.theme_button(),
        html.Div(id=Id.ACCOUNT, className="sb-account"),
    ]
    return [html.Div(id=Id.SWITCHER, className="sb-header-left"), html.Div(right, className="sb-header-right")]


def _project(session: Session, pathname: str) -> Project | None:
    project_id = project_of(pathname)
    return session.project(project_id) if project_id is not None else None


def _place(frame: Frame, session: Session, project: Project | None) -> shell.Place:
    if project is None:
        return shell.Place()
    site = frame.sites.site_of(project.project_id)
    zone = f" · {zone_words(frame.clock(), site.timezone)}" if site else ""
    others = tuple((navigation.home_of(p), p.name) for p in session.projects if p.project_id != project.project_id)
    return shell.Place(name=project.name, about=navigation.kind_of(project, site) + zone, others=others)


def _waiting(frame: Frame, project: Project | None) -> int:
    """Return how many recommendations wait for this person: only who may approve is asked to."""
    if project is None or not project.allows(Right.APPROVE):
        return 0
    try:
        newest = frame.recommendations.newest(project.project_id)
    except StoreUnavailable:
        return 0
    return sum(one.state is State.PROPOSED and one.payload.expires_at > frame.clock() for one in newest)


def _roles(session: Session, project: Project | None) -> frozenset[Role]:
    """Return what the person is in this project; outside of a project, in any."""
    projects = [project] if project else session.projects
    return frozenset(role for one in projects for role in one.roles)


def _label(page: PageModule) -> str:
    labels = {place.path: place.label for place in navigation.ENTRIES}
    return _(labels.get(page.PATH, shell.BRAND))

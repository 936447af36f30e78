"""Where one can go: a table from project type to home page and navigation. Data, not code.

An entry appears with the page that it leads to; where its asset is missing it stays, disabled, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote

from components.icons import Icon
from components.shell import NavLink
from components.words import _, mark
from dash_app.domain.ports import Session
from dash_app.domain.project import Project, ProjectType, Right
from dash_app.domain.site import Site

ANCHOR = "<project_id>"
OVERVIEW = f"/p/{ANCHOR}/"


class Group(StrEnum):
    """The navigation's groups, in its order."""

    TOP = ""
    PROJECT = "project"
    SEE = mark("See")
    DECIDE = mark("Decide")
    ACT = mark("Act")
    PROVE = mark("Prove")
    BOTTOM = "bottom"


class Need(StrEnum):
    """What a page needs the site to have; the value is the reason when it has none."""

    NOTHING = ""
    BATTERY = mark("No battery in this project")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """One page: where, how it is called, in which group, and what it needs.

    `phone_label` puts it into the phone's bar: project selection and status there outside of a project only.
    """

    path: str
    label: str
    symbol: Icon
    group: Group
    phone_label: str = ""
    need: Need = Need.NOTHING
    right: Right = Right.VIEW


PROJECTS = Destination(
    path="/projects",
    label=mark("Project selection"),
    symbol=Icon.GEO,
    group=Group.TOP,
    phone_label=mark("Projects"),
)
STATUS = Destination(
    path="/status",
    label=mark("Status"),
    symbol=Icon.ACTIVITY,
    group=Group.BOTTOM,
    phone_label=mark("Status"),
    right=Right.STATUS,
)
HOME = Destination(
    path=OVERVIEW, label=mark("Overview"), symbol=Icon.HOUSE, group=Group.PROJECT, phone_label=mark("Home")
)
RECOMMENDATIONS = Destination(
    path=f"/p/{ANCHOR}/recommendations",
    label=mark("Recommendations"),
    symbol=Icon.CHECK_SQUARE,
    group=Group.DECIDE,
    phone_label=mark("Actions"),
    need=Need.BATTERY,
)
LIVE = Destination(
    path=f"/p/{ANCHOR}/live",
    label=mark("Live"),
    symbol=Icon.BROADCAST,
    group=Group.ACT,
    phone_label=mark("Live"),
    need=Need.BATTERY,
)

COMMON = (HOME, RECOMMENDATIONS, LIVE)

NAVIGATION: dict[ProjectType, tuple[Destination, ...]] = {
    ProjectType.NORMAL: COMMON,
    ProjectType.ABNORMAL: COMMON,
    ProjectType.TEMPERATURE: COMMON,
    ProjectType.PV: COMMON,
}
"""Project type -> its pages; the first one is its home."""


def home_of(project: Project) -> str:
    """Return the address of a project's home page.

    >>> home_of(Project(project_id="b 071", name="B", type=ProjectType.PV, measurand_ids=()))
    '/p/b%20071/'
    """
    return address(NAVIGATION[project.type][0].path, project.project_id)


def address(path: str, project_id: str = "") -> str:
    """Return the address of a path template for a project."""
    return path.replace(ANCHOR, quote(project_id, safe=""))


def links(
    session: Session, project: Project | None, site: Site | None, pathname: str, *, pages: Collection[str], waiting: int
) -> list[NavLink]:
    """Return the navigation of a person on a page; `pages` are the path templates that exist."""
    found = [_link(destination, session, project, site, pathname, waiting) for destination in _reachable(project)]
    return [link for link, path in zip(found, _paths(project), strict=True) if path in pages]


def kind_of(project: Project, site: Site | None) -> str:
    """Return what a project is, in words: from what stands at the site, else from its type."""
    if site is None:
        return _("PV") if project.type is ProjectType.PV else _("Consumer")
    match bool(site.arrays), site.battery is not None:
        case True, True:
            return _("PV with battery")
        case True, False:
            return _("PV")
        case False, True:
            return _("Consumer with battery")
        case _:
            return _("Consumer")


def _reachable(project: Project | None) -> Iterator[Destination]:
    yield PROJECTS
    if project is not None:
        yield from NAVIGATION[project.type]
    yield STATUS


def _paths(project: Project | None) -> list[str]:
    return [destination.path for destination in _reachable(project)]


def _link(
    destination: Destination, session: Session, project: Project | None, site: Site | None, pathname: str, waiting: int
) -> NavLink:
    href = address(destination.path, project.project_id if project else "")
    return NavLink(
        label=_(destination.label),
        href=href,
        symbol=destination.symbol,
        group=_group_words(destination.group, project),
        current=href.rstrip("/") == pathname.rstrip("/"),
        badge=waiting if destination is RECOMMENDATIONS else 0,
        reason=_reason(destination, session, site),
        phone=_(destination.phone_label) if (destination in (PROJECTS, STATUS)) == (project is None) else "",
        bottom=destination.group is Group.BOTTOM,
    )


def _group_words(group: Group, project: Project | None) -> str:
    if group is Group.PROJECT:
        return project.name if project else ""
    return "" if group in {Group.TOP, Group.BOTTOM} else _(group.value)


def _reason(destination: Destination, session: Session, site: Site | None) -> str:
    if destination.right is Right.STATUS and not any(p.allows(Right.STATUS) for p in session.projects):
        return _("Not open to viewers")
    if destination.need is Need.BATTERY and (site is None or site.battery is None):
        return _(destination.need.value)
    return ""

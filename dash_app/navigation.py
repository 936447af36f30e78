"""Where one can go: a table from project type to home page and navigation. Data, not code.

An entry appears with the page that it leads to; where its asset is missing it stays, disabled, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain
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
    PV = mark("No PV in this project")
    BATTERY = mark("No battery in this project")
    WEATHER = mark("No weather in this project")


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
ACCOUNT = Destination(
    path="/account", label=mark("Account"), symbol=Icon.PERSON, group=Group.BOTTOM, phone_label=mark("Account")
)


def _page(
    name: str, label: str, symbol: Icon, group: Group, *, phone_label: str = "", need: Need = Need.NOTHING
) -> Destination:
    path = f"{OVERVIEW}{name}"
    return Destination(path=path, label=label, symbol=symbol, group=group, phone_label=phone_label, need=need)


HOME = _page("", mark("Overview"), Icon.HOUSE, Group.PROJECT, phone_label=mark("Home"))
FLOWS = _page("flows", mark("Energy flows"), Icon.FLOWS, Group.SEE, phone_label=mark("Flows"))
MEASUREMENTS = _page("measurements", mark("Measurements"), Icon.GRAPH, Group.SEE)
FORECASTS = _page("measurements-forecasts", mark("Measurements and Forecasts"), Icon.GRAPH_AHEAD, Group.SEE)
EFFICIENCY = _page("efficiency", mark("Efficiency"), Icon.SPEEDOMETER, Group.SEE)
PRODUCTION = _page("production-vs-demand", mark("Production vs E-demand"), Icon.SUN, Group.SEE, need=Need.PV)
TEMPERATURE = _page("temperature", mark("Temperature"), Icon.THERMOMETER, Group.SEE, need=Need.WEATHER)
BATTERY = _page("battery", mark("Battery Energy System"), Icon.BATTERY, Group.SEE, need=Need.BATTERY)
CONSUMER = _page("consumer", mark("Consumer"), Icon.LIGHTNING, Group.SEE)
FORECAST = _page("forecast", mark("Forecast"), Icon.BINOCULARS, Group.DECIDE)
RECOMMENDATIONS = _page(
    "recommendations",
    mark("Recommendations"),
    Icon.CHECK_SQUARE,
    Group.DECIDE,
    phone_label=mark("Actions"),
    need=Need.BATTERY,
)
LIVE = _page("live", mark("Live"), Icon.BROADCAST, Group.ACT, phone_label=mark("Live"), need=Need.BATTERY)
NOTICES = _page("notices", mark("Notices"), Icon.BELL, Group.ACT)
AUDIT = _page("audit", mark("Audit trail"), Icon.SHIELD_CHECK, Group.ACT)
QUALITY = _page("quality", mark("Data quality"), Icon.CLIPBOARD, Group.PROVE)

SEEN = (BATTERY, CONSUMER, FLOWS, MEASUREMENTS)
COMPARED = (FORECASTS, EFFICIENCY)
ON_FROM_THERE = (FORECAST, RECOMMENDATIONS, LIVE, NOTICES, AUDIT, QUALITY)

NAVIGATION: dict[ProjectType, tuple[Destination, ...]] = {
    ProjectType.NORMAL: (HOME, *SEEN, *COMPARED, *ON_FROM_THERE),
    ProjectType.ABNORMAL: (HOME, *SEEN, *COMPARED, PRODUCTION, *ON_FROM_THERE),
    ProjectType.TEMPERATURE: (HOME, *SEEN, *COMPARED, TEMPERATURE, *ON_FROM_THERE),
    ProjectType.PV: (HOME, *SEEN, *ON_FROM_THERE),
}
"""Project type -> its pages; the first one is its home."""
TYPES_WITH: dict[Need, frozenset[ProjectType]] = {
    Need.NOTHING: frozenset(ProjectType),
    Need.PV: frozenset({ProjectType.ABNORMAL, ProjectType.PV}),
    Need.BATTERY: frozenset({ProjectType.PV}),
    Need.WEATHER: frozenset({ProjectType.TEMPERATURE}),
}
"""What a project of a type has by its very type; asked only where SITES_FILE says nothing about it."""
OUTSIDE = (PROJECTS, ACCOUNT, STATUS)
ENTRIES = tuple(dict.fromkeys((*OUTSIDE, *chain.from_iterable(NAVIGATION.values()))))
"""Every page that has a name in the navigation."""


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
    yield ACCOUNT
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
        reason=_reason(destination, session, project, site),
        phone=_(destination.phone_label) if (destination in OUTSIDE) == (project is None) else "",
        bottom=destination.group is Group.BOTTOM,
    )


def _group_words(group: Group, project: Project | None) -> str:
    if group is Group.PROJECT:
        return project.name if project else ""
    return "" if group in {Group.TOP, Group.BOTTOM} else _(group.value)


def _reason(destination: Destination, session: Session, project: Project | None, site: Site | None) -> str:
    if destination.right is Right.STATUS and not any(p.allows(Right.STATUS) for p in session.projects):
        return _("Not open to viewers")
    if project is None or _has(destination, project, site):
        return ""
    return _(destination.need.value)


def _has(destination: Destination, project: Project, site: Site | None) -> bool:
    """Return whether what a page needs stands there; where no site is known, what is seen follows the type."""
    if site is None:
        by_type = TYPES_WITH[destination.need]
        return destination.need is Need.NOTHING or (destination.group is Group.SEE and project.type in by_type)
    match destination.need:
        case Need.NOTHING:
            return True
        case Need.PV:
            return bool(site.arrays)
        case Need.BATTERY:
            return site.battery is not None
        case Need.WEATHER:
            return site.has_weather

"""Gather what the audit page shows: the rows a person may see, the place they belong to, and whether the chain holds.

Neither needs the energy API. The walk along the whole chain is repeated at most once a minute for all readers.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import structlog

from dash_app.domain.audit import AuditQuery, AuditRow
from dash_app.domain.audit_view import AuditView, parse_audit_view
from dash_app.domain.errors import NotFound, StoreUnavailable
from dash_app.domain.ports import Audit, Session, Sites
from dash_app.domain.project import Project, Right
from dash_app.domain.time import Clock
from dash_app.workflows.audit import Verification

PART = 50
MOST_EXPORTED = 20_000
MAX_AGE = timedelta(seconds=60)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailPorts:
    """What the page reads; `verify` walks along the whole chain."""

    audit: Audit
    sites: Sites
    verify: Callable[[], Verification]
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """One look at the trail. `rows` come newest first; `more` tells whether there are others below them.

    `names` are the person's projects by id; `fault` is empty, or why the store could not be read.
    """

    project: Project
    title: str
    zone: ZoneInfo
    now: datetime
    view: AuditView
    rows: tuple[AuditRow, ...] = ()
    count: int = 0
    more: bool = False
    names: dict[str, str]
    fault: str = ""


def look_at_trail(given: TrailPorts, session: Session, pathname: str, search: str, most: int = PART) -> Trail:
    """Return the part of the trail that an address asks for; raise NotFound unless the project is this person's."""
    project = project_at(session, pathname)
    site = given.sites.site_of(project.project_id)
    zone, view = site.timezone if site else ZoneInfo("UTC"), parse_audit_view(search)
    names = {one.project_id: one.name for one in session.projects}
    query = query_of(session, project, view, zone)
    title = site.name if site else project.name
    try:
        rows, count = given.audit.find(query, limit=most + 1), given.audit.count(query)
    except StoreUnavailable as error:
        log.error("audit trail not read", reason=str(error), project=project.project_id)
        return Trail(
            project=project, title=title, zone=zone, now=given.clock(), view=view, names=names, fault=str(error)
        )
    return Trail(
        project=project,
        title=title,
        zone=zone,
        now=given.clock(),
        view=view,
        rows=rows[:most],
        count=count,
        more=len(rows) > most,
        names=names,
    )


def project_at(session: Session, pathname: str) -> Project:
    """Return the project of an address; raise NotFound unless it is this person's."""
    parts = pathname.split("/")
    project = session.project(unquote(parts[2])) if len(parts) > 2 else None
    if project is None:
        raise NotFound("There is no such project.")
    return project


def query_of(session: Session, project: Project, view: AuditView, zone: ZoneInfo) -> AuditQuery:
    """Return which rows a person may see of what is asked for.

    Those of the projects; of those without a project one's own, and for whom the right allows it those of everybody
    who acts on these projects.
    """
    every = [one.project_id for one in session.projects]
    looked_at = session.projects if view.everywhere else (project,)
    colleagues = all(one.allows(Right.COLLEAGUES) for one in looked_at)
    return view.query(project.project_id, every, session.person.email, zone, colleagues=colleagues)


class Verifier:
    """Verifies when asked, at most once in `max_age` for everybody who asks."""

    def __init__(self, verify: Callable[[], Verification], clock: Clock, max_age: timedelta = MAX_AGE) -> None:
        self._verify, self._clock, self._max_age = verify, clock, max_age
        self._lock = threading.Lock()
        self._last: Verification | None = None

    def __call__(self) -> Verification:
        """Return the newest verification, done now if there is none young enough."""
        with self._lock:
            last = self._last
            if last is None or not timedelta(0) <= self._clock() - last.at < self._max_age:
                last = self._last = self._verify()
            return last

"""Tell what should be told: find the reasons, open and end notices, send the messages, let somebody take care.

Runs beside planning and dispatch and reads what those wrote: no decision ever waits for a message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import structlog

from dash_app.domain.errors import NotDelivered, NotPermitted, PlanRejected
from dash_app.domain.notices import (
    URGENT,
    Channel,
    Notice,
    Notices,
    Posting,
    Sender,
    Wanted,
    retry_at,
    wanted_notices,
)
from dash_app.domain.ports import Alarms, Recommendations, Session, Sites
from dash_app.domain.project import Project, Right
from dash_app.domain.quiet import QuietHours
from dash_app.domain.recommendation import Recommendation
from dash_app.domain.time import Clock
from dash_app.workflows.audit_page import project_at

LOOKED_AT = 10
ONLY_THOSE_WHO_ACT = "Viewers cannot acknowledge."

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticePorts:
    """What telling needs. `targets` are the addresses of each channel that has a sender."""

    notices: Notices
    recommendations: Recommendations
    alarms: Alarms
    sites: Sites
    senders: Mapping[Channel, Sender]
    targets: Sequence[tuple[Channel, str]]
    quiet: QuietHours | None
    clock: Clock


def refresh(given: NoticePorts) -> tuple[Notice, ...]:
    """Open and end notices after what stands in the store now; return the new ones."""
    now = given.clock()
    places = [site.project_id for site in given.sites.all_sites() if site.controllable]
    newest = {project_id: _newest(given.recommendations, project_id) for project_id in places}
    wanted = wanted_notices(newest, given.alarms.open_alarms(), now)
    opened = given.notices.update(wanted, partial(_postings, given, now))
    for one in opened:
        log.info("notice", project=one.project_id, kind=one.kind.value, text=one.text)
    return opened


def deliver(given: NoticePorts) -> int:
    """Send what is due; return how many messages left. One that fails is tried again later."""
    left = 0
    for message in given.notices.due():
        sender = given.senders.get(message.channel)
        try:
            if sender is None:
                raise NotDelivered(f"{message.channel.value} is not set up any more.")
            sender.send(message)
        except NotDelivered as fault:
            log.warning("message not delivered", channel=message.channel.value, why=str(fault))
            again_at = retry_at(given.clock(), message.attempts + 1) if sender else None
            given.notices.failed(message.message_id, str(fault), again_at)
        else:
            given.notices.sent(message.message_id)
            left += 1
    return left


def acknowledge(notices: Notices, session: Session, pathname: str, notice_id: int) -> Notice:
    """Record that this person takes care; raise NotFound, or NotPermitted for a viewer."""
    project = project_at(session, pathname)
    if not project.allows(Right.STATUS):
        raise NotPermitted(ONLY_THOSE_WHO_ACT)
    return notices.acknowledge(notice_id, session.person.email, reach(project))


def reach(project: Project) -> list[str]:
    """Return whose notices somebody sees who looks at a project; managers also those of the installation itself."""
    return [project.project_id, *([""] if project.allows(Right.COLLEAGUES) else [])]


def _newest(recommendations: Recommendations, project_id: str) -> tuple[Recommendation, ...]:
    try:
        return recommendations.newest(project_id, limit=LOOKED_AT)
    except PlanRejected as error:
        log.error("plans not read for notices", project=project_id, why=str(error))
        return ()


def _postings(given: NoticePorts, now: datetime, wanted: Wanted) -> list[Posting]:
    """Return where a notice goes: at once, or when the quiet hours of the site are over."""
    site = given.sites.site_of(wanted.project_id)
    zone = site.timezone if site else ZoneInfo("UTC")
    later = given.quiet.ends_at(now, zone) if given.quiet and wanted.kind not in URGENT else None
    return [Posting(channel=channel, address=address, not_before=later or now) for channel, address in given.targets]

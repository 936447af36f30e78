"""Gather what a person needs to decide: the plans of a project, the one looked at, and what was measured before it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import pandas as pd

from dash_app.domain.dispatch import Alarm
from dash_app.domain.errors import NotFound, StaleData
from dash_app.domain.jobs import Job, Jobs
from dash_app.domain.measurement import Window, power_frame, total_of
from dash_app.domain.ports import Alarms, Measurements, Recommendations, Session, Sites
from dash_app.domain.project import Project
from dash_app.domain.recommendation import Recommendation, State, Transition
from dash_app.domain.site import Measurand, Quantity, Site
from dash_app.domain.tariff import price_frame
from dash_app.domain.time import Clock, TimeGrid, floor_to

BALANCED = (Quantity.PV_KW, Quantity.LOAD_KW, Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)
WAITING = frozenset({State.PROPOSED, State.AWAITING_SECOND})
KEPT = 20
"""So many plans of a project are within reach of the page; older ones are in the store."""
BEFORE, LONGEST = timedelta(hours=10), timedelta(hours=14)
"""So much of what was measured is shown before a plan begins, and at most so much before now."""
PLAN_ALARM = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPorts:
    """What the board is gathered from."""

    recommendations: Recommendations
    sites: Sites
    alarms: Alarms
    jobs: Jobs
    measurements: Measurements
    clock: Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The plans of a project at `now`, newest first; `in_force` is what the dispatcher executes."""

    project: Project
    site: Site | None
    now: datetime
    plans: tuple[Recommendation, ...]
    in_force: Recommendation | None
    alarm: Alarm | None
    job: Job | None

    @property
    def zone(self) -> ZoneInfo:
        """The site's zone; UTC where the site is not known."""
        return self.site.timezone if self.site else ZoneInfo("UTC")

    @property
    def waiting(self) -> tuple[Recommendation, ...]:
        """What can still be decided on, newest first."""
        return tuple(plan for plan in self.plans if plan.state in WAITING and plan.payload.expires_at > self.now)

    @property
    def next_at(self) -> datetime | None:
        """When the planner computes again, or None where there is nothing to plan."""
        if self.site is None or not self.site.controllable:
            return None
        return floor_to(self.now, self.site.plan_every) + self.site.plan_every

    def find(self, number: int | None) -> Recommendation | None:
        """Return the plan of a number; without one what waits, else what is in force, else the newest."""
        if number is not None:
            return next((plan for plan in self.plans if plan.number == number), None)
        return next((plan for plan in (*self.waiting, self.in_force, *self.plans) if plan is not None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was measured between two moments: frames.Power, SoC (0..1) and frames.Price by the plan's step.

    `saved` says that these are saved values of `fetched_at`, because the server could not be asked.
    """

    power: pd.DataFrame
    soc: pd.Series | None
    prices: pd.DataFrame | None
    fetched_at: datetime
    saved: bool


def project_of_path(session: Session, pathname: str) -> Project:
    """Return the project that a page's address names; raise NotFound unless it is this person's."""
    parts = pathname.split("/")
    project = session.project(unquote(parts[2])) if len(parts) > 2 else None
    if project is None:
        raise NotFound("There is no such project.")
    return project


def board_of(session: Session, pathname: str, ports: BoardPorts) -> Board:
    """Return the plans of the project that the address names."""
    project = project_of_path(session, pathname)
    project_id = project.project_id
    plans = ports.recommendations.newest(project_id, limit=KEPT)
    in_force = ports.recommendations.in_force(project_id)
    if in_force is not None and all(plan.number != in_force.number for plan in plans):
        plans = (*plans, in_force)
    return Board(
        project=project,
        site=ports.sites.site_of(project_id),
        now=ports.clock(),
        plans=plans,
        in_force=in_force,
        alarm=next((one for one in ports.alarms.open_alarms(project_id) if one.kind == PLAN_ALARM), None),
        job=ports.jobs.newest(project_id),
    )


def record_of(plan: Recommendation, ports: BoardPorts) -> tuple[Transition, ...]:
    """Return who moved the plan when and why, oldest first."""
    return ports.recommendations.transitions(plan.recommendation_id)


def span_of(plan: Recommendation, now: datetime) -> tuple[datetime, datetime]:
    """Return from when to when the plan is shown: a plan that is over as it was, else with what came before now."""
    first, end = plan.payload.steps[0].start, plan.payload.steps[-1].end
    begin = first if now >= end else max(min(now, first) - BEFORE, now - LONGEST)
    return floor_to(begin, timedelta(hours=1)), end


def measured_before(session: Session, board: Board, plan: Recommendation, ports: BoardPorts) -> Measured | None:
    """Return what was measured in the part of the plan's span that is over; None before there is any.

    Raises ApiUnavailable and the like when there is nothing saved either.
    """
    site = board.site
    start, end = span_of(plan, board.now)
    until = min(end, board.now)
    if site is None or until <= start:
        return None
    measurands = ports.measurements.measurands(session, board.project)
    wanted = [m.measurand_id for m in measurands if m.quantity in (*BALANCED, Quantity.SOC)]
    window = ports.measurements.load_window(session, board.project, start, until, wanted)
    return Measured(
        power=power_frame(window, measurands, site.plan_step),
        soc=_soc(window, measurands, site),
        prices=_prices(session, site, start, until, ports),
        fetched_at=window.fetched_at,
        saved=window.saved,
    )


def _soc(window: Window, measurands: tuple[Measurand, ...], site: Site) -> pd.Series | None:
    of_battery = [m for m in measurands if m.quantity is Quantity.SOC]
    if not of_battery:
        return None
    return total_of(window, tuple(of_battery[:1]), Quantity.SOC, site.plan_step)


def _prices(session: Session, site: Site, start: datetime, until: datetime, ports: BoardPorts) -> pd.DataFrame | None:
    published = ports.measurements.prices(session, site.project_id, start, until)
    if published is None or published.values.notna().sum() == 0:
        return None
    try:
        return price_frame(published, TimeGrid.between(start, until, site.plan_step), site)
    except StaleData:
        return None

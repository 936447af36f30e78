"""The planner process: a recommendation for every controllable site on the clock, as the service account."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from dash_app.domain.dispatch import Lease
from dash_app.domain.errors import EnergyError, LeaseLost
from dash_app.domain.ports import Leases, Session
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Site
from dash_app.domain.time import floor_to
from dash_app.stop import Stop
from dash_app.trainer import Trainer
from dash_app.workflows.forecasting import ForecastPorts, LoadedModels
from dash_app.workflows.plan import PlanPorts, make_recommendation
from dash_app.workspace import Workspace

LEASE = "planner"
TTL = timedelta(seconds=180)
TICK_S = 5.0
ALARM = "plan"

log = structlog.get_logger()


class Planner:
    """Remembers which slot of which site has been planned; everything else is in the store."""

    def __init__(self, workspace: Workspace, service_session: Callable[[], Session]) -> None:
        """Plan with `workspace`; `service_session` returns a signed-in session of the service account."""
        self._workspace = workspace
        self._service_session = service_session
        self._ports = plan_ports(workspace)
        self._planned: dict[str, datetime] = {}

    def tick(self) -> int:
        """Plan every site that is due and return how many were; one that fails raises an alarm, its next slot tries."""
        now = self._workspace.clock()
        self._workspace.recommendations.expire_due(now)
        due = [site for site in self._workspace.sites.all_sites() if site.controllable and self._is_due(site, now)]
        self._workspace.states.beat("planner", f"{len(due)} to plan" if due else "")
        for site in due:
            self._planned[site.project_id] = floor_to(now, site.plan_every)
            self._plan(site)
        return len(due)

    def _is_due(self, site: Site, now: datetime) -> bool:
        return self._planned.get(site.project_id) != floor_to(now, site.plan_every)

    def _plan(self, site: Site) -> None:
        try:
            made = make_recommendation(
                self._ports,
                self._service_session(),
                site.project_id,
                Objective.COST,
                by="planner",
                progress=lambda _fraction, _word: None,
            )
        except EnergyError as error:
            log.warning("no plan", project=site.project_id, why=str(error))
            self._workspace.alarms.raise_alarm(site.project_id, ALARM, str(error))
            return
        self._workspace.alarms.clear(site.project_id, ALARM)
        self._workspace.states.beat("planner", f"planned {site.project_id}")
        log.info("planned", project=site.project_id, recommendation=made.label, cost=made.payload.expected.cost)


def plan_ports(workspace: Workspace) -> PlanPorts:
    """Return what making a recommendation needs of a workspace."""
    return PlanPorts(
        measurements=workspace.measurements,
        sites=workspace.sites,
        recommendations=workspace.recommendations,
        states=workspace.states,
        clock=workspace.clock,
        forecasting=forecast_ports(workspace),
    )


def forecast_ports(workspace: Workspace) -> ForecastPorts:
    """Return the ledger of a workspace, and the trained models it names."""
    return ForecastPorts(forecasts=workspace.forecasts, models=LoadedModels(workspace.model_files))


def run_planner(
    workspace: Workspace, service_session: Callable[[], Session], stop: Stop, trainer: Trainer | None = None
) -> None:
    """Plan on the clock while holding the lease, until asked to stop; a store that is away is tried again.

    The `trainer` starts its processes after the plans of a turn, so that no plan waits for one.
    """
    planner = Planner(workspace, service_session)
    tenure = _Tenure(workspace.leases, f"planner-{os.getpid()}")
    try:
        while not stop.is_set():
            _turn(planner, tenure, trainer)
            stop.wait(TICK_S)
    finally:
        if trainer is not None:
            trainer.stop()
        tenure.give_up()


def stay_off(workspace: Workspace, reason: str, stop: Stop) -> None:
    """Plan nothing and say why, until asked to stop."""
    log.warning("the planner is off", why=reason)
    while not stop.is_set():
        try:
            workspace.states.beat("planner", f"off: {reason}")
        except EnergyError as error:
            log.error("planner", why=str(error))
        stop.wait(TICK_S)


class _Tenure:
    """The planner's lease: acquired, renewed, lost, given up."""

    def __init__(self, leases: Leases, holder: str) -> None:
        self._leases, self._holder = leases, holder
        self._lease: Lease | None = None

    def held(self) -> bool:
        """Return whether this process may plan now."""
        try:
            self._lease = (
                self._leases.renew(self._lease, TTL) if self._lease else self._leases.acquire(LEASE, self._holder, TTL)
            )
        except LeaseLost:
            log.warning("another planner took over", holder=self._holder)
            self._lease = None
        return self._lease is not None

    def give_up(self) -> None:
        """Let the next planner start at once."""
        if self._lease is not None:
            self._leases.give_up(self._lease)


def _turn(planner: Planner, tenure: _Tenure, trainer: Trainer | None) -> None:
    try:
        held = tenure.held()
        if held:
            planner.tick()
        if trainer is not None and held:
            trainer.tick()
        elif trainer is not None:
            trainer.stop()
    except EnergyError as error:
        log.error("planner", why=str(error))

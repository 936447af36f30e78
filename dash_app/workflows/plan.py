"""Make a recommendation: gather what is known, compute, store. The planner, the page and the command all call this."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import structlog

from dash_app.domain.errors import NotFound, NotPermitted, StaleData
from dash_app.domain.frames import Power
from dash_app.domain.measurement import Published, Window, power_frame, total_of
from dash_app.domain.ports import Measurements, Progress, Recommendations, Session, Sites, States
from dash_app.domain.project import Project, Right
from dash_app.domain.recommendation import Payload, Recommendation
from dash_app.domain.schedule import Objective, Step
from dash_app.domain.site import Battery, Measurand, Quantity, Site
from dash_app.domain.time import Clock, TimeGrid, floor_to, local_midnight
from dash_app.workflows.compute import Known, Solve, compute_payload
from dash_app.workflows.forecasting import APPLIED_HISTORY, ForecastPorts, champions
from dash_app.workflows.review import still_open

HORIZON = timedelta(hours=48)
HISTORY = timedelta(weeks=26)
PRICES_BACK = timedelta(days=15)
SOC_MAX_AGE = timedelta(seconds=90)
VEHICLE_MAX_AGE = timedelta(minutes=15)
LOAD_MAX_AGE = timedelta(hours=3)
COMMITTED = timedelta(hours=1)
"""For so long the plan in force is kept, unless a new one gains enough by changing it."""
LEAST_LEFT = timedelta(seconds=60)
"""A plan starts in the running slot only if at least so much of it is left."""

BALANCE = (Quantity.LOAD_KW, Quantity.PV_KW, Quantity.CHARGE_KW, Quantity.DISCHARGE_KW)
log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPorts:
    """What making a recommendation needs; `solve` replaces the solver; without `forecasting` nothing is recorded."""

    measurements: Measurements
    sites: Sites
    recommendations: Recommendations
    states: States
    clock: Clock
    solve: Solve | None = None
    forecasting: ForecastPorts | None = None


def make_recommendation(
    ports: PlanPorts, session: Session, project_id: str, objective: Objective, *, by: str, progress: Progress
) -> Recommendation:
    """Compute and store a PROPOSED recommendation for the next 48 h, its forecasts on the ledger before it.

    Where a plan from newer inputs was stored meanwhile, this one is discarded and that one returned.
    Raises NotFound for a project that is not the session's, NotPermitted never (see `check_may_recompute`), StaleData
    naming the signal that is missing or too old, Infeasible with the conflicting limits, PlanRejected by the validator.
    """
    progress(0.05, "reading")
    known = gather(ports, session, project_id, objective)
    payload = compute_payload(known, progress, ports.solve, ports.forecasting)
    progress(0.95, "storing")
    newer = _from_newer_inputs(ports.recommendations, payload)
    if newer is not None:
        _log_discarded(payload, newer)
        return newer
    return ports.recommendations.add(payload, by=by, keep=still_open(ports.recommendations, payload))


def _from_newer_inputs(recommendations: Recommendations, payload: Payload) -> Recommendation | None:
    """Return the newest stored plan for the same goal whose inputs are other and newer ones than the payload's."""
    same_goal = (
        one for one in recommendations.newest(payload.project_id) if one.payload.objective is payload.objective
    )
    newer = (one for one in same_goal if one.payload.computed_at > payload.computed_at)
    return next((one for one in newer if one.payload.inputs_digest != payload.inputs_digest), None)


def _log_discarded(payload: Payload, newer: Recommendation) -> None:
    log.warning(
        "plan discarded: its inputs are older",
        project=payload.project_id,
        inputs=payload.inputs_digest[:12],
        inputs_of=payload.computed_at.isoformat(),
        newer=newer.label,
        newer_inputs=newer.payload.inputs_digest[:12],
        newer_inputs_of=newer.payload.computed_at.isoformat(),
    )


def check_may_recompute(session: Session, project_id: str) -> Project:
    """Return the project if this person may ask for a computation; raise NotFound or NotPermitted."""
    project = _project(session, project_id)
    if not project.allows(Right.RECOMPUTE):
        raise NotPermitted(f"{session.person.name} may not recompute on {project.name}.")
    return project


def gather(ports: PlanPorts, session: Session, project_id: str, objective: Objective) -> Known:
    """Return everything a plan is computed from; raise StaleData naming the first signal that is not good enough."""
    now = ports.clock()
    project = _project(session, project_id)
    site, battery = _controllable(ports.sites, project)
    measurands = ports.measurements.measurands(session, project)
    models = champions(ports.forecasting, project_id)
    since = now - (APPLIED_HISTORY if models else HISTORY)
    window = ports.measurements.load_window(session, project, since, now, _ids(measurands))
    load = _history(window, measurands, Quantity.LOAD_KW)
    _check_age("electricity demand", load, now)
    grid = _grid(site, now)
    return Known(
        site=site,
        battery=battery,
        grid=grid,
        now=now,
        objective=objective,
        soc_now=_soc(ports, session, project, site, measurands, battery, now),
        load=load,
        pv=_history(window, measurands, Quantity.PV_KW) if _has(measurands, Quantity.PV_KW) else None,
        pv_shift=max((m.measured_shift for m in measurands if m.quantity is Quantity.PV_KW), default=timedelta(0)),
        prices=_published(ports.measurements.prices(session, project_id, now - PRICES_BACK, grid.end), "price"),
        co2=_co2(ports, session, site, now, grid),
        committed=_committed(ports.recommendations.in_force(project_id), grid, objective),
        models=models,
        imported=_imported(ports, session, project, site, measurands, now),
        vehicle_soc=_vehicle_soc(ports, session, project, site, now),
    )


def _committed(plan: Recommendation | None, grid: TimeGrid, objective: Objective) -> tuple[Step, ...]:
    """Return the steps of the plan in force that begin with the horizon; none of one with another objective."""
    if plan is None or plan.payload.objective is not objective:
        return ()
    steps = [step for step in plan.payload.steps if grid.start <= step.start < grid.start + COMMITTED]
    return tuple(steps) if steps and steps[0].start == grid.start else ()


def _grid(site: Site, now: datetime) -> TimeGrid:
    """Return the horizon from the running slot on, or from the next one where hardly anything is left of it."""
    start = floor_to(now, site.plan_step)
    if start + site.plan_step - now < LEAST_LEFT:
        start += site.plan_step
    return TimeGrid(start=start, step=site.plan_step, steps=HORIZON // site.plan_step)


def _project(session: Session, project_id: str) -> Project:
    project = session.project(project_id)
    if project is None:
        raise NotFound(f"There is no project {project_id!r} for this account.")
    return project


def _controllable(sites: Sites, project: Project) -> tuple[Site, Battery]:
    site = sites.site_of(project.project_id)
    if site is None or site.battery is None:
        raise NotFound(f"{project.name} has nothing that a plan could move.")
    return site, site.battery


def _ids(measurands: tuple[Measurand, ...]) -> tuple[str, ...]:
    wanted = (Quantity.LOAD_KW, Quantity.PV_KW)
    return tuple(m.measurand_id for m in measurands if m.quantity in wanted and m.on_connection)


def _has(measurands: tuple[Measurand, ...], quantity: Quantity) -> bool:
    return any(m.quantity is quantity and m.on_connection for m in measurands)


def _history(window: Window, measurands: tuple[Measurand, ...], quantity: Quantity) -> pd.Series:
    steps = [m.resolution for m in measurands if m.quantity is quantity and m.on_connection]
    if not steps:
        raise StaleData(f"This project has no measurand for {quantity.value}.")
    return total_of(window, measurands, quantity, max(steps))


def _check_age(name: str, series: pd.Series, now: datetime) -> None:
    measured = series.dropna()
    if measured.empty:
        raise StaleData(f"No {name} was measured in the last {HISTORY.days} days.")
    newest = pd.Timestamp(measured.index[-1]).to_pydatetime()
    if now - newest > LOAD_MAX_AGE:
        raise StaleData(f"The newest {name} is of {newest.isoformat()}: too old to plan on.")


def _soc(
    ports: PlanPorts,
    session: Session,
    project: Project,
    site: Site,
    measurands: tuple[Measurand, ...],
    battery: Battery,
    now: datetime,
) -> float:
    """Return the state of charge as the dispatcher last read it, else as the API last had it; never an old one."""
    seen = ports.states.telemetry(battery.device_id)
    if seen is not None and seen.soc is not None and now - seen.at <= SOC_MAX_AGE:
        return seen.soc
    vehicles = {vehicle.soc_measurand for vehicle in site.vehicles}
    ids = {m.measurand_id for m in measurands if m.quantity is Quantity.SOC and m.measurand_id not in vehicles}
    live = [value for value in ports.measurements.live(session, project) if value.measurand_id in ids]
    fresh = [value.value for value in live if now - value.at <= SOC_MAX_AGE]
    if not fresh:
        newest = max((value.at for value in live), default=None)
        known = "never" if newest is None else f"last at {newest.isoformat(timespec='seconds')}"
        raise StaleData(f"The state of charge of {battery.name} is not known ({known}): no plan without it.")
    return fresh[0]


def _imported(
    ports: PlanPorts, session: Session, project: Project, site: Site, measurands: tuple[Measurand, ...], now: datetime
) -> pd.Series | None:
    """Return this month's import where its peak has a price: as metered, else what closes the site's balance."""
    if not site.capacity_charges:
        return None
    begins = local_midnight(now.astimezone(site.timezone).date().replace(day=1), site.timezone)
    metered = _has(measurands, Quantity.IMPORT_KW)
    wanted = (Quantity.IMPORT_KW,) if metered else BALANCE
    ids = tuple(m.measurand_id for m in measurands if m.quantity in wanted and m.on_connection)
    window = ports.measurements.load_window(session, project, begins, now, ids)
    if metered:
        return _history(window, measurands, Quantity.IMPORT_KW)
    return power_frame(window, measurands, site.plan_step)[Power.GRID_KW].clip(lower=0.0)


def _vehicle_soc(ports: PlanPorts, session: Session, project: Project, site: Site, now: datetime) -> dict[str, float]:
    """Return the charge (0..1) of the vehicles that report one now."""
    by_measurand = {vehicle.soc_measurand: vehicle.vehicle_id for vehicle in site.vehicles if vehicle.soc_measurand}
    live = ports.measurements.live(session, project) if by_measurand else ()
    return {
        by_measurand[value.measurand_id]: value.value
        for value in live
        if value.measurand_id in by_measurand and now - value.at <= VEHICLE_MAX_AGE and 0.0 <= value.value <= 1.0
    }


def _published(published: Published | None, name: str) -> Published:
    if published is None or published.values.notna().sum() == 0:
        raise StaleData(f"No {name} was published for this project.")
    return published


def _co2(ports: PlanPorts, session: Session, site: Site, now: datetime, grid: TimeGrid) -> Published | None:
    if not site.has_co2:
        return None
    return _published(ports.measurements.co2(session, site.project_id, now - PRICES_BACK, grid.end), "CO2 intensity")

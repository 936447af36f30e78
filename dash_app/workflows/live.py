"""Gather what the live page shows: the site now, who is in control, what happened to every set-point, what is wrong.

The plan store and the energy API fail apart from each other: what the other one knows is still shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import unquote
from zoneinfo import ZoneInfo

import structlog

from dash_app.domain.chain import Slot, approval_of
from dash_app.domain.dispatch import Alarm, DeviceRules, Telemetry
from dash_app.domain.errors import ApiError, NotFound, PlanRejected, SessionEnded, StoreUnavailable
from dash_app.domain.now import BALANCED, NowBalance
from dash_app.domain.ports import (
    Alarms,
    Heartbeat,
    Ledger,
    Measurements,
    Recommendations,
    Session,
    Sites,
    States,
)
from dash_app.domain.recommendation import Recommendation, State, Transition
from dash_app.domain.site import Measurand
from dash_app.domain.time import Clock
from dash_app.workflows.live_slots import slots_of
from dash_app.workflows.measured import Place
from dash_app.workflows.overview import balance_now

DISPATCHER = "dispatcher"
POLL = timedelta(seconds=5)
STALE_AFTER = 2 * POLL + timedelta(seconds=2)
"""A reading of the plant is stale after two polls (and the time that one takes)."""
SILENT_AFTER = timedelta(seconds=30)
"""A dispatcher that has not reported for this long has lost its lease."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePorts:
    """What the live page reads."""

    measurements: Measurements
    sites: Sites
    recommendations: Recommendations
    ledger: Ledger
    states: States
    alarms: Alarms
    clock: Clock
    rules: Callable[[str], DeviceRules | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What the plan store knows. `plan` is the one in force; without one `proposed` may wait for a decision."""

    telemetry: Telemetry | None = None
    beat: Heartbeat | None = None
    alarms: tuple[Alarm, ...] = ()
    plan: Recommendation | None = None
    approval: Transition | None = None
    slots: tuple[Slot, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """Everything of one look at a site. `balance` is None when nothing is known of now, `from_plant` says whence.

    `store_fault` and `api_fault` are empty, or the reason why that side could not be asked.
    """

    place: Place
    now: datetime
    balance: NowBalance | None
    from_plant: bool
    held: Held
    store_fault: str = ""
    api_fault: str = ""
    rules: DeviceRules | None = None

    @property
    def reading(self) -> Telemetry | None:
        """The newest reading of the plant, whatever its age."""
        return self.held.telemetry

    @property
    def reading_age(self) -> timedelta | None:
        """How old the newest reading is."""
        return max(self.now - self.held.telemetry.at, timedelta()) if self.held.telemetry else None

    @property
    def reading_is_stale(self) -> bool:
        """Whether the newest reading is too old to be called live."""
        return self.reading_age is not None and self.reading_age > STALE_AFTER

    @property
    def dispatcher_age(self) -> timedelta | None:
        """How long ago the dispatcher reported; None when it never did."""
        return max(self.now - self.held.beat.at, timedelta()) if self.held.beat else None

    @property
    def dispatcher_is_silent(self) -> bool:
        """Whether the dispatcher does not report (unknown without the store)."""
        return not self.store_fault and (self.dispatcher_age is None or self.dispatcher_age > SILENT_AFTER)


def look(given: LivePorts, session: Session, pathname: str) -> Live:
    """Return what is known of a site at this moment; raise NotFound unless it is this person's."""
    now = given.clock()
    place, api_fault = place_of(given, session, pathname)
    held, store_fault = _held(given, place, now)
    balance = plant_balance(held.telemetry, now)
    from_plant = balance is not None
    if balance is None and not api_fault:
        balance, api_fault = _api_balance(given, session, place)
    return Live(
        place=place,
        now=now,
        balance=balance,
        from_plant=from_plant,
        held=held,
        store_fault=store_fault,
        api_fault=api_fault,
        rules=rules_at(given, place),
    )


def plant_balance(telemetry: Telemetry | None, now: datetime) -> NowBalance | None:
    """Return the balance from the plant's own meters; None when a part is unknown or the reading is stale."""
    if telemetry is None or now - telemetry.at > STALE_AFTER:
        return None
    battery, grid = telemetry.battery_kw, telemetry.grid_kw
    if battery is None or grid is None or telemetry.pv_kw is None or telemetry.load_kw is None:
        return None
    return NowBalance(
        at=now,
        pv_kw=telemetry.pv_kw,
        load_kw=telemetry.load_kw,
        charge_kw=max(0.0, -battery),
        discharge_kw=max(0.0, battery),
        import_kw=max(0.0, grid),
        export_kw=max(0.0, -grid),
        grid_measured=True,
        newest=telemetry.at,
        measured_at=dict.fromkeys(BALANCED, telemetry.at),
    )


def place_of(given: LivePorts, session: Session, pathname: str) -> tuple[Place, str]:
    """Return the project of an address; without its measurands, and why, when the energy API cannot be asked."""
    parts = pathname.split("/")
    project = session.project(unquote(parts[2])) if len(parts) > 2 else None
    if project is None:
        raise NotFound("There is no such project.")
    site, fault = given.sites.site_of(project.project_id), ""
    measurands: tuple[Measurand, ...] = ()
    try:
        measurands = given.measurements.measurands(session, project)
    except SessionEnded:
        raise
    except ApiError as error:
        log.warning("live without measurands", reason=str(error), project=project.project_id)
        fault = str(error)
    zone = site.timezone if site else ZoneInfo("UTC")
    return Place(project=project, site=site, measurands=measurands, zone=zone), fault


def rules_at(given: LivePorts, place: Place) -> DeviceRules | None:
    """Return what is promised about the battery of a place, where that is known."""
    return given.rules(place.site.battery.device_id) if place.site and place.site.battery else None


def _api_balance(given: LivePorts, session: Session, place: Place) -> tuple[NowBalance | None, str]:
    try:
        return balance_now(session, place, measurements=given.measurements, clock=given.clock), ""
    except SessionEnded:
        raise
    except ApiError as error:
        log.warning("live without values", reason=str(error), project=place.project.project_id)
        return None, str(error)


def _held(given: LivePorts, place: Place, now: datetime) -> tuple[Held, str]:
    battery = place.site.battery if place.site else None
    if battery is None:
        return Held(), ""
    try:
        return _read_store(given, place.project.project_id, battery.device_id, now), ""
    except (StoreUnavailable, PlanRejected) as error:
        log.error("live without the plan store", reason=str(error), project=place.project.project_id)
        return Held(), str(error)


def _read_store(given: LivePorts, project_id: str, device_id: str, now: datetime) -> Held:
    plan = given.recommendations.in_force(project_id)
    decisions = given.recommendations.transitions(plan.recommendation_id) if plan else ()
    beats = {beat.name: beat for beat in given.states.heartbeats()}
    shown = plan or _proposed(given.recommendations, project_id, now)
    return Held(
        telemetry=given.states.telemetry(device_id),
        beat=beats.get(DISPATCHER),
        alarms=given.alarms.open_alarms(project_id),
        plan=plan,
        approval=approval_of(decisions),
        slots=slots_of(given.recommendations, given.ledger, device_id, project_id, shown, now),
    )


def _proposed(recommendations: Recommendations, project_id: str, now: datetime) -> Recommendation | None:
    newest = recommendations.newest(project_id, limit=1)
    open_states = (State.PROPOSED, State.AWAITING_SECOND)
    return next((one for one in newest if one.state in open_states and one.payload.expires_at > now), None)

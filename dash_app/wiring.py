"""The composition root: which adapter stands behind which port. Nobody else knows."""

from __future__ import annotations

import hashlib
import os
import socket
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import structlog

from controllers import law
from controllers.modbus import ModbusPlant
from controllers.profiles import load_devices
from controllers.release import release_devices as release_at_the_device
from controllers.release_socket import ReleaseServer, SocketLink
from controllers.rules import FileRules
from controllers.spool import JsonLinesSpool
from dash_app import chore_wiring, keys
from dash_app.background import JobManager, Rebuild, build_manager
from dash_app.chores import Chores
from dash_app.connection import Connection, connection_of
from dash_app.device_wiring import guarded_plants, loop_rules
from dash_app.dispatcher import Release, stop_record
from dash_app.dispatcher import run_dispatcher as run_dispatch_loop
from dash_app.domain.errors import ConfigError, StoreUnavailable
from dash_app.domain.ports import DispatcherLink, Session, Sites
from dash_app.settings import Settings
from dash_app.stop import stop_on_signals
from dash_app.workflows import sign_in
from dash_app.workflows.audit import verify
from dash_app.workflows.dispatch_gate import Closure, Gate
from dash_app.workflows.dispatch_state import DispatchPorts
from dash_app.workspace import Workspace
from services.cache import DiskStore
from services.ceilings import ceilings_from
from services.energy_api import HttpEnergyApi
from services.measurements import CachedMeasurements
from services.model_files import SignedModelFiles
from services.retry import RetryPolicy
from services.site_roles import SiteRoles
from services.sites import FileSites, NoSites
from services.store import PlanStore, open_store

PATIENT_ATTEMPTS = 5
PATIENT_FLIGHT_S = 120.0
PAGE_FLIGHT_S = 30.0
LOOK_AHEAD = timedelta(days=62)
"""The past days that are fetched behind the first screen of a project: a month, and the one it is compared with."""
CACHE_ALARM = "cache"

log = structlog.get_logger()


def now() -> datetime:
    """Return the present moment: the only place that asks the machine's clock."""
    return datetime.now(UTC)


def build(settings: Settings, *, patient: bool = False) -> Workspace:
    """Return the application's ports; `patient` is for work on the clock, which waits for complete data."""
    connection = connection_of(settings)
    store = plan_store(settings)
    api = energy_api(settings, connection, patient=patient)
    return Workspace(
        settings=settings.model_copy(update={"secret_key": keys.secret_key(settings)[0]}),
        clock=now,
        api=api,
        measurements=CachedMeasurements(
            api,
            _cache(settings, connection, store),
            clock=now,
            timeout=settings.data_timeout,
            patient=patient,
            flight_s=PATIENT_FLIGHT_S if patient else PAGE_FLIGHT_S,
            look_ahead=timedelta(0) if patient else LOOK_AHEAD,
        ),
        sites=sites(connection),
        sessions=store.sessions,
        recommendations=store.recommendations,
        ledger=store.ledger,
        leases=store.leases,
        audit=store.audit,
        alarms=store.alarms,
        states=store.states,
        jobs=store.jobs,
        forecasts=store.forecasts,
        link=link(settings),
        rules=FileRules(connection.devices_file),
        demo=connection.demo,
        notices=store.notices,
        verify_audit=partial(verify, chore_wiring.audit_ports(settings, store, now)),
        model_files=SignedModelFiles(settings.state_dir / "models", secret_key=keys.secret_key(settings)[0]),
    )


def energy_api(settings: Settings, connection: Connection, *, patient: bool = False) -> HttpEnergyApi:
    """Return the client of the energy API; a patient one asks an unreachable server five times."""
    if not connection.api_url:
        raise ConfigError("ENERGY_API_URL: not set, and with DEVICES_FILE set the demo's own API is not started.")
    known = sites(connection)
    return HttpEnergyApi(
        connection.api_url,
        clock=now,
        login_path=settings.energy_api_login_path,
        retry=RetryPolicy(attempts=PATIENT_ATTEMPTS if patient else 1),
        ceiling_kw=ceilings_from(known),
        fill_roles=SiteRoles(known).filled,
    )


def plan_store(settings: Settings) -> PlanStore:
    """Return the plan store under STATE_DIR, brought to the newest schema."""
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    return open_store(settings.store_url, secret_key=keys.secret_key(settings)[0])


def chores(settings: Settings) -> Chores:
    """Return what the planner's process does beside planning."""
    connection = connection_of(settings)
    return chore_wiring.chores(settings, plan_store(settings), connection, sites(connection), now)


def sites(connection: Connection) -> Sites:
    """Return what SITES_FILE says; nothing where there is none."""
    return FileSites(connection.sites_file) if connection.sites_file else NoSites()


def why_clock_is_off(settings: Settings) -> str:
    """Return why nothing can be planned on the clock, or ""."""
    return "" if connection_of(settings).service_user else "ENERGY_API_USER is not set"


def service_session(settings: Settings) -> Callable[[], Session]:
    """Return what signs the service account in; raise ConfigError when there is none."""
    connection = connection_of(settings)
    if not connection.service_user:
        raise ConfigError("ENERGY_API_USER: not set, so nothing can be planned on the clock.")
    api = energy_api(settings, connection, patient=True)
    return sign_in.service_session(api, connection.service_user, connection.service_password, now)


def background_manager(settings: Settings, rebuild: Rebuild) -> JobManager:
    """Return the manager of background callbacks; `rebuild` makes the app anew in a job's process."""
    return build_manager(settings.state_dir / "jobs", rebuild)


def link(settings: Settings) -> DispatcherLink:
    """Return the way to the dispatcher that needs no store."""
    return SocketLink(settings.dispatcher_socket)


def plants(settings: Settings, connection: Connection) -> tuple[ModbusPlant, ...]:
    """Return the devices of DEVICES_FILE, none where there is none; nothing is sent yet, to a locked one never."""
    return guarded_plants(settings, connection.devices_file, now) if connection.devices_file else ()


def release_devices(settings: Settings, connection: Connection, project_id: str | None, who: str) -> dict[str, str]:
    """Release through the dispatcher, else at the device itself; return for each device "" or why it was not.

    A release at the device is put on the dispatcher's local record: the next one executes nothing approved before it.
    """
    if connection.devices_file is None:
        return {}
    told = [one for one in load_devices(connection.devices_file) if project_id in (None, one.project_id)]
    through = link(settings)
    confirmed = {project for project in {one.project_id for one in told} if through.release(project, who)}
    outcomes = {one.device.id: "" for one in told if one.project_id in confirmed}
    for project in {one.project_id for one in told} - confirmed:
        outcomes |= release_at_the_device(connection.devices_file, project, now)
        _spool(settings).append(stop_record(Closure(project_id=project, who=who, at=now())))
    return outcomes


def run_dispatcher(settings: Settings) -> None:
    """Run the dispatcher until asked to stop."""
    stop = stop_on_signals()
    connection = connection_of(settings)
    store = plan_store(settings)
    given = DispatchPorts(
        recommendations=store.recommendations,
        ledger=store.ledger,
        leases=store.leases,
        alarms=store.alarms,
        states=store.states,
        audit=store.audit,
        sites=sites(connection),
        spool=_spool(settings),
        gate=Gate(),
        law=law.setpoint_kw,
        clock=now,
        monotonic=time.monotonic,
        rules_of=loop_rules(connection.devices_file),
    )
    name = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    serve = partial(_serve, settings)
    run_dispatch_loop(given, plants(settings, connection), stop=stop, serve=serve, holder=name)


def _spool(settings: Settings) -> JsonLinesSpool:
    """Return the dispatcher's local record; a release made without a dispatcher stands there too."""
    return JsonLinesSpool(settings.state_dir / "dispatcher.jsonl")


def _serve(settings: Settings, release: Release) -> AbstractContextManager[object]:
    return ReleaseServer(settings.dispatcher_socket, release)


def _cache(settings: Settings, connection: Connection, store: PlanStore) -> DiskStore:
    """Return the cache of one API's measurements: another server's never meet them."""
    server = hashlib.sha256(connection.api_url.encode()).hexdigest()[:12]

    def on_trouble(trouble: str) -> None:
        log.warning("cache trouble", trouble=trouble)
        with suppress(StoreUnavailable):
            store.alarms.raise_alarm("", CACHE_ALARM, trouble)

    return DiskStore(settings.cache_path, clock=now, name=f"measurements-{server}", on_trouble=on_trouble)

"""`energy-dashboard doctor`: one line for each thing the product needs, and what is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Callable

from dash_app import wiring
from dash_app.connection import Connection, connection_of
from dash_app.domain.errors import EnergyError
from dash_app.settings import Settings


def run_doctor(settings: Settings) -> int:
    """Print what works and what does not; return 0 only when everything that is set up works."""
    try:
        connection = connection_of(settings)
    except EnergyError as error:
        sys.stdout.write(f"FAIL  connection  {error}\n")
        return 1
    checks: dict[str, Callable[[], str]] = {
        "energy API": lambda: _api(settings, connection),
        "service account": lambda: _service(settings, connection),
        "sites": lambda: _sites(settings),
        "plan store": lambda: _store(settings),
        "cache": lambda: _cache(settings),
        "devices": lambda: _devices(settings, connection),
    }
    worked = [_report(name, check) for name, check in checks.items()]
    return 0 if all(worked) else 1


def _report(name: str, check: Callable[[], str]) -> bool:
    try:
        said = check()
    except EnergyError as error:
        sys.stdout.write(f"FAIL  {name:16}{error}\n")
        return False
    sys.stdout.write(f"ok    {name:16}{said}\n")
    return True


def _api(settings: Settings, connection: Connection) -> str:
    extensions = wiring.energy_api(settings, connection).capabilities()
    return f"{connection.api_url}; extensions: {', '.join(sorted(extensions)) or 'none'}"


def _service(settings: Settings, connection: Connection) -> str:
    if not connection.service_user:
        return "off: ENERGY_API_USER is not set, so nothing is planned on the clock"
    session = wiring.service_session(settings)()
    return f"{session.person.email} sees {len(session.projects)} projects"


def _sites(settings: Settings) -> str:
    sites = wiring.sites(connection_of(settings)).all_sites()
    return f"{len(sites)} sites, {sum(site.controllable for site in sites)} of them with a battery"


def _store(settings: Settings) -> str:
    store = wiring.plan_store(settings)
    broken = store.audit.first_broken()
    store.close()
    return f"{settings.store_url}; audit chain {'whole' if broken is None else f'broken at row {broken}'}"


def _cache(settings: Settings) -> str:
    settings.cache_path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return str(settings.cache_path)


def _devices(settings: Settings, connection: Connection) -> str:
    if connection.devices_file is None:
        return "off: DEVICES_FILE is not set, so nothing can be dispatched"
    plants = wiring.plants(settings, connection)
    told = []
    for plant in plants:
        reading = plant.read()
        plant.close()
        soc = "unknown" if reading.soc is None else f"{reading.soc:.0%}"
        told.append(f"{plant.device_id} {reading.mode.value}, SoC {soc}")
    return "; ".join(told) or "none"

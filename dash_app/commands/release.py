"""`energy-dashboard release`: hand devices back to their own safe mode. Works when everything else is dead."""

from __future__ import annotations

import sys

from dash_app import wiring
from dash_app.connection import connection_of
from dash_app.domain.errors import ConfigError
from dash_app.settings import Settings

WHO = "command line"


def run_release(settings: Settings, project_id: str | None) -> int:
    """Release through the dispatcher where it lives, else at the device itself; return 0 when all were released."""
    connection = connection_of(settings)
    if connection.devices_file is None:
        raise ConfigError("DEVICES_FILE is not set: there is nothing to release.")
    outcomes = wiring.release_devices(settings, connection, project_id, WHO)
    if not outcomes:
        raise ConfigError(f"no device belongs to project {project_id!r}.")
    for device, failure in outcomes.items():
        sys.stdout.write(f"{device}: {failure or 'released'}\n")
    return 1 if any(outcomes.values()) else 0

"""Give devices back without a store and without a dispatcher: what `energy-dashboard release` falls back to."""

from __future__ import annotations

from pathlib import Path

from controllers.modbus import open_plants
from controllers.profiles import load_devices
from dash_app.domain.errors import DeviceError, NotFound
from dash_app.domain.time import Clock


def release_devices(devices_file: Path, project_id: str | None, clock: Clock) -> dict[str, str]:
    """Release every device of a project (of all when None) by writing to it directly.

    Return for each device id "" when it confirmed, else why it did not. Raise NotFound when there is no such device,
    ConfigError when the file is wrong.
    """
    wanted = [told for told in load_devices(devices_file) if project_id in (None, told.project_id)]
    if not wanted:
        raise NotFound(f"{devices_file} names no device of project {project_id}.")
    outcome = {}
    for plant in open_plants(wanted, clock):
        try:
            plant.release()
            outcome[plant.device_id] = ""
        except DeviceError as error:
            outcome[plant.device_id] = str(error)
        finally:
            plant.close()
    return outcome

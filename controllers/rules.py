"""What DEVICES_FILE promises about a device, for showing, never for acting."""

from __future__ import annotations

from pathlib import Path

import structlog

from controllers.descriptions import DeviceDescription
from controllers.profiles import load_devices
from dash_app.domain.dispatch import DeviceRules
from dash_app.domain.errors import ConfigError

log = structlog.get_logger()


class FileRules:
    """Rules by device id, read when they are first asked for.

    A file that cannot be read is the dispatcher's to refuse; here it only means that the rules are not known.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[str, DeviceRules] | None = None if path else {}

    def __call__(self, device_id: str) -> DeviceRules | None:
        """Return the rules of a device, or None when they are not known."""
        if self._known is None and self._path is not None:
            try:
                self._known = {one.device.id: rules_of(one) for one in load_devices(self._path)}
            except ConfigError as error:
                log.warning("device rules unknown", reason=str(error))
        return (self._known or {}).get(device_id)


def rules_of(description: DeviceDescription) -> DeviceRules:
    """Return a description's rules, powers in kW."""
    setpoint, watchdog = description.setpoint, description.watchdog
    return DeviceRules(
        tolerance_kw=setpoint.verify.telemetry.tolerance * setpoint.kw_per_unit,
        watchdog_s=watchdog.seconds,
        refresh_s=watchdog.refresh_every_s,
    )

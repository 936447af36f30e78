"""Which devices have passed commissioning: nothing is written to any other one.

A row holds for a device's serial number and for the description that was tried: another inverter at the address, or
another line in the file, and the device is locked again.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from controllers.descriptions import DeviceDescription
from controllers.spool import JsonLinesSpool


class Commissioned:
    """The record in `STATE_DIR`: an append-only file of JSON lines, durable before `passed` returns."""

    def __init__(self, path: Path) -> None:
        self._spool = JsonLinesSpool(path)

    def passed(self, device: DeviceDescription, serial: str, *, who: str, at: datetime, found: str) -> None:
        """Record that a device passed; raise OSError when it cannot be made durable."""
        self._spool.append(
            {
                "device": device.device.id,
                "serial": serial,
                "description": device.control_digest,
                "who": who,
                "at": at.isoformat(),
                "found": found,
            }
        )

    def why_locked(self, device: DeviceDescription, serial: str) -> str:
        """Return why a device may not be written to, or ""; a simulated one may."""
        if device.device.simulated:
            return ""
        rows = [row for row in self._spool.records() if row.get("device") == device.device.id]
        if not rows:
            return f"it has not been commissioned (energy-dashboard devices commission {device.device.id})"
        same = [row for row in rows if row.get("serial") == serial]
        if not same:
            return f"serial number {rows[-1].get('serial')!r} was commissioned, this one is {serial!r}"
        if not any(row.get("description") == device.control_digest for row in same):
            return f"its description was changed after {same[-1].get('at')}, when it was commissioned"
        return ""

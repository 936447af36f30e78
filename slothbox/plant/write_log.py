"""What the plant was told to do: one JSON line for each write, accepted or refused.

This is the plant's own side of the story, to be held against the ledger of whoever sent the writes.
"""

import json
from pathlib import Path

from slothbox.plant.registers import Refusal, Unit
from slothbox.plant.site import Plant

ROTATE_BYTES = 20_000_000


class WriteLog:
    """An append-only file; when it has grown long it is put aside as `<name>.1` and begun anew."""

    def __init__(self, path: Path | None) -> None:
        """Write to `path`; None keeps no log."""
        self._path = path

    def append(self, plant: Plant, unit: Unit, address: int, values: list[int], refusal: Refusal | None) -> None:
        """Note one write: `refused` is the exception code or 0, `setpoint_w` and `mode` are those after it."""
        if self._path is None:
            return
        row = {
            "time": plant.moment().isoformat(),
            "project": plant.site.project_id,
            "unit": int(unit),
            "address": address,
            "values": values,
            "refused": int(refusal or 0),
            "setpoint_w": plant.battery.setpoint_w,
            "mode": int(plant.battery.mode),
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
            long = file.tell() > ROTATE_BYTES
        if long:
            self._path.replace(self._path.with_name(self._path.name + ".1"))

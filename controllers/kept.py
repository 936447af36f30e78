"""What a device's registers held before we first took it over, so that it can be put back as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from controllers.descriptions import DeviceDescription

FILE_MODE, FOLDER_MODE = 0o600, 0o700

Registers = dict[int, tuple[int, ...]]


class KeptRegisters:
    """One file for each device in a folder of `STATE_DIR`; the first one kept stays until it is put back."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, device: DeviceDescription, serial: str, registers: Registers) -> None:
        """Keep registers by address, durably, unless this device's are kept already; raise OSError."""
        path = self._path(device)
        if path.exists() and _content(path).get("serial") == serial:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        content = {"device": device.device.id, "serial": serial, "registers": {str(k): v for k, v in registers.items()}}
        fresh = path.with_suffix(".new")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, FILE_MODE)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(content, file, sort_keys=True)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def kept(self, device: DeviceDescription, serial: str) -> Registers:
        """Return what is kept of this very device; nothing where there is none."""
        path = self._path(device)
        content = _content(path) if path.exists() else {}
        if content.get("serial") != serial:
            return {}
        return {int(addr): tuple(words) for addr, words in content["registers"].items()}

    def forget(self, device: DeviceDescription) -> None:
        """Drop what is kept: it has been put back."""
        self._path(device).unlink(missing_ok=True)

    def _path(self, device: DeviceDescription) -> Path:
        safe = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in device.device.id)
        return self._folder / f"{safe}.json"


def _content(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}

"""DEVICES_FILE (docs/files.md) as checked descriptions: which registers mean what, in which order they are written."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from controllers.points import Identity, ModePoint, Point, Setpoint, Soc, Strict, UnitId, Watchdog, Write
from dash_app.domain.errors import ConfigError
from dash_app.located_yaml import Located, parse_located, read_located

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")


class Meters(Strict):
    """What is measured around the device, W; supply to the site positive."""

    pv: Point | None = None
    grid: Point | None = None
    load: Point | None = None


class Endpoint(Strict):
    """Where the device answers."""

    id: str = Field(min_length=1)
    project: str = ""
    host: str = Field(min_length=1)
    port: int = Field(502, ge=1, le=65535)
    unit: UnitId = 1
    max_connections: int = Field(1, ge=1)
    pause_ms: float = Field(0.0, ge=0, le=1000)
    timeout_s: float = Field(1.5, gt=0, le=2.0)


def _step_of_sequence(value: Any) -> Any:
    if isinstance(value, str) and value not in ("watchdog", "setpoint"):
        raise ValueError(f"{value!r} is neither watchdog, setpoint nor a write")
    return value


ArmStep = Annotated[Literal["watchdog", "setpoint"] | Write, BeforeValidator(_step_of_sequence)]


class DeviceDescription(Strict):
    """One device as DEVICES_FILE describes it."""

    device: Endpoint
    identity: tuple[Identity, ...] = Field(min_length=1)
    setpoint: Setpoint
    watchdog: Watchdog
    arm: tuple[ArmStep, ...]
    release: tuple[Write, ...] = Field(min_length=1)
    soc: Soc
    mode: ModePoint | None = None
    reboot_marker: Point | None = None
    uptime: Point | None = None
    meters: Meters = Meters()

    @model_validator(mode="after")
    def _arms_in_order(self) -> Self:
        names = [step for step in self.arm if isinstance(step, str)]
        if names != ["watchdog", "setpoint"]:
            raise ValueError("arm must name watchdog, then setpoint, each once: a device is never enabled unguarded")
        return self

    @property
    def project_id(self) -> str:
        """The project the device belongs to; a file for one device may leave it out."""
        return self.device.project or self.device.id


class DevicesFile(Strict):
    """The whole file."""

    allow_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    devices: tuple[DeviceDescription, ...]


class OneDeviceFile(DeviceDescription):
    """The short form: one device at the top level."""

    allow_hosts: tuple[str, ...] = LOOPBACK_HOSTS


def load_devices(path: Path) -> tuple[DeviceDescription, ...]:
    """Return the devices of DEVICES_FILE; raise ConfigError naming the file, the line and the key."""
    located = read_located(path)
    if isinstance(located.data, dict) and "device" in located.data:
        one = parse_located(located, OneDeviceFile)
        _check_hosts(located, one.allow_hosts, [(("device", "host"), one.device.host)])
        return (one,)
    many = parse_located(located, DevicesFile)
    hosts = [(("devices", place, "device", "host"), each.device.host) for place, each in enumerate(many.devices)]
    _check_hosts(located, many.allow_hosts, hosts)
    _check_unique(located, [each.device.id for each in many.devices])
    return many.devices


def _check_hosts(located: Located, allowed: Sequence[str], hosts: Sequence[tuple[tuple[str | int, ...], str]]) -> None:
    for location, host in hosts:
        if not any(_covers(entry, host) for entry in allowed):
            raise ConfigError(f"{located.where(location)}: {host} is not in allow_hosts ({', '.join(allowed)})")


def _covers(entry: str, host: str) -> bool:
    if entry.lower() == host.lower():
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False


def _check_unique(located: Located, ids: Sequence[str]) -> None:
    for place, device_id in enumerate(ids):
        if device_id in ids[:place]:
            raise ConfigError(f"{located.where(('devices', place, 'device', 'id'))}: {device_id} is named twice")

"""Read DEVICES_FILE: profiles that are shipped, hosts that are allowed, and faults named with their line and key."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from controllers.descriptions import DeviceDescription, MeterDescription
from controllers.points import Strict
from dash_app.domain.errors import ConfigError
from dash_app.located_yaml import Located, Location, parse_located, read_located

LOOPBACK_HOSTS = ("127.0.0.1", "::1", "localhost")
CONTROL_KEYS = frozenset({"setpoint", "watchdog", "arm", "release"})
"""Where one of them stands, a device is to be controlled."""
PROFILES = files("controllers").joinpath("data", "profiles")


class Header(Strict):
    """The whole file; its devices are checked one by one."""

    allow_hosts: tuple[str, ...] = LOOPBACK_HOSTS
    devices: tuple[dict[str, Any], ...]


def load_devices(path: Path) -> tuple[DeviceDescription, ...]:
    """Return the devices of DEVICES_FILE that may be controlled; raise ConfigError naming file, line and key."""
    return tuple(device for device in load_all(path) if isinstance(device, DeviceDescription))


def load_all(path: Path) -> tuple[MeterDescription, ...]:
    """Return every device of DEVICES_FILE, those that only measure too; raise ConfigError."""
    located = read_located(path)
    header, entries = _entries(located)
    devices: list[MeterDescription] = []
    for location, entry in entries:
        device = _described(located, location, entry)
        _check_host(located, location, device, header)
        if any(device.device.id == other.device.id for other in devices):
            raise ConfigError(f"{located.where((*location, 'device', 'id'))}: {device.device.id} is named twice")
        devices.append(device)
    return tuple(devices)


def profile_names() -> tuple[str, ...]:
    """Return the names of the profiles that are shipped."""
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in PROFILES.iterdir()))


@cache
def profile_text(name: str) -> str:
    """Return a shipped profile as it stands in its file."""
    return PROFILES.joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def _entries(located: Located) -> tuple[Sequence[str], Iterator[tuple[Location, dict[str, Any]]]]:
    if isinstance(located.data, dict) and "device" in located.data:
        entry = dict(located.data)
        header = parse_located(Located(path=located.path, data=_header_of(entry), lines=located.lines), Header)
        return header.allow_hosts, iter([((), entry)])
    header = parse_located(located, Header)
    return header.allow_hosts, ((("devices", place), entry) for place, entry in enumerate(header.devices))


def _header_of(entry: dict[str, Any]) -> dict[str, Any]:
    """Take the file's own keys out of a device that stands at the top level."""
    return {"devices": [], **({"allow_hosts": entry.pop("allow_hosts")} if "allow_hosts" in entry else {})}


def _described(located: Located, location: Location, entry: dict[str, Any]) -> MeterDescription:
    data = _with_profile(located, location, entry)
    model = DeviceDescription if CONTROL_KEYS & data.keys() else MeterDescription
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        raise ConfigError(f"{located.where((*location, *first['loc']))}: {first['msg']}") from None


def _with_profile(located: Located, location: Location, entry: dict[str, Any]) -> dict[str, Any]:
    name = entry.get("profile", "")
    if not name:
        return entry
    if name not in profile_names():
        where = located.where((*location, "profile"))
        raise ConfigError(f"{where}: {name!r} is not shipped; known are {', '.join(profile_names())}")
    merged: dict[str, Any] = _merged(yaml.safe_load(profile_text(name)), entry)
    return merged


def _merged(under: Any, over: Any) -> Any:
    """Return a profile with the file's own keys laid over it; lists are replaced whole."""
    if isinstance(under, dict) and isinstance(over, dict):
        return under | {key: _merged(under.get(key), value) for key, value in over.items()}
    return over


def _check_host(located: Located, location: Location, device: MeterDescription, allowed: Sequence[str]) -> None:
    host = device.device.host
    if not any(_covers(entry, host) for entry in allowed):
        where = located.where((*location, "device", "host"))
        raise ConfigError(f"{where}: {host} is not in allow_hosts ({', '.join(allowed)})")
    if device.device.simulated and host not in LOOPBACK_HOSTS:
        where = located.where((*location, "device", "simulated"))
        raise ConfigError(f"{where}: only a device on this machine can be simulated, not {host}")


def _covers(entry: str, host: str) -> bool:
    if entry.lower() == host.lower():
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False

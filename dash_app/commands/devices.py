"""`energy-dashboard devices`: check a DEVICES_FILE, look at devices without writing, commission them, put them back."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Iterable
from pathlib import Path

from dash_app import device_wiring, wiring
from dash_app.connection import connection_of
from dash_app.device_wiring import DeviceDescription, DeviceReader, MeterDescription
from dash_app.domain.errors import ConfigError, DeviceError
from dash_app.settings import Settings


def run_devices(settings: Settings, args: argparse.Namespace) -> int:
    """Run one action; return 0 only when everything asked for worked."""
    path = _file(settings, args.file)
    if args.action == "check":
        return _check(settings, path, probe=args.probe)
    if args.action == "commission":
        return _commission(settings, path, args)
    return _restore(settings, path, args.device)


def _file(settings: Settings, given: Path | None) -> Path:
    path = given or connection_of(settings).devices_file
    if path is None:
        raise ConfigError("DEVICES_FILE is not set: name the file.")
    return path


def _check(settings: Settings, path: Path, *, probe: bool) -> int:
    worked = []
    for device in device_wiring.devices_in(path):
        kind = "may be controlled" if isinstance(device, DeviceDescription) else "measures only"
        tried = "" if device.tried_on_hardware else ", not tried on hardware"
        at = device.device
        _say([f"{at.id}: {at.host}:{at.port} unit {at.unit}, {kind}{tried}"])
        worked.append(not probe or _probe(settings, device))
    return 0 if all(worked) else 1


def _probe(settings: Settings, device: MeterDescription) -> bool:
    if device.device.max_connections == 1 and device_wiring.dispatcher_lives(settings):
        _say(["  not asked: it serves one connection, and the dispatcher that is running has it"])
        return False
    reader = DeviceReader(device, device_wiring.connection_of(device))
    try:
        _say(f"  {line}" for line in _asked(settings, device, reader))
    except DeviceError as error:
        _say([f"  FAIL: {error}"])
        return False
    finally:
        reader.link.close()
    return True


def _asked(settings: Settings, device: MeterDescription, reader: DeviceReader[MeterDescription]) -> Iterable[str]:
    reader.opened()
    yield f"identity: as described, serial number {reader.serial or 'not known'}"
    if reader.models:
        yield f"SunSpec models: {', '.join(map(str, reader.models))}"
    yield from device_wiring.readings(reader, wiring.now())
    if isinstance(device, DeviceDescription):
        locked = device_wiring.commissioned(settings).why_locked(device, reader.serial)
        yield f"writing: {f'locked, {locked}' if locked else 'allowed'}"


def _commission(settings: Settings, path: Path, args: argparse.Namespace) -> int:
    plant = _plant(settings, path, args.device)
    _refuse_beside_dispatcher(settings)
    if not args.yes and not _agreed(args.device):
        return 1
    walk = device_wiring.Commissioning(
        plant, wiring.now, power_kw=args.power_kw, with_timer=not args.without_timer
    ).walk()
    seen = []
    for finding in walk:
        _say([f"{'ok  ' if finding.passed else 'FAIL'}  {finding.what}: {finding.seen}"])
        seen.append(finding)
    passed = all(finding.passed for finding in seen)
    if passed:
        found = "; ".join(f"{finding.what}: {finding.seen}" for finding in seen)
        record = device_wiring.commissioned(settings)
        record.passed(plant.description, plant.reader.serial, who=getpass.getuser(), at=wiring.now(), found=found)
    plant.close()
    _say([f"{args.device}: {'commissioned, it may be controlled' if passed else 'not commissioned, it stays locked'}"])
    return 0 if passed else 1


def _restore(settings: Settings, path: Path, device_id: str) -> int:
    plant = _plant(settings, path, device_id)
    _refuse_beside_dispatcher(settings)
    store = device_wiring.kept(settings)
    try:
        plant.read()
        registers = store.kept(plant.description, plant.reader.serial)
        if not registers:
            raise ConfigError(f"{device_id}: nothing is kept of it, so there is nothing to put back.")
        plant.put_back(registers)
    finally:
        plant.close()
    store.forget(plant.description)
    _say([f"{device_id}: {len(registers)} places hold what they held before"])
    return 0


def _plant(settings: Settings, path: Path, device_id: str) -> device_wiring.ModbusPlant:
    plant = device_wiring.plant_to_try(settings, path, device_id, wiring.now)
    if plant is None:
        raise ConfigError(f"{path.name} names no device {device_id!r} that may be controlled.")
    return plant


def _refuse_beside_dispatcher(settings: Settings) -> None:
    if device_wiring.dispatcher_lives(settings):
        raise ConfigError("The dispatcher is running and owns the devices: stop it first.")


def _agreed(device_id: str) -> bool:
    _say([f"A small power will be written to {device_id}, each way, and taken back. Go on? [y/N]"])
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

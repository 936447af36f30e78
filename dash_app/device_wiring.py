"""The devices of DEVICES_FILE, put together with what STATE_DIR knows of them: commissioned or locked, and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from controllers.commissioned import Commissioned
from controllers.commissioning import Commissioning
from controllers.descriptions import DeviceDescription, MeterDescription
from controllers.kept import KeptRegisters
from controllers.modbus import ModbusPlant, connection_of, open_plants
from controllers.profiles import load_all
from controllers.reading import DeviceReader
from controllers.release_socket import SocketLink
from controllers.telemetry import read_telemetry
from dash_app.domain.time import Clock
from dash_app.settings import Settings
from dash_app.workflows.dispatch_pacing import DEFAULT_RULES, LoopRules

__all__ = [
    "Commissioning",
    "DeviceDescription",
    "DeviceReader",
    "MeterDescription",
    "ModbusPlant",
    "commissioned",
    "connection_of",
    "devices_in",
    "dispatcher_lives",
    "guarded_plants",
    "kept",
    "loop_rules",
    "plant_to_try",
    "readings",
]


def devices_in(path: Path) -> tuple[MeterDescription, ...]:
    """Return every device of a DEVICES_FILE; raise ConfigError."""
    return load_all(path)


def guarded_plants(settings: Settings, path: Path, clock: Clock) -> tuple[ModbusPlant, ...]:
    """Return the plants that may be controlled; one that has not been commissioned is locked against writing."""
    return open_plants(load_all(path), clock, lock=commissioned(settings).why_locked, keep=kept(settings).keep)


def loop_rules(path: Path | None) -> Callable[[str], LoopRules]:
    """Return how often and how fast the loop may write to each device, by its id."""
    devices = [one for one in load_all(path) if isinstance(one, DeviceDescription)] if path else []
    known = {one.device.id: LoopRules(frozen_after_s=one.soc.max_age_s, **one.pacing.model_dump()) for one in devices}
    return lambda device_id: known.get(device_id, DEFAULT_RULES)


def readings(reader: DeviceReader[MeterDescription], now: datetime) -> tuple[str, ...]:
    """Return what a device reports, one line for each reading; unknown is said to be unknown."""
    telemetry = read_telemetry(reader, now)
    soc = "unknown" if telemetry.soc is None else f"{telemetry.soc:.1%}"
    powers = {
        "battery (discharge +)": telemetry.battery_kw,
        "set-point": telemetry.setpoint_kw,
        "PV": telemetry.pv_kw,
        "grid (import +)": telemetry.grid_kw,
        "load": telemetry.load_kw,
        "most charging": telemetry.max_charge_kw,
        "most discharging": telemetry.max_discharge_kw,
    }
    shown = [f"{name}: {'unknown' if kw is None else f'{kw:g} kW'}" for name, kw in powers.items()]
    return (f"mode: {telemetry.mode.value}", f"state of charge: {soc}", *shown)


def plant_to_try(settings: Settings, path: Path, device_id: str, clock: Clock) -> ModbusPlant | None:
    """Return one plant that is not locked, for commissioning and for putting back; None when there is none."""
    plants = open_plants(load_all(path), clock, keep=kept(settings).keep)
    return next((plant for plant in plants if plant.device_id == device_id), None)


def dispatcher_lives(settings: Settings) -> bool:
    """Return whether a dispatcher runs, which then owns the devices."""
    return SocketLink(settings.dispatcher_socket).alive()


def commissioned(settings: Settings) -> Commissioned:
    """Return the record of commissioned devices."""
    return Commissioned(settings.state_dir / "commissioned.jsonl")


def kept(settings: Settings) -> KeptRegisters:
    """Return what devices held before they were first taken over."""
    return KeptRegisters(settings.state_dir / "registers")

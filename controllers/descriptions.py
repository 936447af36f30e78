"""A device of DEVICES_FILE (docs/devices.md), checked: which registers mean what, in which order they are written."""

from __future__ import annotations

import hashlib
from typing import Self

from pydantic import Field, model_validator

from controllers.commands import ArmStep, Busy, Heartbeat, Setpoint, Watchdog, Write
from controllers.points import Identity, Label, ModePoint, Permit, Point, Soc, Strict, UnitId
from controllers.sunspec import registers_in


class Meters(Strict):
    """What is measured around the device, W; supply to the site positive. Several points are added up."""

    pv: Point | tuple[Point, ...] | None = None
    grid: Point | tuple[Point, ...] | None = None
    load: Point | tuple[Point, ...] | None = None
    battery: Point | tuple[Point, ...] | None = None


class Endpoint(Strict):
    """Where the device answers. `simulated` says that there is no plant behind it: nothing has to be tried first."""

    id: str = Field(min_length=1)
    project: str = ""
    host: str = Field(min_length=1)
    port: int = Field(502, ge=1, le=65535)
    unit: UnitId = 1
    first_address: int = Field(0, ge=0, le=1)
    max_connections: int = Field(1, ge=1)
    max_read: int = Field(125, ge=4, le=125)
    max_gap: int = Field(0, ge=0, le=120)
    pause_ms: float = Field(0.0, ge=0, le=1000)
    timeout_s: float = Field(1.5, gt=0, le=2.0)
    simulated: bool = False


class MeterDescription(Strict):
    """One device that only measures: its readings complete those of the devices of the same project."""

    profile: str = ""
    device: Endpoint
    identity: tuple[Identity, ...] = Field(min_length=1)
    serial: Label | None = None
    soc: Soc | None = None
    mode: ModePoint | None = None
    reboot_marker: Point | None = None
    uptime: Point | None = None
    meters: Meters = Meters()
    tried_on_hardware: bool = True

    @model_validator(mode="after")
    def _addresses_count_from_the_first(self) -> Self:
        if any(not one.sunspec and one.addr < self.device.first_address for one in registers_in(self)):
            raise ValueError(f"an address is below first_address ({self.device.first_address})")
        return self

    @property
    def project_id(self) -> str:
        """The project the device belongs to; a file for one device may leave it out."""
        return self.device.project or self.device.id


class Pacing(Strict):
    """How often and how fast the loop may write the set-point: at most `writes_per_day`, `burst` of them at once."""

    ramp_kw_per_s: float | None = Field(None, gt=0)
    least_pause_s: float = Field(0.0, ge=0, le=900)
    writes_per_day: int = Field(8640, ge=96)
    burst: int = Field(360, ge=1)


class DeviceDescription(MeterDescription):
    """One device that may be controlled, as DEVICES_FILE describes it."""

    setpoint: Setpoint
    watchdog: Watchdog
    heartbeat: Heartbeat | None = None
    arm: tuple[ArmStep, ...]
    arm_within_s: float = Field(60.0, gt=0)
    refresh: tuple[ArmStep, ...] = ("watchdog",)
    release: tuple[Write, ...] = Field(min_length=1)
    safe_state: tuple[Write, ...] = ()
    permits: tuple[Permit, ...] = ()
    busy: Busy = Busy()
    pacing: Pacing = Pacing()
    soc: Soc

    @model_validator(mode="after")
    def _arms_in_order(self) -> Self:
        names = [step for step in self.arm if step in ("watchdog", "setpoint")]
        if names != ["watchdog", "setpoint"]:
            raise ValueError("arm must name watchdog, then setpoint, each once: a device is never enabled unguarded")
        if "watchdog" not in self.refresh:
            raise ValueError("refresh must name watchdog")
        if self.heartbeat is None and "heartbeat" in (*self.arm, *self.refresh):
            raise ValueError("arm or refresh names heartbeat, which is not described")
        return self

    @property
    def control_digest(self) -> str:
        """A hash of everything that decides what is written: it changes when the map does, not with the address.

        What stands at its default is left out, so that a key that is new in a later version locks nobody out.
        """
        where = {"host", "port", "timeout_s", "pause_ms", "max_read", "max_gap", "max_connections"}
        told = self.model_dump_json(exclude={"device": where, "pacing": True}, exclude_defaults=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

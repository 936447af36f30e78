"""What a device says, in our units and signs: one reading with its time, in which unknown stays unknown."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from controllers.descriptions import DeviceDescription, MeterDescription
from controllers.limits import Bounds
from controllers.points import W_PER_KW, ModePoint, Point
from controllers.reading import DeviceReader
from dash_app.domain.dispatch import Mode, Telemetry
from dash_app.domain.errors import DeviceError

PERCENT = 100.0
METERED = ("grid_kw", "pv_kw", "load_kw")
ASK_AGAIN_S = 15.0
Parts = tuple[Point | None, ...]

log = structlog.get_logger()


def read_telemetry(reader: DeviceReader[MeterDescription], asked_at: datetime) -> Telemetry:
    """Return what a device reports, one that may be controlled or one that only measures."""
    at = reader.opened()
    return _controlled(reader, at, asked_at) if isinstance(at, DeviceDescription) else _measured(reader, at, asked_at)


class Neighbours:
    """The devices of a project that only measure: they complete what a controllable device reports.

    One that does not answer leaves its gap, and is asked again only after a while: its silence must not slow the loop.
    """

    def __init__(
        self, readers: Sequence[DeviceReader[MeterDescription]], monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._readers, self._monotonic = readers, monotonic
        self._asked_again_at = [-math.inf] * len(readers)

    def complete(self, telemetry: Telemetry) -> Telemetry:
        """Return a reading completed by what the others measure now."""
        for place, reader in enumerate(self._readers):
            gaps = [name for name in METERED if getattr(telemetry, name) is None]
            if not gaps or self._monotonic() < self._asked_again_at[place]:
                continue
            try:
                with reader.link.lock:
                    other = read_telemetry(reader, telemetry.at)
            except DeviceError as error:
                log.warning("meter_silent", device=reader.device_id, why=str(error))
                self._asked_again_at[place] = self._monotonic() + ASK_AGAIN_S
                continue
            telemetry = replace(telemetry, **{name: getattr(other, name) for name in gaps})
        return telemetry

    def close(self) -> None:
        """Close their connections."""
        for reader in self._readers:
            reader.link.close()


def _controlled(reader: DeviceReader[MeterDescription], at: DeviceDescription, asked_at: datetime) -> Telemetry:
    setpoint, told = at.setpoint, at.setpoint.verify.telemetry
    power, held, upper, lower, *rest = reader.sums((*_control(at), *_common(at)))
    soc, mode, boots, uptime, pv, grid, load, _ = rest
    bounds, kw = Bounds.of(setpoint, upper=upper, lower=lower), setpoint.kw_per_unit
    return Telemetry(
        device_id=at.device.id,
        at=asked_at,
        mode=_mode(at.mode, mode),
        battery_kw=None if power is None else (told.sign or setpoint.sign).factor * power * kw,
        soc=_fraction(soc),
        grid_kw=_kw(grid),
        pv_kw=_kw(pv),
        load_kw=_kw(load),
        setpoint_kw=None if held is None else setpoint.sign.factor * held * kw,
        boot_count=_whole(boots),
        uptime_s=_whole(uptime),
        max_charge_kw=-bounds.low_kw,
        max_discharge_kw=bounds.high_kw,
    )


def _measured(reader: DeviceReader[MeterDescription], at: MeterDescription, asked_at: datetime) -> Telemetry:
    soc, mode, boots, uptime, pv, grid, load, battery = reader.sums(_common(at))
    return Telemetry(
        device_id=at.device.id,
        at=asked_at,
        mode=_mode(at.mode, mode),
        battery_kw=_kw(battery),
        soc=_fraction(soc),
        grid_kw=_kw(grid),
        pv_kw=_kw(pv),
        load_kw=_kw(load),
        setpoint_kw=None,
        boot_count=_whole(boots),
        uptime_s=_whole(uptime),
        max_charge_kw=None,
        max_discharge_kw=None,
    )


def read_points(at: MeterDescription) -> list[Point]:
    """Return what one reading of a device is made of."""
    control = _control(at) if isinstance(at, DeviceDescription) else ()
    return [point for group in (*control, *_common(at)) for point in group if point is not None]


def _control(at: DeviceDescription) -> tuple[Parts, ...]:
    setpoint = at.setpoint
    return ((setpoint.verify.telemetry,), (setpoint.read_at,), (setpoint.max_from,), (setpoint.min_from,))


def _common(at: MeterDescription) -> tuple[Parts, ...]:
    meters = (at.meters.pv, at.meters.grid, at.meters.load, at.meters.battery)
    sums = tuple(part if isinstance(part, tuple) else (part,) for part in meters)
    return ((at.soc,), (at.mode,), (at.reboot_marker,), (at.uptime,), *sums)


def _mode(point: ModePoint | None, value: float | None) -> Mode:
    known = point.values if point else {}
    return known.get(int(value), Mode.UNKNOWN) if value is not None else Mode.UNKNOWN


def _fraction(percent: float | None) -> float | None:
    return percent / PERCENT if percent is not None and 0 <= percent <= PERCENT else None


def _kw(watts: float | None) -> float | None:
    return None if watts is None else watts / W_PER_KW


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)

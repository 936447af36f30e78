"""A controllable plant behind Modbus TCP: the Plant port, driven by a device description."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from controllers.connection import Connection
from controllers.descriptions import DeviceDescription, MeterDescription
from controllers.inspecting import Command
from controllers.limits import setpoint_registers
from controllers.look import look
from controllers.reading import DeviceReader
from controllers.telemetry import Neighbours, read_telemetry
from controllers.writing import DeviceWriter
from dash_app.domain.dispatch import DispatchResult, Order, Refused, Telemetry, Unreachable
from dash_app.domain.errors import DeviceError, DeviceRefused, OutOfLimits
from dash_app.domain.time import Clock

Lock = Callable[[DeviceDescription, str], str]
"""(description, serial number) -> why the device is locked against writing, or ""."""
Keep = Callable[[DeviceDescription, str, dict[int, tuple[int, ...]]], None]
"""Keeps what a device's registers (by address) held before we first took it over; raises OSError."""


def unlocked(_device: DeviceDescription, _serial: str) -> str:
    """Return "": nothing is locked."""
    return ""


class ModbusPlant:
    """One device of DEVICES_FILE. Every public method owns the connection while it runs.

    `lock` says whether it may be written to, `keep` is given its registers before the first take-over, `meters` are
    devices of the same project that measure what this one does not.
    """

    def __init__(
        self,
        description: DeviceDescription,
        clock: Clock,
        connection: Connection | None = None,
        *,
        lock: Lock = unlocked,
        keep: Keep | None = None,
        meters: Sequence[DeviceReader[MeterDescription]] = (),
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.description = description
        self.device_id = description.device.id
        self.project_id = description.project_id
        self.refresh_s = description.watchdog.refresh_every_s
        verified = description.setpoint.verify.telemetry
        self.settle_s = verified.settle_s
        self.tolerance_kw = verified.tolerance * description.setpoint.kw_per_unit
        self.deadband_kw = description.setpoint.deadband * description.setpoint.kw_per_unit
        self._clock, self._lock, self._keep = clock, lock, keep
        self._neighbours = Neighbours(meters, monotonic)
        self._link = connection or connection_of(description)
        self.reader = DeviceReader(description, self._link)
        self._writer = DeviceWriter(self.reader, sleep=sleep, monotonic=monotonic)
        self._held = False

    def read(self) -> Telemetry:
        """Return what the plant reports now; a value that the device refuses or does not know is None."""
        with self._link.lock:
            telemetry = read_telemetry(self.reader, self._clock())
        return self._neighbours.complete(telemetry)

    def hold(self, order: Order, setpoint_kw: float) -> DispatchResult:
        """Arm the watchdog, write the set-point, enable, and read all of it back (see the port)."""
        with self._link.lock:
            try:
                at = self._allowed()
                seen = look(self.reader)
                bounds = seen.bounds.within(order.step, seen.soc)
                registers = setpoint_registers(seen.setpoint, setpoint_kw, bounds)
                self._keep_registers(at)
            except (OutOfLimits, DeviceRefused) as error:
                return Refused(setpoint_kw=setpoint_kw, why=str(error))
            except DeviceError as error:
                return Unreachable(why=str(error))
            self._held = True
            return self._writer.command(at, Command(setpoint=seen.setpoint, registers=registers, asked_kw=setpoint_kw))

    def keep_alive(self) -> None:
        """Refresh the watchdog without changing the set-point."""
        with self._link.lock:
            self._writer.refresh(self._allowed())

    def release(self) -> None:
        """Write the release sequence and read it back, on a fresh connection if need be; raise DeviceError.

        A locked device that we never took over is left alone: there is nothing to give back.
        """
        with self._link.lock:
            if self._held or not self._why_locked():
                self._writer.release()

    def put_back(self, kept: dict[int, tuple[int, ...]]) -> None:
        """Give the device back and write what its registers held before we took it over; raise DeviceError."""
        with self._link.lock:
            self._writer.put_back(kept)

    def close(self) -> None:
        """Close the connection."""
        self._link.close()
        self._neighbours.close()

    def _allowed(self) -> DeviceDescription:
        if why := self._why_locked():
            raise OutOfLimits(f"{self.device_id} is locked: {why}")
        return self.reader.opened()

    def _why_locked(self) -> str:
        self.reader.opened()
        return self._lock(self.description, self.reader.serial)

    def _keep_registers(self, at: DeviceDescription) -> None:
        """Have what the registers hold kept before the first write of this process; without that, nothing is sent."""
        if self._held or self._keep is None:
            return
        try:
            self._keep(self.description, self.reader.serial, self._writer.present(at))
        except OSError as error:
            raise OutOfLimits(f"what the device holds could not be kept before taking it over: {error}") from error


def connection_of(description: MeterDescription) -> Connection:
    """Return a connection to the device's endpoint; nothing is sent yet."""
    at = description.device
    return Connection(at.host, at.port, timeout_s=at.timeout_s, pause_s=at.pause_ms / 1000)


def open_plants(
    descriptions: Sequence[MeterDescription], clock: Clock, *, lock: Lock = unlocked, keep: Keep | None = None
) -> tuple[ModbusPlant, ...]:
    """Return the plants of all devices that may be controlled; devices behind one endpoint share its one connection.

    Those that only measure complete the readings of their project's plants.
    """
    links: dict[tuple[str, int], Connection] = {}
    for told in descriptions:
        links.setdefault((told.device.host, told.device.port), connection_of(told))

    def link(told: MeterDescription) -> Connection:
        return links[told.device.host, told.device.port]

    def meters_of(project_id: str) -> tuple[DeviceReader[MeterDescription], ...]:
        only = [one for one in descriptions if not isinstance(one, DeviceDescription) and one.project_id == project_id]
        return tuple(DeviceReader(one, link(one)) for one in only)

    return tuple(
        ModbusPlant(told, clock, link(told), lock=lock, keep=keep, meters=meters_of(told.project_id))
        for told in descriptions
        if isinstance(told, DeviceDescription)
    )

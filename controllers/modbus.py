"""A controllable plant behind Modbus TCP: the Plant port, driven by a device description."""

from __future__ import annotations

from collections.abc import Sequence

from controllers.connection import Connection
from controllers.limits import Bounds, kw_of_registers, setpoint_registers
from controllers.points import W_PER_KW, Point, Sign, Table, Watchdog, Write
from controllers.profiles import DeviceDescription
from controllers.registers import encode
from dash_app.domain.dispatch import DispatchResult, Mode, Order, ReadBack, Refused, Telemetry, Unreachable, Unverified
from dash_app.domain.errors import BadAnswer, DeviceError, DeviceRefused, DeviceUnreachable, OutOfLimits, WrongDevice
from dash_app.domain.time import Clock

RELEASE_TRIES = 2
PERCENT = 100.0


class ModbusPlant:
    """One device of DEVICES_FILE. Every public method owns the connection while it runs."""

    def __init__(self, description: DeviceDescription, clock: Clock, connection: Connection | None = None) -> None:
        self.device_id = description.device.id
        self.project_id = description.project_id
        self.refresh_s = description.watchdog.refresh_every_s
        verified = description.setpoint.verify.telemetry
        self.settle_s = verified.settle_s
        self.tolerance_kw = verified.tolerance * description.setpoint.kw_per_unit
        self.deadband_kw = description.setpoint.deadband * description.setpoint.kw_per_unit
        self._told, self._clock = description, clock
        self._link = connection or connection_of(description)
        self._known_generation = 0

    def read(self) -> Telemetry:
        """Return what the plant reports now; a value that the device refuses or does not know is None."""
        with self._link.lock:
            told, meters = self._told, self._told.meters
            bounds = self._device_bounds()
            return Telemetry(
                device_id=self.device_id,
                at=self._clock(),
                mode=self._mode(),
                battery_kw=self._battery_kw(),
                soc=self._soc(),
                grid_kw=self._meter_kw(meters.grid),
                pv_kw=self._meter_kw(meters.pv),
                load_kw=self._meter_kw(meters.load),
                setpoint_kw=self._setpoint_kw(),
                boot_count=_whole(self._value(told.reboot_marker)),
                uptime_s=_whole(self._value(told.uptime)),
                max_charge_kw=-bounds.low_kw,
                max_discharge_kw=bounds.high_kw,
            )

    def hold(self, order: Order, setpoint_kw: float) -> DispatchResult:
        """Arm the watchdog, write the set-point, enable, and read all of it back (see the port)."""
        with self._link.lock:
            try:
                bounds = self._device_bounds().within(order.step, self._soc())
                registers = setpoint_registers(self._told.setpoint, setpoint_kw, bounds)
            except (OutOfLimits, DeviceRefused) as error:
                return Refused(setpoint_kw=setpoint_kw, why=str(error))
            except DeviceError as error:
                return Unreachable(why=str(error))
            return self._write_and_read_back(registers, setpoint_kw)

    def keep_alive(self) -> None:
        """Refresh the watchdog without changing the set-point."""
        with self._link.lock:
            self._check_identity()
            self._write(_watchdog_write(self._told.watchdog))

    def release(self) -> None:
        """Write the release sequence and read it back, on a fresh connection if need be; raise DeviceError."""
        with self._link.lock:
            for tries_left in reversed(range(RELEASE_TRIES)):
                try:
                    self._release_once()
                    return
                except (DeviceUnreachable, BadAnswer):
                    self._link.close()
                    if not tries_left:
                        raise

    def close(self) -> None:
        """Close the connection."""
        self._link.close()

    def _release_once(self) -> None:
        self._check_identity()
        for write in self._told.release:
            self._write(write)
        for write in self._told.release:
            self._check_written(write.addr, _registers_of(write), write.readback)

    def _write_and_read_back(self, registers: tuple[int, ...], setpoint_kw: float) -> DispatchResult:
        """Write and look; only when an acknowledgement was lost and the look shows otherwise, write once more."""
        result, heard = self._try_once(registers, setpoint_kw)
        if heard or not isinstance(result, Unverified):
            return result
        return self._try_once(registers, setpoint_kw)[0]

    def _try_once(self, registers: tuple[int, ...], setpoint_kw: float) -> tuple[DispatchResult, bool]:
        """Return the outcome and whether it is the device's last word: every write was acknowledged, or it is gone."""
        heard = True
        try:
            self._arm(registers)
        except DeviceRefused as error:
            return Refused(setpoint_kw=setpoint_kw, why=str(error)), True
        except (DeviceUnreachable, BadAnswer):
            self._link.close()
            heard = False
        try:
            return self._read_back(registers, setpoint_kw), heard
        except DeviceError as error:
            why = f"sent, but nobody knows whether it arrived: {error}"
            return Unverified(setpoint_kw=setpoint_kw, why=why), True

    def _arm(self, registers: tuple[int, ...]) -> None:
        point = self._told.setpoint
        for step in self._told.arm:
            if step == "watchdog":
                self._write(_watchdog_write(self._told.watchdog))
            elif step == "setpoint":
                self._link.write(point.addr, registers, unit=self._told.device.unit, write_fc=point.write_fc)
            elif isinstance(step, Write):
                self._write(step)

    def _read_back(self, registers: tuple[int, ...], setpoint_kw: float) -> DispatchResult:
        self._check_identity()
        found_kw = self._setpoint_kw()
        tolerance_kw = self._told.setpoint.verify.tolerance * self._told.setpoint.kw_per_unit
        sent_kw = kw_of_registers(self._told.setpoint, registers)
        if found_kw is None or sent_kw is None or abs(found_kw - sent_kw) > tolerance_kw:
            return Unverified(setpoint_kw=setpoint_kw, why=f"sent {sent_kw} kW, the device holds {found_kw} kW")
        try:
            for write in (step for step in self._told.arm if isinstance(step, Write)):
                self._check_written(write.addr, _registers_of(write), write.readback)
        except BadAnswer as error:
            return Unverified(setpoint_kw=setpoint_kw, why=str(error))
        return ReadBack(setpoint_kw=found_kw)

    def _check_written(self, addr: int, registers: tuple[int, ...], readable: bool) -> None:
        if not readable:
            return
        found = self._link.read(Table.HOLDING, addr, len(registers), unit=self._told.device.unit)
        if found != registers:
            raise BadAnswer(f"register {addr} of {self.device_id} holds {list(found)}, written was {list(registers)}")

    def _write(self, write: Write) -> None:
        registers = _registers_of(write)
        write_fc = write.write_fc or (6 if len(registers) == 1 else 16)
        self._link.write(write.addr, registers, unit=self._told.device.unit, write_fc=write_fc)

    def _check_identity(self) -> None:
        if self._link.connect() == self._known_generation:
            return
        for mark in self._told.identity:
            unit = self._told.device.unit if mark.unit is None else mark.unit
            found = mark.value_of(self._link.read(mark.table, mark.addr, mark.type.width, unit=unit))
            if found != mark.equals:
                self._link.close()
                shown = "nothing" if found is None else f"{found:g}"
                raise WrongDevice(f"{self.device_id}: register {mark.addr} holds {shown}, not {mark.equals}")
        self._known_generation = self._link.generation

    def _value(self, point: Point | None) -> float | None:
        """Return a value, or None when there is no such point, or the device refuses it or does not know it."""
        if point is None:
            return None
        self._check_identity()
        unit = self._told.device.unit if point.unit is None else point.unit
        try:
            return point.value_of(self._link.read(point.table, point.addr, point.type.width, unit=unit))
        except DeviceRefused:
            return None

    def _soc(self) -> float | None:
        percent = self._value(self._told.soc)
        return percent / PERCENT if percent is not None and 0 <= percent <= PERCENT else None

    def _mode(self) -> Mode:
        value = self._value(self._told.mode)
        known = self._told.mode.values if self._told.mode else {}
        return known.get(int(value), Mode.UNKNOWN) if value is not None else Mode.UNKNOWN

    def _battery_kw(self) -> float | None:
        setpoint = self._told.setpoint
        value = self._value(setpoint.verify.telemetry)
        sign = setpoint.verify.telemetry.sign or setpoint.sign
        return None if value is None else sign.factor * value * setpoint.kw_per_unit

    def _meter_kw(self, point: Point | None) -> float | None:
        value = self._value(point)
        return None if value is None else value / W_PER_KW

    def _setpoint_kw(self) -> float | None:
        setpoint = self._told.setpoint
        if isinstance(setpoint.verify.readback, Point):
            value = self._value(setpoint.verify.readback)
            return None if value is None else setpoint.sign.factor * value * setpoint.kw_per_unit
        self._check_identity()
        found = self._link.read(Table.HOLDING, setpoint.addr, setpoint.type.width, unit=self._told.device.unit)
        return kw_of_registers(setpoint, found)

    def _device_bounds(self) -> Bounds:
        """Return the file's limits, narrowed by what the limit registers say now."""
        setpoint = self._told.setpoint
        upper, lower = self._value(setpoint.max_from), self._value(setpoint.min_from)
        top = setpoint.max if upper is None else min(setpoint.max, abs(upper))
        bottom = setpoint.min if lower is None else max(setpoint.min, -abs(lower))
        kw = setpoint.kw_per_unit
        if setpoint.sign is Sign.DISCHARGE_POSITIVE:
            return Bounds(low_kw=bottom * kw, high_kw=top * kw)
        return Bounds(low_kw=-top * kw, high_kw=-bottom * kw)


def connection_of(description: DeviceDescription) -> Connection:
    """Return a connection to the device's endpoint; nothing is sent yet."""
    at = description.device
    return Connection(at.host, at.port, timeout_s=at.timeout_s, pause_s=at.pause_ms / 1000)


def open_plants(descriptions: Sequence[DeviceDescription], clock: Clock) -> tuple[ModbusPlant, ...]:
    """Return the plants of all devices; devices behind one endpoint share its one connection."""
    links: dict[tuple[str, int], Connection] = {}
    for told in descriptions:
        links.setdefault((told.device.host, told.device.port), connection_of(told))
    return tuple(ModbusPlant(told, clock, links[told.device.host, told.device.port]) for told in descriptions)


def _watchdog_write(watchdog: Watchdog) -> Write:
    return Write(
        addr=watchdog.addr,
        type=watchdog.type,
        word_order=watchdog.word_order,
        value=watchdog.seconds,
        write_fc=watchdog.write_fc,
    )


def _registers_of(write: Write) -> tuple[int, ...]:
    return encode(write.value, write.type, write.word_order)


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)

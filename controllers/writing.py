"""Writing to a device: sequences in their order, never repeated blindly, believed only after looking at the registers.

After a lost acknowledgement nobody knows whether a write happened; only the registers tell. A device that says "busy"
is asked again after a pause, one that refuses is not, and one that holds something else than it was told gets its safe
state at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from enum import Enum, auto

import structlog

from controllers.commands import ArmStep, Heartbeat, Write
from controllers.descriptions import DeviceDescription
from controllers.inspecting import Command, Inspector
from controllers.points import Register
from controllers.reading import DeviceReader
from dash_app.domain.dispatch import DispatchResult, ReadBack, Refused, Unverified
from dash_app.domain.errors import BadAnswer, DeviceError, DeviceRefused, DeviceUnreachable, OutOfLimits

RELEASE_TRIES = 2
LOST_TRIES = 2
"""How often a set-point is sent when no acknowledgement comes and the registers show that it did not arrive."""
WITHIN_S = 4.0
"""No new try begins later than this after the first one: the dispatcher's lease allows for one timed-out try more."""

log = structlog.get_logger()


class Heard(Enum):
    """What came back for a sequence of writes."""

    ALL = auto()
    NOT_ALL = auto()
    BUSY = auto()


class DeviceWriter:
    """Writes to the device of a reader, on the same connection."""

    def __init__(
        self,
        reader: DeviceReader[DeviceDescription],
        *,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._reader, self._sleep, self._monotonic = reader, sleep, monotonic
        self._look = Inspector(reader, sleep)
        self._verified: Command | None = None

    def command(self, at: DeviceDescription, command: Command) -> DispatchResult:
        """Send a set-point and look; repeat only what the registers show not to have arrived."""
        self._verified = None
        result = self._commanded(at, command)
        if isinstance(result, ReadBack):
            self._verified = command
        return result

    def _commanded(self, at: DeviceDescription, command: Command) -> DispatchResult:
        began, busy = self._monotonic(), at.busy
        for tried in range(1, busy.tries + 1):
            try:
                heard, why = self._sent(at, command)
            except DeviceRefused as error:
                return Refused(setpoint_kw=command.asked_kw, why=f"{error}{self._holds(at, command)}")
            result, known = self._looked(command)
            if isinstance(result, ReadBack) or not known:
                return result
            enough = heard is Heard.ALL or (heard is Heard.NOT_ALL and tried >= LOST_TRIES)
            if enough or tried == busy.tries or self._monotonic() - began > WITHIN_S:
                break
            if heard is Heard.BUSY:
                self._sleep(busy.pause_s)
        if heard is Heard.BUSY:
            return Refused(setpoint_kw=command.asked_kw, why=f"{why}, {tried} times")
        self._make_safe(at)
        return result

    def refresh(self, at: DeviceDescription) -> None:
        """Write what keeps the device from falling back; its set-point stays; raise DeviceError."""
        for step in at.refresh:
            self._step(at, step, None)

    def release(self) -> None:
        """Write the release sequence and read it back, on a fresh connection if need be; raise DeviceError."""
        self._verified = None
        for tries_left in reversed(range(RELEASE_TRIES)):
            try:
                at = self._reader.opened()
                self._all(at.release)
                for write in at.release:
                    self._look.check_written(write)
                return
            except (DeviceUnreachable, BadAnswer):
                self._reader.forget()
                if not tries_left:
                    raise

    def put_back(self, kept: dict[int, tuple[int, ...]]) -> None:
        """Release, then write what registers held before, those that enable last; raise DeviceError."""
        self.release()
        at = self._reader.opened()
        enabling = {step.addr for step in at.arm if isinstance(step, Write)}
        for addr in sorted(kept, key=lambda addr: (addr in enabling, addr)):
            if self._reader.holding(addr, len(kept[addr])) != kept[addr]:
                function = 6 if len(kept[addr]) == 1 else 16
                self._reader.link.write(addr, kept[addr], unit=self._reader.unit, write_fc=function)
            if (found := self._reader.holding(addr, len(kept[addr]))) != kept[addr]:
                raise BadAnswer(f"register {addr} holds {list(found)}, put back was {list(kept[addr])}")

    def present(self, at: DeviceDescription) -> dict[int, tuple[int, ...]]:
        """Return what every register that we may write holds now, by address; one that cannot be read is left out."""
        steps = [step for step in (*at.arm, *at.refresh, *at.release, *at.safe_state) if isinstance(step, Write)]
        widths = {step.addr: step.width for step in steps if step.present and step.readback}
        widths |= {at.watchdog.addr: at.watchdog.width, at.setpoint.addr: at.setpoint.written}
        found = {}
        for addr, width in widths.items():
            try:
                found[addr] = self._reader.holding(addr, width)
            except DeviceRefused:
                log.info("register_cannot_be_read", device=at.device.id, addr=addr)
        return found

    def _sent(self, at: DeviceDescription, command: Command) -> tuple[Heard, str]:
        """Arm the device; return whether everything was acknowledged, else why not; raise DeviceRefused for a no."""
        began = self._monotonic()
        try:
            self._reader.opened()
            for step in at.arm:
                self._step(at, step, command)
        except DeviceRefused as error:
            if error.exception_code not in at.busy.codes:
                raise
            return Heard.BUSY, str(error)
        except (DeviceUnreachable, BadAnswer) as error:
            self._reader.forget()
            return Heard.NOT_ALL, str(error)
        took = self._monotonic() - began
        return (Heard.ALL, "") if took <= at.arm_within_s else (Heard.NOT_ALL, f"arming took {took:.1f} s")

    def _step(self, at: DeviceDescription, step: ArmStep, command: Command | None) -> None:
        if isinstance(step, Write):
            self._write(step, step.registers, step.write_fc)
        elif step == "watchdog":
            self._write(at.watchdog, at.watchdog.registers, at.watchdog.write_fc)
        elif step == "heartbeat" and at.heartbeat is not None and at.heartbeat.present:
            self._beat(at.heartbeat)
        elif step == "setpoint" and command is not None:
            self._write(at.setpoint, command.registers, at.setpoint.write_fc)
        elif step == "setpoint":
            self._confirm(self._verified)

    def _beat(self, heartbeat: Heartbeat) -> None:
        held = heartbeat.raw_of(self._reader.holding(heartbeat.addr, heartbeat.width))
        self._write(heartbeat, heartbeat.registers_of(heartbeat.next_after(held)), heartbeat.write_fc)

    def _confirm(self, known: Command | None) -> None:
        """Write the set-point again if the device still holds it; after a restart it is left as it stands."""
        if known is None:
            return
        found_kw, why = self._look.found(known)
        if why:
            raise BadAnswer(f"not refreshed: {why}")
        self._write(known.setpoint, known.registers, known.setpoint.write_fc)
        log.debug("set_point_refreshed", device=self._reader.device_id, setpoint_kw=found_kw)

    def _all(self, writes: Sequence[Write]) -> None:
        for write in writes:
            self._write(write, write.registers, write.write_fc)

    def _write(self, register: Register, registers: tuple[int, ...], write_fc: int | None) -> None:
        if not register.present:
            raise OutOfLimits(f"the device has no {' or '.join(register.sunspec)}, so it cannot be written")
        function = write_fc or (6 if len(registers) == 1 else 16)
        self._reader.link.write(register.addr, registers, unit=self._reader.unit, write_fc=function)
        log.debug("registers_written", device=self._reader.device_id, addr=register.addr, registers=registers)

    def _looked(self, command: Command) -> tuple[DispatchResult, bool]:
        """Return what the registers show, and whether they could be read at all."""
        try:
            return self._look.read_back(command), True
        except DeviceError as error:
            why = f"sent, but nobody knows whether it arrived: {error}"
            return Unverified(setpoint_kw=command.asked_kw, why=why), False

    def _holds(self, at: DeviceDescription, command: Command) -> str:
        """Return what the device holds after a refusal, for the record; a refusal may have left it half way."""
        try:
            return f"; the device holds {self._look.found_kw(command)} kW"
        except DeviceError:
            return "; what it holds is not known"

    def _make_safe(self, at: DeviceDescription) -> None:
        """Write the safe state of a device that holds something else than it was told: best effort, never raises."""
        try:
            self._reader.opened()
            self._all(at.safe_state or at.release)
        except DeviceError as error:
            log.error("safe_state_failed", device=at.device.id, why=str(error))

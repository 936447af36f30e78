"""Writing to a device: sequences in their order, never repeated blindly, believed only after looking at the registers.

After a lost acknowledgement nobody knows whether a write happened; only the registers tell. A device that says "busy"
is asked again after a pause, one that refuses is not, and one that holds something else than it was told gets its safe
state at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

import structlog

from controllers.commands import ArmStep, Heartbeat, Setpoint, Watchdog, Write
from controllers.descriptions import DeviceDescription
from controllers.limits import EPSILON_KW, kw_of_registers
from controllers.points import Register
from controllers.reading import DeviceReader
from dash_app.domain.dispatch import DispatchResult, ReadBack, Refused, Unverified
from dash_app.domain.errors import BadAnswer, DeviceError, DeviceRefused, DeviceUnreachable, OutOfLimits

RELEASE_TRIES = 2
LOST_TRIES = 2
"""How often a set-point is sent when no acknowledgement comes and the registers show that it did not arrive."""
WITHIN_S = 4.0
"""No new try begins later than this after the first one: the dispatcher's lease allows for one timed-out try more."""

TIMER_LOOKS, TIMER_PAUSE_S = 3, 0.4

log = structlog.get_logger()


class Heard(Enum):
    """What came back for a sequence of writes."""

    ALL = auto()
    NOT_ALL = auto()
    BUSY = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A set-point about to be sent: its scale is the one of this moment."""

    setpoint: Setpoint
    registers: tuple[int, ...]
    asked_kw: float

    @property
    def own(self) -> tuple[int, ...]:
        """The registers of the set-point itself, without those of its opposite."""
        return self.registers[: self.setpoint.width]


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

    def command(self, at: DeviceDescription, command: Command) -> DispatchResult:
        """Send a set-point and look; repeat only what the registers show not to have arrived."""
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
        for tries_left in reversed(range(RELEASE_TRIES)):
            try:
                at = self._reader.opened()
                self._all(at.release)
                for write in at.release:
                    self._check_written(write)
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
        elif step == "setpoint":
            held = self._held(at.setpoint) if command is None else command.registers
            self._write(at.setpoint, held, at.setpoint.write_fc)

    def _beat(self, heartbeat: Heartbeat) -> None:
        held = heartbeat.raw_of(self._reader.holding(heartbeat.addr, heartbeat.width))
        self._write(heartbeat, heartbeat.registers_of(heartbeat.next_after(held)), heartbeat.write_fc)

    def _held(self, setpoint: Setpoint) -> tuple[int, ...]:
        return self._reader.holding(setpoint.addr, setpoint.written)

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
            return self._read_back(command), True
        except DeviceError as error:
            why = f"sent, but nobody knows whether it arrived: {error}"
            return Unverified(setpoint_kw=command.asked_kw, why=why), False

    def _read_back(self, command: Command) -> DispatchResult:
        at, setpoint = self._reader.opened(), command.setpoint
        found_kw = self._found_kw(command)
        sent_kw = kw_of_registers(setpoint, command.own)
        tolerance_kw = setpoint.verify.tolerance * setpoint.kw_per_unit + EPSILON_KW
        if found_kw is None or sent_kw is None or abs(found_kw - sent_kw) > tolerance_kw:
            return Unverified(setpoint_kw=command.asked_kw, why=f"sent {sent_kw} kW, the device holds {found_kw} kW")
        try:
            self._check_opposite(command)
            for step in at.arm:
                if isinstance(step, Write):
                    self._check_written(step)
            self._check_timer(at.watchdog)
        except BadAnswer as error:
            return Unverified(setpoint_kw=command.asked_kw, why=str(error))
        return ReadBack(setpoint_kw=found_kw)

    def _found_kw(self, command: Command) -> float | None:
        setpoint = command.setpoint
        if setpoint.verify.readback == "same":
            return kw_of_registers(setpoint, self._reader.holding(setpoint.addr, setpoint.width))
        (value,) = self._reader.values([setpoint.read_at])
        return None if value is None else setpoint.sign.factor * value * setpoint.kw_per_unit

    def _check_opposite(self, command: Command) -> None:
        width = command.setpoint.width
        if (opposite := command.registers[width:]) and command.setpoint.verify.readback == "same":
            found = self._reader.holding(command.setpoint.addr + width, width)
            if found != opposite:
                raise BadAnswer(f"the opposite of the set-point holds {list(found)}, written was {list(opposite)}")

    def _check_written(self, write: Write) -> None:
        if not write.readback:
            return
        found = self._reader.holding(write.addr, write.width)
        if found != write.registers:
            raise BadAnswer(f"register {write.addr} holds {list(found)}, written was {list(write.registers)}")

    def _check_timer(self, watchdog: Watchdog) -> None:
        """Make sure that the device's own timer runs, where the device shows what is left of it."""
        for tries_left in reversed(range(TIMER_LOOKS)):
            (left,) = self._reader.values([watchdog.remaining])
            if left is None or left > 0:
                return
            if tries_left:
                self._sleep(TIMER_PAUSE_S)
        raise BadAnswer("the device's own timer does not run")

    def _holds(self, at: DeviceDescription, command: Command) -> str:
        """Return what the device holds after a refusal, for the record; a refusal may have left it half way."""
        try:
            return f"; the device holds {self._found_kw(command)} kW"
        except DeviceError:
            return "; what it holds is not known"

    def _make_safe(self, at: DeviceDescription) -> None:
        """Write the safe state of a device that holds something else than it was told: best effort, never raises."""
        try:
            self._reader.opened()
            self._all(at.safe_state or at.release)
        except DeviceError as error:
            log.error("safe_state_failed", device=at.device.id, why=str(error))

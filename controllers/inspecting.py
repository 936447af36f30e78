"""Looking after a write: what the registers show, against what was sent; an acknowledgement alone proves nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controllers.commands import Setpoint, Watchdog, Write
from controllers.descriptions import DeviceDescription
from controllers.limits import EPSILON_KW, kw_of_registers
from controllers.reading import DeviceReader
from dash_app.domain.dispatch import DispatchResult, ReadBack, Unverified
from dash_app.domain.errors import BadAnswer

TIMER_LOOKS, TIMER_PAUSE_S = 3, 0.4


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


class Inspector:
    """Compares a device's registers with what was written to them; every look raises DeviceError when there is none."""

    def __init__(self, reader: DeviceReader[DeviceDescription], sleep: Callable[[float], None]) -> None:
        self._reader, self._sleep = reader, sleep

    def read_back(self, command: Command) -> DispatchResult:
        """Return ReadBack when everything that was written stands in the device, else Unverified with why not."""
        at = self._reader.opened()
        found_kw, why = self.found(command)
        if found_kw is None or why:
            return Unverified(setpoint_kw=command.asked_kw, why=why)
        try:
            self._check_opposite(command)
            for step in at.arm:
                if isinstance(step, Write):
                    self.check_written(step)
            self._check_timer(at.watchdog)
        except BadAnswer as error:
            return Unverified(setpoint_kw=command.asked_kw, why=str(error))
        return ReadBack(setpoint_kw=found_kw)

    def found(self, command: Command) -> tuple[float | None, str]:
        """Return what the device holds, kW, and in which way that is not what was sent, or ""."""
        setpoint = command.setpoint
        found_kw, sent_kw = self.found_kw(command), kw_of_registers(setpoint, command.own)
        tolerance_kw = setpoint.verify.tolerance * setpoint.kw_per_unit + EPSILON_KW
        same = found_kw is not None and sent_kw is not None and abs(found_kw - sent_kw) <= tolerance_kw
        return found_kw, "" if same else f"sent {sent_kw} kW, the device holds {found_kw} kW"

    def found_kw(self, command: Command) -> float | None:
        """Return what the device says that it was told, kW, discharge positive."""
        setpoint = command.setpoint
        if setpoint.verify.readback == "same":
            return kw_of_registers(setpoint, self._reader.holding(setpoint.addr, setpoint.width))
        (value,) = self._reader.values([setpoint.read_at])
        return None if value is None else setpoint.sign.factor * value * setpoint.kw_per_unit

    def check_written(self, write: Write) -> None:
        """Raise BadAnswer when a register of a sequence holds something else."""
        if not write.readback:
            return
        found = self._reader.holding(write.addr, write.width)
        if found != write.registers:
            raise BadAnswer(f"register {write.addr} holds {list(found)}, written was {list(write.registers)}")

    def _check_opposite(self, command: Command) -> None:
        width = command.setpoint.width
        if (opposite := command.registers[width:]) and command.setpoint.verify.readback == "same":
            found = self._reader.holding(command.setpoint.addr + width, width)
            if found != opposite:
                raise BadAnswer(f"the opposite of the set-point holds {list(found)}, written was {list(opposite)}")

    def _check_timer(self, watchdog: Watchdog) -> None:
        """Make sure that the device's own timer runs, where the device shows what is left of it."""
        for tries_left in reversed(range(TIMER_LOOKS)):
            (left,) = self._reader.values([watchdog.remaining])
            if left is None or left > 0:
                return
            if tries_left:
                self._sleep(TIMER_PAUSE_S)
        raise BadAnswer("the device's own timer does not run")

"""Commissioning: a small power each way, looked for at the meter, given back, and the device's own timer measured.

A wrong word order, scale or sign shows here, on a power that does no harm, or nowhere before the first plan does. What
is tried is always given back, whatever happens.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from controllers.modbus import ModbusPlant
from dash_app.domain.dispatch import Mode, Order, ReadBack, Telemetry
from dash_app.domain.errors import DeviceError
from dash_app.domain.schedule import Intent, Step
from dash_app.domain.time import Clock

SOC_LOW, SOC_HIGH = 0.1, 0.9
SHARE_OF_RANGE, TOLERANCES, LEAST_TOLERANCES = 0.02, 3.0, 2.0
LATER_THAN_SET = 1.5
LOOK_EVERY_S = 1.0
LONGEST = timedelta(minutes=15)

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One step of the walk: what was tried, whether it passed, and what was seen."""

    what: str
    passed: bool
    seen: str


class Commissioning:
    """One walk on one device. `power_kw` is tried each way; left out, 2 % of the range, at least 3 tolerances."""

    def __init__(
        self,
        plant: ModbusPlant,
        clock: Clock,
        *,
        power_kw: float | None = None,
        with_timer: bool = True,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._plant, self._power_kw, self._with_timer = plant, power_kw, with_timer
        self._clock, self._sleep, self._monotonic = clock, sleep, monotonic
        self._written = False

    def walk(self) -> Iterator[Finding]:
        """Yield the findings in order and end with the first one that did not pass; nothing stays written."""
        try:
            for step in self._steps():
                finding = self._tried(step)
                yield finding
                if not finding.passed:
                    return
        finally:
            if self._written:
                self._give_back()

    def _steps(self) -> tuple[Callable[[], Finding], ...]:
        steps = (self._identity, self._readings, self._charging, self._discharging, self._released)
        return (*steps, self._own_timer) if self._with_timer else steps

    def _tried(self, step: Callable[[], Finding]) -> Finding:
        try:
            return step()
        except DeviceError as error:
            return Finding(what=step.__name__.strip("_").replace("_", " "), passed=False, seen=str(error))

    def _identity(self) -> Finding:
        with self._plant.reader.link.lock:
            self._plant.reader.opened()
        serial = self._plant.reader.serial
        return Finding(what="identity", passed=True, seen=f"serial number {serial}" if serial else "no serial number")

    def _readings(self) -> Finding:
        telemetry = self._plant.read()
        return Finding(what="readings", passed=not (why := _unfit(telemetry)), seen=why or _shown(telemetry))

    def _charging(self) -> Finding:
        return self._power("charging", -1)

    def _discharging(self) -> Finding:
        return self._power("discharging", 1)

    def _power(self, what: str, sign: int) -> Finding:
        power_kw, least_kw = self._small_kw(self._plant.read()), LEAST_TOLERANCES * self._plant.tolerance_kw
        if power_kw < least_kw:
            why = f"{power_kw:g} kW cannot be told from none: with this tolerance it takes {least_kw:g} kW"
            return Finding(what=what, passed=False, seen=why)
        if why := self._hold(power_kw, sign * power_kw):
            return Finding(what=what, passed=False, seen=why)
        measured = self._settled(sign * power_kw)
        passed = measured is not None and abs(measured - sign * power_kw) <= self._plant.tolerance_kw
        return Finding(what=what, passed=passed, seen=_compared(sign * power_kw, measured, passed=passed))

    def _hold(self, band_kw: float, setpoint_kw: float) -> str:
        """Hold a power; return "" once its registers were read back, else why not."""
        self._written = True
        result = self._plant.hold(_order(self._plant, self._clock(), band_kw), setpoint_kw)
        if isinstance(result, ReadBack):
            return ""
        return f"{type(result).__name__}: {getattr(result, 'why', '')}"

    def _released(self) -> Finding:
        self._plant.release()
        telemetry = self._plant.read()
        passed = telemetry.mode is not Mode.REMOTE
        self._written = not passed
        return Finding(what="release", passed=passed, seen=f"mode {telemetry.mode.value}")

    def _own_timer(self) -> Finding:
        """Hold a small power and say nothing more: the device has to fall back by itself."""
        watchdog = self._plant.reader.opened().watchdog
        within_s = watchdog.expect_fallback_within_s or LATER_THAN_SET * watchdog.seconds
        power_kw = self._small_kw(self._plant.read())
        began = self._monotonic()
        if why := self._hold(power_kw, power_kw):
            return Finding(what="own timer", passed=False, seen=why)
        while (took := self._monotonic() - began) <= within_s:
            if self._fell_back(power_kw):
                return Finding(what="own timer", passed=True, seen=f"fell back by itself after {took:.0f} s")
            self._sleep(LOOK_EVERY_S)
        return Finding(what="own timer", passed=False, seen=f"still commanded after {within_s:g} s of silence")

    def _fell_back(self, power_kw: float) -> bool:
        telemetry = self._plant.read()
        if telemetry.mode is Mode.UNKNOWN:
            measured = telemetry.battery_kw
            return measured is not None and abs(measured - power_kw) > self._plant.tolerance_kw
        return telemetry.mode is not Mode.REMOTE

    def _settled(self, wanted_kw: float) -> float | None:
        """Return the measured power once it is what was asked for, at the latest when the time to settle is over."""
        until = self._monotonic() + self._plant.settle_s
        while True:
            measured = self._plant.read().battery_kw
            if measured is not None and abs(measured - wanted_kw) <= self._plant.tolerance_kw:
                return measured
            if self._monotonic() >= until:
                return measured
            self._sleep(LOOK_EVERY_S)

    def _small_kw(self, telemetry: Telemetry) -> float:
        limits = [limit for limit in (telemetry.max_charge_kw, telemetry.max_discharge_kw) if limit is not None]
        small_kw = max(SHARE_OF_RANGE * max(limits, default=0.0), TOLERANCES * self._plant.tolerance_kw)
        return min(self._power_kw or small_kw, *limits)

    def _give_back(self) -> None:
        try:
            self._plant.release()
        except DeviceError as error:
            log.error("commissioning_release_failed", device=self._plant.device_id, why=str(error))


def _unfit(telemetry: Telemetry) -> str:
    if telemetry.mode is Mode.REMOTE:
        return "somebody else commands it"
    if telemetry.battery_kw is None:
        return "its power is unknown"
    if telemetry.soc is None:
        return "its state of charge is unknown"
    if not SOC_LOW <= telemetry.soc <= SOC_HIGH:
        return f"a state of charge of {telemetry.soc:.0%} does not allow both ways ({SOC_LOW:.0%} to {SOC_HIGH:.0%})"
    return ""


def _shown(telemetry: Telemetry) -> str:
    return f"mode {telemetry.mode.value}, {telemetry.battery_kw:g} kW, state of charge {telemetry.soc:.1%}"


def _compared(wanted_kw: float, measured: float | None, *, passed: bool) -> str:
    seen = "an unknown power" if measured is None else f"{measured:g} kW"
    told = f"told {wanted_kw:g} kW, the meter shows {seen}"
    if not passed and measured is not None and measured * wanted_kw < 0 and abs(measured) >= abs(wanted_kw) / 2:
        return f"{told}: the sign is the wrong way round"
    return told


def _order(plant: ModbusPlant, now: datetime, power_kw: float) -> Order:
    """Return the order of a try: this power either way, nothing else."""
    step = Step(
        start=now,
        end=now + LONGEST,
        intent=Intent.IDLE,
        target_kw=0.0,
        battery_kw=0.0,
        grid_kw=0.0,
        power_min_kw=-power_kw,
        power_max_kw=power_kw,
        soc_min=0.0,
        soc_max=1.0,
        soc_end=0.0,
    )
    return Order.of(
        recommendation_id="commissioning",
        project_id=plant.project_id,
        device_id=plant.device_id,
        step=step,
        payload_digest="commissioning",
    )

"""One site's plant: battery, arrays, meter and load, moved second by second by one clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from slothbox.battery import BatterySpec
from slothbox.plant.battery_unit import BatteryUnit
from slothbox.plant.faults import Faults
from slothbox.plant.pv_unit import PvUnit
from slothbox.plant.registers import (
    GRID_POWER_W,
    LOAD_POWER_W,
    PV_POWER_W,
    UNKNOWN_INT32,
    UNKNOWN_UINT32,
    BatteryHolding,
    BatteryInput,
    Refusal,
    Unit,
    int32_words,
    watts,
)
from slothbox.plant.sunspec_unit import SunSpecUnit
from slothbox.plant.sunspec_values import Reading, telemetry

STEP_S = 1.0
LONGEST_CATCH_UP_S = 3600.0
STRANGER = 0x0BAD


class Measured(Protocol):
    """What was measured at the site, in kW, at a served moment; None where nothing was."""

    def load_kw(self, moment: datetime) -> float | None:
        """Return the load of the site's connection."""

    def pv_kw(self, moment: datetime) -> float | None:
        """Return the production of all arrays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The two clocks of a plant: the time of day (UTC) and one that only runs forward, in seconds."""

    moment: Callable[[], datetime]
    monotonic_s: Callable[[], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlantSite:
    """What stands at a site: its project, its battery's device id, its arrays' rating (0: none)."""

    project_id: str
    device_id: str
    battery: BatterySpec
    pv_rating_kw: float


class Plant:
    """Five units of one site; the fifth is the others once more, for a client that speaks SunSpec.

    Every access first brings the plant to the present.
    """

    def __init__(self, site: PlantSite, measured: Measured, clock: Clock, *, soc: float, boots: int) -> None:
        """Start the plant in its own mode with a state of charge (0..1) and the count of its starts."""
        self.site = site
        self.faults = Faults()
        self._measured, self._clock = measured, clock
        self._frozen: dict[int, dict[int, int]] = {}
        self._frozen_reading: Reading | None = None
        self._pv_wh = self._import_wh = self._export_wh = 0.0
        self._advanced_s = 0.0
        self._boot(soc, boots)

    @property
    def soc(self) -> float:
        """The true state of charge, 0..1."""
        return self.battery.soc

    @property
    def boots(self) -> int:
        """How often the plant was started."""
        return self.battery.boots

    def moment(self) -> datetime:
        """Return the plant's time of day."""
        return self._clock.moment()

    def reboot(self, *, kept: bool = False) -> None:
        """Start again, the stored energy as it was; control registers at their defaults, or `kept` as they were."""
        before = self.battery
        self._boot(before.soc, before.boots + 1)
        if kept:
            self.battery.take_over(before, self._clock.monotonic_s())

    def set_soc(self, soc: float) -> None:
        """Put the battery at a state of charge (0..1), as no battery could."""
        if not 0 <= soc <= 1:
            raise ValueError(f"a state of charge lies between 0 and 1, not at {soc}")
        self.battery.soc = soc

    def advance(self) -> None:
        """Bring the plant to the present in steps of one second."""
        now_s, moment = self._clock.monotonic_s(), self._clock.moment()
        self._advanced_s = max(self._advanced_s, now_s - LONGEST_CATCH_UP_S)
        while self._advanced_s + STEP_S <= now_s:
            self._advanced_s += STEP_S
            self._step(self._advanced_s, moment - timedelta(seconds=now_s - self._advanced_s))
        self._watch(now_s)

    def holding(self, unit: int) -> dict[int, int]:
        """Return the holding registers of a unit by address."""
        if unit == Unit.BATTERY:
            own = self.battery.holding()
            return own | {BatteryHolding.IDENTITY: STRANGER} if self.faults.stranger else own
        if unit == Unit.SUNSPEC:
            site = self.site
            return self.sunspec.holding(telemetry(self._reading(), site.battery, site.pv_rating_kw, self._serial))
        return self.pv.holding() if unit == Unit.PV else {}

    def inputs(self, unit: int) -> dict[int, int]:
        """Return the input registers of a unit by address."""
        if not self.faults.frozen:
            self._frozen.clear()
            return self._live_inputs(unit)
        return self._frozen.setdefault(unit, self._live_inputs(unit))

    def write(self, unit: int, address: int, values: list[int]) -> Refusal | None:
        """Write holding registers, all or none; return why not."""
        if self.faults.write_exception:
            return Refusal(self.faults.write_exception)
        now_s = self._clock.monotonic_s()
        if unit == Unit.PV:
            return self.pv.write(address, values, now_s)
        if unit == Unit.SUNSPEC:
            return None if self.faults.stuck else self.sunspec.write(address, values, now_s)
        if unit != Unit.BATTERY:
            return Refusal.ADDRESS
        return self._write_battery(address, values, now_s)

    def _write_battery(self, address: int, values: list[int], now_s: float) -> Refusal | None:
        if self.faults.stuck:
            return None
        refusal = self.battery.write(address, values, now_s, half=self.faults.half_write)
        if self.faults.clamp_kw:
            self.battery.clamp_setpoint(watts(self.faults.clamp_kw))
        return refusal

    def _boot(self, soc: float, boots: int) -> None:
        now_s = self._clock.monotonic_s()
        self.battery = BatteryUnit(spec=self.site.battery, soc=soc, boots=boots, booted_s=now_s)
        self.pv = PvUnit(rating_kw=self.site.pv_rating_kw)
        self.sunspec = SunSpecUnit(battery=self.battery, pv=self.pv)
        self._advanced_s = now_s
        self._minute: datetime | None = None
        self._measure(self._clock.moment())

    def _step(self, now_s: float, moment: datetime) -> None:
        self._watch(now_s)
        self._measure(moment)
        self.battery.step(self._net_load_kw(), STEP_S, deaf=self.faults.deaf)
        self._count_energy()

    def _watch(self, now_s: float) -> None:
        self.battery.swapped, self.battery.late_s = self.faults.word_swap, self.faults.late_watchdog_s
        self.battery.watch(now_s)
        self.pv.watch(now_s)
        self.sunspec.watch(now_s)

    def _measure(self, moment: datetime) -> None:
        """Take over load and sun; no measured step is shorter than a minute, so once a minute is enough."""
        minute = moment.replace(second=0, microsecond=0)
        if minute != self._minute:
            self._minute = minute
            self._load_kw = self._measured.load_kw(moment)
            self._available_kw = self._measured.pv_kw(moment)
        self.pv.step(self._available_kw)

    def _net_load_kw(self) -> float | None:
        if self._load_kw is None or self.pv.power_kw is None:
            return None
        return self._load_kw - self.pv.power_kw

    def _live_inputs(self, unit: int) -> dict[int, int]:
        unknown = self.faults.all_unknown
        if unit == Unit.BATTERY:
            soc_unknown = self.faults.soc_unknown or unknown
            own = self.battery.inputs(self._clock.monotonic_s(), soc_unknown=soc_unknown)
            return own | dict(enumerate(int32_words(UNKNOWN_INT32), BatteryInput.POWER_W)) if unknown else own
        if unit == Unit.PV:
            return dict(enumerate(int32_words(UNKNOWN_UINT32), PV_POWER_W)) if unknown else self.pv.inputs()
        if unit == Unit.GRID:
            return dict(enumerate(int32_words(UNKNOWN_INT32 if unknown else self._grid_w()), GRID_POWER_W))
        load_w = UNKNOWN_UINT32 if unknown or self._load_kw is None else watts(self._load_kw)
        return dict(enumerate(int32_words(load_w), LOAD_POWER_W))

    @property
    def _serial(self) -> str:
        return "stranger" if self.faults.stranger else self.site.device_id

    def _reading(self) -> Reading:
        """Return what a SunSpec client is told of the plant: the truth, unless a fault says otherwise."""
        if not self.faults.frozen:
            self._frozen_reading = None
        elif self._frozen_reading is None:
            self._frozen_reading = self._live_reading()
        return self._frozen_reading or self._live_reading()

    def _live_reading(self) -> Reading:
        unknown, grid_w = self.faults.all_unknown, self._grid_w()
        return Reading(
            battery_kw=None if unknown else self.battery.power_kw,
            pv_kw=None if unknown else self.pv.power_kw,
            grid_kw=None if unknown or grid_w == UNKNOWN_INT32 else grid_w / 1000,
            soc=None if unknown or self.faults.soc_unknown else self.battery.soc,
            uptime_s=int(self._clock.monotonic_s() - self.battery.booted_s),
            pv_wh=self._pv_wh,
            import_wh=self._import_wh,
            export_wh=self._export_wh,
        )

    def _count_energy(self) -> None:
        """Let the energy meters turn; what is not known is not counted."""
        grid_w = self._grid_w()
        if grid_w == UNKNOWN_INT32 or self.pv.power_kw is None:
            return
        self._pv_wh += self.pv.power_kw * 1000 * STEP_S / 3600
        self._import_wh += max(0, grid_w) * STEP_S / 3600
        self._export_wh += max(0, -grid_w) * STEP_S / 3600

    def _grid_w(self) -> int:
        """Return load - pv - battery in W, equal to the watt to what the other units say."""
        if self._load_kw is None or self.pv.power_kw is None:
            return UNKNOWN_INT32
        return watts(self._load_kw) - watts(self.pv.power_kw) - watts(self.battery.power_kw)

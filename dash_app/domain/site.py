"""The place behind a project: what is measured there, what stands there, and within which limits it may act."""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

RECOVERY_PACE = 0.25
"""Share of the power that is free for it with which a battery outside its limits is led back."""


class Quantity(StrEnum):
    """What a measurand measures. Powers are in kW and non-negative, SOC is in percent at the API only."""

    PV_KW = "pv_kw"
    LOAD_KW = "load_kw"
    CHARGE_KW = "charge_kw"
    DISCHARGE_KW = "discharge_kw"
    IMPORT_KW = "import_kw"
    EXPORT_KW = "export_kw"
    SOC = "soc"
    PV_FORECAST_KW = "pv_forecast_kw"
    LOAD_FORECAST_KW = "load_forecast_kw"
    OTHER_KW = "other_kw"
    UNKNOWN = "unknown"


class Execution(StrEnum):
    """By what the dispatcher decides within a step."""

    PLAN = "plan"
    """By the step's own intent and target."""
    VALUE = "value"
    """By the value of stored energy on the measured net load, for as long as its table is young."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurand:
    """One measured series as the energy API lists it; `code` is the API's raw key, `name` is for people.

    `measured_shift` is served time minus time of measurement: 0 but for replayed data, whose sun stood elsewhere.
    """

    measurand_id: str
    code: str
    name: str
    quantity: Quantity
    resolution: timedelta
    unit: str = "kW"
    on_connection: bool = True
    sparse: bool = False
    simulated: bool = False
    measured_shift: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Battery:
    """A battery: limits are ceilings at the AC meter that nobody raises from a page; SoC is 0..1 of `capacity_kwh`."""

    battery_id: str
    name: str
    device_id: str
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    soc_min: float
    soc_max: float
    soc_reserve: float = 0.0
    wear_per_kwh: float = 0.0
    simulated: bool = False

    @property
    def soc_floor(self) -> float:
        """The lowest SoC a plan may use: the technical minimum or the reserve, whichever is higher."""
        return max(self.soc_min, self.soc_reserve)


@dataclass(frozen=True, slots=True, kw_only=True)
class PvArray:
    """One array or inverter: its measurand and its nameplate."""

    measurand_id: str
    name: str
    kwp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GridConnection:
    """The site's connection: the most it may import and export, kW."""

    import_limit_kw: float
    export_limit_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TariffPart:
    """What one kWh costs from `valid_from` on, in the project's currency.

    import price = published market or tariff price x `energy_factor` + `fees_per_kwh`;
    export price = `export_per_kwh`, or the published price x `export_factor` where that is None.
    """

    valid_from: date
    energy_factor: float = 1.0
    fees_per_kwh: float = 0.0
    export_per_kwh: float | None = None
    export_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DayWindow:
    """The same hours on some days of the week (0 = Monday), on the site's own clock; `end` 00:00 is the day's end."""

    start: time = time()
    end: time = time()
    weekdays: frozenset[int] = frozenset(range(7))

    def holds(self, weekday: int, moment: time) -> bool:
        """Return whether a moment of a day lies in the window.

        >>> DayWindow(start=time(7), end=time(22)).holds(0, time(21, 45)), DayWindow(start=time(7)).holds(0, time(6))
        (True, False)
        """
        return weekday in self.weekdays and self.start <= moment and (self.end == time() or moment < self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vehicle:
    """A vehicle that comes on some weekdays at `arrives` and leaves at the next `departs`, on the site's own clock.

    It has to hold `soc_target` (0..1) from `ready_before` its departure on. What it holds is measured by
    `soc_measurand` (in percent at the API), or taken as `soc_on_arrival`. Its power is no part of the measured load.
    """

    vehicle_id: str
    name: str
    capacity_kwh: float
    charge_kw: float
    min_kw: float = 0.0
    charge_efficiency: float = 1.0
    soc_on_arrival: float
    soc_target: float
    arrives: time
    departs: time
    weekdays: frozenset[int] = frozenset(range(7))
    ready_before: timedelta = timedelta(0)
    soc_measurand: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakPrice:
    """A price per kW on the highest mean import of a calendar month, averaged over `averaging`, within `windows`."""

    price_per_kw: float
    averaging: timedelta
    windows: tuple[DayWindow, ...] = (DayWindow(),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything the energy API does not say about a project: one entry of SITES_FILE."""

    project_id: str
    name: str
    timezone: ZoneInfo
    currency: str
    latitude: float
    longitude: float
    place: str
    grid: GridConnection
    tariff: tuple[TariffPart, ...] = ()
    battery: Battery | None = None
    arrays: tuple[PvArray, ...] = ()
    has_co2: bool = False
    has_weather: bool = False
    plan_step: timedelta = timedelta(minutes=15)
    plan_every: timedelta = timedelta(minutes=15)
    roles_by_email: dict[str, frozenset[str]] = field(default_factory=dict)
    vehicles: tuple[Vehicle, ...] = ()
    capacity_charges: tuple[PeakPrice, ...] = ()
    execution: Execution = Execution.PLAN

    @property
    def controllable(self) -> bool:
        """Whether there is something here that a plan can move."""
        return self.battery is not None

    def tariff_on(self, day: date) -> TariffPart | None:
        """Return the tariff part in force on `day` (local), or None when none is."""
        in_force = [part for part in self.tariff if part.valid_from <= day]
        return max(in_force, key=lambda part: part.valid_from) if in_force else None

"""What a demo site is made of: where its numbers come from, which measurands it serves, what stands there.

Powers are in kW and non-negative, energies in kWh, efficiencies and SoC fractions 0..1 (SoC is in percent on the wire).
"""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from slothbox.battery import BatterySpec

BATTERY_STEP = timedelta(seconds=60)


class Category(StrEnum):
    """The category types of the base contract, spelled as installations spell them."""

    PV = "PV_real"
    LOAD = "Power_Util_Real"
    BATTERY = "ESS_Real"
    GRID = "PEG_Real"
    OTHER = "Other_Real"


class MarketKind(StrEnum):
    """What is published about a site rather than measured at it."""

    PRICES = "prices"
    CO2 = "co2"
    WEATHER = "weather"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A weighted sum of columns of one shipped file; a missing part makes the sum missing.

    `local_stamps`: the file's own clock is civil time (column `timestamp_local`), otherwise UTC (`timestamp_utc`).
    `zero_is_gap`: the publisher wrote 0 for a missing reading. `non_negative`: a sum below 0 contradicts itself and is
    missing. `ends_at_stamp`: the value is the mean of the step that ENDS at its stamp.
    """

    file: str
    columns: tuple[tuple[str, float], ...]
    step: timedelta
    local_stamps: bool = False
    zero_is_gap: bool = False
    non_negative: bool = False
    ends_at_stamp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasurandSpec:
    """One measurand as the API lists it; without a `source` it is simulated and comes from the archive."""

    measurand_id: str
    code: str
    title: str
    category: Category
    step: timedelta
    source: Source | None = None
    unit: str = "kW"
    on_connection: bool = True
    sparse: bool = False
    kwp: float | None = None

    @property
    def simulated(self) -> bool:
        """Whether the numbers come from the simulated plant."""
        return self.source is None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSpec:
    """A published series: its columns by name, its unit and its step."""

    kind: MarketKind
    unit: str
    step: timedelta
    columns: tuple[tuple[str, Source], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWindow:
    """Which part of the source repeats: midnight of `start` (source) is served first at midnight of `anchor`."""

    start: date
    anchor: date
    length: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the site pays and may do: limits in kW, prices per kWh in the site's currency."""

    import_limit_kw: float
    export_limit_kw: float
    energy_factor: float = 1.0
    fees_per_kwh: float = 0.0
    export_factor: float | None = None
    export_per_kwh: float | None = None
    plan_step_min: int = 60
    plan_every_min: int = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSite:
    """One project of the demo."""

    project_id: str
    name: str
    category: str
    tz: ZoneInfo
    currency: str
    place: str
    latitude: float
    longitude: float
    replay: ReplayWindow
    measurands: tuple[MeasurandSpec, ...]
    terms: Terms
    markets: tuple[MarketSpec, ...] = ()
    battery: BatterySpec | None = None
    battery_device: str = ""
    wear_per_kwh: float = 0.02

    def measurand(self, code: str) -> MeasurandSpec:
        """Return the measurand with this raw code; KeyError when the site has none."""
        return {spec.code: spec for spec in self.measurands}[code]

    def market(self, kind: MarketKind | str) -> MarketSpec | None:
        """Return the published series of this kind, or None when the site has none."""
        return next((spec for spec in self.markets if spec.kind == kind), None)


def battery_measurands(first_id: int) -> tuple[MeasurandSpec, ...]:
    """Return the five measurands of a simulated battery and its meter, numbered from `first_id`."""
    rows = (
        ("P_ESS_charge", "Battery charging (simulated)", Category.BATTERY, "kW"),
        ("P_ESS_discharge", "Battery discharging (simulated)", Category.BATTERY, "kW"),
        ("SOC", "Battery state of charge (simulated)", Category.BATTERY, "%"),
        ("P_PEG_import", "Import from the grid (simulated)", Category.GRID, "kW"),
        ("P_PEG_export", "Export to the grid (simulated)", Category.GRID, "kW"),
    )
    return tuple(
        MeasurandSpec(
            measurand_id=str(first_id + row), code=code, title=title, category=category, unit=unit, step=BATTERY_STEP
        )
        for row, (code, title, category, unit) in enumerate(rows)
    )

"""Fontana home 1, California: one array, one home, a time-of-use tariff, grid CO2 and a small battery.

The source runs on civil time with 8,760 rows, so it is read by its local stamps. PV is given per kWp.
"""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from slothbox.battery import BatterySpec
from slothbox.demo.model import (
    Category,
    DemoSite,
    MarketKind,
    MarketSpec,
    MeasurandSpec,
    ReplayWindow,
    Source,
    Terms,
    battery_measurands,
)

STEP = timedelta(hours=1)
KWP = 4.0
HOME = "us_fontana/us_fon_home01.csv.gz"
REPLAY = ReplayWindow(start=date(2016, 8, 1), anchor=date(2024, 7, 22), length=timedelta(weeks=52))
BATTERY = BatterySpec(
    capacity_kwh=6.4,
    charge_kw=5.0,
    discharge_kw=5.0,
    charge_efficiency=0.949,
    discharge_efficiency=0.949,
    soc_min=0.1,
    soc_max=0.95,
)


def _civil(file: str, column: str, factor: float = 1.0) -> Source:
    return Source(file=file, columns=((column, factor),), step=STEP, local_stamps=True)


def _measured() -> tuple[MeasurandSpec, ...]:
    return (
        MeasurandSpec(
            measurand_id="201",
            code="pv_production",
            title="Roof array",
            category=Category.PV,
            step=STEP,
            source=_civil(HOME, "pv_wh_per_kwp", KWP / 1000),
            kwp=KWP,
        ),
        MeasurandSpec(
            measurand_id="211",
            code="e_demand",
            title="Home",
            category=Category.LOAD,
            step=STEP,
            source=_civil(HOME, "demand_kwh"),
        ),
    )


def _published() -> tuple[MarketSpec, ...]:
    price = _civil("us_fontana/price_us_tou.csv.gz", "tariff_usd_per_kwh")
    co2 = _civil("us_fontana/co2_us_ca.csv.gz", "co2_kg_per_kwh")
    return (
        MarketSpec(kind=MarketKind.PRICES, unit="USD/kWh", step=STEP, columns=(("value", price),)),
        MarketSpec(kind=MarketKind.CO2, unit="kg/kWh", step=STEP, columns=(("value", co2),)),
    )


def fontana() -> DemoSite:
    """Return the home with its 6.4 kWh / 5 kW battery (round trip 0.9)."""
    return DemoSite(
        project_id="fontana-1",
        name="Fontana home 1",
        category="pvTestProject",
        tz=ZoneInfo("America/Los_Angeles"),
        currency="USD",
        place="Fontana, US",
        latitude=34.092,
        longitude=-117.435,
        replay=REPLAY,
        measurands=(*_measured(), *battery_measurands(221)),
        markets=_published(),
        terms=Terms(import_limit_kw=20, export_limit_kw=10, export_per_kwh=0.05),
        battery=BATTERY,
        battery_device="fontana-1-ess1",
    )

"""Two Cambridge university buildings: b071 with a simulated battery, b005 with weather; dynamic tariff and CO2.

The publisher wrote 0 for a missing electricity reading. The battery of b071 is assumed: two hours of its mean load.
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
WEATHER = "uk_cambridge/weather_bedford.csv.gz"
TERMS = Terms(import_limit_kw=700, export_limit_kw=100, export_per_kwh=0.05)
REPLAY = ReplayWindow(
    start=date(2019, 7, 1),
    anchor=date(2025, 6, 23),
    length=timedelta(weeks=156),
)

BATTERY = BatterySpec(
    capacity_kwh=210.0,
    charge_kw=105.0,
    discharge_kw=105.0,
    charge_efficiency=0.938,
    discharge_efficiency=0.938,
    soc_min=0.1,
    soc_max=0.95,
)


def _measured(building: str, first_id: int) -> tuple[MeasurandSpec, ...]:
    file = f"uk_cambridge/uk_cam_{building}.csv.gz"
    return (
        MeasurandSpec(
            measurand_id=str(first_id + 10),
            code="e_demand",
            title=f"Building {building}",
            category=Category.LOAD,
            step=STEP,
            source=Source(file=file, columns=(("demand_kwh", 1.0),), step=STEP, zero_is_gap=True),
        ),
        MeasurandSpec(
            measurand_id=str(first_id + 30),
            code="other_gas",
            title="Gas",
            category=Category.OTHER,
            step=STEP,
            source=Source(file=file, columns=(("gas_kwh", 1.0),), step=STEP),
            on_connection=False,
        ),
    )


def _weather(column: str, *, ends_at_stamp: bool = False) -> tuple[str, Source]:
    return column, Source(file=WEATHER, columns=((column, 1.0),), step=STEP, ends_at_stamp=ends_at_stamp)


def _published() -> tuple[MarketSpec, ...]:
    tariff = Source(
        file="uk_cambridge/price_gb_agile_region_a.csv.gz", columns=(("price_gbp_per_kwh", 1.0),), step=STEP
    )
    co2 = Source(file="uk_cambridge/co2_gb.csv.gz", columns=(("co2_kg_per_kwh", 1.0),), step=STEP)
    weather = (
        _weather("temperature_c"),
        _weather("relative_humidity_pct"),
        _weather("global_irradiance_w_m2", ends_at_stamp=True),
    )
    return (
        MarketSpec(kind=MarketKind.PRICES, unit="GBP/kWh", step=STEP, columns=(("value", tariff),)),
        MarketSpec(kind=MarketKind.CO2, unit="kg/kWh", step=STEP, columns=(("value", co2),)),
        MarketSpec(kind=MarketKind.WEATHER, unit="as named", step=STEP, columns=weather),
    )


def cambridge_b071() -> DemoSite:
    """Return building b071 with a simulated 210 kWh / 105 kW battery (round trip 0.88)."""
    return DemoSite(
        project_id="cambridge-b071",
        name="Cambridge b071",
        category="normalprojects",
        tz=ZoneInfo("Europe/London"),
        currency="GBP",
        place="Cambridge, GB",
        latitude=52.194,
        longitude=0.131,
        replay=REPLAY,
        measurands=(*_measured("b071", 301), *battery_measurands(321)),
        markets=_published(),
        terms=TERMS,
        battery=BATTERY,
        battery_device="cambridge-b071-ess1",
    )


def cambridge_b005() -> DemoSite:
    """Return building b005: a large steady load next to the weather, no battery."""
    return DemoSite(
        project_id="cambridge-b005",
        name="Cambridge b005",
        category="dashBoardTest",
        tz=ZoneInfo("Europe/London"),
        currency="GBP",
        place="Cambridge, GB",
        latitude=52.194,
        longitude=0.131,
        replay=REPLAY,
        measurands=_measured("b005", 401),
        markets=_published(),
        terms=TERMS,
    )

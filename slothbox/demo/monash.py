"""Monash campus, Melbourne: six arrays, two buildings on the site's connection, four on another one, one battery.

Only four whole weeks of September 2020 have clean arrays, both buildings and a price, so those repeat; what the
source measured before them stands before the first pass. Nameplates are not published: `kwp` is the highest clean
reading after 2020-05-21, rounded up.
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

STEP = timedelta(minutes=15)
PRICE_STEP = timedelta(minutes=30)
KWP = (51.0, 13.0, 13.0, 11.5, 8.0, 40.0)
CONNECTED = (1, 6)
ELSEWHERE = (0, 3, 4, 5)
SPARSE = (4, 5)
REPLAY = ReplayWindow(start=date(2020, 9, 1), anchor=date(2026, 11, 3), length=timedelta(weeks=4))
TERMS = Terms(
    import_limit_kw=300,
    export_limit_kw=150,
    fees_per_kwh=0.08,
    export_factor=1.0,
    plan_step_min=15,
    plan_every_min=15,
)
BATTERY = BatterySpec(
    capacity_kwh=150.0,
    charge_kw=75.0,
    discharge_kw=75.0,
    charge_efficiency=0.922,
    discharge_efficiency=0.922,
    soc_min=0.1,
    soc_max=0.95,
)


def _array(number: int, kwp: float) -> MeasurandSpec:
    source = Source(file="au_clayton/au_cla_pv_15min.csv.gz", columns=((f"solar{number}_kw", 1.0),), step=STEP)
    return MeasurandSpec(
        measurand_id=str(101 + number),
        code=f"pv_production_{number}",
        title=f"Array {number + 1}",
        category=Category.PV,
        step=STEP,
        source=source,
        kwp=kwp,
    )


def _building(number: int) -> MeasurandSpec:
    file = "au_clayton/au_cla_demand_15min.csv.gz"
    return MeasurandSpec(
        measurand_id=str(110 + number),
        code=f"e_demand_building{number}",
        title=f"Building {number}",
        category=Category.LOAD,
        step=STEP,
        source=Source(file=file, columns=((f"building{number}_kw", 1.0),), step=STEP),
        on_connection=number in CONNECTED,
        sparse=number in SPARSE,
    )


def _spot_price() -> MarketSpec:
    file = "au_clayton/price_au_vic1_30min.csv.gz"
    source = Source(file=file, columns=(("price_aud_per_mwh", 0.001),), step=PRICE_STEP)
    return MarketSpec(kind=MarketKind.PRICES, unit="AUD/kWh", step=PRICE_STEP, columns=(("value", source),))


def monash() -> DemoSite:
    """Return the campus with its 150 kWh / 75 kW battery (round trip 0.85)."""
    return DemoSite(
        project_id="monash",
        name="Monash campus",
        category="pvTestProject",
        tz=ZoneInfo("Australia/Melbourne"),
        currency="AUD",
        place="Clayton, AU",
        latitude=-37.911,
        longitude=145.134,
        replay=REPLAY,
        measurands=(
            *(_array(number, kwp) for number, kwp in enumerate(KWP)),
            *(_building(number) for number in sorted(CONNECTED + ELSEWHERE)),
            *battery_measurands(121),
        ),
        markets=(_spot_price(),),
        terms=TERMS,
        battery=BATTERY,
        battery_device="monash-ess1",
    )

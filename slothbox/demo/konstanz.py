"""Konstanz house 4: PV, heat pump and car behind one meter; the source's gaps make it the abnormal project.

Everything comes from the energy of each interval, so the jump of a counter after a gap is never spread. The load is
computed: import + pv - export; the few hours where that is below 0 contradict themselves and count as missing.
"""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from slothbox.demo.model import (
    Category,
    DemoSite,
    MarketKind,
    MarketSpec,
    MeasurandSpec,
    ReplayWindow,
    Source,
    Terms,
)

STEP = timedelta(hours=1)
REPLAY = ReplayWindow(start=date(2015, 11, 2), anchor=date(2024, 10, 21), length=timedelta(weeks=52))
HOUSE = "derived/de_kn_res4_interval_energy.csv.gz"
METERED = (
    ("501", "pv_production", "Roof array", Category.PV, (("pv_kwh", 1.0),)),
    (
        "511",
        "e_demand",
        "House",
        Category.LOAD,
        (("grid_import_kwh", 1.0), ("pv_kwh", 1.0), ("grid_export_kwh", -1.0)),
    ),
    ("524", "P_PEG_import", "Import from the grid", Category.GRID, (("grid_import_kwh", 1.0),)),
    ("525", "P_PEG_export", "Export to the grid", Category.GRID, (("grid_export_kwh", 1.0),)),
)
APPLIANCES = (
    ("531", "heat_pump", "Heat pump"),
    ("532", "ev", "Electric car"),
    ("533", "freezer", "Freezer"),
    ("534", "refrigerator", "Refrigerator"),
    ("535", "dishwasher", "Dishwasher"),
    ("536", "washing_machine", "Washing machine"),
)


def _metered() -> tuple[MeasurandSpec, ...]:
    return tuple(
        MeasurandSpec(
            measurand_id=measurand_id,
            code=code,
            title=title,
            category=category,
            step=STEP,
            source=Source(file=HOUSE, columns=columns, step=STEP, non_negative=True),
            kwp=10.0 if category is Category.PV else None,
        )
        for measurand_id, code, title, category, columns in METERED
    )


def _appliances() -> tuple[MeasurandSpec, ...]:
    return tuple(
        MeasurandSpec(
            measurand_id=measurand_id,
            code=f"other_{name}",
            title=title,
            category=Category.OTHER,
            step=STEP,
            source=Source(file=HOUSE, columns=((f"{name}_kwh", 1.0),), step=STEP),
        )
        for measurand_id, name, title in APPLIANCES
    )


def _day_ahead() -> MarketSpec:
    file = "market_de/price_day_ahead_smard_2015.csv.gz"
    source = Source(file=file, columns=(("price_eur_per_mwh_de_at_lu", 0.001),), step=STEP)
    return MarketSpec(kind=MarketKind.PRICES, unit="EUR/kWh", step=STEP, columns=(("value", source),))


def konstanz() -> DemoSite:
    """Return the house; nothing there can be controlled."""
    return DemoSite(
        project_id="konstanz-4",
        name="Konstanz house 4",
        category="abnormal projects",
        tz=ZoneInfo("Europe/Berlin"),
        currency="EUR",
        place="Konstanz, DE",
        latitude=47.66,
        longitude=9.175,
        replay=REPLAY,
        measurands=(*_metered(), *_appliances()),
        markets=(_day_ahead(),),
        terms=Terms(import_limit_kw=20, export_limit_kw=10, fees_per_kwh=0.2, export_per_kwh=0.12),
    )

"""What the energy of a range cost and how much CO2 came with it: measured power times what was published for its step.

A step without a published price (or without a measured power) is left out and counted, never estimated: the true cost
is then not known, and what is returned is that of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from dash_app.domain.errors import StaleData
from dash_app.domain.frames import Power, Price
from dash_app.domain.measurement import Published
from dash_app.domain.site import Site
from dash_app.domain.tariff import known_prices, on_grid
from dash_app.domain.time import TimeGrid


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCost:
    """Cost of the connection over a range, in the project's currency, and the CO2 of what was imported.

    `import_cost` and `export_revenue` are of the hours with power and price; `co2_kg` is None without a CO2 series.
    `priced_kwh` and `counted_kwh` are what was imported in the hours with a price, and with a CO2 intensity.
    `hours` were asked for; `missing_power_h`, `missing_price_h` and `missing_co2_h` of them could not be counted.
    """

    hours: float
    import_kwh: float
    export_kwh: float
    priced_kwh: float
    counted_kwh: float
    import_cost: float
    export_revenue: float
    co2_kg: float | None
    missing_power_h: float
    missing_price_h: float
    missing_co2_h: float

    @property
    def cost(self) -> float:
        """What was paid for import minus what export brought."""
        return self.import_cost - self.export_revenue

    @property
    def cost_per_kwh(self) -> float | None:
        """What an imported kWh cost on average: import cost / energy imported in the priced hours."""
        return self.import_cost / self.priced_kwh if self.priced_kwh > 0 else None

    @property
    def co2_per_kwh(self) -> float | None:
        """How much CO2 came with an imported kWh on average, kg: CO2 / energy imported in the counted hours."""
        return self.co2_kg / self.counted_kwh if self.co2_kg is not None and self.counted_kwh > 0 else None

    @property
    def cost_known(self) -> bool:
        """Whether any hour could be priced."""
        return self.missing_price_h < self.hours

    @property
    def cost_complete(self) -> bool:
        """Whether every hour has a power and a price."""
        return self.missing_price_h == 0

    @property
    def co2_complete(self) -> bool:
        """Whether every hour has a power and a CO2 intensity."""
        return self.missing_co2_h == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedSource:
    """One source of the load's energy: kWh, and what the same energy cost or would have cost from the grid then."""

    energy_kwh: float
    at_grid_price: float | None
    co2_kg: float | None


def price_of_steps(published: Published | None, grid: TimeGrid, site: Site) -> pd.DataFrame:
    """Return frames.Price over `grid` for the tariff of `site`, NaN where nothing was published; never estimated.

    import price = published x factor + fees; export price is fixed, or published x its own factor
    (see `site.TariffPart`). Without a tariff on one of the days there is no price at all.
    """
    nothing = pd.DataFrame(np.nan, index=grid.index(), columns=[column.value for column in Price])
    if published is None:
        return nothing
    try:
        return known_prices(published, grid, site)
    except StaleData:
        return nothing


def co2_of_steps(published: Published | None, grid: TimeGrid) -> pd.Series | None:
    """Return kg CO2 per kWh of grid energy over `grid`, NaN where nothing was published; None without a series."""
    return None if published is None else on_grid(published.values, grid)


def cost_of(grid_kw: pd.Series, prices: pd.DataFrame, co2_kg_per_kwh: pd.Series | None, step: timedelta) -> EnergyCost:
    """Return cost and CO2 of the power at the connection (import positive); prices and CO2 may reach farther.

    cost = sum of import_kwh x import price - sum of export_kwh x export price;
    CO2 = sum of import_kwh x the grid's intensity in that step (export is not credited).

    >>> index = pd.date_range("2020-09-28", periods=3, freq="h", tz="UTC")
    >>> prices = pd.DataFrame({"import_per_kwh": [0.2, 0.4, None], "export_per_kwh": [0.1, 0.1, 0.1]}, index=index)
    >>> known = cost_of(pd.Series([10.0, -5.0, 1.0], index=index), prices, None, timedelta(hours=1))
    >>> known.import_cost, known.export_revenue, known.cost, known.missing_price_h
    (2.0, 0.5, 1.5, 1.0)
    """
    step_h = step / timedelta(hours=1)
    brought, sent = grid_kw.clip(lower=0.0) * step_h, (-grid_kw).clip(lower=0.0) * step_h
    price = pd.DataFrame({"in": prices[Price.IMPORT], "out": prices[Price.EXPORT]}).reindex(grid_kw.index)
    priced = grid_kw.notna() & price.notna().all(axis=1)
    carbon = pd.Series(np.nan, index=grid_kw.index) if co2_kg_per_kwh is None else co2_kg_per_kwh.reindex(grid_kw.index)
    counted = grid_kw.notna() & carbon.notna()
    return EnergyCost(
        hours=len(grid_kw) * step_h,
        import_kwh=float(brought.sum()),
        export_kwh=float(sent.sum()),
        priced_kwh=float(brought[priced].sum()),
        counted_kwh=float(brought[counted].sum()),
        import_cost=float((brought * price["in"])[priced].sum()),
        export_revenue=float((sent * price["out"])[priced].sum()),
        co2_kg=float((brought * carbon)[counted].sum()) if counted.any() else None,
        missing_power_h=float(grid_kw.isna().sum() * step_h),
        missing_price_h=float((~priced).sum() * step_h),
        missing_co2_h=float((~counted).sum() * step_h),
    )


def priced_sources(
    balance: pd.DataFrame, prices: pd.DataFrame, co2_kg_per_kwh: pd.Series | None, step: timedelta
) -> dict[Power, PricedSource]:
    """Return the load's energy by where it came from (PV, battery, grid) with its worth at the grid's price.

    The attribution is that of `kpi.load_sources`: PV first, then the battery, the rest from the grid. Steps with a
    missing power are left out; a price or CO2 that is missing makes the worth that of the other steps.
    """
    known = balance.dropna()
    step_h = step / timedelta(hours=1)
    load = known[Power.LOAD_KW]
    pv = known[Power.PV_KW].clip(upper=load)
    battery = known[Power.BATTERY_KW].clip(lower=0.0).clip(upper=load - pv)
    parts = {Power.PV_KW: pv, Power.BATTERY_KW: battery, Power.GRID_KW: load - pv - battery}
    price = prices[Price.IMPORT].reindex(known.index)
    co2 = None if co2_kg_per_kwh is None else co2_kg_per_kwh.reindex(known.index)
    return {
        name: PricedSource(
            energy_kwh=float(power.sum() * step_h),
            at_grid_price=_worth(power, price, step_h),
            co2_kg=None if co2 is None else _worth(power, co2, step_h),
        )
        for name, power in parts.items()
    }


def _worth(power_kw: pd.Series, per_kwh: pd.Series, step_h: float) -> float | None:
    return float((power_kw * per_kwh).sum() * step_h) if per_kwh.notna().any() else None

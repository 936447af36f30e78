"""From what a market published to what one kWh costs this site, and an honest guess beyond what was published."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.errors import StaleData
from dash_app.domain.frames import Price, check_frame
from dash_app.domain.measurement import Published
from dash_app.domain.site import Site, TariffPart
from dash_app.domain.time import TimeGrid

WEEKS_BACK = (1, 2)
"""A price that is not published is taken from the same hour one week earlier, else two."""


def on_grid(values: pd.Series, grid: TimeGrid) -> pd.Series:
    """Return a published series on `grid`: held constant inside its own step, averaged where the grid is coarser."""
    index = grid.index()
    known = values.dropna()
    if known.empty:
        return pd.Series(np.nan, index=index)
    step = _step_of(values)
    if grid.step > step:
        known = known.resample(grid.step, origin=index[0]).mean()
        step = pd.Timedelta(grid.step)
    return known.reindex(index, method="ffill", tolerance=step - pd.Timedelta(1, "us"))


def estimate_ahead(values: pd.Series, grid: TimeGrid) -> tuple[pd.Series, pd.Series]:
    """Return values for every step of `grid` and which of them are estimated from the same hour weeks earlier.

    Raises StaleData when neither the step nor the same hour one or two weeks earlier was published.
    """
    series = on_grid(values, grid)
    estimated = series.isna()
    for week in WEEKS_BACK:
        shift = timedelta(weeks=week)
        earlier = TimeGrid(start=grid.start - shift, step=grid.step, steps=grid.steps)
        series = series.fillna(pd.Series(on_grid(values, earlier).to_numpy(), index=series.index))
    if series.isna().any():
        first = series.index[series.isna()][0]
        raise StaleData(f"no value was published for {first.isoformat()}, nor for the same hour a week or two before")
    return series, estimated


def price_frame(published: Published, grid: TimeGrid, site: Site) -> pd.DataFrame:
    """Return frames.Price over `grid` for the tariff of `site`; raise StaleData where nothing can be said."""
    market, estimated = estimate_ahead(published.values, grid)
    return check_frame(_priced(market, estimated, site), Price, complete=True)


def known_prices(published: Published, grid: TimeGrid, site: Site) -> pd.DataFrame:
    """Return frames.Price over `grid` from what was published, NaN elsewhere; raise StaleData without a tariff."""
    market = on_grid(published.values, grid)
    return check_frame(_priced(market, pd.Series(0.0, index=market.index), site), Price)


def _priced(market: pd.Series, estimated: pd.Series, site: Site) -> pd.DataFrame:
    days = pd.Series(pd.DatetimeIndex(market.index).tz_convert(site.timezone).date, index=market.index)
    by_day = {day: _part_on(site, day) for day in days.unique()}
    parts = [by_day[day] for day in days]
    factor = np.array([part.energy_factor for part in parts])
    fees = np.array([part.fees_per_kwh for part in parts])
    fixed = np.array([np.nan if part.export_per_kwh is None else part.export_per_kwh for part in parts])
    export_factor = np.array([part.export_factor for part in parts])
    return pd.DataFrame(
        {
            Price.IMPORT: market * factor + fees,
            Price.EXPORT: np.where(np.isnan(fixed), market * export_factor, fixed),
            Price.ESTIMATED: estimated.astype(float),
        }
    )


def _part_on(site: Site, day: date) -> TariffPart:
    part = site.tariff_on(day)
    if part is None:
        raise StaleData(f"{site.name} has no tariff for {day}")
    return part


def _step_of(values: pd.Series) -> pd.Timedelta:
    if len(values) < 2:
        return pd.Timedelta(hours=1)
    return pd.Timedelta(pd.DatetimeIndex(values.index)[1] - pd.DatetimeIndex(values.index)[0])

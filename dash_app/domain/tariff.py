"""From what a market published to what one kWh costs this site, and an honest guess beyond what was published."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.errors import StaleData
from dash_app.domain.frames import Price, check_frame
from dash_app.domain.measurement import Published
from dash_app.domain.site import Site, TariffPart
from dash_app.domain.time import TimeGrid

DAYS, DAYS_BACK = 7, 14
"""What is not published is expected to be the mean of so many of the days before, found among so many."""
WEEKS_BACK = (1, 2)
"""A tariff that repeats every week is taken from the same hour one week earlier, else two."""
REPEATS = 0.5
"""A series repeats every week where the week before was nearer to the last week than the days by this factor."""
FADES_H = 24.0
"""What the last published hour was off that mean fades away with this time constant."""
DAY, WEEK, HOUR = timedelta(days=1), timedelta(weeks=1), timedelta(hours=1)


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
    """Return values for every step of `grid` and which of them are estimated from the same hours of the days before.

    The mean of the days and what the last hour was off it, fading; the same hour a week earlier where weeks repeat.
    Raises StaleData when the same hour was not published on any of the 14 days before.
    """
    series = on_grid(values, grid)
    estimated = series.isna()
    if estimated.any() and values.notna().any():
        series = series.fillna(_expected(values.dropna(), grid))
    if series.isna().any():
        first = series.index[series.isna()][0]
        raise StaleData(f"no value was published for {first.isoformat()}, nor for the same hour of the 14 days before")
    return series, estimated


def price_frame(published: Published, grid: TimeGrid, site: Site) -> pd.DataFrame:
    """Return frames.Price over `grid` for the tariff of `site`; raise StaleData where nothing can be said."""
    market, estimated = estimate_ahead(published.values, grid)
    return check_frame(_priced(market, estimated, site), Price, complete=True)


def known_prices(published: Published, grid: TimeGrid, site: Site) -> pd.DataFrame:
    """Return frames.Price over `grid` from what was published, NaN elsewhere; raise StaleData without a tariff."""
    market = on_grid(published.values, grid)
    return check_frame(_priced(market, pd.Series(0.0, index=market.index), site), Price)


def _expected(known: pd.Series, grid: TimeGrid) -> pd.Series:
    """Return what the steps of `grid` are expected to be from what was published, NaN where nothing can be said."""
    end = pd.Timestamp(known.index[-1]).to_pydatetime() + _step_of(known)
    last_week = _grid_up_to(end, WEEK, grid)
    was = on_grid(known, last_week)
    by_days, by_week = (float((was - rule(known, last_week)).abs().mean()) for rule in (_mean_of_days, _week_before))
    if by_week < REPEATS * by_days:
        return _week_before(known, grid).fillna(_mean_of_days(known, grid))
    last_hour = _grid_up_to(end, max(HOUR, grid.step), grid)
    off = float(np.nan_to_num((on_grid(known, last_hour) - _mean_of_days(known, last_hour)).mean()))
    beyond_h = np.asarray((grid.index() + grid.step - end) / pd.Timedelta(HOUR), dtype=float)
    expected = _mean_of_days(known, grid) + off * np.exp(-np.maximum(beyond_h, 0.0) / FADES_H)
    return pd.Series(expected.fillna(_week_before(known, grid)))


def _grid_up_to(end: datetime, length: timedelta, like: TimeGrid) -> TimeGrid:
    """Return the steps of `like` over `length` before `end`."""
    last = like.start + (end - like.start) // like.step * like.step
    return TimeGrid(start=last - length // like.step * like.step, step=like.step, steps=length // like.step)


def _mean_of_days(known: pd.Series, grid: TimeGrid) -> pd.Series:
    """Return the mean of the same step on the newest seven days before it that were published."""
    days = np.array([_before(known, grid, number * DAY) for number in range(1, DAYS_BACK + 1)])
    there = np.isfinite(days)
    used = there & (there.cumsum(axis=0) <= DAYS)
    count = used.sum(axis=0)
    mean = np.where(used, days, 0.0).sum(axis=0) / np.maximum(count, 1)
    return pd.Series(np.where(count > 0, mean, np.nan), index=grid.index())


def _week_before(known: pd.Series, grid: TimeGrid) -> pd.Series:
    """Return the same step one week earlier, else two."""
    one, two = (_before(known, grid, weeks * WEEK) for weeks in WEEKS_BACK)
    return pd.Series(np.where(np.isfinite(one), one, two), index=grid.index())


def _before(known: pd.Series, grid: TimeGrid, back: timedelta) -> np.ndarray:
    earlier = TimeGrid(start=grid.start - back, step=grid.step, steps=grid.steps)
    return on_grid(known, earlier).to_numpy()


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

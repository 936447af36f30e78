"""What happened at a site, before, in and just after the window in which policies are compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.errors import InvalidProblem
from dash_app.domain.site import Battery
from optimizer.schedule.checks import Array

HORIZON = timedelta(hours=48)
"""How far a plan looks ahead, and how much has to be known after the window."""
LONGEST_GAP = timedelta(hours=3)


class Column(StrEnum):
    """The columns of `Measured.frame`; powers in kW, prices per kWh, CO2 in kg per kWh."""

    LOAD_KW = "load_kw"
    PV_KW = "pv_kw"
    IMPORT_PRICE = "import_price"
    EXPORT_PRICE = "export_price"
    CO2 = "co2_kg_per_kwh"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """One site and one window: `frame` (regular UTC index) reaches from the past to two days after the window.

    `first` is the row of the window's first step, `steps` its length. `demand_price` is per kW of the highest import
    of each calendar month. `soc_start` is the state of charge at the window's first step.
    """

    name: str
    zone: ZoneInfo
    frame: pd.DataFrame
    first: int
    steps: int
    battery: Battery
    demand_price: float = 0.0
    soc_start: float = 0.5

    def __post_init__(self) -> None:
        """Refuse a window in which something was not measured; raise InvalidProblem."""
        inside = self.frame.iloc[self.first : self.first + self.steps + self.horizon]
        wanted = [column.value for column in Column if column is not Column.CO2]
        if len(inside) < self.steps + self.horizon or inside[wanted].isna().to_numpy().any():
            raise InvalidProblem(f"{self.name}: the window and the two days after it are not measured in full")

    @property
    def step(self) -> timedelta:
        """The length of a step."""
        return timedelta(seconds=(self.frame.index[1] - self.frame.index[0]).total_seconds())

    @property
    def step_h(self) -> float:
        """The length of a step in hours."""
        return self.step / timedelta(hours=1)

    @property
    def horizon(self) -> int:
        """The number of steps in two days."""
        return HORIZON // self.step

    @property
    def index(self) -> pd.DatetimeIndex:
        """The window's step starts, UTC."""
        return self.times[self.first : self.first + self.steps]

    @property
    def times(self) -> pd.DatetimeIndex:
        """All step starts of the frame, UTC."""
        return pd.DatetimeIndex(self.frame.index)

    @property
    def months(self) -> Array:
        """The number of the calendar month, local, of each step of the window: 0 is the first."""
        local = self.index.tz_convert(self.zone)
        number = local.year.to_numpy() * 12 + local.month.to_numpy()
        return np.asarray(number - number[0])

    @property
    def has_co2(self) -> bool:
        """Whether the grid's carbon intensity is known over the window and two days more."""
        inside = self.frame[Column.CO2].iloc[self.first : self.first + self.steps + self.horizon]
        return bool(inside.notna().all())

    def of(self, column: Column, *, beyond: int = 0) -> Array:
        """Return a column over the window and `beyond` steps after it."""
        return self.frame[column].to_numpy(dtype=float)[self.first : self.first + self.steps + beyond]

    def net_kw(self, *, beyond: int = 0) -> Array:
        """Return load minus PV over the window and `beyond` steps after it."""
        return self.of(Column.LOAD_KW, beyond=beyond) - self.of(Column.PV_KW, beyond=beyond)


def short_gaps_closed(series: pd.Series, step: timedelta) -> tuple[pd.Series, int]:
    """Return the series with gaps of up to three hours closed, and how many values that made.

    A single value is bridged by a straight line, a longer gap takes what was measured a day before: a line would lead
    up to the first reading after the gap, which may hold the energy of all of it.

    >>> hours = pd.date_range("2020-01-01", periods=4, freq="h", tz="UTC")
    >>> closed, made = short_gaps_closed(pd.Series([1.0, np.nan, 3.0, 4.0], index=hours), timedelta(hours=1))
    >>> closed.tolist(), made
    ([1.0, 2.0, 3.0, 4.0], 1)
    """
    missing = series.isna()
    lengths = missing.groupby((~missing).cumsum()).transform("sum")
    single = missing & (lengths == 1)
    short = missing & (lengths <= LONGEST_GAP // step)
    closed = series.where(~single, series.interpolate(limit_area="inside"))
    closed = closed.where(~(short & ~single), series.shift(timedelta(days=1) // step))
    return closed, int((short & closed.notna()).sum())

"""Production against demand, moment by moment: what PV covers at once, what it brings too much, what it leaves open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dash_app.domain.kpi import DayEnergy

ON_PAR_KW = 1e-6
"""A surplus below this is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surplus:
    """Sums over the steps in which PV and demand were both measured, kWh and hours; `missing_h` are the others."""

    production_kwh: float
    demand_kwh: float
    surplus_kwh: float
    deficit_kwh: float
    surplus_h: float
    known_h: float
    missing_h: float

    @property
    def covered_kwh(self) -> float:
        """The demand that PV met at the same moment."""
        return self.demand_kwh - self.deficit_kwh

    @property
    def covered(self) -> float | None:
        """The share (0..1) of the demand that PV met at the same moment; None without any demand."""
        return self.covered_kwh / self.demand_kwh if self.demand_kwh > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Production and demand of one day, or of one month where `first` and `last` differ; None is not measured."""

    first: date
    last: date
    production_kwh: float | None
    demand_kwh: float | None
    whole: bool


def surplus_of(pv_kw: pd.Series, load_kw: pd.Series, step: timedelta) -> Surplus:
    """Compare production and demand step by step; both on one index of this step.

    >>> index = pd.date_range("2020-09-28", periods=3, freq="h", tz="UTC")
    >>> found = surplus_of(pd.Series([10.0, 2.0, None], index=index), pd.Series(4.0, index=index), timedelta(hours=1))
    >>> found.surplus_kwh, found.deficit_kwh, found.covered, found.surplus_h, found.missing_h
    (6.0, 2.0, 0.75, 1.0, 1.0)
    """
    hours = step / timedelta(hours=1)
    difference = (pv_kw - load_kw).dropna()
    pv, load = pv_kw.loc[difference.index], load_kw.loc[difference.index]
    return Surplus(
        production_kwh=float(pv.sum() * hours),
        demand_kwh=float(load.sum() * hours),
        surplus_kwh=float(difference.clip(lower=0.0).sum() * hours),
        deficit_kwh=float((-difference).clip(lower=0.0).sum() * hours),
        surplus_h=float((difference > ON_PAR_KW).sum() * hours),
        known_h=len(difference) * hours,
        missing_h=(len(pv_kw) - len(difference)) * hours,
    )


def by_day(production: tuple[DayEnergy, ...], demand: tuple[DayEnergy, ...], today: date) -> tuple[Span, ...]:
    """Put the energies of the days side by side; `today` is never whole."""
    made, used = ({day.day: day for day in side} for side in (production, demand))
    return tuple(
        Span(
            first=day,
            last=day,
            production_kwh=made[day].energy_kwh if day in made else None,
            demand_kwh=used[day].energy_kwh if day in used else None,
            whole=day != today and all(day in side and side[day].complete for side in (made, used)),
        )
        for day in sorted({*made, *used})
    )


def by_month(days: tuple[Span, ...]) -> tuple[Span, ...]:
    """Add up days by calendar month; a month with a day that is not whole is not whole."""
    months: dict[tuple[int, int], list[Span]] = {}
    for day in days:
        months.setdefault((day.first.year, day.first.month), []).append(day)
    return tuple(
        Span(
            first=part[0].first,
            last=part[-1].last,
            production_kwh=_sum([day.production_kwh for day in part]),
            demand_kwh=_sum([day.demand_kwh for day in part]),
            whole=all(day.whole for day in part),
        )
        for part in months.values()
    )


def _sum(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None

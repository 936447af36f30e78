"""Gather what the efficiency page shows: how well PV and energy are used, day by day, and what the weather explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dash_app.domain.energy_cost import EnergyCost
from dash_app.domain.kpi import DayEnergy, Kpis, kpis_of
from dash_app.domain.load_profile import base_load, base_share, load_factor, week_before
from dash_app.domain.own_use import Share, nameplate_kwp, self_consumption, self_sufficiency, specific_yield
from dash_app.domain.ports import Measurements, Session
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.view import View
from dash_app.domain.weather import Observed, Signature, Weather, degree_days, signature_of
from dash_app.workflows.consumer import Histories, history_days, load_history
from dash_app.workflows.measured import BALANCED, Measured, Place, load_window
from dash_app.workflows.overview import DRAWN
from dash_app.workflows.worth import Worth, balance_is_loaded, cost_over, due_balance, load_worth, reached

DAYS_SHOWN = 14
"""A range of fewer days is shown with the days before it: one day says nothing about efficiency."""
WEATHER_DAYS = 60
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Efficiency(Measured):
    """Everything of one drawing of the page. `history` is the demand of the days compared, and of the week before.

    `history` and `weather` are None while the page opens (`opening`); `weather` also where there is none.
    """

    worth: Worth | None
    history: pd.Series | None
    weather: Observed | None
    opening: bool

    def yield_kwh_per_kwp(self) -> tuple[float, Kpis] | None:
        """Return the specific yield of the view with the PV's key figures; None without PV or its nameplate."""
        figures = self.kpis(Quantity.PV_KW)
        kwp = nameplate_kwp(self.place.site, self.place.of(Quantity.PV_KW))
        found = None if figures.total_kwh is None else specific_yield(figures.total_kwh, kwp)
        return None if found is None else (found, figures)

    def part_energy(self, measurand: Measurand) -> float | None:
        """Return the energy of one measurand over the view, kWh; None where nothing of it was measured."""
        return kpis_of(self.part(measurand), measurand.resolution, self.view.until, self.place.zone).total_kwh

    def consumed(self) -> Share | None:
        """Return how much of the PV was used on site; None without PV or without all meters."""
        return self_consumption(due_balance(self), self.balance_step) if self._has_pv_balance() else None

    def sufficient(self) -> Share | None:
        """Return how much of the load did not come from the grid; None without PV or without all meters."""
        return self_sufficiency(due_balance(self), self.balance_step) if self._has_pv_balance() else None

    def factor(self) -> float | None:
        """Return the load factor of the view."""
        return load_factor(self.total(Quantity.LOAD_KW))

    def base(self) -> tuple[float | None, float | None]:
        """Return the base load, kW, and its share of the energy."""
        load_kw = self.total(Quantity.LOAD_KW)
        return base_load(load_kw), base_share(load_kw)

    def cost(self) -> EnergyCost | None:
        """Return cost and CO2 of the view at the connection."""
        return cost_over(self, self.worth)

    def days(self) -> tuple[tuple[DayEnergy, DayEnergy | None], ...]:
        """Return the days shown, each with the same weekday before; nothing while the page opens."""
        first, _last = days_shown(self.view)
        return tuple(pair for pair in week_before(self._energies()) if pair[0].day >= first)

    def degree_days(self) -> pd.DataFrame | None:
        """Return weather.DegreeDays of the days with both energy and weather; None without any weather."""
        if self.weather is None:
            return None
        return degree_days(self.weather.values[Weather.TEMPERATURE_C], self._energies(), self.place.zone)

    def signature(self) -> Signature | None:
        """Return what the weather explains of the energy; None where there is too little of both."""
        table = self.degree_days()
        return None if table is None else signature_of(table)

    def _energies(self) -> tuple[DayEnergy, ...]:
        if self.history is None:
            return ()
        step = self.place.native(Quantity.LOAD_KW)
        return kpis_of(self.history, step, self.view.until, self.place.zone).days

    def _has_pv_balance(self) -> bool:
        there = self.place.of(Quantity.PV_KW) and self.place.of(Quantity.LOAD_KW)
        return bool(there) and balance_is_loaded(self.place, self.view)


def days_shown(view: View) -> tuple[date, date]:
    """Return the first and last day of the comparison of days: the view's, at least `DAYS_SHOWN`."""
    return min(view.first, history_days(view, DAYS_SHOWN)[0]), min(view.last, view.today)


def days_needed(view: View) -> int:
    """Return how many days up to the view's last one are needed: those shown, a week more, and those for weather."""
    first, last = days_shown(view)
    return max((last - first + WEEK).days + 1, WEATHER_DAYS)


def load_efficiency(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    kept: Histories | None = None,
) -> Efficiency:
    """Load what the page draws; on opening without the days before and the weather, which the first refresh brings."""
    wanted = place.of(*(BALANCED if balance_is_loaded(place, view) else DRAWN))
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    history = weather = None
    if not opening and place.of(Quantity.LOAD_KW):
        history = load_history(session, place, view, days_needed(view), measurements, kept)
        weather = load_weather(session, place, history, measurements=measurements)
    worth = load_worth(session, place, view, measurements=measurements)
    return Efficiency(
        place=place, view=view, window=window, worth=worth, history=history, weather=weather, opening=opening
    )


def load_weather(session: Session, place: Place, beside: pd.Series, *, measurements: Measurements) -> Observed | None:
    """Return the weather observed beside a series; None where none is measured or the server could not be asked."""
    if beside.empty or place.site is None or not place.site.has_weather:
        return None
    start, end = beside.index[0].to_pydatetime(), beside.index[-1].to_pydatetime() + timedelta(hours=1)
    return reached(lambda: measurements.weather(session, place.project.project_id, start, end))[0]

"""Gather what the temperature page shows: the weather of the view, the demand beside it, and what it explains."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd

from dash_app.domain.kpi import kpis_of
from dash_app.domain.ports import Measurements, Recommendations, Session
from dash_app.domain.site import Quantity
from dash_app.domain.view import View
from dash_app.domain.weather import Observed, Signature, Weather, degree_days, signature_of
from dash_app.workflows.consumer import Histories, load_history
from dash_app.workflows.efficiency import WEATHER_DAYS, load_weather
from dash_app.workflows.measured import Place
from dash_app.workflows.overview import Overview, load_overview
from dash_app.workflows.worth import reached


@dataclass(frozen=True, slots=True, kw_only=True)
class Temperature(Overview):
    """Everything of one drawing of the page.

    `observed` is the weather of the view, None where none is measured (or, with `unreached`, could not be had).
    `history` and `before` are demand and weather of the last 60 days, None while the page opens (`opening`).
    """

    observed: Observed | None
    unreached: bool
    history: pd.Series | None
    before: Observed | None
    opening: bool

    def column(self, column: Weather) -> pd.Series:
        """Return one quantity of the weather within the view; empty where nothing was observed."""
        if self.observed is None:
            return pd.Series(dtype=float, index=pd.DatetimeIndex([], tz="UTC", name="time"))
        return self.within(self.observed.values)[column]

    def degree_days(self) -> pd.DataFrame | None:
        """Return weather.DegreeDays of the last 60 days; None without weather or while the page opens."""
        if self.history is None or self.before is None:
            return None
        step = self.place.native(Quantity.LOAD_KW)
        days = kpis_of(self.history, step, self.view.until, self.place.zone).days
        return degree_days(self.before.values[Weather.TEMPERATURE_C], days, self.place.zone)

    def signature(self) -> Signature | None:
        """Return what the temperature explains of the energy; None where there is too little of both."""
        table = self.degree_days()
        return None if table is None else signature_of(table)


def load_temperature(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    recommendations: Recommendations,
    kept: Histories | None = None,
) -> Temperature:
    """Load what the page draws; on opening without the 60 days, which the first refresh brings."""
    overview = load_overview(
        session, place, view, opening=opening, measurements=measurements, recommendations=recommendations
    )
    observed, there = reached(lambda: _observed(session, place, view, measurements))
    history = before = None
    if not opening and place.of(Quantity.LOAD_KW):
        history = load_history(session, place, view, WEATHER_DAYS, measurements, kept)
        before = load_weather(session, place, history, measurements=measurements)
    return Temperature(
        place=place,
        view=view,
        window=overview.window,
        recommendations=overview.recommendations,
        observed=observed,
        unreached=not there,
        history=history,
        before=before,
        opening=opening,
    )


def _observed(session: Session, place: Place, view: View, measurements: Measurements) -> Observed | None:
    if place.site is None or not place.site.has_weather:
        return None
    end = max(view.until, view.start + timedelta(hours=1))
    return measurements.weather(session, place.project.project_id, view.start, end)

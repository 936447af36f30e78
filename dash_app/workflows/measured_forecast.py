"""Gather what was measured and what had been forecast for it: by the server, and by our own plans."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

import pandas as pd

from dash_app.domain.forecast_error import ForecastError, forecast_error
from dash_app.domain.frames import Band
from dash_app.domain.measurement import Window, total_of
from dash_app.domain.ports import Measurements, Recommendations, Session
from dash_app.domain.recommendation import Payload, Recommendation
from dash_app.domain.site import Quantity
from dash_app.domain.view import View
from dash_app.workflows.measured import Measured, Place, load_window
from dash_app.workflows.overview import forecast_of

NEWEST_PLANS = 200
"""How many plans are looked through: two days of one every quarter of an hour."""
FORECAST_OF = {Quantity.PV_KW: Quantity.PV_FORECAST_KW, Quantity.LOAD_KW: Quantity.LOAD_FORECAST_KW}
LEAD_H = "lead_h"
NAMES = {Quantity.PV_KW: "pv", Quantity.LOAD_KW: "load"}


class Source(StrEnum):
    """Who forecast: the customer's server, or our own plans."""

    SERVER = "server"
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """The newest forecast of each moment, made before it: columns of frames.Band on steps of `step`, UTC, in kW.

    `lead` is how long before their moments those were made that are past, on average; None where nobody says.
    """

    source: Source
    frame: pd.DataFrame
    step: timedelta
    lead: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredForecast(Measured):
    """Measured powers with what had been forecast for them."""

    plans: tuple[Recommendation, ...]

    def forecasts(self, quantity: Quantity) -> tuple[Forecast, ...]:
        """Return the forecasts of a quantity that reach into the view: our own one first."""
        found = (self._ours(quantity), self._of_server(quantity))
        return tuple(forecast for forecast in found if forecast is not None)

    def error(self, quantity: Quantity, forecast: Forecast) -> ForecastError | None:
        """Return how far a forecast was off in the steps that are over; None where there is nothing to compare."""
        measured = self.total(quantity)
        step = self.place.native(quantity)
        over = measured.loc[measured.index <= self.view.until - step]
        return forecast_error(over, step, forecast.frame, forecast.step)

    def _ours(self, quantity: Quantity) -> Forecast | None:
        frame = newest_of_each_moment((plan.payload for plan in self.plans), NAMES[quantity])
        inside = self.within(frame) if len(frame) else frame
        if inside.empty or not self.plans:
            return None
        last = self.plans[0].payload.steps[-1]
        over = inside.loc[inside.index < self.view.now, LEAD_H]
        lead = timedelta(hours=float(over.mean())) if len(over) else None
        return Forecast(source=Source.OURS, frame=inside.drop(columns=LEAD_H), step=last.end - last.start, lead=lead)

    def _of_server(self, quantity: Quantity) -> Forecast | None:
        kind = FORECAST_OF[quantity]
        if not self.place.of(kind):
            return None
        step = self.place.native(kind)
        known = self.within(total_of(self.window, self.place.measurands, kind, step)).dropna()
        return None if known.empty else Forecast(source=Source.SERVER, frame=known.to_frame(Band.P50), step=step)


def load_measured_forecast(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    recommendations: Recommendations,
) -> MeasuredForecast:
    """Load what is measured and forecast in a view; forecasts reach up to its end, not only up to now."""
    wanted = place.of(*FORECAST_OF)
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    ahead = [m.measurand_id for m in place.of(*FORECAST_OF.values())]
    if ahead:
        more = measurements.load_window(session, place.project, view.start, view.end, ahead)
        window = with_forecasts(window, more)
    controllable = place.site is not None and place.site.controllable
    plans = recommendations.newest(place.project.project_id, NEWEST_PLANS) if controllable else ()
    return MeasuredForecast(place=place, view=view, window=window, plans=plans)


def with_forecasts(window: Window, forecasts: Window) -> Window:
    """Return a window that also holds the series of forecasts, up to where those reach."""
    end = max(window.end, forecasts.end)
    return replace(window, end=end, series={**window.series, **forecasts.series})


def newest_of_each_moment(payloads: Iterable[Payload], name: str) -> pd.DataFrame:
    """Return the newest forecast of each moment that was made before the moment began, with its lead in hours.

    `payloads` come newest first. Empty where no plan has a forecast of `name`.
    """
    frames = []
    for payload in payloads:
        frame = forecast_of(payload, name)
        if frame.empty:
            continue
        ahead = pd.DatetimeIndex(frame.index) - pd.Timestamp(payload.computed_at)
        frame[LEAD_H] = ahead / pd.Timedelta(hours=1)
        frames.append(frame[frame[LEAD_H] >= 0])
    if not frames:
        return pd.DataFrame()
    known = pd.concat(frames)
    return known[~known.index.duplicated(keep="first")].sort_index()

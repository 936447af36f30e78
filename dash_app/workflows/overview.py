"""Gather what the overview of a project shows: the view, the measurements for it, forecasts, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta

import pandas as pd

from dash_app.domain.frames import Band
from dash_app.domain.kpi import Kpis, LoadSources, kpis_of, load_sources
from dash_app.domain.now import NowBalance, now_balance
from dash_app.domain.ports import Measurements, Recommendations, Session
from dash_app.domain.recommendation import Payload, Recommendation
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.time import Clock, local_midnight
from dash_app.domain.view import View
from dash_app.workflows.measured import BALANCED, Measured, Place, load_window

DRAWN = (Quantity.PV_KW, Quantity.LOAD_KW)
BALANCE_UP_TO = timedelta(days=31, hours=1)
"""The balance needs the battery's fine-grained series: for longer ranges only what the charts draw is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(Measured):
    """Everything of one drawing of the overview page."""

    recommendations: tuple[Recommendation, ...]

    def part_kpis(self, measurand: Measurand) -> Kpis:
        """Return the key figures of one measurand: of today where the view holds it, else over the view."""
        part = self.part(measurand)
        if self.view.holds_today:
            part = part.loc[part.index >= local_midnight(self.view.today, self.view.zone)]
        return kpis_of(part, measurand.resolution, self.view.until, self.view.zone)

    def sources(self) -> LoadSources | None:
        """Return where the load's energy came from; None without a load or for ranges without the battery."""
        if not self.place.of(Quantity.LOAD_KW) or not _has_balance(self.view):
            return None
        return load_sources(self.balance(), self.balance_step)

    def forecast(self, quantity: Quantity) -> pd.DataFrame | None:
        """Return the newest forecast of each moment with the columns of frames.Band that are there, or None."""
        name = {Quantity.PV_KW: "pv", Quantity.LOAD_KW: "load"}[quantity]
        known = pd.DataFrame()
        for recommendation in self.recommendations:
            known = known.combine_first(forecast_of(recommendation.payload, name))
        inside = known[(known.index >= self.view.start) & (known.index < self.view.end)] if len(known) else known
        return None if inside.empty else inside


def load_overview(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    recommendations: Recommendations,
) -> Overview:
    """Load what the overview draws, with the newest plans of a site that has something to plan for."""
    wanted = place.of(*(BALANCED if _has_balance(view) else DRAWN))
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    controllable = place.site is not None and place.site.controllable
    newest = recommendations.newest(place.project.project_id) if controllable else ()
    return Overview(place=place, view=view, window=window, recommendations=newest)


def balance_now(session: Session, place: Place, *, measurements: Measurements, clock: Clock) -> NowBalance:
    """Return what comes in and goes out at this moment."""
    return now_balance(measurements.live(session, place.project), place.measurands, clock())


def forecast_of(payload: Payload, name: str) -> pd.DataFrame:
    """Return the forecast of `name` (pv or load) that a plan was made with, on its own steps."""
    columns = {Band.P50: f"{name}_kw", Band.P10: f"{name}_p10", Band.P90: f"{name}_p90"}
    starts = [pd.Timestamp(step.start.astimezone(UTC)) for step in payload.steps]
    index = pd.DatetimeIndex(starts, tz="UTC", name="time")
    there = {
        band: payload.plan[column]
        for band, column in columns.items()
        if len(payload.plan.get(column, ())) == len(index)
    }
    return pd.DataFrame(there, index=index) if Band.P50 in there else pd.DataFrame()


def _has_balance(view: View) -> bool:
    return view.end - view.start <= BALANCE_UP_TO

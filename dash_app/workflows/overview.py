"""Gather what the overview of a project shows: the view, the measurements for it, forecasts, and what waits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, timedelta

import pandas as pd

from dash_app.domain.expected_yield import ExpectedDay
from dash_app.domain.frames import Band
from dash_app.domain.kpi import Kpis, LoadSources, kpis_of, load_sources
from dash_app.domain.measurement import total_of
from dash_app.domain.now import NowBalance, now_balance
from dash_app.domain.ports import Measurements, Recommendations, Session
from dash_app.domain.recommendation import Payload, Recommendation
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.time import Clock, local_midnight
from dash_app.domain.view import View
from dash_app.workflows.expected_yield import expected_days, span_of
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import BALANCED, Measured, Place, load_window

DRAWN = (Quantity.PV_KW, Quantity.LOAD_KW)
ONE_DAY = timedelta(days=1)
FEWEST_DAYS, MOST_DAYS = 13, 30
"""The yield is shown for so many days before the last one, at least and at most."""
YIELDS_FOR = timedelta(minutes=5)
BALANCE_UP_TO = timedelta(days=31, hours=1)
"""The balance needs the battery's fine-grained series: for longer ranges only what the charts draw is loaded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class YieldDay:
    """What the arrays brought on one local day, kWh, and what was to be expected; None is not known."""

    day: date
    actual_kwh: float | None
    whole: bool
    expected: ExpectedDay | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview(Measured):
    """Everything of one drawing of the overview page; `yields` are None while their weeks are still to be read."""

    recommendations: tuple[Recommendation, ...]
    yields: tuple[YieldDay, ...] | None = None

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
    kept: Kept[tuple[YieldDay, ...]] | None = None,
) -> Overview:
    """Load what the overview draws, with the newest plans of a site that has something to plan for.

    The yields take weeks of measurements: only for a page that is open already, and that `kept` keeps them for.
    """
    wanted = place.of(*(BALANCED if _has_balance(view) else DRAWN))
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=wanted)
    controllable = place.site is not None and place.site.controllable
    newest = recommendations.newest(place.project.project_id) if controllable else ()
    key = (session.person.user_id, place.project.project_id, *yield_days(view))
    yields = None
    if kept is not None and (not opening or kept.knows(key)):
        yields = kept.of(key, lambda: _yields(session, place, view, measurements))
    return Overview(place=place, view=view, window=window, recommendations=newest, yields=yields)


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


def yield_days(view: View) -> list[date]:
    """Return the days whose yield is shown: those of the view, at least a fortnight, at most a month up to its end."""
    last = min(view.last, view.today)
    first = min(max(view.first, last - MOST_DAYS * ONE_DAY), last - FEWEST_DAYS * ONE_DAY)
    return [first + place * ONE_DAY for place in range((last - first).days + 1)]


def _yields(session: Session, place: Place, view: View, measurements: Measurements) -> tuple[YieldDay, ...]:
    """Return what the arrays brought on each day, with what they should have brought where that can be said."""
    arrays = place.of(Quantity.PV_KW)
    if not arrays:
        return ()
    days = yield_days(view)
    start, end = span_of(days, place)
    window = measurements.load_window(
        session, place.project, start, min(end, view.now), [m.measurand_id for m in arrays]
    )
    expected = {day.day: day for day in expected_days(place, window, days, view.now)}
    step = place.native(Quantity.PV_KW)
    total = total_of(window, arrays, Quantity.PV_KW, step)
    shown = total.loc[total.index >= local_midnight(days[0], view.zone)]
    actual = {day.day: day for day in kpis_of(shown, step, min(end, view.now), view.zone).days}
    return tuple(
        YieldDay(
            day=day,
            actual_kwh=actual[day].energy_kwh if day in actual else None,
            whole=day in actual and actual[day].complete and day != view.today,
            expected=expected.get(day),
        )
        for day in days
    )


def _has_balance(view: View) -> bool:
    return view.end - view.start <= BALANCE_UP_TO

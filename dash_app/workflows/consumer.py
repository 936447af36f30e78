"""Gather what the consumer page shows: the demand of the view, what it cost, and how it lay over the last 90 days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import pandas as pd

from dash_app.domain.energy_cost import EnergyCost, PricedSource
from dash_app.domain.frames import Power
from dash_app.domain.load_profile import DayGrid, Peak, base_load, day_grid, top_peaks
from dash_app.domain.measurement import total_of
from dash_app.domain.ports import Measurements, Recommendations, Session
from dash_app.domain.site import Quantity
from dash_app.domain.time import local_midnight
from dash_app.domain.view import View
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import Place
from dash_app.workflows.overview import Overview, load_overview
from dash_app.workflows.worth import Worth, cost_over, load_worth, sources_over

HISTORY_DAYS = 90
HISTORIES_FOR = timedelta(minutes=5)
"""A refresh every minute would read the same months again; one hour more or less does not change them."""
Histories = Kept[pd.Series]
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer(Overview):
    """Everything of one drawing of the page. `history` is the demand of the 90 days up to the view's last one.

    It is None while the page opens: what is cached is drawn first, the history is fetched behind it.
    """

    worth: Worth | None
    history: pd.Series | None

    @property
    def load_kw(self) -> pd.Series:
        """The demand of the view at native resolution."""
        return self.total(Quantity.LOAD_KW)

    def cost(self) -> EnergyCost | None:
        """Return cost and CO2 of the view at the connection."""
        return cost_over(self, self.worth)

    def priced(self) -> dict[Power, PricedSource] | None:
        """Return where the load's energy came from, with what it cost or would have cost."""
        return sources_over(self, self.worth)

    def base_kw(self) -> float | None:
        """Return the base load of the view, kW."""
        return base_load(self.load_kw)

    def peaks(self) -> tuple[Peak, ...]:
        """Return the five highest distinct events of the view."""
        return top_peaks(self.load_kw, self.place.native(Quantity.LOAD_KW))

    def grid(self) -> DayGrid | None:
        """Return the demand of the last 90 days by day and time of day."""
        if self.history is None:
            return None
        first, last = history_days(self.view)
        return day_grid(self.history, first, last, self.place.zone, self.view.until)


def history_days(view: View, count: int = HISTORY_DAYS) -> tuple[date, date]:
    """Return the first and last of the `count` days that end with the view, or with today."""
    last = min(view.last, view.today)
    return max(last - (count - 1) * ONE_DAY, view.oldest_day), last


def load_consumer(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    recommendations: Recommendations,
    kept: Histories | None = None,
) -> Consumer:
    """Load what the page draws; on opening without the 90 days, which the first refresh brings and `kept` keeps."""
    overview = load_overview(
        session, place, view, opening=opening, measurements=measurements, recommendations=recommendations
    )
    worth = load_worth(session, place, view, measurements=measurements)
    history = None if opening else load_history(session, place, view, HISTORY_DAYS, measurements, kept)
    return Consumer(
        place=place,
        view=view,
        window=overview.window,
        recommendations=overview.recommendations,
        worth=worth,
        history=history,
    )


def load_history(
    session: Session, place: Place, view: View, days: int, measurements: Measurements, kept: Histories | None = None
) -> pd.Series:
    """Return the demand (kW, native resolution) of the `days` local days up to the view's last one."""
    first, last = history_days(view, days)

    def load() -> pd.Series:
        meters = place.of(Quantity.LOAD_KW)
        start, end = local_midnight(first, place.zone), min(local_midnight(last + ONE_DAY, place.zone), view.now)
        window = measurements.load_window(session, place.project, start, end, [m.measurand_id for m in meters])
        return total_of(window, meters, Quantity.LOAD_KW, place.native(Quantity.LOAD_KW))

    key = (session.person.user_id, place.project.project_id, first, last)
    return load() if kept is None else kept.of(key, load)

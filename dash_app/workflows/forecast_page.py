"""Gather what the Forecast page shows: what was known at a moment, and how good the forecasts of a range were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pandas as pd

from dash_app.domain.energy_cost import price_of_steps
from dash_app.domain.forecast_scores import (
    REACH,
    ErrorCost,
    Score,
    Scored,
    cost_of_error,
    newest_of_each,
    said_by,
)
from dash_app.domain.forecasting import ForecastRecord
from dash_app.domain.frames import Band
from dash_app.domain.measurement import total_of
from dash_app.domain.ports import Forecasts, Measurements, Session
from dash_app.domain.site import Quantity
from dash_app.domain.time import INDEX_NAME, TimeGrid
from dash_app.domain.view import View
from dash_app.workflows.forecast_choice import Choice, choice_of, every_of
from dash_app.workflows.forecast_ledger import Ledger, Memory, read_ledger
from dash_app.workflows.forecast_truth import Truth, beside, said_by_part
from dash_app.workflows.measured import Measured, Place, load_window
from dash_app.workflows.worth import reached

BANDS = [band.value for band in Band]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastPage(Measured):
    """Everything of one drawing of the page, about one quantity.

    `ledger` holds the forecasts of the range, one in each `every` (0: all of them). `rows` are the scored steps of what
    plans were made from, `shown_rows` of the one known at the chosen moment, `part_rows` of what each part of the mix
    said alone, where the ledger kept it (forecast_scores.Scored).
    `beside` has the errors of the champion and of each rival over the same steps (`forecast_truth.beside`).
    `prices` are frames.Price on the steps of the range, None where they are not known; `whole` says that what
    persistence needs was loaded.
    """

    choice: Choice
    ledger: Ledger
    every: timedelta
    rows: pd.DataFrame
    shown_rows: pd.DataFrame
    part_rows: dict[str, pd.DataFrame]
    beside: dict[str, tuple[Score, Score]]
    prices: pd.DataFrame | None
    whole: bool

    @property
    def newest(self) -> ForecastRecord | None:
        """The newest forecast of all."""
        return self.ledger.newest

    @property
    def shown(self) -> ForecastRecord | None:
        """The forecast that was known at the chosen moment."""
        return self.ledger.shown

    @property
    def step(self) -> timedelta:
        """The step on which forecasts are compared with what came."""
        return _step_of(self.place, self.choice.quantity, self.newest)

    def forecast(self) -> pd.DataFrame | None:
        """Return the forecast to draw (frames.Band): of the chosen moment, else the newest of each moment."""
        if self.choice.known is not None:
            records = [self.shown] if self.shown is not None else []
            return self._from_start(newest_frame(records))
        ahead = (self.newest,) if self.newest is not None and self.view.end > self.view.now else ()
        return self._from_start(newest_frame((*self.ledger.records, *ahead)))

    def _from_start(self, frame: pd.DataFrame | None) -> pd.DataFrame | None:
        return None if frame is None else frame.loc[frame.index >= pd.Timestamp(self.view.start)]

    @property
    def seen(self) -> pd.DataFrame:
        """The scored steps that the view holds: a comparison looks at a part of what was loaded."""
        over = self.rows[Scored.VALID_AT] <= pd.Timestamp(self.view.until - self.step)
        return self.rows[over] if len(self.rows) else self.rows

    def cost(self, rows: pd.DataFrame) -> ErrorCost | None:
        """Return what the errors of some rows cost at most; None without prices."""
        return None if self.prices is None else cost_of_error(rows, self.prices, self.step)

    def cost_of_newest(self) -> ErrorCost | None:
        """Return what the errors of the newest forecast of each moment cost at most."""
        return self.cost(newest_of_each(self.seen))


def load_forecast_page(
    session: Session,
    place: Place,
    view: View,
    *,
    opening: bool,
    measurements: Measurements,
    forecasts: Forecasts,
    memory: Memory,
) -> ForecastPage:
    """Load measurements and ledger; on opening without the days before the range, which the first refresh brings."""
    choice = choice_of(place, view)
    quantity = choice.quantity
    window = load_window(session, place, view, opening=opening, measurements=measurements, wanted=place.of(quantity))
    measured = total_of(window, place.measurands, quantity, place.native(quantity))
    if not opening:
        earlier = _before(session, place, view, quantity, measurements, memory)
        measured = pd.concat([earlier.loc[earlier.index < view.start], measured.loc[measured.index >= view.start]])
    ledger = read_ledger(session, place, view, choice, forecasts, memory)
    truth = Truth(place=place, view=view, quantity=quantity, measured=measured)
    return ForecastPage(
        place=place,
        view=view,
        window=window,
        choice=choice,
        ledger=ledger,
        every=every_of(view),
        rows=truth.rows(ledger.records),
        shown_rows=truth.rows([ledger.shown] if ledger.shown else []),
        part_rows={name: truth.rows(said) for name, said in said_by_part(ledger.records).items()},
        beside=beside(ledger.records, ledger.rivals, truth),
        prices=_prices(session, place, view, _step_of(place, quantity, ledger.newest), measurements),
        whole=not opening,
    )


def newest_frame(records: Sequence[ForecastRecord]) -> pd.DataFrame | None:
    """Return of each moment the newest forecast that was made before it began; `records` come oldest first."""
    begins, said = [], []
    for record in reversed(records):
        starts, values = said_by(record)
        ahead = starts >= np.datetime64(pd.Timestamp(record.issued_at).tz_convert(None))
        begins.append(starts[ahead])
        said.append(values[ahead])
    if not any(len(part) for part in begins):
        return None
    moments, newest = np.unique(np.concatenate(begins), return_index=True)
    index = pd.DatetimeIndex(moments, tz="UTC", name=INDEX_NAME)
    return pd.DataFrame(np.concatenate(said)[newest], columns=BANDS, index=index)


def _before(
    session: Session,
    place: Place,
    view: View,
    quantity: Quantity,
    measurements: Measurements,
    memory: Memory,
) -> pd.Series:
    """Return what was measured in the days before the view: what persistence says stands there."""

    def load() -> pd.Series:
        meters = place.of(quantity)
        ids = [m.measurand_id for m in meters]
        window = measurements.load_window(session, place.project, view.start - REACH, view.start, ids)
        return total_of(window, meters, quantity, place.native(quantity))

    key = (session.person.user_id, place.project.project_id, quantity, view.start)
    return memory.histories.of(key, load)


def _step_of(place: Place, quantity: Quantity, newest: ForecastRecord | None) -> timedelta:
    native = place.native(quantity)
    return max(native, newest.step) if newest else native


def _prices(
    session: Session, place: Place, view: View, step: timedelta, measurements: Measurements
) -> pd.DataFrame | None:
    """Return what a kWh cost and brought on the steps of the range; None where nobody says."""
    site = place.site
    if site is None or view.until <= view.start:
        return None
    published, _there = reached(lambda: measurements.prices(session, site.project_id, view.start, view.until))
    if published is None:
        return None
    return price_of_steps(published, TimeGrid.between(view.start, view.until, step), site)

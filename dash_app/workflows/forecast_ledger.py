"""Read what the Forecast page shows of the ledger; of one that was changed behind our back, nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import pandas as pd
import structlog

from dash_app.domain.errors import PlanRejected
from dash_app.domain.forecasting import ForecastRecord, ModelRecord, ModelSwitch, Role
from dash_app.domain.ports import Forecasts, Session
from dash_app.domain.time import Clock
from dash_app.domain.view import View
from dash_app.workflows.forecast_choice import Choice, every_of
from dash_app.workflows.kept import Kept
from dash_app.workflows.measured import Place

AHEAD = timedelta(hours=48)
log = structlog.get_logger()
HISTORIES_FOR, LEDGERS_FOR, LEDGERS = timedelta(minutes=5), timedelta(hours=1), 8
Issued = tuple[tuple[ForecastRecord, ...], tuple[ForecastRecord, ...]]
"""The forecasts that plans were made from, and those of the challenger."""


class Memory:
    """What is kept between two drawings: the days before a range, and the ledger until something is issued."""

    def __init__(self, clock: Clock) -> None:
        self.histories: Kept[pd.Series] = Kept(clock, HISTORIES_FOR)
        self.ledgers: Kept[Issued] = Kept(clock, LEDGERS_FOR, LEDGERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What was issued for a range, oldest first: `records` plans were made from, `rivals` by models beside them.

    `newest` is the newest forecast of all, `shown` the one known at the chosen moment. `damaged` says what cannot be
    trusted; then nothing else is there.
    """

    records: tuple[ForecastRecord, ...] = ()
    rivals: tuple[ForecastRecord, ...] = ()
    newest: ForecastRecord | None = None
    shown: ForecastRecord | None = None
    models: tuple[ModelRecord, ...] = ()
    switches: tuple[ModelSwitch, ...] = ()
    damaged: str = ""


def read_ledger(
    session: Session, place: Place, view: View, choice: Choice, forecasts: Forecasts, memory: Memory
) -> Ledger:
    """Return what the ledger holds for a view."""
    try:
        return _read(session, place, view, choice, forecasts, memory)
    except PlanRejected as fault:
        log.error("forecast ledger not shown", project=place.project.project_id, reason=str(fault))
        return Ledger(damaged=str(fault))


def _read(session: Session, place: Place, view: View, choice: Choice, forecasts: Forecasts, memory: Memory) -> Ledger:
    project_id, quantity = place.project.project_id, choice.quantity
    newest = forecasts.known_at(project_id, quantity, view.now)
    if newest is None:
        return Ledger()
    records, rivals = _issued(session, place, view, choice, newest, forecasts, memory)
    return Ledger(
        records=records,
        rivals=rivals,
        newest=newest,
        shown=forecasts.known_at(project_id, quantity, choice.known) if choice.known else None,
        models=forecasts.models(project_id, quantity),
        switches=forecasts.switches(project_id, quantity),
    )


def _issued(
    session: Session,
    place: Place,
    view: View,
    choice: Choice,
    newest: ForecastRecord,
    forecasts: Forecasts,
    memory: Memory,
) -> Issued:
    """Return what was issued for the range; what is on the ledger stays, so it is read again only for a newer one."""
    project_id, quantity, since = place.project.project_id, choice.quantity, view.start - AHEAD

    def load() -> Issued:
        every = every_of(view)
        champions = forecasts.issued(project_id, quantity, since, view.end, role=Role.CHAMPION, every=every)
        return champions, forecasts.issued(project_id, quantity, since, view.end, role=Role.CHALLENGER, every=every)

    key = (session.person.user_id, project_id, quantity, since, view.end, every_of(view), newest.issued_at)
    return memory.ledgers.of(key, load)

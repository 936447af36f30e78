"""What the address of the Forecast page asks for: demand or PV, and what was known at which moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dash_app.domain.errors import PlanRejected
from dash_app.domain.forecasting import FORECAST_QUANTITIES
from dash_app.domain.ports import Forecasts
from dash_app.domain.site import Quantity
from dash_app.domain.view import View
from dash_app.workflows.measured import Place

OF, KNOWN = "of", "known"
"""Parameters of the address: what is forecast, and the moment whose knowledge is shown (ISO 8601; none: the newest)."""
NEWEST = "newest"
NAMES = {"load": Quantity.LOAD_KW, "pv": Quantity.PV_KW}
THINNED = (
    (timedelta(days=3, hours=1), timedelta(0)),
    (timedelta(days=14, hours=1), timedelta(hours=1)),
    (timedelta(days=92, hours=1), timedelta(hours=6)),
)
"""(range up to, one forecast of each): longer ranges are scored on fewer forecasts, beyond all of these one a day."""
MOMENTS = 48
"""So many moments are offered at most."""
ONE_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What the address asks for; `unknown` are parameters with what they said, where that is nothing we know."""

    quantity: Quantity
    known: datetime | None
    unknown: tuple[tuple[str, str], ...] = ()


def choice_of(place: Place, view: View) -> Choice:
    """Return what the address asks for at this place; what is unknown or lies in the future falls back."""
    given = dict(view.others)
    offered = [quantity for quantity in FORECAST_QUANTITIES if place.of(quantity)]
    wanted = NAMES.get(given.get(OF, ""))
    quantity = wanted if wanted in offered else (offered or [Quantity.LOAD_KW])[0]
    asked = "" if given.get(KNOWN) == NEWEST else given.get(KNOWN, "")
    known = _moment(asked, view.now)
    unknown = [(OF, given[OF])] if given.get(OF) and wanted != quantity else []
    unknown += [(KNOWN, asked)] if asked and known is None else []
    return Choice(quantity=quantity, known=known, unknown=tuple((name, text[:40]) for name, text in unknown))


def load_moments(place: Place, view: View, forecasts: Forecasts) -> tuple[Choice, list[datetime]]:
    """Return what the address asks for, and moments of the range at which a forecast was issued, at most MOMENTS."""
    choice = choice_of(place, view)
    every = max(every_of(view), timedelta(hours=max(1, (view.until - view.start) // (MOMENTS * ONE_HOUR))))
    try:
        records = forecasts.issued(place.project.project_id, choice.quantity, view.start, view.until, every=every)
    except PlanRejected:  # the page says it: nothing of the ledger is shown then, so nothing can be chosen
        records = ()
    return choice, [record.issued_at for record in records[-MOMENTS:]]


def every_of(view: View) -> timedelta:
    """Return of which stretches one forecast each is looked at."""
    length = view.end - view.start
    return next((every for limit, every in THINNED if length <= limit), timedelta(days=1))


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo is not None and moment <= now else None

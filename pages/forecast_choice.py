"""What the Forecast page is about: demand or PV, and as known at which moment; the address keeps the choice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components.aria import aria, data
from components.numbers import moment_words
from components.words import _
from dash_app.domain.forecasting import FORECAST_QUANTITIES
from dash_app.domain.site import Quantity
from dash_app.domain.view import View
from dash_app.workflows.forecast_choice import KNOWN, NAMES, NEWEST, OF, Choice
from dash_app.workflows.forecast_page import ForecastPage
from dash_app.workflows.measured import Place
from pages.forecast_words import cold_words, quantity_name

SELECT = "forecast-known"
WORDS = {quantity: word for word, quantity in NAMES.items()}


def choice_view(
    place: Place, view: View, choice: Choice, moments: Sequence[datetime], *, address: str, path: str
) -> html.Div:
    """Return the controls: real links for the quantity, a select of the moments at which a forecast was issued."""
    entries = [html.Li(_quantity_entry(place, view, choice, q, address, path)) for q in FORECAST_QUANTITIES]
    bar = html.Nav(html.Ul(entries), className="sb-flow-units", **aria(label=_("Forecast of")))
    missing = [q for q in FORECAST_QUANTITIES if not place.of(q)]
    reasons = [html.Span(_none_words(quantity), className="sb-reason") for quantity in missing]
    return html.Div(
        [bar, _known(view, choice, moments, address), *reasons], className="sb-flow-head sb-forecast-choice"
    )


def unknown_words(page: ForecastPage) -> list[str]:
    """Say what the address asked for and cannot be shown."""
    words = {
        OF: _("“%(given)s” is not forecast here. Showing %(shown)s."),
        KNOWN: _("“%(given)s” is not a past moment. Showing the newest forecasts."),
    }
    shown = quantity_name(page.choice.quantity)
    return [words[name] % {"given": given, "shown": shown} for name, given in page.choice.unknown]


def banner_words(page: ForecastPage) -> list[str]:
    """Return what stands above the cards: what was asked for wrongly, and that there is too little history."""
    record = page.shown or page.newest
    cold = cold_words(record) if record else ""
    return [*unknown_words(page), *([cold] if cold else [])]


def token(moment: datetime) -> str:
    """Return a moment as the address has it.

    >>> token(datetime(2026, 5, 20, 12, tzinfo=UTC))
    '2026-05-20T12:00:00Z'
    """
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _quantity_entry(place: Place, view: View, choice: Choice, quantity: Quantity, address: str, path: str) -> Any:
    name = quantity_name(quantity)
    if not place.of(quantity):
        return html.Span(name, className="sb-segment-entry sb-off")
    active = quantity is choice.quantity
    return html.A(
        name,
        href=f"{path}{_query(view, quantity)}",
        className="sb-segment-entry sb-active" if active else "sb-segment-entry",
        **data(address=address, option=OF),
        **(aria(current="true") if active else {}),
    )


def _query(view: View, quantity: Quantity) -> str:
    others = tuple((name, text) for name, text in view.others if name != OF)
    return replace(view, others=(*others, (OF, WORDS[quantity]))).query()


def _known(view: View, choice: Choice, moments: Sequence[datetime], address: str) -> html.Label:
    offered = sorted({*moments, *([choice.known] if choice.known else [])}, reverse=True)
    options: list[dict[str, Any]] = [{"label": _("The newest of each moment"), "value": NEWEST}]
    options += [{"label": moment_words(moment, view.zone), "value": token(moment)} for moment in offered]
    chosen = token(choice.known) if choice.known else NEWEST
    select = dbc.Select(id=SELECT, options=options, value=chosen, class_name="sb-select")
    return html.Label(
        [html.Span(_("As known at")), select],
        className="sb-forecast-known",
        **data(option_select=KNOWN, default=NEWEST, address=address),
    )


def _none_words(quantity: Quantity) -> str:
    return _("No PV in this project") if quantity is Quantity.PV_KW else _("No demand is measured here.")

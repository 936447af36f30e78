"""The card of the project that is pointed at: its four powers now, and the way in. One card for each, one is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components.aria import aria, data
from components.icons import Icon, icon
from components.numbers import NO_VALUE, clock_time, number, zone_words
from components.words import _
from dash_app.domain.now import NowBalance
from dash_app.navigation import home_of, kind_of
from pages.projects_views import ROUNDS_TO_ZERO_KW, Row, age_words


def details_view(rows: Sequence[Row]) -> list[html.Article]:
    """Return a card for each project; the first one is shown until another is pointed at."""
    return [_card(row, hidden=place > 0) for place, row in enumerate(rows)]


def _card(row: Row, *, hidden: bool) -> html.Article:
    name = row.project.name
    head = html.Div(
        [
            html.Div([html.H2(name, className="sb-card-title"), html.P(_about(row), className="sb-card-meta")]),
            html.A([_("Open project"), icon(Icon.ARROW_RIGHT)], href=home_of(row.project), className="btn btn-primary"),
        ],
        className="sb-place-head",
    )
    facts = html.Dl(
        [html.Div([html.Dt(label), html.Dd(value)]) for label, value in _facts(row)], className="sb-place-facts"
    )
    return html.Article(
        [head, facts, html.P(_age(row), className="sb-place-age")],
        className="sb-card sb-place",
        hidden=hidden,
        **aria(label=name),
        **data(details=row.project.project_id),
    )


def _about(row: Row) -> str:
    kind = kind_of(row.project, row.site)
    if row.site is None or row.balance is None:
        return kind
    moment, zone = row.balance.at, row.site.timezone
    return _("Site time %(time)s %(zone)s", time=clock_time(moment, zone), zone=zone_words(moment, zone))


def _facts(row: Row) -> list[tuple[str, Any]]:
    """Return label and value of what the site has; what has no value now has a dash."""
    balance = row.balance
    facts: list[tuple[str, Any]] = []
    if row.site is not None and row.site.arrays:
        facts.append((_("PV"), _kw(balance.pv_kw if balance else None)))
    facts.append((_("Load"), _kw(balance.load_kw if balance else None)))
    if row.site is not None and row.site.battery is not None:
        facts.append((_("Battery"), _battery(balance, simulated=row.site.battery.simulated)))
    return [*facts, (_("Grid"), _grid(balance))]


def _battery(balance: NowBalance | None, *, simulated: bool) -> list[Any]:
    """Return what the battery does; a simulated one says so."""
    told = [html.Span(_("simulated"), className="sb-place-verb")] if simulated else []
    if balance is None or balance.charge_kw is None or balance.discharge_kw is None:
        return [NO_VALUE, *told]
    return [*_directed(balance.discharge_kw - balance.charge_kw, _("Discharging"), _("Charging")), *told]


def _grid(balance: NowBalance | None) -> list[Any]:
    if balance is None or balance.import_kw is None or balance.export_kw is None:
        return [NO_VALUE]
    return _directed(balance.import_kw - balance.export_kw, _("Importing"), _("Exporting"))


def _directed(power_kw: float, positive: str, negative: str) -> list[Any]:
    if abs(power_kw) < ROUNDS_TO_ZERO_KW:
        return _kw(0.0)
    return [*_kw(abs(power_kw)), html.Span(positive if power_kw > 0 else negative, className="sb-place-verb")]


def _kw(value_kw: float | None) -> list[Any]:
    if value_kw is None:
        return [NO_VALUE]
    return [number(value_kw), html.Span("\u00a0kW", className="sb-place-unit")]


def _age(row: Row) -> str:
    age = age_words(row)
    if age == NO_VALUE:
        return _("No value has arrived.")
    if row.balance is not None and row.balance.silent:
        return _("%(what)s silent for %(age)s.", what=row.balance.silent, age=age)
    return _("Newest value %(age)s ago.", age=age)

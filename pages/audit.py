"""The audit page: who did what and when, what it was before and after, and whether the chain of hashes holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from functools import partial
from typing import Any

import dash_bootstrap_components as dbc
from dash import Dash, Input, Output, State, dcc, html, no_update

from components.aria import aria
from components.audit_words import KINDS
from components.shell import page_head
from components.states import loading
from components.words import _
from dash_app.domain.audit_view import AuditView, Kind, parse_audit_view
from dash_app.domain.errors import StoreUnavailable
from dash_app.domain.ports import Audit, Session, Sites
from dash_app.domain.time import Clock
from dash_app.workflows.audit import Verification, verify_alone
from dash_app.workflows.audit_page import MOST_EXPORTED, Trail, TrailPorts, Verifier, look_at_trail
from pages import audit_views as views
from pages.audit_export import offer_trail
from pages.range_page import drawn_safely

PATH = "/p/<project_id>/audit"
TICK = timedelta(seconds=60)
HERE, EVERYWHERE, EVERYTHING = "here", "all", "all"


class Id(StrEnum):
    """The page's parts."""

    ADDRESS = views.ADDRESS
    TICK = "audit-tick"
    HEAD = "audit-head"
    NOTES = "audit-notes"
    CHAIN = "audit-chain"
    ROWS = "audit-rows"
    WHAT = "audit-what"
    WHO = "audit-who"
    FROM = "audit-from"
    TO = "audit-to"
    PROJECT = "audit-project"


def layout(project_id: str = "", **_query: str) -> html.Div:
    """Return the page at its final size, without data."""
    return html.Div(
        [
            dcc.Location(id=Id.ADDRESS, refresh=False),
            dcc.Interval(id=Id.TICK, interval=int(1000 * TICK.total_seconds())),
            html.Div(page_head(_("Audit trail"), " "), id=Id.HEAD),
            html.Div(id=Id.NOTES),
            html.Div(loading(118, _("Verifying the chain")), id=Id.CHAIN, className="sb-slot"),
            _filters(),
            html.Div(loading(460, _("Loading the audit trail")), id=Id.ROWS, className="sb-slot"),
        ],
        className="sb-page sb-audit-page",
    )


def register(
    app: Dash,
    *,
    audit: Audit,
    sites: Sites,
    clock: Clock,
    who: Callable[[], Session],
    verify_audit: Callable[[], Verification] | None,
) -> None:
    """Put the page, its callbacks and its file into `app`."""
    verifier = Verifier(verify_audit or partial(verify_alone, audit, clock), clock)
    given = TrailPorts(audit=audit, sites=sites, verify=verifier, clock=clock)
    offer_trail(app, partial(look_at_trail, given, most=MOST_EXPORTED))
    _register_filters(app)

    @app.callback(
        Output(Id.HEAD, "children"),
        Output(Id.NOTES, "children"),
        Output(Id.ROWS, "children"),
        Input(Id.ADDRESS, "search"),
        Input(Id.TICK, "n_intervals"),
        State(Id.ADDRESS, "pathname"),
    )
    def show_rows(search: str, _tick: int | None, pathname: str) -> tuple[Any, ...]:
        trail = look_at_trail(given, who(), pathname, search)
        head = page_head(_("Audit trail"), views.about_words(trail))
        return head, views.notes_view(trail), drawn_safely(views.rows_view, trail)

    @app.callback(Output(Id.CHAIN, "children"), Input(Id.TICK, "n_intervals"), State(Id.ADDRESS, "pathname"))
    def show_chain(_tick: int | None, pathname: str) -> Any:
        return drawn_safely(chain_of, given, look_at_trail(given, who(), pathname, "", 1))


def chain_of(given: TrailPorts, trail: Trail) -> html.Section:
    """Return the chain's card; what cannot be read is said there."""
    try:
        return views.chain_view(given.verify(), trail)
    except StoreUnavailable as fault:
        return views.chain_view(None, trail, str(fault))


def chosen(
    search: str, what: str | None, who: str | None, first: str | None, last: str | None, where: str | None
) -> str:
    """Return the address' query after a person chose something; the place in the list stays if nothing did change."""
    shown = parse_audit_view(search)
    view = parse_audit_view(_query(what, who, first, last, where))
    return (replace(view, below=shown.below) if replace(shown, below=None, faults=()) == view else view).search()


def controls(view: AuditView) -> tuple[str, str, str | None, str | None, str]:
    """Return what the filters show for a view."""
    first, last = (day.isoformat() if day else None for day in (view.first, view.last))
    return view.kind.value or EVERYTHING, view.who, first, last, EVERYWHERE if view.everywhere else HERE


def _query(what: str | None, who: str | None, first: str | None, last: str | None, where: str | None) -> str:
    known = replace(parse_audit_view(""), kind=Kind(what) if what in set(Kind) else Kind.ALL, who=(who or "").strip())
    days = parse_audit_view(f"?since={first or ''}&until={last or ''}")
    return replace(known, first=days.first, last=days.last, everywhere=where == EVERYWHERE).search()


def _register_filters(app: Dash) -> None:
    """Keep the filters and the address in step; whatever is chosen stands in the address."""
    parts = (Id.WHAT, Id.WHO, Id.FROM, Id.TO, Id.PROJECT)

    @app.callback(
        Output(Id.ADDRESS, "search"),
        *(Input(part, "value") for part in parts),
        State(Id.ADDRESS, "search"),
        State(Id.ADDRESS, "pathname"),
        prevent_initial_call=True,
    )
    def choose(*given: Any) -> Any:
        *values, search, _pathname = given
        wanted = chosen(search or "", *values)
        return no_update if wanted == (search or "") or _same(search or "", wanted) else wanted

    @app.callback(
        *(Output(part, "value") for part in parts), Input(Id.ADDRESS, "search"), State(Id.ADDRESS, "pathname")
    )
    def fill(search: str, _pathname: str) -> tuple[Any, ...]:
        return controls(parse_audit_view(search or ""))


def _same(search: str, wanted: str) -> bool:
    """Return whether both addresses mean the same: what one says wrongly stays, with the note that names it."""
    return replace(parse_audit_view(search), faults=()) == parse_audit_view(wanted)


def _filters() -> html.Div:
    kinds = [{"label": _(words), "value": kind.value or EVERYTHING} for kind, words in KINDS.items()]
    where = [{"label": _("This project"), "value": HERE}, {"label": _("All my projects"), "value": EVERYWHERE}]
    text = dbc.Input(id=Id.WHO, type="search", debounce=True, maxlength=80, autocomplete="off", class_name="sb-date")
    fields = [
        _field(_("What"), dbc.Select(id=Id.WHAT, options=kinds, value=EVERYTHING, class_name="sb-select")),
        _field(_("Who"), text),
        _field(_("From"), dbc.Input(id=Id.FROM, type="date", debounce=True, class_name="sb-date")),
        _field(_("To"), dbc.Input(id=Id.TO, type="date", debounce=True, class_name="sb-date")),
        _field(_("Where"), dbc.Select(id=Id.PROJECT, options=where, value=HERE, class_name="sb-select")),
    ]
    return html.Div(fields, className="sb-audit-filters", role="search", **aria(label=_("Filter the rows")))


def _field(words: str, control: Any) -> html.Label:
    return html.Label([html.Span(words), control])

"""Project selection: every project of the person, what happens there now, how old that is, and what waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from components.aria import aria, data
from components.graph import drawn_id, themes_store
from components.icons import Icon, icon
from components.map_pins import pins_of
from components.shell import page_head
from components.site_map import (
    credit,
    credit_id,
    map_drawing,
    offline_style,
    pin_links,
    pins_id,
    register_map,
    site_map,
)
from components.states import loading
from components.words import _
from dash_app.domain import recommendation
from dash_app.domain.errors import ApiError
from dash_app.domain.now import NowBalance, now_balance
from dash_app.domain.ports import Measurements, Recommendations, Session, Sites
from dash_app.domain.project import Project, Right
from dash_app.domain.time import Clock
from pages.projects_details import details_view
from pages.projects_views import Row, Show, about_words, filter_options, spots_of, table_view

PATH = "/projects"
REFRESH_MS = 30_000
MAP = "projects-map"
OUTLINES = "map/outlines.json"


class Id(StrEnum):
    """The page's parts."""

    ABOUT = "projects-about"
    SEARCH = "projects-search"
    FILTER = "projects-filter"
    ROWS = "projects-rows"
    NONE = "projects-none"
    TICK = "projects-tick"
    DETAILS = "projects-details"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What the page reads from."""

    measurements: Measurements
    sites: Sites
    recommendations: Recommendations
    clock: Clock


def layout() -> html.Div:
    """Return the page without data."""
    label = _("Search name, type or place")
    search = dbc.Input(id=Id.SEARCH, type="search", placeholder=label, autocomplete="off")
    named = html.Label(label, htmlFor=Id.SEARCH, className="visually-hidden")
    tools = html.Div(
        [html.Div([named, icon(Icon.SEARCH), search], className="sb-search"), _filter()], className="sb-list-tools"
    )
    body = html.Div(loading(460, _("Loading the projects")), id=Id.ROWS)
    none = html.P(id=Id.NONE, className="sb-list-none", role="status", **data(words=_("No project fits.")))
    found = html.Section([tools, body, none], className="sb-card sb-list", **aria(label=_("Projects")))
    where = html.Section(
        [site_map(MAP), html.Div(id=Id.DETAILS)], className="sb-where", **aria(label=_("Where they are"))
    )
    return html.Div(
        [
            dcc.Interval(id=Id.TICK, interval=REFRESH_MS),
            themes_store(),
            page_head(_("Project selection"), html.Span(id=Id.ABOUT)),
            html.Div([found, where], className="sb-select"),
        ]
    )


def register(
    app: Dash,
    *,
    who: Callable[[], Session],
    measurements: Measurements,
    sites: Sites,
    recommendations: Recommendations,
    clock: Clock,
    asset: Callable[[str], str],
    map_style: str,
) -> None:
    """Add the page's callbacks; `map_style` is the address of a style of one's own, or empty."""
    ports = Ports(measurements=measurements, sites=sites, recommendations=recommendations, clock=clock)
    style = map_style or offline_style(asset(OUTLINES))

    @app.callback(
        Output(Id.ROWS, "children"),
        Output(Id.ABOUT, "children"),
        Output(Id.FILTER, "options"),
        Output(Id.DETAILS, "children"),
        Output(drawn_id(MAP), "data"),
        Output(pins_id(MAP), "children"),
        Output(credit_id(MAP), "children"),
        Input(Id.TICK, "n_intervals"),
    )
    def show_rows(_beat: int | None) -> tuple[Any, ...]:
        rows = read_rows(ports, who())
        pins = pins_of(spots_of(rows))
        return (
            table_view(rows),
            about_words(rows),
            filter_options(rows),
            details_view(rows),
            map_drawing(pins, style),
            pin_links(pins),
            "" if map_style else credit(),
        )

    register_map(app, MAP)
    app.clientside_callback(  # type: ignore[no-untyped-call]
        ClientsideFunction("map", "filter_rows"),
        Output(Id.NONE, "children"),
        Input(Id.SEARCH, "value"),
        Input(Id.FILTER, "value"),
        Input(Id.ROWS, "children"),
        State(Id.NONE, "data-words"),
    )


def read_rows(ports: Ports, session: Session) -> list[Row]:
    """Return a row for each project; once the server cannot be reached, the rest is not asked for."""
    rows: list[Row] = []
    reached = True
    for project in session.projects:
        balance = _balance(ports, session, project) if reached else None
        reached = balance is not None
        site = ports.sites.site_of(project.project_id)
        rows.append(Row(project=project, site=site, balance=balance, waiting=_waiting(ports, project)))
    return rows


def _filter() -> html.Div:
    names = {Show.ALL: _("All"), Show.ATTENTION: _("Attention"), Show.WAITING: _("Waiting")}
    buttons = dbc.RadioItems(
        id=Id.FILTER,
        options=[{"label": words, "value": one.value} for one, words in names.items()],
        value=Show.ALL.value,
        inline=True,
        className="sb-choice",
        inputClassName="btn-check",
        labelClassName="sb-choice-item",
        labelCheckedClassName="active",
    )
    return html.Div(buttons, role="radiogroup", **aria(label=_("Which projects")))


def _balance(ports: Ports, session: Session, project: Project) -> NowBalance | None:
    try:
        measurands = ports.measurements.measurands(session, project)
        return now_balance(ports.measurements.live(session, project), measurands, ports.clock())
    except ApiError:
        return None


def _waiting(ports: Ports, project: Project) -> int:
    if not project.allows(Right.APPROVE):
        return 0
    now = ports.clock()
    newest = ports.recommendations.newest(project.project_id)
    return sum(one.state is recommendation.State.PROPOSED and one.payload.expires_at > now for one in newest)

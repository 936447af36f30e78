"""The choice of measurands: every one that the project has, in groups, with a search; the address keeps the choice.

The boxes are plain check boxes: assets/8-explorer.js writes what is ticked into the address, and the page follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_bootstrap_components as dbc
from dash import html

from components.aria import aria, data
from components.badges import badge
from components.cards import card
from components.icons import Icon, icon
from components.states import not_set_up
from components.words import _
from dash_app.domain.measurement import LiveValue
from dash_app.domain.site import Measurand, Quantity
from dash_app.domain.view import View
from dash_app.workflows.explorer import Choice, late
from dash_app.workflows.measured import Place
from pages.measurements_words import ADDRESS, GROUPS, about, flags, newest_words

GROUP, NEWEST = "measurements-group", "measurements-newest"
"""Types of ids: the boxes of a group, the newest value of a measurand."""
SEARCH, LIST = "measurements-search", "measurements-list"


def chooser_card(place: Place, choice: Choice) -> html.Section:
    """Return the card; the newest values are filled in and kept fresh by a callback of their own."""
    if not place.measurands:
        return card(_("Measurands"), not_set_up(_("Nothing is measured in this project.")))
    chosen = [m.measurand_id for m in choice.measurands]
    groups = [_group(key, _(name), found, chosen) for key, name, found in grouped(place)]
    clear = html.Button(_("Clear"), type="button", className="btn sb-tertiary sb-small", **data(choose_none=ADDRESS))
    fold = html.Button(
        [html.Span(_("Choose measurands")), icon(Icon.CHEVRON_DOWN, size=14)],
        type="button",
        className="sb-choose-fold",
        **aria(expanded="false", controls=LIST),
        **data(choose_fold="1"),
    )
    found = [
        _search(),
        html.Div(groups, className="sb-choose-list", tabIndex=0, role="group", **aria(label=_("Measurands"))),
        html.P(_("No measurand has such a name."), hidden=True, className="sb-choose-none", role="status"),
    ]
    body = html.Div(
        [fold, html.Div(found, id=LIST, className="sb-choose-body")], className="sb-choose", **data(chooser=ADDRESS)
    )
    return card(_("Measurands"), body, meta=_("All that this project has"), actions=clear, class_name="sb-chooser")


def grouped(place: Place) -> list[tuple[str, str, list[Measurand]]]:
    """Return the groups that have measurands: key, name (a message id), measurands in the order of the server."""
    found = [(key, name, [m for m in place.measurands if m.quantity in quantities]) for key, name, quantities in GROUPS]
    return [(key, name, measurands) for key, name, measurands in found if measurands]


def chosen_by_group(place: Place, choice: Choice) -> list[list[str]]:
    """Return what is ticked in each group, in the order of the groups."""
    chosen = [m.measurand_id for m in choice.measurands]
    return [[one for one in chosen if one in {m.measurand_id for m in found}] for _key, _name, found in grouped(place)]


def newest_by_measurand(place: Place, view: View, newest: Mapping[str, LiveValue]) -> list[Any]:
    """Return the words of every newest value, in the order in which they stand in the card."""
    ordered = [m for _key, _name, found in grouped(place) for m in found]
    return [newest_line(m, newest.get(m.measurand_id), view) for m in ordered]


def newest_line(measurand: Measurand, found: LiveValue | None, view: View) -> Any:
    """Return the newest value and its age; a clock says that it should be younger."""
    words = newest_words(measurand, found, view)
    if found is not None and late(measurand, found, view):
        return [icon(Icon.CLOCK, size=12), html.Span(_("silent:"), className="visually-hidden"), words]
    return words


def _search() -> html.Label:
    words = html.Span(_("Search measurands"), className="visually-hidden")
    field = dbc.Input(id=SEARCH, type="search", placeholder=_("Search"), class_name="sb-choose-search")
    return html.Label([words, field], className="sb-choose-find")


def _group(key: str, name: str, found: list[Measurand], chosen: list[str]) -> html.Fieldset:
    options = [{"label": _label(m), "value": m.measurand_id} for m in found]
    ticked = [m.measurand_id for m in found if m.measurand_id in chosen]
    boxes = dbc.Checklist(
        id={"type": GROUP, "index": key},
        options=options,
        value=ticked,
        class_name="sb-choose-boxes",
    )
    return html.Fieldset([html.Legend(name), boxes])


def _label(measurand: Measurand) -> html.Span:
    marks = [badge(text, symbol=Icon.INFO) for text in flags(measurand)]
    forecast = measurand.quantity in {Quantity.PV_FORECAST_KW, Quantity.LOAD_FORECAST_KW}
    line = [html.Span(about(measurand)), *([html.Span(_("forecast"))] if forecast else [])]
    return html.Span(
        [
            html.Span(measurand.name, className="sb-choose-name"),
            html.Span(line, className="sb-choose-about"),
            html.Span(id={"type": NEWEST, "index": measurand.measurand_id}, className="sb-choose-newest"),
            html.Span(marks, className="sb-choose-marks") if marks else None,
        ],
        className="sb-choose-label",
    )

"""The range bar: real links for every range, selects for short ranges, resolution and comparison.

What is chosen stands in the address only; the browser changes it (assets/6-range.js), so no click waits for a server.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import dash_bootstrap_components as dbc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from components.aria import aria, data
from components.icons import Icon, icon
from components.numbers import day_words, period_words, step_words
from components.range_words import compare_names, range_names, recent_names
from components.words import _
from dash_app.domain.view import RESOLUTIONS_MIN, ROLLING, Range, View

AUTOMATIC, NO_COMPARISON = "auto", "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeIds:
    """The ids of the bar's controls on a page, of its address and of the store of what was rendered.

    `head` is where the page's head stands; what the server draws for it goes into `drawn`, and from there into its
    place as soon as nobody holds a control of the bar.
    """

    address: str
    head: str
    drawn: str
    rendered: str
    resolution: str
    phone_range: str
    recent: str
    compare: str
    first: str
    last: str

    @classmethod
    def of(cls, page: str) -> RangeIds:
        """Return the ids of a page; all of them begin with its key."""
        names = ("address", "head", "head-drawn", "rendered", "resolution", "range", "recent", "compare", "from", "to")
        return cls(**dict(zip(cls.__dataclass_fields__, (f"{page}-{name}" for name in names), strict=True)))


def range_bar(view: View, path: str, ids: RangeIds) -> html.Div:
    """Return the bar for a view of the page at `path`."""
    dates = [_dates(view, ids)] if view.range is Range.CUSTOM else []
    parts: list[Any] = [
        _stepper(view, path, ids),
        _recent(view, ids),
        _segment(view, path, ids),
        _phone_range(view, ids),
    ]
    parts += [*dates, _resolution(view, ids), _compare(view, ids)]
    return html.Div([dcc.Store(id=ids.rendered, data=rendered(view)), *parts], className="sb-range")


def rendered(view: View) -> dict[str, str | None]:
    """Return what the controls show: a control that shows something else was changed by a person."""
    custom = view.range is Range.CUSTOM
    return {
        "resolution": _chosen(view),
        "range": view.range.value,
        "recent": view.range.value if view.rolling else None,
        "compare": view.compare.value if view.compare else NO_COMPARISON,
        "from": view.first.isoformat() if custom else None,
        "to": view.last.isoformat() if custom else None,
    }


def register_range_bar(app: Dash, ids: RangeIds) -> None:
    """Let the browser change the address when a control changes, and show what the server drew for the head."""
    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        ClientsideFunction(namespace="range", function_name="change"),
        Output(ids.address, "search"),
        Input(ids.resolution, "value"),
        Input(ids.phone_range, "value"),
        Input(ids.recent, "value"),
        Input(ids.compare, "value"),
        Input(ids.first, "value", allow_optional=True),
        Input(ids.last, "value", allow_optional=True),
        State(ids.rendered, "data"),
        State(ids.address, "search"),
        prevent_initial_call=True,
    )
    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        ClientsideFunction(namespace="range", function_name="show"),
        Output(ids.head, "children"),
        Input(ids.drawn, "data"),
        State(ids.head, "id"),
        prevent_initial_call=True,
    )


def _query(view: View, kind: Range) -> str:
    """Return the query of another range that ends where this one does, without a resolution made for this one."""
    return view.query(kind=kind, keep_resolution=False)


def _stepper(view: View, path: str, ids: RangeIds) -> html.Div:
    period = period_words(view.first, view.last, year=False)
    here = (
        _("Today") if view.holds_today else period_words(view.first, view.last, year=view.last.year != view.today.year)
    )
    if view.rolling:
        here, period = _("Now"), recent_names()[view.range]
    today = view.query(at=view.today) if view.range is not Range.CUSTOM else ""
    words = [html.Span(here, className="sb-wide"), html.Span(period, className="sb-narrow")]
    middle = _link(ids, words, path + today, "sb-step-here", title=_("Go to today"))
    before = _("This range ends now.") if view.rolling else _("Nothing earlier is kept.")
    after = _("This range ends now.") if view.rolling else _("Nothing later yet.")
    return html.Div(
        [
            _step(Icon.CHEVRON_LEFT, _("Earlier"), view.earlier(), path, ids, before),
            middle,
            _step(Icon.CHEVRON_RIGHT, _("Later"), view.later(), path, ids, after),
        ],
        className="sb-stepper",
    )


def _step(symbol: Icon, words: str, query: str | None, path: str, ids: RangeIds, reason: str) -> Any:
    content = [icon(symbol, size=14), html.Span(words, className="visually-hidden")]
    if query is None:
        hidden = html.Span(reason, className="visually-hidden")
        return html.Span([*content, hidden], className="sb-step sb-off", title=reason)
    return _link(ids, content, path + query, "sb-step", title=words)


def _segment(view: View, path: str, ids: RangeIds) -> html.Nav:
    links = [
        html.Li(
            _link(
                ids,
                name,
                path + _query(view, kind),
                "sb-segment-entry" + (" sb-active" if kind is view.range else ""),
                **(aria(current="true") if kind is view.range else {}),
            )
        )
        for kind, name in range_names().items()
    ]
    return html.Nav(html.Ul(links), className="sb-segment", **aria(label=_("Range")))


def _recent(view: View, ids: RangeIds) -> html.Label:
    """Return the select of the ranges that end now; it stands for itself only while one of them is shown."""
    class_name = "sb-select sb-chosen" if view.rolling else "sb-select"
    select = dbc.Select(
        id=ids.recent,
        options=_recent_options(view),
        value=view.range.value if view.rolling else None,
        placeholder=_("Last …"),
        class_name=class_name,
    )
    return _labelled(_("Short range that ends now"), select, "sb-recent")


def _recent_options(view: View) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = []
    for kind, name in recent_names().items():
        short = ROLLING[kind] < view.native
        words = _("%(range)s: measured every %(native)s", range=name, native=step_words(view.native)) if short else name
        options.append({"label": words, "value": kind.value, "disabled": short})
    return options


def _phone_range(view: View, ids: RangeIds) -> html.Label:
    options: list[dict[str, Any]] = [{"label": name, "value": kind.value} for kind, name in range_names().items()]
    select = dbc.Select(
        id=ids.phone_range, options=[*_recent_options(view), *options], value=view.range.value, class_name="sb-select"
    )
    return _labelled(_("Range"), select, "sb-phone-range")


def _dates(view: View, ids: RangeIds) -> html.Div:
    limits = {"min": view.oldest_day.isoformat(), "max": view.today.isoformat()}
    entries = ((ids.first, _("From"), view.first), (ids.last, _("To"), view.last))
    fields = [
        html.Label(
            [
                html.Span(words),
                dbc.Input(id=name, type="date", value=day.isoformat(), debounce=True, class_name="sb-date", **limits),
            ]
        )
        for name, words, day in entries
    ]
    hint = _("From %(day)s on, until today.", day=day_words(view.oldest_day, year=True))
    return html.Div(fields, className="sb-dates", title=hint)


def _resolution(view: View, ids: RangeIds) -> html.Label:
    native = int(view.native / timedelta(minutes=1))
    automatic = _("Auto, %(step)s", step=step_words(view.step)) if view.chosen_step is None else _("Auto")
    options: list[dict[str, Any]] = [{"label": automatic, "value": AUTOMATIC}]
    for minutes in RESOLUTIONS_MIN:
        finer = minutes < native
        words = step_words(timedelta(minutes=minutes))
        label = _("%(step)s: measured every %(native)s", step=words, native=step_words(view.native)) if finer else words
        options.append({"label": label, "value": str(minutes), "disabled": finer})
    select = dbc.Select(id=ids.resolution, options=options, value=_chosen(view), class_name="sb-select")
    return _labelled(_("Resolution"), select, "sb-resolution")


def _compare(view: View, ids: RangeIds) -> html.Label:
    options = [{"label": _("No comparison"), "value": NO_COMPARISON}]
    options += [{"label": name, "value": kind.value} for kind, name in compare_names().items()]
    chosen = view.compare.value if view.compare else NO_COMPARISON
    select = dbc.Select(id=ids.compare, options=options, value=chosen, class_name="sb-select")
    return _labelled(_("Comparison"), select, "sb-range-compare")


def _labelled(words: str, control: Any, class_name: str) -> html.Label:
    return html.Label([html.Span(words, className="visually-hidden"), control], className=class_name)


def _chosen(view: View) -> str:
    return AUTOMATIC if view.chosen_step is None else str(int(view.chosen_step / timedelta(minutes=1)))


def _link(ids: RangeIds, content: Any, href: str, class_name: str, **more: Any) -> html.A:
    """Return a real link which the browser follows by changing the page's address only (assets/5-charts.js)."""
    return html.A(content, href=href, className=class_name, **data(address=ids.address), **more)

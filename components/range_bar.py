"""The range bar: real links for every range, a select for the resolution; what is chosen stands in the address only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

import dash_bootstrap_components as dbc
from dash import dcc, html

from components.aria import aria, data
from components.icons import Icon, icon
from components.numbers import day_words, period_words, step_words
from components.words import _
from dash_app.domain.units import NO_BREAK_SPACE
from dash_app.domain.view import RESOLUTIONS_MIN, Fallback, Problem, Range, View

AUTOMATIC = "auto"
_DEFAULTS = {("resolution", AUTOMATIC), ("range", Range.TWO_DAYS.value)}
CONTROLS = ("resolution", "range", "from", "to")
"""The controls that change the address, by the names of its parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeIds:
    """The ids of the bar's controls on a page, of its address and of the store of what was rendered."""

    address: str
    rendered: str
    resolution: str
    phone_range: str
    first: str
    last: str


def range_bar(view: View, path: str, ids: RangeIds) -> html.Div:
    """Return the bar for a view of the page at `path`."""
    custom = view.range is Range.CUSTOM
    rendered = dict(zip(CONTROLS, (_chosen(view), view.range.value, None, None), strict=True))
    if custom:
        rendered |= {"from": view.first.isoformat(), "to": view.last.isoformat()}
    parts: list[Any] = [_stepper(view, path, ids), _segment(view, path, ids), _phone_range(view, ids)]
    parts += [_dates(view, ids)] if custom else []
    return html.Div([dcc.Store(id=ids.rendered, data=rendered), *parts, _resolution(view, ids)], className="sb-range")


def search_after(search: str, rendered: Mapping[str, Any], chosen: Mapping[str, Any]) -> str | None:
    """Return the address' query after a person changed a control, or None when nothing differs from what was rendered.

    >>> rendered = {"resolution": "auto", "range": "48h", "from": None, "to": None}
    >>> search_after("?at=2020-09-20", rendered, {**rendered, "resolution": "60"})
    '?at=2020-09-20&resolution=60'
    >>> search_after("?range=eon", rendered, rendered) is None
    True
    """
    changed = {name for name in CONTROLS if chosen.get(name) and chosen[name] != rendered.get(name)}
    if not changed:
        return None
    parts = dict(parse_qsl(search.removeprefix("?")))
    if changed & {"from", "to"}:
        parts |= {name: str(chosen[name]) for name in ("from", "to")}
    parts |= {name: str(chosen[name]) for name in changed}
    parts = {name: value for name, value in parts.items() if (name, value) not in _DEFAULTS}
    return f"?{urlencode(parts)}" if parts else ""


def fallback_words(fallback: Fallback) -> str:
    """Say which value of the address was not used, why, and what is shown instead.

    >>> fallback_words(Fallback(parameter="range", given="eon", used="48h", problem=Problem.UNKNOWN))
    '“eon” is not a range we know. Showing 48\\xa0h.'
    """
    return _reason(fallback) + " " + _("Showing %(used)s.", used=_used(fallback))


def _reason(fallback: Fallback) -> str:
    given = fallback.given
    match fallback.problem:
        case Problem.UNKNOWN if fallback.parameter == "resolution":
            return _("“%(given)s” is not a resolution we know.", given=given)
        case Problem.UNKNOWN:
            return _("“%(given)s” is not a range we know.", given=given)
        case Problem.NOT_A_DATE:
            return _("“%(given)s” is not a date.", given=given)
        case Problem.IN_THE_FUTURE:
            return _("%(given)s lies in the future.", given=given)
        case Problem.TOO_LONG_AGO:
            return _("%(given)s is more than two years ago.", given=given)
        case Problem.TO_BEFORE_FROM:
            return _("The range ends on %(given)s, before it begins.", given=given)
        case Problem.FINER_THAN_NATIVE:
            return _("Nothing here is measured every %(given)s min.", given=given)


def _used(fallback: Fallback) -> str:
    if fallback.parameter == "resolution":
        return step_words(timedelta(minutes=int(fallback.used)))
    names = {kind.value: name for kind, name in _names().items()}
    return names.get(fallback.used, fallback.used)


def _names() -> dict[Range, str]:
    return {
        Range.TWO_DAYS: f"48{NO_BREAK_SPACE}h",
        Range.DAY: _("Day"),
        Range.WEEK: _("Week"),
        Range.MONTH: _("Month"),
        Range.YEAR: _("Year"),
        Range.CUSTOM: _("Custom"),
    }


def _query(view: View, kind: Range) -> str:
    """Return the query of another range that ends where this one does, without a resolution made for this one."""
    return view.query(kind=kind, keep_resolution=False)


def _stepper(view: View, path: str, ids: RangeIds) -> html.Div:
    here = (
        _("Today") if view.holds_today else period_words(view.first, view.last, year=view.last.year != view.today.year)
    )
    today = view.query(at=view.today) if view.range is not Range.CUSTOM else ""
    middle = _link(
        ids,
        [
            html.Span(here, className="sb-wide"),
            html.Span(period_words(view.first, view.last, year=False), className="sb-narrow"),
        ],
        path + today,
        "sb-step-here",
        title=_("Go to today"),
    )
    return html.Div(
        [
            _step(Icon.CHEVRON_LEFT, _("Earlier"), view.earlier(), path, ids, _("Nothing earlier is kept.")),
            middle,
            _step(Icon.CHEVRON_RIGHT, _("Later"), view.later(), path, ids, _("Nothing later yet.")),
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
        for kind, name in _names().items()
    ]
    return html.Nav(html.Ul(links), className="sb-segment", **aria(label=_("Range")))


def _phone_range(view: View, ids: RangeIds) -> html.Label:
    options = [{"label": name, "value": kind.value} for kind, name in _names().items()]
    select = dbc.Select(id=ids.phone_range, options=options, value=view.range.value, class_name="sb-select")
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


def _labelled(words: str, control: Any, class_name: str) -> html.Label:
    return html.Label([html.Span(words, className="visually-hidden"), control], className=class_name)


def _chosen(view: View) -> str:
    return AUTOMATIC if view.chosen_step is None else str(int(view.chosen_step / timedelta(minutes=1)))


def _link(ids: RangeIds, content: Any, href: str, class_name: str, **more: Any) -> html.A:
    """Return a real link which the browser follows by changing the page's address only (assets/5-charts.js)."""
    return html.A(content, href=href, className=class_name, **data(address=ids.address), **more)

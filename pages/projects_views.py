"""The rows of the project selection: pure views of what was read, testable without Dash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from dash import html

from components.aria import data
from components.badges import Tone, badge
from components.icons import Icon
from components.numbers import NO_VALUE, duration, number
from components.words import _, ngettext
from dash_app.domain.now import NowBalance
from dash_app.domain.project import Project
from dash_app.domain.site import Site
from dash_app.navigation import RECOMMENDATIONS, address, home_of, kind_of

SILENT_AFTER = timedelta(hours=1)
ROUNDS_TO_ZERO_KW = 0.05


class Show(StrEnum):
    """The segments of the filter."""

    ALL = "all"
    ATTENTION = "attention"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One project with what is known of it now; `balance` is None when the server could not be reached."""

    project: Project
    site: Site | None
    balance: NowBalance | None
    waiting: int

    @property
    def needs_attention(self) -> bool:
        """Whether anything but "Live" is to be said."""
        return status_of(self)[0] is not Tone.OK


def status_of(row: Row) -> tuple[Tone, str, Icon]:
    """Return how a project is: a tone, a word and a symbol."""
    balance = row.balance
    if balance is None:
        return Tone.DANGER, _("Not reached"), Icon.CLOUD_SLASH
    if balance.newest is None:
        return Tone.NEUTRAL, _("No values"), Icon.DASH_CIRCLE
    if balance.at - balance.newest > SILENT_AFTER and balance.silent:
        return Tone.DANGER, _("Silent"), Icon.X_CIRCLE
    if balance.silent:
        return Tone.WARNING, _("Stale"), Icon.CLOCK
    if balance.missing:
        return Tone.WARNING, _("Incomplete"), Icon.EXCLAMATION_TRIANGLE
    return Tone.OK, _("Live"), Icon.CHECK_CIRCLE


def about_words(rows: Sequence[Row]) -> str:
    """Return the line under the title."""
    places = len({row.site.place for row in rows if row.site})
    attention = sum(row.needs_attention for row in rows)
    parts = [
        ngettext("%(num)d project", "%(num)d projects", len(rows))
        + (ngettext(" in %(num)d place.", " in %(num)d places.", places) if places else "."),
        _("%(live)d live,", live=len(rows) - attention),
        ngettext("%(num)d needs attention.", "%(num)d need attention.", attention),
    ]
    return " ".join(parts)


def table_view(rows: Sequence[Row]) -> Any:
    """Return the table; a person without projects is told whom to ask."""
    if not rows:
        return html.P(_("No project is open to you. Your administrator can change that."), className="sb-list-none")
    heads = (_("Project"), _("Status"), _("PV"), _("Load"), _("Battery"), _("Grid"), _("Data age"), _("Action"))
    top = html.Tr(
        [html.Th(words, scope="col", className="sb-number" if at >= 2 else "") for at, words in enumerate(heads)]
    )
    lines = [_line(row) for row in rows]
    table = html.Table([html.Thead(top), html.Tbody(lines)], className="sb-table sb-projects")
    return html.Div(table, className="sb-table-frame")


def _line(row: Row) -> html.Tr:
    tone, words, symbol = status_of(row)
    kind = kind_of(row.project, row.site)
    place = f" · {row.site.place}" if row.site else ""
    name = html.Td(
        [
            html.A(row.project.name, href=home_of(row.project), className="sb-row-link"),
            html.Span(kind + place, className="sb-row-about"),
        ]
    )
    balance = row.balance
    cells = [
        name,
        html.Td(badge(words, tone, symbol)),
        _number(_power(balance, "pv_kw") if row.site is None or row.site.arrays else NO_VALUE, _("PV")),
        _number(_power(balance, "load_kw"), _("Load")),
        _number(_battery(row), _("Battery")),
        _number(_grid(balance), _("Grid")),
        _number(_age(balance), _("Data age")),
        _number(_action(row), ""),
    ]
    found = f"{row.project.name} {kind}{place}".lower()
    flags = f"{Show.ATTENTION.value if row.needs_attention else ''} {Show.WAITING.value if row.waiting else ''}"
    return html.Tr(cells, className="sb-row", **data(text=found, flags=flags.strip(), project=row.project.project_id))


def _number(content: Any, label: str) -> html.Td:
    return html.Td(content, className="sb-number", **data(label=label))


def _power(balance: NowBalance | None, name: str) -> Any:
    value = getattr(balance, name) if balance else None
    return NO_VALUE if value is None else _kw("", value)


def _kw(verb: str, value_kw: float) -> list[Any]:
    lead = [html.Span(f"{verb} ", className="sb-muted")] if verb else []
    return [*lead, html.Strong(number(value_kw)), html.Span("\u00a0kW", className="sb-muted")]


def _battery(row: Row) -> Any:
    """Return what the battery does, in words; a simulated one says so."""
    if row.site is None or row.site.battery is None:
        return NO_VALUE
    balance = row.balance
    if balance is None or balance.charge_kw is None or balance.discharge_kw is None:
        return NO_VALUE
    power_kw = balance.discharge_kw - balance.charge_kw
    if abs(power_kw) < ROUNDS_TO_ZERO_KW:
        words = [html.Span(_("Idle"), className="sb-muted")]
    else:
        words = _kw(_("Discharging") if power_kw > 0 else _("Charging"), abs(power_kw))
    told = [html.Span(_("simulated battery"), className="sb-row-about")] if row.site.battery.simulated else []
    return [html.Span(words), *told]


def _grid(balance: NowBalance | None) -> Any:
    if balance is None or balance.import_kw is None or balance.export_kw is None:
        return NO_VALUE
    net_kw = balance.import_kw - balance.export_kw
    if abs(net_kw) < ROUNDS_TO_ZERO_KW:
        return _kw("", 0.0)
    return _kw(_("Importing") if net_kw > 0 else _("Exporting"), abs(net_kw))


def _age(balance: NowBalance | None) -> str:
    """Return how old the newest value is, or that of the measurand which fell silent first."""
    if balance is None or balance.newest is None:
        return NO_VALUE
    return duration(max(balance.at - (balance.oldest_stale or balance.newest), timedelta()))


def _action(row: Row) -> Any:
    if not row.waiting:
        return ""
    words = ngettext("%(num)d waiting", "%(num)d waiting", row.waiting)
    return html.A(words, href=address(RECOMMENDATIONS.path, row.project.project_id), className="sb-badge sb-badge-info")

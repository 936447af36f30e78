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
from components.map_pins import Spot
from components.numbers import NO_VALUE, duration, with_unit
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


def filter_options(rows: Sequence[Row]) -> list[dict[str, str]]:
    """Return the segments of the filter, each with how many projects it leaves."""
    counts = {
        Show.ALL: (_("All"), len(rows)),
        Show.ATTENTION: (_("Attention"), sum(row.needs_attention for row in rows)),
        Show.WAITING: (_("Waiting"), sum(row.waiting > 0 for row in rows)),
    }
    return [{"label": f"{words} {count}", "value": one.value} for one, (words, count) in counts.items()]


def table_view(rows: Sequence[Row]) -> Any:
    """Return the table; a person without projects is told whom to ask."""
    if not rows:
        return html.P(_("No project is open to you. Your administrator can change that."), className="sb-list-none")
    heads = (_("Project"), _("Status"), _("Now"), _("Data age"), _("Action"))
    top = html.Tr(
        [html.Th(words, scope="col", className="sb-number" if at >= 2 else "") for at, words in enumerate(heads)]
    )
    table = html.Table([html.Thead(top), html.Tbody([_line(row) for row in rows])], className="sb-table sb-places")
    return html.Div(table, className="sb-table-frame")


def spots_of(rows: Sequence[Row]) -> list[Spot]:
    """Return what the map shows: the projects whose site has coordinates."""
    return [_spot(row, row.site) for row in rows if row.site is not None and _has_coordinates(row.site)]


def now_words(row: Row) -> str:
    """Return what happens at the grid now, in words; a site without a grid balance says what it uses."""
    balance = row.balance
    if balance is None:
        return NO_VALUE
    if balance.import_kw is not None and balance.export_kw is not None and row.site is not None and row.site.arrays:
        return _grid_words(balance.import_kw - balance.export_kw)
    if balance.load_kw is None:
        return NO_VALUE
    return _("Using %(power)s", power=with_unit(balance.load_kw, "kW"))


def part_words(row: Row) -> list[str]:
    """Return a line for PV and load and one for the battery; what has no value has a dash."""
    balance = row.balance
    if row.site is None or not row.site.arrays:
        return battery_words(row)
    pv = _("PV %(power)s", power=_power(balance.pv_kw if balance else None))
    load = _("load %(power)s", power=_power(balance.load_kw if balance else None))
    return [f"{pv} · {load}", *battery_words(row)]


def battery_words(row: Row) -> list[str]:
    """Return what the battery does; a simulated one says so."""
    if row.site is None or row.site.battery is None:
        return []
    name = _("simulated battery") if row.site.battery.simulated else _("battery")
    balance = row.balance
    if balance is None or balance.charge_kw is None or balance.discharge_kw is None:
        return [f"{name} {NO_VALUE}"]
    power_kw = balance.discharge_kw - balance.charge_kw
    if abs(power_kw) < ROUNDS_TO_ZERO_KW:
        return [_("%(battery)s idle", battery=name)]
    power = with_unit(abs(power_kw), "kW")
    if power_kw > 0:
        return [_("%(battery)s discharging %(power)s", battery=name, power=power)]
    return [_("%(battery)s charging %(power)s", battery=name, power=power)]


def age_words(row: Row) -> str:
    """Return how old the newest value is, or that of the measurand which fell silent first."""
    balance = row.balance
    if balance is None or balance.newest is None:
        return NO_VALUE
    return duration(max(balance.at - (balance.oldest_stale or balance.newest), timedelta()))


def about_row(row: Row) -> str:
    """Return type and place; a project that the map does not have says so."""
    kind = kind_of(row.project, row.site)
    if row.site is None:
        return f"{kind} · {_('no place given, not on the map')}"
    if not _has_coordinates(row.site):
        return f"{kind} · {row.site.place} · {_('not on the map')}"
    return f"{kind} · {row.site.place}"


def _line(row: Row) -> html.Tr:
    tone, words, symbol = status_of(row)
    about = about_row(row)
    name = html.Td(
        [
            html.A(row.project.name, href=home_of(row.project), className="sb-row-link"),
            html.Span(about, className="sb-row-about"),
        ]
    )
    now = [html.Span(now_words(row)), *(html.Span(part, className="sb-row-about") for part in part_words(row))]
    cells = [
        name,
        html.Td(badge(words, tone, symbol)),
        html.Td(now, className="sb-number"),
        html.Td(age_words(row), className="sb-number"),
        html.Td(_action(row), className="sb-number"),
    ]
    flags = f"{Show.ATTENTION.value if row.needs_attention else ''} {Show.WAITING.value if row.waiting else ''}"
    found = f"{row.project.name} {about}".lower()
    return html.Tr(cells, className="sb-row", **data(text=found, flags=flags.strip(), project=row.project.project_id))


def _action(row: Row) -> Any:
    if not row.waiting:
        return ""
    words = ngettext("%(num)d waiting", "%(num)d waiting", row.waiting)
    return html.A(words, href=address(RECOMMENDATIONS.path, row.project.project_id), className="sb-badge sb-badge-info")


def _spot(row: Row, site: Site) -> Spot:
    tone, words, symbol = status_of(row)
    age = age_words(row)
    now = now_words(row) if age == NO_VALUE else _("%(now)s, %(age)s ago", now=now_words(row), age=age)
    return Spot(
        project_id=row.project.project_id,
        name=row.project.name,
        kind=about_row(row),
        now=now,
        state=words,
        tone=tone,
        symbol=symbol,
        href=home_of(row.project),
        latitude=site.latitude,
        longitude=site.longitude,
    )


def _has_coordinates(site: Site) -> bool:
    return abs(site.latitude) <= 90 and abs(site.longitude) <= 180


def _grid_words(net_kw: float) -> str:
    if abs(net_kw) < ROUNDS_TO_ZERO_KW:
        return _("Grid %(power)s", power=with_unit(0.0, "kW"))
    power = with_unit(abs(net_kw), "kW")
    return _("Importing %(power)s", power=power) if net_kw > 0 else _("Exporting %(power)s", power=power)


def _power(value_kw: float | None) -> str:
    return NO_VALUE if value_kw is None else with_unit(value_kw, "kW")

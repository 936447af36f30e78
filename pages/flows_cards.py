"""The cards around the Sankey of energy flows: units, checks, meters elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dash import html

from components.aria import aria
from components.aria import data as data_
from components.badges import Tone, badge
from components.cards import card
from components.numbers import number, percent, step_words, with_unit
from components.tables import table
from components.words import _, ngettext
from dash_app.domain.flow_parts import sub_meters
from dash_app.domain.flows import Attributed, Source, Use, excess_of, sub_keys
from dash_app.domain.kpi import Kpis
from dash_app.workflows.flows import FlowsData, Unit
from pages.flows_sankey import query_of

NOTHING_KWH = 0.05


def units_view(data: FlowsData, address: str, path: str) -> html.Div:
    """Return the choice of the unit: real links that change the page's address; what is not known is off, with why."""
    names = {Unit.ENERGY: _("Energy kWh"), Unit.COST: _("Cost"), Unit.CO2: _("CO₂")}
    entries = [html.Li(_unit_entry(data, unit, name, address, path)) for unit, name in names.items()]
    bar = html.Nav(html.Ul(entries), className="sb-flow-units", **aria(label=_("Unit")))
    reasons = [reason for unit in Unit if (reason := _off(data, unit))]
    return html.Div([bar, html.Span(" ".join(reasons), className="sb-reason")], className="sb-flow-head")


def unknown_unit(data: FlowsData) -> list[str]:
    """Say which unit of the address is not known."""
    if not data.given_unit:
        return []
    return [_("“%(given)s” is not a unit we know. Showing energy.", given=data.given_unit)]


def checks_card(data: FlowsData) -> html.Section | None:
    """Return what does not fit together; None where everything does."""
    if data.attributed is None:
        return None
    found = list(_checks(data, data.attributed))
    if not found:
        return None
    rows = [
        html.Li([badge(_("Check"), Tone.WARNING) if serious else badge(_("Note")), words]) for words, serious in found
    ]
    return card(_("What to know about these flows"), html.Ul(rows, className="sb-flow-checks"))


def elsewhere_card(data: FlowsData) -> html.Section | None:
    """Return what is measured but not on this connection: a list without a sum; None where there is nothing."""
    found = data.elsewhere()
    if not found:
        return None
    rows = [[_meter_name(m.name, m.sparse, known), *_meter_numbers(known)] for m, known in found]
    title = _("Measured, not on this connection")
    head = [_("Meter"), _("Energy, kWh"), _("Values")]
    body = table(title, head, rows, numbers=frozenset({1, 2}))
    return card(title, body, caption=_("These are not part of the flows above and are never added up."))


def _unit_entry(data: FlowsData, unit: Unit, name: str, address: str, path: str) -> Any:
    if _off(data, unit):
        return html.Span(name, className="sb-segment-entry sb-off")
    active = unit is data.unit
    return html.A(
        name,
        href=path + query_of(data, unit),
        className="sb-segment-entry sb-active" if active else "sb-segment-entry",
        **data_(address=address),
        **(aria(current="true") if active else {}),
    )


def _off(data: FlowsData, unit: Unit) -> str:
    site = data.place.site
    if unit is Unit.COST and (site is None or not site.tariff):
        return _("No tariff in this project.")
    if unit is Unit.CO2 and (site is None or not site.has_co2):
        return _("No CO₂ data in this project.")
    return ""


def _checks(data: FlowsData, known: Attributed) -> Iterator[tuple[str, bool]]:
    """Yield what to know, and whether something should be looked into."""
    parts = known.parts
    excess = excess_of(parts)
    if excess.steps and sub_keys(parts):
        yield (
            ngettext(
                "The sub-meters exceed the total in %(num)d step, by %(kwh)s.",
                "The sub-meters exceed the total in %(num)d steps, by %(kwh)s together.",
                excess.steps,
                kwh=with_unit(excess.kwh, "kWh", 1),
            ),
            True,
        )
    for measurand in sub_meters(data.place.measurands) if sub_keys(parts) else ():
        hours = float(parts.subs[measurand.measurand_id].isna().sum() * parts.step_h)
        if hours:
            words = _("%(name)s: %(hours)s without a value count as other uses.")
            yield words % {"name": measurand.name, "hours": with_unit(hours, "h", 1)}, False
    if parts.negative:
        yield (
            ngettext(
                "%(num)d reading was below zero and counts as 0.",
                "%(num)d readings were below zero and count as 0.",
                parts.negative,
            ),
            True,
        )
    yield from _both_directions(known)
    if data.parts is not None and data.parts.subs.shape[1] and not sub_keys(parts):
        yield _("Sub-meters behind several loads cannot be told apart and are not shown."), False


def _both_directions(known: Attributed) -> Iterator[tuple[str, bool]]:
    step = step_words(known.parts.step)
    grid, battery = known.kwh(Source.GRID, Use.EXPORT), known.kwh(Source.BATTERY, Use.CHARGE)
    if grid > NOTHING_KWH:
        words = _("%(kwh)s were imported and exported within the same step of %(step)s.")
        yield words % {"kwh": with_unit(grid, "kWh", 1), "step": step}, False
    if battery > NOTHING_KWH:
        words = _("%(kwh)s were charged and discharged within the same step of %(step)s.")
        yield words % {"kwh": with_unit(battery, "kWh", 1), "step": step}, False


def _meter_name(name: str, sparse: bool, known: Kpis) -> list[Any]:
    words = badge(_("Sparse"), Tone.WARNING) if sparse else None
    newest = _("no value") if known.current_at is None else ""
    return [html.Span(name), *([" ", words] if words else []), *([" ", html.Span(newest)] if newest else [])]


def _meter_numbers(known: Kpis) -> list[str]:
    whole = known.coverage.complete
    total = number(known.total_kwh) if whole or known.total_kwh is None else f"≥ {number(known.total_kwh)}"
    return [total, percent(known.coverage.fraction)]

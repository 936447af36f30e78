"""The Sankey of the energy flows: which nodes there are, how they are called, and what its card says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from dash import html

from components.badges import Tone, badge
from components.graph import drawn
from components.numbers import money, percent, period_words, step_words, with_unit
from components.sankey import Link, Look, Node, SankeyData, empty_sankey, equation_words, sankey_figure
from components.words import _
from dash_app.domain.export import ExportColumn, ExportTable
from dash_app.domain.flow_parts import FlowParts
from dash_app.domain.flows import Attributed, Further, Source, Use, array_keys, load_keys, sub_keys
from dash_app.domain.view import Range
from dash_app.workflows.flows import PARAMETER, FlowsData, Told, Unit, Why
from pages.flows_edges import MORE, grouped, shown

HEIGHT, PHONE_HEIGHT = 460, 440
MOST_ARRAYS, MOST_SUBS = 8, 8
RESIDUAL_WARNING = 0.03


def sankey_view(data: FlowsData, path: str) -> dict[str, Any]:
    """Return what fills the chart's card: the diagram, or why there is none, with a way on where there is one."""
    if data.told is None or data.attributed is None:
        return _nothing(data, path)
    diagram = diagram_of(data, data.attributed, data.told)
    figure = sankey_figure(diagram, height=HEIGHT, phone_height=PHONE_HEIGHT)
    return {
        "drawn": drawn(figure, height=HEIGHT, phone_height=PHONE_HEIGHT),
        "meta": _meta(data, data.attributed),
        "legend": [],
        "caption": " ".join(_caption(data, data.attributed, data.told, diagram)),
    }


def flows_table(data: FlowsData) -> ExportTable | None:
    """Return the links of the diagram in full precision, for files; None where nothing can be told."""
    if data.told is None or data.attributed is None:
        return None
    diagram = diagram_of(data, data.attributed, data.told)
    names = {node.key: node.name for node in diagram.nodes}
    amounts = np.array([link.amount for link in diagram.links])
    return ExportTable(
        title=_("From sources to uses"),
        columns=(
            ExportColumn(name=_("From"), values=[names[link.source] for link in diagram.links]),
            ExportColumn(name=_("To"), values=[names[link.target] for link in diagram.links]),
            ExportColumn(name=_("Amount"), values=amounts, unit=diagram.unit),
        ),
    )


def query_of(data: FlowsData, unit: Unit) -> str:
    """Return the address' query of the same view in another unit."""
    others = tuple(pair for pair in data.view.others if pair[0] != PARAMETER)
    more = () if unit is Unit.ENERGY else ((PARAMETER, unit.value),)
    return replace(data.view, others=(*others, *more)).query()


def _nothing(data: FlowsData, path: str) -> dict[str, Any]:
    words = {
        Why.NO_LOAD: _("No load is measured in this project, so nothing can be attributed."),
        Why.TOO_LONG: _("Meters of this project report every minute: their flows are shown for up to 31 days."),
        Why.NO_VALUES: _("No step of this range has a value of every meter."),
        Why.NO_PRICES: _("No price is known for this range, so the flows cannot be told in money."),
        Why.NO_CO2: _("No CO₂ data in this project, so none can be told."),
    }[data.why or Why.NO_VALUES]
    parts: list[Any] = [html.Span(words)]
    if data.why is Why.TOO_LONG:
        parts.append(_way_on(_("Show the month"), path + data.view.query(kind=Range.MONTH, keep_resolution=False)))
    elif data.why in {Why.NO_PRICES, Why.NO_CO2}:
        parts.append(_way_on(_("Show the energy"), path + query_of(data, Unit.ENERGY)))
    empty = drawn(empty_sankey(), height=HEIGHT, phone_height=PHONE_HEIGHT)
    return {"drawn": empty, "meta": "", "legend": [], "caption": html.Span(parts, className="sb-flow-nothing")}


def _way_on(words: str, href: str) -> html.A:
    return html.A(words, href=href, className="btn sb-secondary sb-small")


def diagram_of(data: FlowsData, attributed: Attributed, told: Told) -> SankeyData:
    """Return the diagram: what the site has stays in sight with a hairline, what explains nothing is left away."""
    parts = attributed.parts
    edges = grouped(told.edges, array_keys(parts), MOST_ARRAYS, "pv")
    edges = shown(grouped(edges, sub_keys(parts), MOST_SUBS, "sub"), _expected(data, parts))
    used = {edge.source for edge in edges} | {edge.target for edge in edges}
    nodes = [node for node in _nodes(data, parts) if node.key in used]
    links = tuple(Link(source=edge.source, target=edge.target, amount=edge.amount) for edge in edges)
    unit, currency, decimals = {
        Unit.ENERGY: ("kWh", False, None),
        Unit.COST: (data.place.site.currency if data.place.site else "", True, 2),
        Unit.CO2: ("kg", False, None),
    }[data.unit]
    return SankeyData(nodes=tuple(nodes), links=links, unit=unit, currency=currency, decimals=decimals)


def residual_badge(attributed: Attributed) -> Any:
    """Say how much of what came in is not accounted for, and whether the grid was measured at all."""
    if not attributed.parts.grid_measured:
        return badge(_("Grid calculated, not measured"))
    residual = attributed.residual or 0.0
    if residual > RESIDUAL_WARNING:
        return badge(_("Residual %(share)s", share=percent(residual, 1)), Tone.WARNING)
    return badge(_("In = Out, residual %(share)s", share=percent(residual, 1)), Tone.OK)


def names_of(data: FlowsData, parts: FlowParts) -> dict[str, str]:
    """Return what each node is called; names of meters come from outside."""
    listed = {m.measurand_id: m.name for m in data.place.measurands}
    simulated = data.place.simulated
    loads = load_keys(parts)
    names: dict[str, str] = {
        Source.PV: _("PV"),
        Source.BATTERY: _("Battery (simulated)") if simulated else _("Battery"),
        Source.GRID: _("Grid import"),
        Source.UNKNOWN: _("Not accounted for"),
        Use.CHARGE: _("Charging (simulated)") if simulated else _("Battery charging"),
        Use.EXPORT: _("Grid export"),
        Use.UNKNOWN: _("Not accounted for"),
        Further.OTHER_USES: _("Other uses"),
        Further.EXCESS: _("Above the total"),
        Further.PRICE_DIFFERENCE: _("Price difference"),
        f"pv:{MORE}": _("Other arrays"),
        f"sub:{MORE}": _("Other meters"),
    }
    names |= {key: listed[key.removeprefix("pv:")] for key in array_keys(parts)}
    names |= {key: listed[key.removeprefix("sub:")] for key in sub_keys(parts)}
    return names | {key: listed[name] for key, name in zip(loads, parts.load.columns, strict=True)}


def _nodes(data: FlowsData, parts: FlowParts) -> list[Node]:
    names = names_of(data, parts)

    def node(key: str, look: Look, detail: bool = False) -> Node:
        return Node(key=key, name=names[key], look=look, detail=detail)

    arrays = [*array_keys(parts), f"pv:{MORE}"]
    subs = [*sub_keys(parts), f"sub:{MORE}"]
    return [
        *(node(key, Look.PV, detail=True) for key in arrays),
        node(Source.PV, Look.PV),
        node(Source.BATTERY, Look.DISCHARGE),
        node(Source.GRID, Look.IMPORT),
        node(Source.UNKNOWN, Look.LOSS),
        *(node(key, Look.LOAD) for key in load_keys(parts)),
        node(Further.EXCESS, Look.LOSS, detail=True),
        *(node(key, Look.HEAT, detail=True) for key in subs),
        node(Further.OTHER_USES, Look.LOAD, detail=True),
        node(Use.CHARGE, Look.CHARGE),
        node(Use.EXPORT, Look.EXPORT),
        node(Further.PRICE_DIFFERENCE, Look.LOSS),
        node(Use.UNKNOWN, Look.LOSS),
    ]


def _expected(data: FlowsData, parts: FlowParts) -> list[str]:
    """Return the nodes that stay in sight although nothing flows: what stands at the site."""
    has_pv, has_battery = bool(parts.pv.shape[1]), data.has_battery
    return [
        *array_keys(parts),
        *([Source.PV.value] if has_pv else []),
        *([Source.BATTERY.value, Use.CHARGE.value] if has_battery else []),
        Source.GRID.value,
        *load_keys(parts),
        *sub_keys(parts),
        *([Use.EXPORT.value] if has_pv or has_battery else []),
    ]


def _meta(data: FlowsData, attributed: Attributed) -> list[Any]:
    view = data.view
    units = {Unit.ENERGY: "kWh", Unit.COST: data.place.site.currency if data.place.site else "", Unit.CO2: _("kg CO₂")}
    words = _(
        "%(unit)s %(period)s, from steps of %(step)s",
        unit=units[data.unit],
        period=period_words(view.first, view.last),
        step=step_words(attributed.parts.step),
    )
    return [words, " ", residual_badge(attributed)]


def _caption(data: FlowsData, attributed: Attributed, told: Told, diagram: SankeyData) -> list[str]:
    words = [equation_words(diagram), *_unit_words(data, attributed, told)]
    if attributed.parts.left_out:
        hours = with_unit(attributed.parts.left_out_h, "h", 1)
        words.append(_("%(hours)s are left out: values are missing.", hours=hours))
    if told.unpriced_h:
        hours = with_unit(told.unpriced_h, "h", 1)
        text = _("%(hours)s are left out: no price is known for them.")
        text = _("%(hours)s are left out: no CO₂ is known for them.") if data.unit is Unit.CO2 else text
        words.append(text % {"hours": hours})
    return words


def _unit_words(data: FlowsData, attributed: Attributed, told: Told) -> list[str]:
    if data.unit is Unit.CO2:
        return [_("Only energy from the grid carries CO₂; what charged the battery counts there.")]
    if data.unit is Unit.COST and told.paid is not None and told.earned is not None and data.place.site:
        facts = {name: money(sum_, data.place.site.currency) for name, sum_ in _sums(told).items()}
        own = any(attributed.kwh(source, use) for source in (Source.PV, Source.BATTERY) for use in Use)
        words = [_("Paid %(paid)s for import, earned %(earned)s with export, net cost %(net)s.") % facts]
        return [*words, _("PV and battery count with what the same energy would have cost.")] if own else words
    return [_("PV counts first, then the battery, the rest came from the grid.")]


def _sums(told: Told) -> dict[str, float]:
    paid, earned = told.paid or 0.0, told.earned or 0.0
    return {"paid": paid, "earned": earned, "net": paid - earned}

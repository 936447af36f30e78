"""Sankey diagrams: sources at the left, uses at the right, links in the colour of where they come from.

A diagram that balances says so in words (`equation_words`). Plotly's own layout is used with the gap that keeps labels
apart; what is too thin to be seen keeps a hairline, so that its absence is seen. A phone gets its own drawing, without
the nodes that are `detail`: it travels in `layout.meta` like the phone's ticks do, and so do the rows of the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import plotly.graph_objects as go

from components.numbers import number, percent, with_unit
from components.plot_text import plain
from components.sankey_gaps import Lines, fitting, node_amounts
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.units import NO_BREAK_SPACE

NODE_PX = 14
LINK_OPACITY = 0.45
HAIRLINE_PX = 1.2
MARGIN = {"l": 1, "r": 1, "t": 16, "b": 16}
NAME_LENGTH, PHONE_NAME_LENGTH = 34, 20
FONT_PX, PHONE_FONT_PX = 13, 12


class Look(StrEnum):
    """What a node is; each value is the token of its colour and the suffix of its CSS fill."""

    PV = "pv"
    DISCHARGE = "discharge"
    CHARGE = "charge"
    IMPORT = "import"
    EXPORT = "export"
    LOAD = "load"
    HEAT = "heat"
    NEUTRAL = "neutral"
    LOSS = "loss"


COLOURS: dict[Look, str] = {
    Look.PV: LIGHT.pv,
    Look.DISCHARGE: LIGHT.discharge,
    Look.CHARGE: LIGHT.charge,
    Look.IMPORT: LIGHT.grid_import,
    Look.EXPORT: LIGHT.grid_export,
    Look.LOAD: LIGHT.load,
    Look.HEAT: LIGHT.heat,
    Look.NEUTRAL: LIGHT.neutral,
    Look.LOSS: LIGHT.loss,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One place: `name` is shown as it is, never as markup; a `detail` is left out on a phone, with its links."""

    key: str
    name: str
    look: Look
    detail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What flowed from one node to another, in the unit of the diagram; 0 keeps a hairline."""

    source: str
    target: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SankeyData:
    """One diagram: nodes in the order from the top, links without a circle.

    `currency` writes the unit before the amount; `decimals` is by the size of the total where it is None.
    """

    nodes: tuple[Node, ...]
    links: tuple[Link, ...]
    unit: str
    currency: bool = False
    decimals: int | None = None

    def __post_init__(self) -> None:
        """Refuse links to nowhere and amounts that are no numbers."""
        known = {node.key for node in self.nodes}
        for link in self.links:
            if {link.source, link.target} - known or not math.isfinite(link.amount):
                raise ValueError(f"{link} does not fit the nodes {sorted(known)}")

    @property
    def total_in(self) -> float:
        """What leaves the nodes that nothing leads to."""
        targets = {link.target for link in self.links}
        return sum(link.amount for link in self.links if link.source not in targets)

    @property
    def total_out(self) -> float:
        """What reaches the nodes that lead nowhere."""
        sources = {link.source for link in self.links}
        return sum(link.amount for link in self.links if link.target not in sources)

    def text(self, amount: float) -> str:
        """Return an amount with the unit, with the same decimals all over the diagram."""
        decimals = self.decimals
        if decimals is None:
            decimals = 1 if max(abs(self.total_in), abs(self.total_out)) < 10_000 else 0
        if self.currency:
            return f"{self.unit}{NO_BREAK_SPACE}{number(amount, decimals)}"
        return with_unit(amount, self.unit, decimals)

    def without_details(self) -> SankeyData:
        """Return the diagram as a phone shows it."""
        kept = {node.key for node in self.nodes if not node.detail}
        links = tuple(link for link in self.links if {link.source, link.target} <= kept)
        return replace(self, nodes=tuple(node for node in self.nodes if not node.detail), links=links)

    def worth_drawing(self) -> SankeyData:
        """Return the diagram without losses that would be printed as nothing."""
        through = {node.key: 0.0 for node in self.nodes if node.look is Look.LOSS}
        for link in self.links:
            for key in {link.source, link.target} & set(through):
                through[key] += link.amount
        away = {key for key, amount in through.items() if self.text(abs(amount)) == self.text(0.0)}
        return replace(
            self,
            nodes=tuple(node for node in self.nodes if node.key not in away),
            links=tuple(link for link in self.links if not {link.source, link.target} & away),
        )


def sankey_figure(data: SankeyData, *, height: int, phone_height: int) -> go.Figure:
    """Return the diagram, in the colours of the light theme, without a template; `drawn` gets the same heights."""
    if not any(link.amount for link in data.links):
        return empty_sankey(_("Nothing flowed."))
    figure = go.Figure()
    visible = data.worth_drawing()
    figure.add_trace(_trace(visible, height, NAME_LENGTH, FONT_PX))
    phone = _trace(visible.without_details(), phone_height, PHONE_NAME_LENGTH, PHONE_FONT_PX)
    figure.update_layout(
        margin=MARGIN,
        hovermode="closest",
        meta={"phone": {"data": [phone.to_plotly_json()], "margin": MARGIN}, "rows": table_rows(data)},
    )
    return figure


def table_rows(data: SankeyData) -> list[list[str]]:
    """Return the links as rows of a table, the head first: from, to, amount."""
    names = {node.key: node.name for node in data.nodes}
    head = [_("From"), _("To"), data.unit]
    return [head, *([names[link.source], names[link.target], f"{link.amount:.3f}"] for link in data.links)]


def equation_words(data: SankeyData) -> str:
    """Say what came in and what went out.

    >>> nodes = tuple(Node(key=key, name=key, look=Look.PV) for key in "ab")
    >>> equation_words(SankeyData(nodes=nodes, links=(Link(source="a", target="b", amount=170.0),), unit="kWh"))
    'In 170.0\\xa0kWh = Out 170.0\\xa0kWh.'
    """
    facts = {"into": data.text(data.total_in), "out": data.text(data.total_out)}
    return (
        _("In %(into)s = Out %(out)s.") if facts["into"] == facts["out"] else _("In %(into)s, Out %(out)s.")
    ) % facts


def _trace(data: SankeyData, height: int, length: int, font_px: int) -> go.Sankey:
    places = {node.key: place for place, node in enumerate(data.nodes)}
    data = replace(data, links=tuple(sorted(data.links, key=lambda link: (places[link.source], places[link.target]))))
    pairs = [(places[link.source], places[link.target]) for link in data.links]
    plot_px = height - MARGIN["t"] - MARGIN["b"]
    hairline = HAIRLINE_PX * sum(abs(link.amount) for link in data.links) / max(plot_px, 1)
    widths = [max(link.amount, hairline) for link in data.links]
    gap, lines = fitting(len(data.nodes), pairs, widths, plot_px, font_px)
    return go.Sankey(
        arrangement="fixed",
        node=_nodes(data, pairs, length, lines) | {"pad": gap},
        link=_links(data, pairs, widths),
        textfont={"size": font_px, "color": LIGHT.text, "shadow": "none"},
        hoverlabel={"align": "left"},
    )


def _nodes(data: SankeyData, pairs: list[tuple[int, int]], length: int, lines: Lines) -> dict[str, Any]:
    amounts = node_amounts(len(data.nodes), pairs, [link.amount for link in data.links])
    whole = data.total_in
    between = "<br>" if lines is Lines.TWO else " "
    shares = [percent(amount / whole) if whole > 0 else "" for amount in amounts]
    texts = [
        f"{plain(short(node.name, length))}{between}<b>{data.text(amount)}</b>{f', {share}' if share else ''}"
        for node, amount, share in zip(data.nodes, amounts, shares, strict=True)
    ]
    told = [f"{plain(node.name)}<br>{data.text(amount)}" for node, amount in zip(data.nodes, amounts, strict=True)]
    return {
        "label": texts,
        "color": [COLOURS[node.look] for node in data.nodes],
        "customdata": told,
        "hovertemplate": "%{customdata}<extra></extra>",
        "thickness": NODE_PX,
        "line": {"width": 0},
        "sort": "input",
        "align": "right",
    }


def _links(data: SankeyData, pairs: Sequence[tuple[int, int]], widths: list[float]) -> dict[str, Any]:
    nodes = {node.key: node for node in data.nodes}
    told = [
        f"{plain(nodes[link.source].name)} → {plain(nodes[link.target].name)}<br>{data.text(link.amount)}"
        for link in data.links
    ]
    return {
        "source": [source for source, _target in pairs],
        "target": [target for _source, target in pairs],
        "value": widths,
        "color": [rgba(COLOURS[nodes[link.source].look], LINK_OPACITY) for link in data.links],
        "customdata": told,
        "hovertemplate": "%{customdata}<extra></extra>",
        "line": {"width": 0},
        "sort": "input",
    }


def short(text: str, length: int) -> str:
    """Return a text of at most `length` characters; what is cut off leaves a mark.

    >>> short("Battery discharging", 10)
    'Battery d…'
    """
    return text if len(text) <= length else f"{text[: length - 1].rstrip()}…"


def empty_sankey(words: str = "") -> go.Figure:
    """Return a figure without a diagram, with a few words in its place."""
    figure = go.Figure()
    hidden = {"visible": False}
    figure.update_layout(xaxis=hidden, yaxis=hidden, margin=MARGIN, meta={"rows": []})
    if words:
        figure.add_annotation(x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, text=words)
    return figure

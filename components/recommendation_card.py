"""The card of a recommendation, and the bars that compare what the ways of running the site cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dash import html

from components.aria import aria, data


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendationCard:
    """What one card says. Only the selected card is open: the others stop after the badges and lead to their own."""

    label: str
    badge: Any
    title: str
    gain: str
    gain_note: str
    badges: Sequence[Any]
    href: str
    why: str = ""
    differs: str = ""
    actions: Sequence[Any] = field(default_factory=tuple)
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One way of running the site: its name, its amount (negative: it earns) and the amount in words."""

    name: str
    amount: float
    text: str
    ours: bool = False


def recommendation_card(card: RecommendationCard, address_id: str) -> html.Article:
    """Return the card; the title of a closed one is a link that opens it."""
    title: Any = card.title
    if not card.selected:
        title = html.A(card.title, href=card.href, className="sb-plan-link", **data(address=address_id))
    head = html.Div([html.Span(card.label, className="sb-plan-label"), card.badge], className="sb-plan-head")
    gain = html.P([html.Strong(card.gain), html.Span(card.gain_note)], className="sb-plan-gain")
    parts = [head, html.H2(title, className="sb-plan-title"), gain, html.Div(card.badges, className="sb-badges")]
    if card.selected:
        parts += [html.P(card.why, className="sb-plan-why"), html.P(card.differs, className="sb-plan-differs")]
        parts.append(html.Div(card.actions, className="sb-plan-actions"))
    current = aria(current="true") if card.selected else {}
    look = "sb-card sb-plan sb-plan-open" if card.selected else "sb-card sb-plan"
    return html.Article(parts, className=look, **aria(label=card.label), **current)


def comparison_bars(ways: Sequence[Compared]) -> html.Ul:
    """Return one bar for each way from a common zero; an amount below zero reaches to the left of it."""
    low = min(0.0, *(way.amount for way in ways))
    span = max(0.0, *(way.amount for way in ways)) - low or 1.0
    return html.Ul([_bar(way, low, span) for way in ways], className="sb-compare-bars")


def bar_place(amount: float, low: float, span: float) -> tuple[float, float]:
    """Return where a bar begins and how long it is, as shares of the track.

    >>> bar_place(30.0, 0.0, 40.0), bar_place(-10.0, -10.0, 40.0), bar_place(30.0, -10.0, 40.0)
    ((0.0, 0.75), (0.0, 0.25), (0.25, 0.75))
    """
    zero = -low / span
    length = abs(amount) / span
    return (zero - length if amount < 0 else zero), length


def _bar(way: Compared, low: float, span: float) -> html.Li:
    begin, length = bar_place(way.amount, low, span)
    fill = html.Span(
        className=f"sb-track-fill sb-fill-{'primary' if way.ours else 'neutral'}",
        style={"marginLeft": f"{100 * begin:.4g}%", "width": f"{100 * length:.4g}%"},
    )
    return html.Li(
        [
            html.Span(way.name, className="sb-compare-name"),
            html.Span(fill, className="sb-track sb-track-thick"),
            html.Span(way.text, className="sb-compare-amount"),
        ],
        className="sb-compare-ours" if way.ours else "",
        **data(value=repr(way.amount)),
    )

"""Bars of shares and comparisons: the label at the left or below, the amount at the right, no text on the fill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from components.aria import aria
from components.icons import Icon, icon
from components.numbers import NO_VALUE


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar: `look` is a CSS class suffix (pv, load, import, export, charge, discharge, loss).

    `age` says how old the amount is, `stale` that this is too old.
    """

    look: str
    name: str
    amount: float
    text: str
    age: str = ""
    stale: bool = False


def split_bar(parts: Sequence[Part], label: str, *, keys: bool = True) -> html.Div:
    """Return one bar split into parts by amount, with a row of labels under it (`keys`); no text on the fills."""
    present = [part for part in parts if part.amount > 0]
    fills = [
        html.Div(className=f"sb-fill sb-fill-{part.look}", style={"flexGrow": f"{part.amount:.6g}"}) for part in present
    ]
    spoken = ", ".join(f"{part.name} {part.text}" for part in parts)
    bar = html.Div(fills, className="sb-split", role="img", **aria(label=f"{label}: {spoken}"))
    row = html.Div([_key(part) for part in present], className="sb-keys")
    return html.Div([bar, row] if keys else [bar], className="sb-split-bar")


def list_bar(name: str, share: float | None, amount: str, aside: str, look: str = "pv") -> html.Li:
    """Return one row of a list: name, 6 px track filled to `share` (0..1, None: nothing known), amount, more."""
    width = f"{100 * share:.4g}%" if share is not None else "0"
    return html.Li(
        [
            html.Span(name, className="sb-list-name"),
            html.Span(
                html.Span(className=f"sb-track-fill sb-fill-{look}", style={"width": width}), className="sb-track"
            ),
            html.Span(amount if share is not None else NO_VALUE, className="sb-list-amount"),
            html.Span(aside, className="sb-list-aside"),
        ]
    )


def _key(part: Part) -> html.Span:
    age = [html.Small([icon(Icon.CLOCK, size=12), part.age] if part.stale else part.age)] if part.age else []
    return html.Span(
        [html.Span(className=f"sb-swatch sb-fill-{part.look}"), html.Span(part.name), html.B(part.text), *age],
        className="sb-key sb-old" if part.stale else "sb-key",
    )

"""How a figure is computed, on request: a small button beside its label that opens and closes with the keyboard."""

from __future__ import annotations

from typing import Any

from dash import html

from components.aria import aria
from components.icons import Icon, icon
from components.words import _


def with_formula(label: str, formula: str) -> Any:
    """Return the label, with the button that opens its formula where there is one.

    The formula lies over the page: nothing moves when it opens. Escape and a click beside it close it.
    """
    if not formula:
        return label
    summary = html.Summary(
        icon(Icon.QUESTION, size=14),
        className="sb-formula-button",
        **aria(label=_("How %(figure)s is computed", figure=label)),
    )
    sheet = html.Div(formula, className="sb-menu-sheet sb-formula-sheet")
    return [html.Span(label), html.Details([summary, sheet], className="sb-menu sb-formula")]

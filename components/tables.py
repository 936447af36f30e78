"""Plain tables: text at the left, numbers at the right, horizontal lines only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[Any]], *, numbers: frozenset[int] = frozenset()
) -> html.Div:
    """Return a real table that scrolls by itself; `numbers` holds the places of the columns with numbers."""
    classes = ["sb-number" if place in numbers else "" for place in range(len(head))]
    top = html.Tr([html.Th(words, scope="col", className=name) for words, name in zip(head, classes, strict=True)])
    lines = [html.Tr([html.Td(cell, className=name) for cell, name in zip(row, classes, strict=True)]) for row in rows]
    body = html.Table(
        [html.Caption(caption, className="visually-hidden"), html.Thead(top), html.Tbody(lines)], className="sb-table"
    )
    return html.Div(body, className="sb-table-frame")

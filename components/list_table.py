"""A table that a phone shows as a list: every cell carries its heading, the first one names the row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from components.aria import data


def list_table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]], *, words: int = 1) -> html.Table:
    """Return a real table; the first column names a row, the last `words` columns hold words, the others numbers."""
    looks = ["", *["sb-number"] * (len(head) - 1 - words), *[""] * words]
    top = html.Tr([html.Th(name, scope="col", className=look) for name, look in zip(head, looks, strict=True)])
    lines = [
        html.Tr(
            [
                html.Td(cell, className=look, **data(label=name))
                for cell, look, name in zip(row, looks, head, strict=True)
            ]
        )
        for row in rows
    ]
    caption = html.Caption(title, className="visually-hidden")
    return html.Table([caption, html.Thead(top), html.Tbody(lines)], className="sb-table sb-list-table")


def row_name(name: str, about: str) -> list[html.Span]:
    """Return the first cell of a row: its name, and what is worth knowing about it below."""
    return [html.Span(name, className="sb-list-table-name"), html.Span(about, className="sb-list-table-about")]

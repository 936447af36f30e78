"""The completeness calendar: one row for each measurand, one column for each day (or week), missing values hatched.

It is a real table: each cell says its share and its findings in words for screen readers and as a tooltip; the height
of its fill is the share that is there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dash import html

from components.aria import aria
from components.numbers import day_words, percent, period_words
from components.words import _, ngettext
from dash_app.domain.quality_check import Stretch

MOST_LABELS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """What is there in one column, 0..1, None where nothing is due yet; and how many findings beside gaps touch it."""

    share: float | None
    findings: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurand: its name, what it is, the share of all of its values, and a cell for each column."""

    name: str
    about: str
    share: float | None
    cells: tuple[Cell, ...]


def completeness_calendar(caption: str, columns: Sequence[Stretch], rows: Sequence[Row]) -> html.Div:
    """Return the calendar with its legend; it scrolls by itself where a screen is too narrow."""
    every = -(-len(columns) // MOST_LABELS)
    head = [html.Th(_("Measurand"), scope="col", className="sb-dq-days-name")]
    head += [_column_head(column, place % every == 0) for place, column in enumerate(columns)]
    head.append(html.Th(_("There"), scope="col", className="sb-number sb-dq-days-total"))
    body = html.Tbody([_row(row, columns) for row in rows])
    table = html.Table(
        [html.Caption(caption, className="visually-hidden"), html.Thead(html.Tr(head)), body], className="sb-dq-days"
    )
    frame = html.Div(table, className="sb-dq-days-frame", role="region", tabIndex=0, **aria(label=caption))
    return html.Div([frame, _legend()])


def _column_head(column: Stretch, labelled: bool) -> html.Th:
    words = stretch_words(column)
    shown = html.Span(str(_short(column.first)), className="sb-dq-days-label") if labelled else None
    return html.Th([html.Span(words, className="visually-hidden"), shown], scope="col")


def _short(day: date) -> str:
    return day_words(day)


def stretch_words(column: Stretch) -> str:
    """Return a column's days in words."""
    if column.first == column.last:
        return day_words(column.first, weekday=True)
    return period_words(column.first, column.last, year=False)


def _row(row: Row, columns: Sequence[Stretch]) -> html.Tr:
    name = html.Th(
        [html.Span(row.name, className="sb-dq-days-title"), html.Span(row.about, className="sb-dq-days-about")],
        scope="row",
        className="sb-dq-days-name",
    )
    cells = [_cell(cell, column) for cell, column in zip(row.cells, columns, strict=True)]
    return html.Tr([name, *cells, html.Td(percent(row.share), className="sb-number sb-dq-days-total")])


def _cell(cell: Cell, column: Stretch) -> html.Td:
    words = cell_words(cell)
    if cell.share is None:
        mark = html.Span(className="sb-dq-day sb-dq-day-none")
    else:
        flagged = " sb-dq-day-flagged" if cell.findings else ""
        whole = " sb-dq-day-whole" if cell.share == 1 else ""
        height = f"{_visible(cell.share):.0f}%"
        mark = html.Span(className=f"sb-dq-day{whole}{flagged}", style={"--sb-there": height})
    title = f"{stretch_words(column)}: {words}"
    return html.Td([mark, html.Span(words, className="visually-hidden")], title=title)


def _visible(share: float) -> float:
    """Return the share in percent, so that the least gap and the least value can be seen."""
    if share in {0.0, 1.0}:
        return 100 * share
    return min(85.0, max(12.0, 100 * share))


def cell_words(cell: Cell) -> str:
    """Return what a cell says.

    >>> cell_words(Cell(share=0.5, findings=2)), cell_words(Cell(share=None))
    ('50\\xa0%, 2 findings', 'nothing due')
    """
    if cell.share is None:
        return _("nothing due")
    if not cell.findings:
        return percent(cell.share)
    findings = ngettext("%(num)d finding", "%(num)d findings", cell.findings)
    return _("%(share)s, %(findings)s", share=percent(cell.share), findings=findings)


def _legend() -> html.Ul:
    entries: list[tuple[str, dict[str, Any], str]] = [
        ("sb-dq-day sb-dq-day-whole", {"--sb-there": "100%"}, _("All values")),
        ("sb-dq-day", {"--sb-there": "50%"}, _("Some missing")),
        ("sb-dq-day", {"--sb-there": "0%"}, _("All missing")),
        ("sb-dq-day sb-dq-day-whole sb-dq-day-flagged", {"--sb-there": "100%"}, _("Suspicious values")),
    ]
    items = [html.Li([html.Span(className=look, style=style), words]) for look, style, words in entries]
    return html.Ul(items, className="sb-dq-days-legend")

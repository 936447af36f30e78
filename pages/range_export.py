"""What a page over a range gives out as files: for each of its charts, how to load it and what it holds.

Kept with the Flask app that the page belongs to; `dash_app.exports` answers from it. A chart that names no table gives
out what is drawn: the rows that travel with a chart without time (`layout.meta.rows`), else its points.
"""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import numpy as np
import pandas as pd
from dash import Dash
from flask import Flask

from components.words import _
from dash_app.domain.export import ExportColumn, ExportTable
from pages.range_page import ChartSlot, Load, RangePage

EXTENSION = "energy-exports"
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[+-]\d+)?|nan")


@dataclass(frozen=True, slots=True, kw_only=True)
class PageTables:
    """The tables of one page: `load` gathers what the page is drawn from, as for its charts.

    What is about no range of measurements is given out as CSV only.
    """

    page: RangePage[Any]
    load: Load[Any]
    csv_only: bool = False

    def chart(self, key: str) -> ChartSlot[Any] | None:
        """Return the chart of that key, or None."""
        return next((part for part in self.page.charts if part.key == key), None)


def offer_tables(app: Dash, page: RangePage[Any], load: Load[Any], *, csv_only: bool = False) -> None:
    """Let the charts of a page be downloaded."""
    server = cast(Flask, app.server)
    server.extensions.setdefault(EXTENSION, {})[page.key] = PageTables(page=page, load=load, csv_only=csv_only)


def tables_of(server: Flask) -> dict[str, PageTables]:
    """Return what was offered, by the key of the page."""
    return cast(dict[str, PageTables], server.extensions.get(EXTENSION, {}))


def table_of(chart: ChartSlot[Any], loaded: Any) -> ExportTable | None:
    """Return what a chart shows as a table: its own one, else what is drawn; None where there is nothing."""
    if chart.table is not None:
        return chart.table(loaded)
    parts = chart.draw(loaded)
    if parts is None or not isinstance(parts.get("drawn"), dict):
        return None
    figure = parts["drawn"]["figure"]
    rows = (figure["layout"].get("meta") or {}).get("rows")
    return _of_rows(_(chart.title), rows) if rows else _of_points(_(chart.title), figure)


def _of_rows(title: str, rows: Sequence[Sequence[Any]]) -> ExportTable:
    """Return rows, the first of which holds the headings, as a table: columns of numbers only are numbers."""
    columns = zip(*rows[1:], strict=True) if len(rows) > 1 else ([] for _name in rows[0])
    return ExportTable(title=title, columns=tuple(_column(str(n), c) for n, c in zip(rows[0], columns, strict=True)))


def _of_points(title: str, figure: dict[str, Any]) -> ExportTable:
    """Return the drawn points: the place on the x axis, then one column for each series; a heat-map cell by cell."""
    facts = ((_("Content"), _("What is drawn, at the step of the chart")),)
    traces = [trace for trace in figure["data"] if trace.get("hoverinfo") != "skip"]
    cells = [trace for trace in traces if trace.get("z") is not None]
    if cells:
        return ExportTable(title=title, columns=_cells(cells[0]), facts=facts)
    series = _series(traces, figure["layout"].get("meta") or {})
    joined = pd.concat(series, axis=1).sort_index() if series else pd.DataFrame()
    columns = [_column(str(name), joined[name].tolist()) for name in joined.columns]
    return ExportTable(title=title, columns=(_column(_("Place"), joined.index.tolist()), *columns), facts=facts)


def _series(traces: Sequence[dict[str, Any]], meta: dict[str, Any]) -> list[pd.Series]:
    """Return each trace with its values by their places; a name that comes again goes on with the one before."""
    found: dict[str, pd.Series] = {}
    for place, trace in enumerate(traces):
        x, y = _values(trace.get("x")), _values(trace.get("y"))
        if trace.get("orientation") == "h":
            x, y = y, x
        if len(x) != len(y) or not len(x):
            continue
        unit = meta.get("units", {}).get(trace.get("meta"), meta.get("unit", ""))
        name = html.unescape(str(trace.get("name") or place + 1)) + (f" [{unit}]" if unit else "")
        known = pd.concat([*([found[name]] if name in found else []), pd.Series(y, index=pd.Index(x), name=name)])
        found[name] = known[~known.index.duplicated()]
    return list(found.values())


def _cells(trace: dict[str, Any]) -> tuple[ExportColumn, ...]:
    across, down, grid = _values(trace.get("x")), _values(trace.get("y")), np.asarray(_array(trace["z"]), dtype=object)
    across = across or list(range(grid.shape[1]))
    down = down or list(range(grid.shape[0]))
    rows = [(x, y, grid[line, place]) for place, x in enumerate(across) for line, y in enumerate(down)]
    names = (_("Across"), _("Up"), _("Value"))
    return tuple(_column(name, [row[place] for row in rows]) for place, name in enumerate(names))


def _values(given: Any) -> list[Any]:
    """Return the values of a list, or of an array as Plotly sends it; times as ISO texts."""
    values = [] if given is None else _array(given)
    return [value.isoformat() if isinstance(value, date) else value for value in values]


def _array(given: Any) -> Any:
    if isinstance(given, dict):
        flat = np.frombuffer(base64.b64decode(given["bdata"]), dtype=given["dtype"])
        shape = [int(size) for size in str(given.get("shape", len(flat))).split(",")]
        return flat.reshape(shape).tolist()
    return given.tolist() if isinstance(given, np.ndarray) else list(given)


def _column(name: str, values: Sequence[Any]) -> ExportColumn:
    if all(value is None or _NUMBER.fullmatch(str(value)) for value in values):
        numbers = [np.nan if value is None else float(value) for value in values]
        return ExportColumn(name=name, values=np.array(numbers, dtype=float))
    return ExportColumn(name=name, values=["" if value is None else str(value) for value in values])

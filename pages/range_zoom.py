"""Finer values of what somebody zoomed into: the page's own load and drawing, once more for that part of the view.

The chart says in `layout.meta.refine` which store of the page to ask through; what comes back replaces points and axis
ends of the same traces (assets/5-charts.js) until the zoom is left. Without an answer the coarse points stay.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from dash import ClientsideFunction, Dash, Input, Output, State, no_update

from components.outage import OUTAGES
from components.words import _
from dash_app.domain.view import View
from pages.range_page import Loaded, RangePage, drawn_safely

log = structlog.get_logger()
MARGIN = 0.5
"""So much of the window is loaded on either side of it as well: what a small move of the window would show."""


def with_refinement(page: RangePage[Any], filled: dict[str, Any], view: View) -> dict[str, Any]:
    """Return what fills the page; charts that do not show every value say so, and can be refined.

    A range that ends now is another one at every moment: its charts keep the zoom all the same.
    """
    averaged = view.chosen_step is None and view.step > view.native
    charts = {key: _refinable(page, parts, averaged) for key, parts in filled["charts"].items()}
    for parts in charts.values() if view.rolling else ():
        if _has_figure(parts):
            parts["drawn"]["figure"]["layout"]["uirevision"] = view.range.value
    return {**filled, "charts": charts}


def zoomed_view(asked: Any, view: View) -> View | None:
    """Return the part of the view that was zoomed into, with its margins; None for anything but a part of it.

    `asked` is `{"range": [from, to]}` on the site's wall clock, as Plotly writes it.
    """
    try:
        start, end = (_moment(text, view) for text in asked["range"])
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    start, end = max(start, view.start), min(end, view.end)
    if end - start < timedelta(seconds=1):
        return None
    seen = view.zoomed(start, end)
    around = MARGIN * (end - start)
    wide = view.zoomed(max(start - around, view.start), min(end + around, view.end))
    return replace(wide, step=seen.step)


def refined_view(page: RangePage[Loaded], asked: Any, loaded: Loaded) -> dict[str, Any]:
    """Return the finer points of the charts that were zoomed, by their names."""
    wanted = set(asked.get("charts", ()))
    found = {
        page.id(chart.key): drawn_safely(chart.draw, loaded) for chart in page.charts if page.id(chart.key) in wanted
    }
    charts = {name: _finer(parts) for name, parts in found.items() if _has_figure(parts)}
    return {"range": asked["range"], "charts": charts}


def register_zoom(
    app: Dash, page: RangePage[Loaded], *, load: Callable[[str, str, Callable[[View], View | None]], Loaded | None]
) -> None:
    """Add the callbacks; `load(search, pathname, part)` loads the part of the address' view that `part` picks."""

    @app.callback(
        Output(page.id("refined"), "data"),
        Input(page.id("zoom"), "data"),
        State(page.id("address"), "search"),
        State(page.id("address"), "pathname"),
        prevent_initial_call=True,
    )
    def refine(asked: Any, search: str, pathname: str) -> Any:
        try:
            loaded = load(search, pathname, lambda view: zoomed_view(asked, view))
        except OUTAGES as fault:
            log.warning("no finer values", page=page.key, reason=str(fault))
            return no_update
        return no_update if loaded is None else refined_view(page, asked, loaded)

    app.clientside_callback(  # type: ignore[no-untyped-call, unused-ignore]
        ClientsideFunction(namespace="charts", function_name="refine"), Input(page.id("refined"), "data")
    )


def _refinable(page: RangePage[Any], parts: dict[str, Any], averaged: bool) -> dict[str, Any]:
    if not _has_figure(parts):
        return parts
    figure = parts["drawn"]["figure"]
    meta = figure["layout"].get("meta") or {}
    if "downsampled" not in meta or not (averaged or meta["downsampled"]):
        return parts
    words = _words(parts)
    layout = {**figure["layout"], "meta": {**meta, "refine": page.id("zoom")}}
    drawn = {**parts["drawn"], "figure": {**figure, "layout": layout}, "meta": words}
    return {**parts, "drawn": drawn, "meta": words}


def _finer(parts: dict[str, Any]) -> dict[str, Any]:
    figure = parts["drawn"]["figure"]
    traces = [{key: trace.get(key) for key in ("meta", "name", "x", "y")} for trace in figure["data"]]
    axes = {
        key: {part: axis[part] for part in ("range", "dtick") if part in axis}
        for key, axis in figure["layout"].items()
        if key.startswith("yaxis") and axis.get("range")
    }
    return {"traces": traces, "axes": axes, "meta": _words(parts)}


def _words(parts: dict[str, Any]) -> Any:
    """Return the line below a chart's title, which says when not every value is drawn."""
    meta, words = parts["drawn"]["figure"]["layout"].get("meta") or {}, parts["meta"]
    if not meta.get("downsampled"):
        return words
    return [*(words if isinstance(words, list) else [words]), " · ", _("downsampled, extremes kept; zoom for more")]


def _has_figure(parts: Any) -> bool:
    return isinstance(parts, dict) and isinstance(parts.get("drawn"), dict)


def _moment(text: Any, view: View) -> datetime:
    wall = datetime.fromisoformat(str(text))
    return wall.replace(tzinfo=view.zone).astimezone(UTC) if wall.tzinfo is None else wall.astimezone(UTC)

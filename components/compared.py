"""A period beside another: its line in grey on the present time axis, and what it says about a key figure."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from dash import html

from components.aria import aria, data
from components.numbers import percent
from components.tokens import LIGHT
from components.words import _
from dash_app.domain.view import Compare

COMPARED, MEASURED = "compared", "measured"
ALIKE = ("type", "mode", "xaxis", "yaxis", "hovertemplate", "connectgaps")
Places = Callable[[Iterable[datetime]], list[datetime | None]]
"""Where moments of the other period (the site's wall clock) lie on the present axis; None for outside of it."""


def with_other_period(chart: dict[str, Any], other: dict[str, Any], *, places: Places, name: str) -> dict[str, Any]:
    """Return the parts of a chart with the measured lines of another period below its own, as far as there are any."""
    now, before = chart["drawn"]["figure"], other["drawn"]["figure"]
    lines = [_twin(trace, places, name) for trace in before["data"] if trace.get("meta") == MEASURED]
    lines = [line for line in lines if len(line["x"])]
    if not lines:
        return chart
    layout = dict(now["layout"])
    for axis in {_axis_of(line) for line in lines}:
        layout[axis] = _wider(layout.get(axis, {}), before["layout"].get(axis, {}))
    figure = {**now, "data": [*lines, *now["data"]], "layout": layout}
    meta = chart["meta"]
    return {
        **chart,
        "drawn": {**chart["drawn"], "figure": figure},
        "meta": [*(meta if isinstance(meta, list) else [meta]), " · ", _("grey: %(name)s", name=name)],
        "legend": [*chart["legend"], _chip(name)] if isinstance(chart["legend"], list) else chart["legend"],
    }


def with_other_figures(cards: list[Any], other: list[Any], compare: Compare) -> list[Any]:
    """Say on each key figure what it was in the other period; a stale one keeps its age."""
    known = {card_key(card): card for card in other}
    for card in cards:
        before = known.get(card_key(card))
        if before is not None and "sb-stale" not in card.className:
            card.children[-1].children = compared_words(_value(card), _value(before), _text(before), compare)
    return cards


def compared_words(now: float | None, before: float | None, text: str, compare: Compare) -> str:
    """Return what a figure was in the other period, and which way it went, in words.

    >>> compared_words(59.8, 58.1, "58.1 kW", Compare.PREVIOUS), compared_words(40.0, 50.0, "50.0 kW", Compare.YEAR)
    ('Previous: 58.1 kW, 3\\xa0% more now', 'Last year: 50.0 kW, 20\\xa0% less now')
    """
    if before is None:
        return _("Previous: no value") if compare is Compare.PREVIOUS else _("Last year: no value")
    was = _("Previous: %(value)s", value=text) if compare is Compare.PREVIOUS else _("Last year: %(value)s", value=text)
    if now is None or before <= 0 or now < 0:
        return was
    change = now / before - 1
    if abs(change) < 0.005:
        return _("%(was)s, the same now", was=was)
    share = percent(abs(change))
    return (
        _("%(was)s, %(share)s more now", was=was, share=share)
        if change > 0
        else _("%(was)s, %(share)s less now", was=was, share=share)
    )


def card_key(card: Any) -> str:
    """Return the key of a key figure's card."""
    return str(getattr(card, "data-kpi", ""))


def numbers_of(values: Any) -> npt.NDArray[np.float64]:
    """Return the values of a drawn trace, which Plotly may have packed."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), dtype=values["dtype"]).astype(float)
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def _twin(trace: dict[str, Any], places: Places, name: str) -> dict[str, Any]:
    moments = np.asarray(trace.get("x", ()), dtype="datetime64[us]").tolist()
    found = zip(places(moments), numbers_of(trace.get("y", ())), strict=True)
    kept = [(place, value) for place, value in found if place is not None]
    known = any(not np.isnan(value) for _place, value in kept)
    alike: dict[str, Any] = {key: trace[key] for key in ALIKE if key in trace}
    return {
        **alike,
        "x": np.array([place for place, _value in kept], dtype="datetime64[ms]") if known else np.array([]),
        "y": np.array([value for _place, value in kept]),
        "name": name,
        "meta": COMPARED,
        "opacity": 0.7,
        "line": {"color": LIGHT.neutral, "width": 1.3, "shape": trace.get("line", {}).get("shape", "linear")},
    }


def _axis_of(trace: dict[str, Any]) -> str:
    return "yaxis" + str(trace.get("yaxis", "y")).removeprefix("y")


def _wider(axis: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return an axis that holds both, with the ticks of the one that reaches further."""
    if not axis.get("range") or not other.get("range"):
        return axis
    low, high = (pick(axis["range"][end], other["range"][end]) for end, pick in ((0, min), (1, max)))
    further = other if other["range"][1] - other["range"][0] > axis["range"][1] - axis["range"][0] else axis
    return {**axis, "range": [low, high], **({"dtick": further["dtick"]} if "dtick" in further else {})}


def _chip(name: str) -> html.Button:
    mark = html.Span(className="sb-chip-mark sb-chip-line", style={"color": "var(--sb-neutral)"})
    return html.Button([mark, name], type="button", className="sb-chip", **aria(pressed="true"), **data(trace=COMPARED))


def _value(card: Any) -> float | None:
    text = getattr(card, "data-value", "")
    return float(text) if text else None


def _text(card: Any) -> str:
    return " ".join(str(part.children) for part in card.children[1].children if part.children)

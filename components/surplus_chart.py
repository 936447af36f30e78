"""Production and demand on one axis: where PV is above the demand there is a surplus, where it is below a deficit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.numbers import with_unit
from components.plan_layers import area, stairs
from components.plan_picture import walls
from components.step_rows import Kept, thinned
from components.time_axis import draw_gaps, draw_now, draw_time_axis, draw_unit
from components.time_series import nice_top
from components.tokens import LIGHT, rgba
from components.words import _

PV, LOAD = "pv", "load"
SURPLUS_FILL, DEFICIT_FILL = rgba(LIGHT.pv, 0.3), rgba(LIGHT.neutral, 0.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class SurplusPicture:
    """What the chart shows: means over `step` by the start of each, kW, NaN where missing."""

    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    step: timedelta
    pv: pd.Series
    load: pd.Series
    gaps: tuple[tuple[datetime, datetime], ...] = ()


def surplus_figure(picture: SurplusPicture) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure = go.Figure()
    kept = thinned(pd.DataFrame({PV: picture.pv, LOAD: picture.load}), picture.step)
    starts = walls(kept.starts, picture.zone)
    ends = walls([min(end, picture.now) for end in kept.ends], picture.zone)
    _draw_areas(figure, kept, starts, ends)
    _draw_lines(figure, kept, starts, ends)
    _draw_difference(figure, kept, starts)
    draw_time_axis(figure, picture.start, picture.end, picture.zone)
    draw_gaps(figure, picture.gaps, picture.end - picture.start, picture.zone)
    draw_unit(figure, "kW")
    top, tick = nice_top(float(kept.frame.max().max()))
    figure.update_yaxes(range=[0, top], tick0=0, dtick=tick)
    if picture.start < picture.now < picture.end:
        draw_now(figure, picture.now, picture.zone)
    revision = f"{picture.start.isoformat()}/{picture.end.isoformat()}"
    figure.update_layout(uirevision=revision, dragmode="zoom")
    figure.layout.meta = {**figure.layout.meta, "rows": _table_rows(kept, starts)}
    return figure


def surplus_chips() -> list[html.Button]:
    """Return the legend: one toggle button for each of the four things drawn."""
    entries = (
        (PV, _("PV"), "sb-chip-mark sb-chip-line", "var(--sb-pv)"),
        (LOAD, _("Demand"), "sb-chip-mark sb-chip-line", "var(--sb-load)"),
        ("surplus", _("Surplus"), "sb-chip-mark sb-chip-band", "var(--sb-pv)"),
        ("deficit", _("Deficit"), "sb-chip-mark sb-chip-band", "var(--sb-neutral)"),
    )
    return [
        html.Button(
            [html.Span(className=mark, style={"color": colour}), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=key),
        )
        for key, name, mark, colour in entries
    ]


def _draw_areas(figure: go.Figure, kept: Kept, starts: list[datetime], ends: list[datetime]) -> None:
    pv, load = (kept.frame[column].to_numpy(dtype=float) for column in (PV, LOAD))
    for key, name, top, fill in (
        ("surplus", _("Surplus"), np.maximum(pv, load), SURPLUS_FILL),
        ("deficit", _("Deficit"), np.minimum(pv, load), DEFICIT_FILL),
    ):
        x, y = area(starts, ends, load, top)
        figure.add_scatter(
            x=x,
            y=y,
            name=name,
            meta=key,
            mode="lines",
            fill="toself",
            fillcolor=fill,
            line={"width": 0, "color": fill},
            hoverinfo="skip",
        )


def _draw_lines(figure: go.Figure, kept: Kept, starts: list[datetime], ends: list[datetime]) -> None:
    for key, name, colour in ((LOAD, _("Demand"), LIGHT.load), (PV, _("PV"), LIGHT.pv)):
        x, y = stairs(starts, ends, kept.frame[key].to_numpy(dtype=float))
        style: dict[str, Any] = {"color": colour, "width": 2, "shape": "hv"}
        figure.add_scatter(
            x=x,
            y=y,
            name=name,
            meta=key,
            mode="lines",
            line=style,
            connectgaps=False,
            hovertemplate="%{y:.1f} kW",
        )


def _draw_difference(figure: go.Figure, kept: Kept, starts: list[datetime]) -> None:
    """Draw nothing to be seen: points that say in words how much is left over or missing."""
    difference = (kept.frame[PV] - kept.frame[LOAD]).to_numpy(dtype=float)
    figure.add_scatter(
        x=starts,
        y=np.where(np.isnan(difference), np.nan, kept.frame[LOAD]).tolist(),
        customdata=[_in_words(value) for value in difference],
        name=_("Difference"),
        meta="difference",
        mode="markers",
        marker={"opacity": 0, "size": 6, "color": LIGHT.neutral},
        hovertemplate="%{customdata}",
    )


def _in_words(difference_kw: float) -> str:
    words = _("surplus %(power)s") if difference_kw >= 0 else _("deficit %(power)s")
    return words % {"power": with_unit(abs(difference_kw), "kW")}


def _table_rows(kept: Kept, starts: list[datetime]) -> list[list[str]]:
    head = [_("Time"), _("PV [kW]"), _("Demand [kW]"), _("Surplus [kW]"), _("Deficit [kW]")]
    rows = []
    for moment, (pv, load) in zip(starts, kept.frame.to_numpy(dtype=float), strict=True):
        values = (pv, load, max(pv - load, 0.0), max(load - pv, 0.0))
        known = not (np.isnan(pv) or np.isnan(load))
        cells = [f"{value:.3f}" if known or not np.isnan(value) else "" for value in values[:2]]
        cells += [f"{value:.3f}" if known else "" for value in values[2:]]
        rows.append([f"{moment:%Y-%m-%d %H:%M}", *cells])
    return [head, *rows]

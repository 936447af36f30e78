"""The battery over time in three rows on one x axis: its signed power, its state of charge, and the price.

Discharging stands above zero, charging below; the axis prints no signs, the words stand at its ends. Measured is solid
and full, what the plan in force expects is dashed. Traces carry their key in `meta` for the legend's buttons.
"""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from dash import html

from components.aria import aria, data
from components.battery_picture import BatteryPicture, Planned, planned_between
from components.battery_rows import PRICE_TICKS, SOC_TICKS, draw_price_row, draw_soc_row, price_unit
from components.chart_rows import PLANNED, write
from components.numbers import number
from components.plan_axes import draw_ground
from components.plan_data import Column
from components.plan_layers import area, axis_ticks, stairs
from components.plan_picture import walls
from components.plan_power import COLOURS, fill_of
from components.step_rows import thinned
from components.time_axis import draw_gaps, draw_now, draw_time_axis, draw_unit, wall
from components.tokens import LIGHT
from components.words import _

HEIGHT, PHONE_HEIGHT = 440, 420
ROWS = {"y": (0.56, 1.0), "y2": (0.28, 0.48), "y3": (0.0, 0.2)}
SIDES = ((Column.DISCHARGE, 1), (Column.CHARGE, -1))


def battery_figure(picture: BatteryPicture) -> go.Figure:
    """Return the chart, in the colours of the light theme, without a template."""
    figure, ahead = go.Figure(), planned_between(picture, picture.now, picture.end)
    places, texts = axis_ticks(*_extent(picture))
    if ahead.starts:
        draw_ground(figure, picture.now, picture.end, (places[0], places[-1]), picture.zone)
    _draw_measured(figure, picture)
    _draw_plan(figure, picture, ahead)
    draw_soc_row(figure, picture, ahead)
    draw_price_row(figure, picture)
    _draw_axes(figure, places, texts)
    draw_time_axis(figure, picture.start, picture.end, picture.zone, anchor="y3")
    if picture.gaps:
        draw_gaps(figure, picture.gaps, picture.end - picture.start, picture.zone)
    if picture.start < picture.now < picture.end:
        draw_now(figure, picture.now, picture.zone)
    _draw_words(figure, picture, (places[0], places[-1]), planned=bool(ahead.starts))
    revision = f"{picture.start.isoformat()}/{picture.end.isoformat()}"
    figure.update_layout(uirevision=revision, dragmode="zoom", hoversubplots="axis")
    return figure


def battery_chips(picture: BatteryPicture) -> list[html.Button]:
    """Return the legend: one toggle button for each series that the chart has."""
    marks = {column.value: f"sb-swatch sb-fill-{column.value}" for column, _sign in SIDES}
    entries = [
        ("charge", _("Charge"), marks["charge"], True),
        ("discharge", _("Discharge"), marks["discharge"], True),
        ("plan", _("Planned"), "sb-chip-mark sb-chip-dashed", bool(picture.plan)),
        ("soc", _("State of charge"), "sb-chip-mark sb-chip-line sb-chip-soc", picture.soc is not None),
        ("price", _("Price"), "sb-chip-mark sb-chip-line sb-chip-price", picture.prices is not None),
    ]
    return [
        html.Button(
            [html.Span(className=mark), name],
            type="button",
            className="sb-chip",
            **aria(pressed="true"),
            **data(trace=key),
        )
        for key, name, mark, there in entries
        if there
    ]


def table_rows(picture: BatteryPicture) -> list[list[str]]:
    """Return what is drawn of the measured as rows of a table, the head first: time, powers, SoC."""
    frame = pd.DataFrame({Column.CHARGE: picture.charge, Column.DISCHARGE: picture.discharge})
    head = [_("Time"), _("Charge [kW]"), _("Discharge [kW]")]
    if picture.soc is not None:
        frame, head = frame.assign(soc=100 * picture.soc), [*head, _("State of charge, %")]
    kept = thinned(frame, picture.step)
    times = [f"{moment:%Y-%m-%d %H:%M}" for moment in walls(kept.starts, picture.zone)]
    cells = [["" if np.isnan(value) else f"{value:.3f}" for value in row] for row in kept.frame.to_numpy(dtype=float)]
    return [head, *([time, *row] for time, row in zip(times, cells, strict=True))]


def _draw_measured(figure: go.Figure, picture: BatteryPicture) -> None:
    powers = pd.DataFrame({Column.CHARGE: picture.charge, Column.DISCHARGE: picture.discharge})
    kept = thinned(powers, picture.step)
    starts = walls(kept.starts, picture.zone)
    ends = walls([min(end, picture.now) for end in kept.ends], picture.zone)
    words = {Column.CHARGE: _("Charging"), Column.DISCHARGE: _("Discharging")}
    for column, sign in SIDES:
        values = kept.frame[column].to_numpy(dtype=float)
        x, y = area(starts, ends, np.zeros(len(values)), sign * values)
        figure.add_scatter(
            x=x,
            y=y,
            name=words[column],
            meta=column.value,
            mode="lines",
            fill="toself",
            hoverinfo="skip",
            **fill_of(column, planned=False),
        )
        _draw_values(figure, starts, sign * values, words[column], column)


def _draw_plan(figure: go.Figure, picture: BatteryPicture, ahead: Planned) -> None:
    """Draw what the plan in force expected before now as a dashed line, what it expects as pale areas."""
    before = planned_between(picture, picture.start, picture.now)
    x, y = stairs(before.starts, before.ends, before.battery_kw)
    if x:
        line = {"color": LIGHT.text, "width": 1.4, "dash": PLANNED, "shape": "hv"}
        figure.add_scatter(x=x, y=y, name=_("Planned"), meta="plan", mode="lines", line=line, hoverinfo="skip")
        _draw_values(figure, before.starts, before.battery_kw, _("Planned"), None)
    for column, sign in SIDES:
        values = sign * np.clip(sign * ahead.battery_kw, 0.0, None)
        x, y = area(ahead.starts, ahead.ends, np.zeros(len(values)), values)
        if x:
            style = fill_of(column, planned=True)
            figure.add_scatter(
                x=x, y=y, name=_("Planned"), meta="plan", mode="lines", fill="toself", hoverinfo="skip", **style
            )
    _draw_values(figure, ahead.starts, ahead.battery_kw, _("Planned"), None)


def _draw_values(figure: go.Figure, x: list[datetime], values: np.ndarray, name: str, column: Column | None) -> None:
    """Draw nothing to be seen: points that say the power of each step in words, measured ones at rest left out."""
    if not len(x):
        return
    shown = values if column is None else np.where(values == 0, np.nan, values)
    figure.add_scatter(
        x=x,
        y=shown.tolist(),
        customdata=[f"{number(abs(value), 1)} kW" if column else _in_words(value) for value in values],
        name=name,
        meta=column.value if column else "plan",
        mode="markers",
        marker={"opacity": 0, "size": 6, "color": COLOURS[column] if column else LIGHT.text},
        hovertemplate="%{customdata}",
    )


def _in_words(battery_kw: float) -> str:
    if round(abs(battery_kw), 1) == 0:
        return _("at rest")
    power = f"{number(abs(battery_kw), 1)} kW"
    return _("discharge %(power)s", power=power) if battery_kw > 0 else _("charge %(power)s", power=power)


def _extent(picture: BatteryPicture) -> tuple[float, float]:
    """Return the lowest and highest power shown, kW; those of the battery itself where nothing was ever done."""
    plan = planned_between(picture, picture.start, picture.end).battery_kw
    known = np.concatenate([np.zeros(1), -picture.charge.to_numpy(float), picture.discharge.to_numpy(float), plan])
    low, high = float(np.nanmin(known)), float(np.nanmax(known))
    if high - low > 0.05:
        return min(low, -0.12 * high), max(high, -0.12 * low)
    return (-picture.battery.charge_kw, picture.battery.discharge_kw) if picture.battery else (-1.0, 1.0)


def _draw_axes(figure: go.Figure, places: list[float], texts: list[str]) -> None:
    every = 2 if len(places) > 6 else 1
    zero = places.index(0.0)
    labels = [text if (place - zero) % every == 0 else "" for place, text in enumerate(texts)]
    figure.update_layout(
        yaxis={"domain": ROWS["y"], "range": [places[0], places[-1]], "tickvals": places, "ticktext": labels},
        yaxis2={"domain": ROWS["y2"], "anchor": "x", "fixedrange": True, **SOC_TICKS},
        yaxis3={"domain": ROWS["y3"], "anchor": "x", "fixedrange": True, **PRICE_TICKS},
    )


def _draw_words(figure: go.Figure, picture: BatteryPicture, extent: tuple[float, float], *, planned: bool) -> None:
    """Write the unit of each row, what above and below zero means, and where nothing is known, that it is so."""
    draw_unit(figure, _("Power, kW"), y=ROWS["y"][1])
    draw_unit(figure, _("State of charge, %"), y=ROWS["y2"][1])
    draw_unit(figure, price_unit(picture.currency), y=ROWS["y3"][1])
    left = wall(picture.start, picture.zone)
    for y, text, shift in ((extent[1], _("Discharging"), -9), (extent[0], _("Charging"), 9)):
        write(figure, left, y, text, xanchor="left", xshift=6, yshift=shift)
    if planned and picture.end - picture.now > (picture.end - picture.start) / 10:
        write(figure, wall(picture.now, picture.zone), extent[1], _("planned"), xanchor="left", xshift=6, yshift=-9)
    middle = wall(picture.start + (picture.end - picture.start) / 2, picture.zone)
    if picture.soc is None:
        write(figure, middle, 50, _("not measured"), yref="y2")
    if picture.prices is None:
        figure.update_layout(yaxis3={"range": [0, 1], "showticklabels": False})
        write(figure, middle, 0.5, _("no price is published"), yref="y3")

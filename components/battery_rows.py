"""The lower rows of the battery's chart, which also stand on their own: its state of charge, and the price."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.battery_picture import BatteryPicture, Planned, planned_between
from components.chart_rows import (
    ESTIMATED,
    PLANNED,
    Stairs,
    draw_price_line,
    draw_soc_limits,
    draw_soc_line,
    hatch_negative,
    limits_of,
    name_prices,
)
from components.graph import downsampled
from components.plan_picture import walls
from components.step_rows import moments_of, thinned
from components.time_axis import draw_now, draw_time_axis, draw_unit, wall
from components.words import _
from dash_app.domain.frames import Price

ROW_HEIGHT = 150
SOC_TICKS = {"range": [0, 104], "tickvals": [0, 50, 100]}
PRICE_TICKS = {"tickformat": ".2f", "nticks": 4}


def soc_figure(picture: BatteryPicture) -> go.Figure:
    """Return a chart of the state of charge alone, in the colours of the light theme, without a template."""
    figure = go.Figure()
    draw_soc_row(figure, picture, planned_between(picture, picture.now, picture.end))
    return _alone(figure, picture, "y2", _("State of charge, %"), SOC_TICKS)


def price_figure(picture: BatteryPicture) -> go.Figure:
    """Return a chart of the prices alone, in the colours of the light theme, without a template."""
    figure = go.Figure()
    draw_price_row(figure, picture)
    return _alone(figure, picture, "y3", price_unit(picture.currency), PRICE_TICKS)


def draw_soc_row(figure: go.Figure, picture: BatteryPicture, ahead: Planned) -> None:
    """Draw the state of charge on y2: measured solid, planned dashed, limits as thin lines."""
    x: list[datetime] = []
    levels = np.empty(0)
    if picture.soc is not None and picture.soc.notna().any():
        kept = downsampled(picture.soc)
        x, levels = walls(moments_of(kept), picture.zone), kept.to_numpy(dtype=float)
        draw_soc_line(figure, x, (100 * levels).tolist(), _("SoC measured"))
    if ahead.starts:
        known = levels[~np.isnan(levels)]
        begin = known[-1:] if len(known) and picture.start < picture.now else ahead.soc_end[:1]
        moments, plan = [ahead.starts[0], *ahead.ends], np.concatenate([begin, ahead.soc_end])
        draw_soc_line(figure, moments, (100 * plan).tolist(), _("SoC planned"), dash=PLANNED)
        x, levels = [*x, *moments], np.concatenate([levels, plan])
    if picture.battery is not None:
        draw_soc_limits(figure, limits_of(picture.battery), x, levels)


def draw_price_row(figure: go.Figure, picture: BatteryPicture) -> None:
    """Draw both prices on y3 as steps: published solid, estimated dotted, negative ones hatched."""
    if picture.prices is None or picture.prices.empty:
        return
    kept = thinned(picture.prices, picture.price_step)
    guessed = kept.frame[Price.ESTIMATED].to_numpy(dtype=float) > 0
    for column, name, width in ((Price.IMPORT, _("Buy"), 1.8), (Price.EXPORT, _("Sell"), 1.0)):
        values = kept.frame[column].to_numpy(dtype=float)
        starts, ends = walls(kept.starts, picture.zone), walls(kept.ends, picture.zone)
        draw_price_line(figure, Stairs(starts, ends, np.where(guessed, np.nan, values)), name, width)
        dotted = Stairs(starts, ends, np.where(guessed, values, np.nan))
        draw_price_line(figure, dotted, _("%(name)s, estimated", name=name), width, dash=ESTIMATED)
        if column is Price.IMPORT:
            hatch_negative(figure, Stairs(starts, ends, values))
    last = kept.frame.dropna(subset=[Price.IMPORT, Price.EXPORT]).iloc[-12:]
    if len(last):
        moment = wall(pd.Timestamp(last.index[-1]).to_pydatetime(), picture.zone)
        name_prices(figure, moment, last[Price.IMPORT].to_numpy(), last[Price.EXPORT].to_numpy())


def price_unit(currency: str) -> str:
    """Return the name of the price row with its unit."""
    return _("Price, %(currency)s per kWh", currency=currency) if currency else _("Price per kWh")


def _alone(figure: go.Figure, picture: BatteryPicture, axis: str, unit: str, ticks: Mapping[str, object]) -> go.Figure:
    figure.update_layout({axis.replace("y", "yaxis"): {"domain": [0.0, 1.0], "anchor": "x", **ticks}})
    draw_time_axis(figure, picture.start, picture.end, picture.zone, anchor=axis)
    draw_unit(figure, unit)
    if picture.start < picture.now < picture.end:
        draw_now(figure, picture.now, picture.zone)
    figure.update_layout(uirevision=f"{picture.start.isoformat()}/{picture.end.isoformat()}", dragmode="zoom")
    return figure

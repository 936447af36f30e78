"""The lower rows of the plan's chart: the state of charge, and what one kWh costs."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.plan_data import Column, plan_frame
from components.plan_layers import Floats, area, stairs
from components.plan_picture import PlanPicture, walls
from components.tokens import LIGHT, rgba
from components.words import _
from dash_app.domain.frames import Price

SIDES = ((Column.BUY, Price.IMPORT, 1.8), (Column.SELL, Price.EXPORT, 1.0))
"""Plan column, frames.Price column and line width of each price."""


def draw_soc(figure: go.Figure, picture: PlanPicture) -> None:
    """Draw the measured state of charge solid and the planned one dashed, in percent."""
    steps = [step for step in picture.payload.steps if step.end > picture.planned_from]
    if picture.past is not None and picture.past.soc is not None:
        soc = picture.past.soc[picture.past.soc.index < picture.planned_from]
        _draw_soc(figure, walls(_moments(soc), picture.zone), (100 * soc).tolist(), _("SoC measured"), "solid")
    if steps:
        before = [step.soc_end for step in picture.payload.steps if step.end <= picture.planned_from]
        levels = [before[-1] if before else picture.payload.soc_now, *(step.soc_end for step in steps)]
        moments = [max(steps[0].start, picture.planned_from), *(step.end for step in steps)]
        _draw_soc(figure, walls(moments, picture.zone), [100 * level for level in levels], _("SoC planned"), "6px,3px")


def draw_prices(figure: go.Figure, picture: PlanPicture) -> None:
    """Draw both prices as steps: published ones solid, estimated ones dotted, negative ones hatched."""
    steps, zone = picture.payload.steps, picture.zone
    frame = plan_frame(picture.payload)
    ahead = np.array([step.end > picture.planned_from for step in steps])
    starts = walls([max(step.start, picture.planned_from) for step in steps], zone)
    ends = walls([step.end for step in steps], zone)
    guessed = frame[Column.ESTIMATED].to_numpy() > 0
    words = {Column.BUY: _("Buy"), Column.SELL: _("Sell")}
    for column, past, width in SIDES:
        values = frame[column].to_numpy(dtype=float)
        _draw_past(figure, picture, past, words[column], width)
        _draw_price(figure, _Stairs(starts, ends, np.where(ahead & ~guessed, values, np.nan)), words[column], width)
        estimated = _("%(name)s, estimated", name=words[column])
        unknown = _Stairs(starts, ends, np.where(ahead & guessed, values, np.nan))
        _draw_price(figure, unknown, estimated, width, dash="2px,3px")
    buy = frame[Column.BUY].to_numpy(dtype=float)
    _hatch_negative(figure, _Stairs(starts, ends, np.where(ahead, buy, np.nan)))


class _Stairs:
    """A price by steps on the wall clock."""

    def __init__(self, starts: list[datetime], ends: list[datetime], values: Floats) -> None:
        self.starts, self.ends, self.values = starts, ends, values


def _draw_past(figure: go.Figure, picture: PlanPicture, column: Price, name: str, width: float) -> None:
    if picture.past is None or picture.past.prices is None:
        return
    known = picture.past.prices[picture.past.prices.index < picture.planned_from]
    starts = _moments(known)
    ends = [min(moment + picture.past.step, picture.planned_from) for moment in starts]
    values = known[column].to_numpy(dtype=float)
    _draw_price(figure, _Stairs(walls(starts, picture.zone), walls(ends, picture.zone), values), name, width)


def _draw_price(figure: go.Figure, price: _Stairs, name: str, width: float, dash: str = "solid") -> None:
    x, y = stairs(price.starts, price.ends, price.values)
    if not x:
        return
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        meta="price",
        yaxis="y3",
        mode="lines",
        line={"color": LIGHT.neutral, "width": width, "dash": dash, "shape": "hv"},
        hovertemplate="%{y:.3f}",
    )


def _hatch_negative(figure: go.Figure, price: _Stairs) -> None:
    below = np.where(price.values < 0, price.values, 0.0)
    x, y = area(price.starts, price.ends, np.zeros(len(below)), below)
    if not x:
        return
    figure.add_scatter(
        x=x,
        y=y,
        name=_("Negative price"),
        meta="price",
        yaxis="y3",
        mode="lines",
        line={"width": 0, "color": LIGHT.neutral},
        fill="toself",
        fillcolor=rgba(LIGHT.neutral, 0.12),
        fillpattern={"shape": "/", "size": 6, "solidity": 0.2, "fgcolor": LIGHT.neutral},
        hoverinfo="skip",
    )


def _draw_soc(figure: go.Figure, x: list[datetime], y: list[float], name: str, dash: str) -> None:
    figure.add_scatter(
        x=x,
        y=y,
        name=name,
        meta="soc",
        yaxis="y2",
        mode="lines",
        line={"color": LIGHT.discharge, "width": 2, "dash": dash},
        hovertemplate="%{y:.0f} %",
    )


def _moments(values: pd.Series | pd.DataFrame) -> list[datetime]:
    return [moment.to_pydatetime() for moment in pd.DatetimeIndex(values.index)]

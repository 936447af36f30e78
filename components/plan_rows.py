"""The lower rows of the plan's chart: the state of charge, and what one kWh costs."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.chart_rows import ESTIMATED, PLANNED, Stairs, draw_price_line, draw_soc_line, hatch_negative
from components.plan_data import Column, plan_frame
from components.plan_picture import PlanPicture, walls
from components.words import _
from dash_app.domain.frames import Price

SIDES = ((Column.BUY, Price.IMPORT, 1.8), (Column.SELL, Price.EXPORT, 1.0))
"""Plan column, frames.Price column and line width of each price."""


def draw_soc(figure: go.Figure, picture: PlanPicture) -> None:
    """Draw the measured state of charge solid and the planned one dashed, in percent."""
    steps = [step for step in picture.payload.steps if step.end > picture.planned_from]
    if picture.past is not None and picture.past.soc is not None:
        soc = picture.past.soc[picture.past.soc.index < picture.planned_from]
        draw_soc_line(figure, walls(_moments(soc), picture.zone), (100 * soc).tolist(), _("SoC measured"))
    if steps:
        before = [step.soc_end for step in picture.payload.steps if step.end <= picture.planned_from]
        levels = [before[-1] if before else picture.payload.soc_now, *(step.soc_end for step in steps)]
        moments = [max(steps[0].start, picture.planned_from), *(step.end for step in steps)]
        draw_soc_line(
            figure, walls(moments, picture.zone), [100 * level for level in levels], _("SoC planned"), dash=PLANNED
        )


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
        draw_price_line(figure, Stairs(starts, ends, np.where(ahead & ~guessed, values, np.nan)), words[column], width)
        estimated = _("%(name)s, estimated", name=words[column])
        unknown = Stairs(starts, ends, np.where(ahead & guessed, values, np.nan))
        draw_price_line(figure, unknown, estimated, width, dash=ESTIMATED)
    buy = frame[Column.BUY].to_numpy(dtype=float)
    hatch_negative(figure, Stairs(starts, ends, np.where(ahead, buy, np.nan)))


def _draw_past(figure: go.Figure, picture: PlanPicture, column: Price, name: str, width: float) -> None:
    if picture.past is None or picture.past.prices is None:
        return
    known = picture.past.prices[picture.past.prices.index < picture.planned_from]
    starts = _moments(known)
    ends = [min(moment + picture.past.step, picture.planned_from) for moment in starts]
    values = known[column].to_numpy(dtype=float)
    draw_price_line(figure, Stairs(walls(starts, picture.zone), walls(ends, picture.zone), values), name, width)


def _moments(values: pd.Series | pd.DataFrame) -> list[datetime]:
    return [moment.to_pydatetime() for moment in pd.DatetimeIndex(values.index)]

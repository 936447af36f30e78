"""What the battery's chart shows, and what follows from it: the plan's steps inside it, rows thinned for drawing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from components.graph import downsampled
from components.plan_picture import walls
from dash_app.domain.schedule import Step
from dash_app.domain.site import Battery

MOST_STEPS = 480
"""An area has four points for each step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryPicture:
    """Everything the chart shows: means over `step` by the start of each, kW without sign; SoC 0..1.

    `prices` is frames.Price by `price_step`; `plan` are the steps of the plan in force, past ones among them.
    """

    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    step: timedelta
    charge: pd.Series
    discharge: pd.Series
    soc: pd.Series | None = None
    battery: Battery | None = None
    plan: tuple[Step, ...] = ()
    prices: pd.DataFrame | None = None
    price_step: timedelta = timedelta(hours=1)
    currency: str = ""
    gaps: tuple[tuple[datetime, datetime], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """Steps of the plan inside the picture, on the wall clock, battery power with its sign, SoC at their end."""

    starts: list[datetime]
    ends: list[datetime]
    battery_kw: np.ndarray
    soc_end: np.ndarray


def planned_between(picture: BatteryPicture, begin: datetime, end: datetime) -> Planned:
    """Return the plan's steps between two moments, cut at both."""
    steps = [step for step in picture.plan if step.end > begin and step.start < end and step.start < picture.end]
    return Planned(
        starts=walls([max(step.start, begin) for step in steps], picture.zone),
        ends=walls([min(step.end, end, picture.end) for step in steps], picture.zone),
        battery_kw=np.array([step.battery_kw for step in steps], dtype=float),
        soc_end=np.array([step.soc_end for step in steps], dtype=float),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows that are drawn, each holding until its end."""

    frame: pd.DataFrame
    starts: list[datetime]
    ends: list[datetime]


def thinned(frame: pd.DataFrame, step: timedelta) -> Kept:
    """Return so many rows as a row of steps can show, the extremes of each column among them."""
    if len(frame) > MOST_STEPS:
        share = MOST_STEPS // len(frame.columns)
        places = np.unique(np.concatenate([_places(frame[column], share) for column in frame.columns]))
    else:
        places = np.arange(len(frame))
    starts = moments_of(frame.iloc[places])
    following = [*starts[1:], starts[-1] + step] if starts else []
    thin = len(places) < len(frame)
    ends = following if thin else [min(begin + step, later) for begin, later in zip(starts, following, strict=True)]
    return Kept(frame.iloc[places], starts, ends)


def _places(series: pd.Series, count: int) -> np.ndarray:
    return np.asarray(series.index.get_indexer(downsampled(series, count).index))


def moments_of(values: pd.Series | pd.DataFrame) -> list[datetime]:
    return [moment.to_pydatetime() for moment in pd.DatetimeIndex(values.index)]

"""What the battery's chart shows, and what follows from it: the plan's steps inside it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from components.plan_picture import walls
from dash_app.domain.schedule import Step
from dash_app.domain.site import Battery


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

"""What the plan's chart shows: the plan, what was measured before, and from when to when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from components.time_axis import wall
from dash_app.domain.recommendation import Payload


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What was measured before now: frames.Power and SoC (0..1) by step, frames.Price; None where nothing is known."""

    power: pd.DataFrame
    soc: pd.Series | None = None
    prices: pd.DataFrame | None = None
    step: timedelta = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanPicture:
    """Everything the chart shows, from `start` to `end`."""

    payload: Payload
    start: datetime
    end: datetime
    now: datetime
    zone: ZoneInfo
    past: Past | None = None

    @property
    def planned_from(self) -> datetime:
        """The moment where what was measured ends and the plan begins; its first step where nothing was measured."""
        first = self.payload.steps[0].start
        return first if self.past is None else max(self.now, first)


def walls(moments: Sequence[datetime], zone: ZoneInfo) -> list[datetime]:
    """Return the site's wall clock at some moments, naive."""
    return [wall(moment, zone) for moment in moments]

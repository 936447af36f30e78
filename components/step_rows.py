"""Rows of steps that a chart can draw: so few that areas stay small, the extremes of every column among them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from components.graph import downsampled

MOST_STEPS = 480
"""An area has four points for each step."""


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

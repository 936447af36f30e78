"""A forecaster trained in half a second: two simple models and a small boosting on a made-up load by the hour."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from optimizer.forecast.history import History, build_history
from optimizer.forecast.model import train_load
from optimizer.forecast.recipe import Recipe
from optimizer.forecast.recipes import load_recipe
from optimizer.forecast.training import Trained, train

LONDON = ZoneInfo("Europe/London")
END = datetime(2021, 2, 8, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@cache
def made_up_load(weeks: int = 14, end: datetime = END) -> pd.Series:
    """Return a load that depends on weekday and hour, with noise; it goes on for nine days after `end`."""
    index = pd.date_range(end - timedelta(weeks=weeks), end + timedelta(days=9), freq=HOUR, inclusive="left")
    random = np.random.default_rng(5)
    day = np.sin(np.pi * np.asarray(index.hour) / 24) * np.where(np.asarray(index.day_of_week) < 5, 20.0, 5.0)
    return pd.Series(20.0 + day + random.normal(0, 1.0, len(index)), index=index.rename("time"))


def known_load(end: datetime = END) -> History:
    """Return what is known of it at `end`."""
    return build_history(made_up_load(), zone=LONDON, issued_at=end, lookback=timedelta(weeks=80))


def small_recipe() -> Recipe:
    """Return the recipe of a load with its cheapest models."""
    full = load_recipe(known_load())
    simple = {name: full.simple[name] for name in ("weekly_median", "day_mean")}
    return replace(full, simple=simple, boost={**full.boost, "rounds": 30})


@cache
def small_trained() -> Trained:
    """Return the forecaster trained at `END`."""
    return train(small_recipe(), known_load(), trained_at=END)


@cache
def full_trained() -> Trained:
    """Return a forecaster with every model of a load, trained at `END` on ten weeks."""
    series = made_up_load()
    return train_load(series[series.index >= END - timedelta(weeks=10)], zone=LONDON, issued_at=END)


class FakeModelFiles:
    """Models in a dictionary; `loads` counts how often one was read."""

    def __init__(self) -> None:
        self.kept: dict[str, tuple[int, bytes]] = {}
        self.loads = 0
        self._marks = 0

    def keep(self, model_id: str, body: bytes) -> None:
        self._marks += 1
        self.kept[model_id] = (self._marks, body)

    def load(self, model_id: str) -> bytes | None:
        self.loads += 1
        return self.kept[model_id][1] if model_id in self.kept else None

    def mark(self, model_id: str) -> str:
        return str(self.kept[model_id][0]) if model_id in self.kept else ""

    def drop_others(self, model_ids: Collection[str]) -> int:
        others = set(self.kept) - set(model_ids)
        for name in others:
            del self.kept[name]
        return len(others)

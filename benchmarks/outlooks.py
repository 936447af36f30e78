"""Forecasts at every hour of a case, made once and kept in a folder: the trained hybrid, as the planner runs it.

Load and PV are forecast hourly for two days by `forecast_load` and `forecast_pv` from what was measured before each
origin, with models trained 28 days before the window and every 28 days after that, and a record that is brought up to
date every six hours. No origin is forecast by a model that was trained after it: asserted here, once more.
The 28 days before the window are forecast every six hours: their errors are what scenarios and tables learn from.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.cases import Case
from dash_app.domain.time import TimeGrid
from optimizer.forecast.model import (
    Trained,
    advance_load,
    advance_pv,
    forecast_load,
    forecast_pv,
    train_load,
    train_pv,
)
from optimizer.forecast.training import REFIT_EVERY
from optimizer.schedule.checks import Array
from optimizer.simulate.measured import HORIZON, Column
from optimizer.simulate.outlook import Outlook, ahead

HOUR, RECORD_EVERY, WARM_UP = timedelta(hours=1), timedelta(hours=6), timedelta(days=28)
VERSION = "1"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecasts:
    """`origins` (UTC) and what was forecast there: `[origin, lead]` in kW; `refits` by origin."""

    origins: pd.DatetimeIndex
    load_kw: Array
    pv_kw: Array

    def since(self, start: datetime) -> Forecasts:
        """Return those made from `start` on."""
        rows = np.asarray(self.origins >= pd.Timestamp(start))
        return Forecasts(origins=self.origins[rows], load_kw=self.load_kw[rows], pv_kw=self.pv_kw[rows])

    def before(self, start: datetime) -> Forecasts:
        """Return those made before `start`."""
        rows = np.asarray(self.origins < pd.Timestamp(start))
        return Forecasts(origins=self.origins[rows], load_kw=self.load_kw[rows], pv_kw=self.pv_kw[rows])


def forecasts_of(case: Case, folder: Path) -> Forecasts:
    """Return the forecasts of a case, from the folder where they are there already."""
    path = folder / f"{_key(case)}.npz"
    if not path.exists():
        made = _made(case)
        folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part.npz")
        np.savez(part, origins=made.origins.as_unit("s").asi8, load_kw=made.load_kw, pv_kw=made.pv_kw)
        part.replace(path)
    with np.load(path) as kept:
        origins = pd.DatetimeIndex(pd.to_datetime(kept["origins"], unit="s", utc=True))
        return Forecasts(origins=origins, load_kw=kept["load_kw"], pv_kw=kept["pv_kw"])


def outlook_of(case: Case, forecasts: Forecasts) -> Outlook:
    """Return the outlook in the window: forecasts of load and PV, prices and CO2 known for two days."""
    measured = case.measured
    every = HOUR // measured.step
    inside = forecasts.since(case.start)
    if not (inside.origins == measured.index[::every]).all():
        raise ValueError(f"{case.name}: forecasts are missing")
    return Outlook(
        every=every,
        load_kw=inside.load_kw,
        pv_kw=inside.pv_kw,
        import_price=ahead(measured, Column.IMPORT_PRICE, every),
        export_price=ahead(measured, Column.EXPORT_PRICE, every),
        co2=ahead(measured, Column.CO2, every) if measured.has_co2 else None,
    )


def _key(case: Case) -> str:
    frame = case.measured.frame[[Column.LOAD_KW, Column.PV_KW]]
    digest = hashlib.sha256(pd.util.hash_pandas_object(frame).to_numpy().tobytes())
    digest.update(f"{VERSION} {case.start} {case.measured.steps}".encode())
    return f"{case.measured.zone.key.split('/')[-1]}-{case.start:%Y%m%d}-{digest.hexdigest()[:12]}"


def _made(case: Case) -> Forecasts:
    origins = _origins(case)
    load = _series(case, "load", origins)
    pv = np.zeros_like(load)
    if case.measured.frame[Column.PV_KW].to_numpy().any():
        pv = _series(case, "pv", origins)
    return Forecasts(origins=origins, load_kw=load, pv_kw=pv)


def _origins(case: Case) -> pd.DatetimeIndex:
    """Return an origin every six hours of the 28 days before, and every hour of the window."""
    start = pd.Timestamp(case.start)
    warm = pd.date_range(start - WARM_UP, start, freq=RECORD_EVERY, inclusive="left")
    return pd.DatetimeIndex(warm.append(case.measured.index[:: HOUR // case.measured.step]))


def _series(case: Case, kind: str, origins: pd.DatetimeIndex) -> Array:
    """Return the forecasts of one kind at all origins, each by the newest model trained at or before it."""
    source = _Source(case, kind)
    trained: Trained | None = None
    refit_at = recorded_at = origins[0]
    rows = []
    for origin in origins:
        now = origin.to_pydatetime()
        if trained is None or origin - refit_at >= REFIT_EVERY:
            trained, refit_at, recorded_at = source.train(now, trained), origin, origin
        elif origin - recorded_at >= RECORD_EVERY:
            trained, recorded_at = source.advance(trained, now), origin
        if not trained.trained_at <= now:
            raise AssertionError(f"a model trained at {trained.trained_at} forecasts {now}")
        rows.append(source.forecast(trained, now))
    return np.array(rows)


class _Source:
    """One measured series and the forecaster for it; nothing measured after `now` is looked at."""

    def __init__(self, case: Case, kind: str) -> None:
        measured = case.measured
        self._kind, self._step = kind, measured.step
        self._series = measured.frame[Column.LOAD_KW if kind == "load" else Column.PV_KW]
        self._zone = measured.zone
        self._place = {"latitude": case.latitude, "longitude": case.longitude}

    def train(self, now: datetime, previous: Trained | None) -> Trained:
        known = self._known(now)
        if self._kind == "load":
            return train_load(known, zone=self._zone, issued_at=now, previous=previous)
        return train_pv(known, zone=self._zone, issued_at=now, previous=previous, **self._place)

    def advance(self, trained: Trained, now: datetime) -> Trained:
        known = self._known(now)
        if self._kind == "load":
            return advance_load(trained, known, zone=self._zone, issued_at=now)
        return advance_pv(trained, known, zone=self._zone, issued_at=now, **self._place)

    def forecast(self, trained: Trained, now: datetime) -> Array:
        """Return the expected means of the coming two days; P50 is what the planner plans with."""
        grid = TimeGrid(start=now, step=self._step, steps=HORIZON // self._step)
        known = self._known(now)
        if self._kind == "load":
            made = forecast_load(known, grid, zone=self._zone, issued_at=now, trained=trained, quantiles=(0.5,))
        else:
            made = forecast_pv(
                known, grid, zone=self._zone, issued_at=now, trained=trained, quantiles=(0.5,), **self._place
            )
        return np.asarray(made.frame.to_numpy(dtype=float)[:, 0])

    def _known(self, now: datetime) -> pd.Series:
        return self._series[self._series.index <= pd.Timestamp(now) - self._step]

"""The cases of the closed loop, from `cases.yaml` and the shipped files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import yaml

from dash_app.domain.site import Battery
from dash_app.domain.time import local_midnight
from optimizer.simulate.measured import HORIZON, Column, Measured, short_gaps_closed

HERE = Path(__file__).parent
DATA = HERE.parent / "slothbox" / "data"
SIZED_ON = timedelta(days=90)
BATTERY_H = 2.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One case in one window; `bridged` counts the values that were made to close short gaps."""

    name: str
    window: str
    kind: str
    published: str
    currency: str
    latitude: float
    longitude: float
    measured: Measured
    bridged: int

    @property
    def start(self) -> datetime:
        """The window's first moment, UTC."""
        return self.measured.index[0].to_pydatetime()


def names() -> dict[str, tuple[str, ...]]:
    """Return the windows of each case."""
    return {name: tuple(spec["windows"]) for name, spec in _spec()["cases"].items()}


@cache
def load_case(name: str, window: str) -> Case:
    """Return a case in one of its windows; raise KeyError for a name that is not in cases.yaml."""
    spec = _whole(name)
    place = _spec()["places"][spec["place"]]
    zone, step = ZoneInfo(place["zone"]), timedelta(minutes=place["step_min"])
    first_day, days = spec["windows"][window]
    frame, bridged = _frame(spec, place, step)
    start = pd.Timestamp(local_midnight(first_day, zone))
    end = pd.Timestamp(local_midnight(first_day + timedelta(days=days), zone))
    frame = frame[: end + HORIZON - step]
    first = int(frame.index.searchsorted(start))
    measured = Measured(
        name=name,
        zone=zone,
        frame=frame,
        first=first,
        steps=(end - start) // step,
        battery=_battery(name, spec, frame.iloc[:first], start),
        demand_price=_spec()["demand_price_per_kw"] if spec["kind"] == "demand" else 0.0,
    )
    return Case(
        name=name,
        window=window,
        kind=spec["kind"],
        published=place["published"],
        currency=place["currency"],
        latitude=place["latitude"],
        longitude=place["longitude"],
        measured=measured,
        bridged=bridged,
    )


@cache
def _spec() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((HERE / "cases.yaml").read_text(encoding="utf-8"))
    return loaded


def _whole(name: str) -> dict[str, Any]:
    spec = _spec()["cases"][name]
    return {**_whole(spec["of"]), **spec} if "of" in spec else spec


def _frame(spec: dict[str, Any], place: dict[str, Any], step: timedelta) -> tuple[pd.DataFrame, int]:
    """Return the columns of Measured; energies of an hour are mean powers, prices are held inside their own step."""
    load = _column(spec["load"]).asfreq(step)
    if place.get("zero_is_missing"):
        load = load.mask(load == 0.0)
    load, bridged = short_gaps_closed(load, step)
    pv, more = pd.Series(0.0, index=load.index), 0
    if "pv" in spec:
        pv, more = short_gaps_closed(_column(spec["pv"]).reindex(load.index) * spec.get("pv_factor", 1.0), step)
    market = _held(_column(place["price"]), load.index) / place.get("price_per", 1.0)
    co2 = _held(_column(place["co2"]), load.index) if "co2" in place else float("nan")
    columns = {
        Column.LOAD_KW: load,
        Column.PV_KW: pv,
        Column.IMPORT_PRICE: market + place["fees_per_kwh"],
        Column.EXPORT_PRICE: place.get("export_per_kwh", market),
        Column.CO2: co2,
    }
    return pd.DataFrame({str(name): values for name, values in columns.items()}, index=load.index), bridged + more


@cache
def _column(where: str) -> pd.Series:
    file, column = where.split()
    table = pd.read_csv(DATA / f"{file}.csv.gz")
    table = table[table["timestamp_utc"].notna()]
    return table.set_index(pd.DatetimeIndex(pd.to_datetime(table["timestamp_utc"], utc=True)))[column].astype(float)


def _held(values: pd.Series, index: pd.Index) -> pd.Series:
    step = values.index[1] - values.index[0]
    return values.reindex(index, method="ffill", tolerance=step - pd.Timedelta(1, "us"))


def _battery(name: str, spec: dict[str, Any], before: pd.DataFrame, start: pd.Timestamp) -> Battery:
    """Return the battery: given, or two hours of the mean load of the 90 days before the window."""
    sizing = before.loc[start - SIZED_ON :, str(Column.LOAD_KW)]
    if not (sizing.index < start).all():
        raise ValueError(f"{name}: the battery was sized on days of the window itself")
    mean_kw = float(sizing.mean())
    return Battery(
        battery_id="battery",
        name=name,
        device_id="battery",
        capacity_kwh=spec.get("battery_kwh", round(BATTERY_H * mean_kw, 1)),
        charge_kw=spec.get("battery_kw", round(mean_kw, 1)),
        discharge_kw=spec.get("battery_kw", round(mean_kw, 1)),
        charge_efficiency=_spec()["efficiency"],
        discharge_efficiency=_spec()["efficiency"],
        soc_min=0.0,
        soc_max=1.0,
        wear_per_kwh=_spec()["wear_per_kwh"],
    )


def first_day_of(name: str, window: str) -> date:
    """Return the local day on which a window begins."""
    day: date = _whole(name)["windows"][window][0]
    return day

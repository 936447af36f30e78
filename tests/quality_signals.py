"""Signals straight from raw files, without the application's way of loading them: for the tests of the rules."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path

import pandas as pd

from dash_app.domain.quality import Signal, signal_of
from dash_app.domain.quality_sun import step_elevation
from dash_app.domain.site import Quantity

SHIPPED = Path(__file__).parents[1] / "slothbox" / "data"
EXTRACTS = Path(__file__).parent / "data" / "quality"
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)
KWP = {"solar0": 51.0, "solar1": 13.0, "solar2": 13.0, "solar3": 11.5, "solar4": 8.0, "solar5": 40.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a file was measured."""

    folder: Path
    file: str
    latitude: float
    longitude: float
    step: timedelta = HOUR


PLACES = {
    "b005": Place(folder=SHIPPED, file="uk_cambridge/uk_cam_b005", latitude=52.194, longitude=0.131),
    "b071": Place(folder=SHIPPED, file="uk_cambridge/uk_cam_b071", latitude=52.194, longitude=0.131),
    "b021": Place(folder=EXTRACTS, file="uk_cam_b021", latitude=52.194, longitude=0.131),
    "b026": Place(folder=EXTRACTS, file="uk_cam_b026", latitude=52.194, longitude=0.131),
    "b036": Place(folder=EXTRACTS, file="uk_cam_b036", latitude=52.194, longitude=0.131),
    "fontana": Place(folder=SHIPPED, file="us_fontana/us_fon_home01", latitude=34.092, longitude=-117.435),
    "monash": Place(
        folder=SHIPPED, file="au_clayton/au_cla_demand_15min", latitude=-37.911, longitude=145.134, step=QUARTER
    ),
    "monash-pv": Place(
        folder=SHIPPED, file="au_clayton/au_cla_pv_15min", latitude=-37.911, longitude=145.134, step=QUARTER
    ),
    "konstanz": Place(
        folder=SHIPPED, file="derived/de_kn_res4_interval_energy", latitude=47.66, longitude=9.175
    ),
    "konstanz-counters": Place(folder=EXTRACTS, file="de_kn_res4", latitude=47.66, longitude=9.175),
}  # fmt: skip


@cache
def table(name: str) -> pd.DataFrame:
    """Return all columns of a file by UTC stamp, rows without a stamp left out."""
    place = PLACES[name]
    raw = pd.read_csv(place.folder / f"{place.file}.csv.gz")
    raw = raw[raw["timestamp_utc"].notna()]
    raw.index = pd.DatetimeIndex(pd.to_datetime(raw["timestamp_utc"], utc=True), name="time")
    return raw.drop(columns="timestamp_utc").asfreq(place.step)


def column(name: str, *columns: str, start: str | None = None, end: str | None = None) -> pd.Series:
    """Return the sum of columns from the first to the last value (a minus sign in front subtracts)."""
    raw = table(name)
    parts = [-raw[one[1:]] if one.startswith("-") else raw[one] for one in columns]
    total = sum(parts[1:], start=parts[0])
    total = total.loc[total.first_valid_index() : total.last_valid_index()]
    return total.loc[start:end]


def signal(name: str, values: pd.Series, quantity: Quantity, kwp: float | None = None) -> Signal:
    """Return values of a place as a signal; PV with the sun above it."""
    place = PLACES[name]
    elevation = None
    if quantity is Quantity.PV_KW:
        elevation = step_elevation(pd.DatetimeIndex(values.index), place.step, place.latitude, place.longitude)
    return signal_of("m", quantity, values.astype(float), place.step, nameplate_kw=kwp, elevation=elevation)


def load(name: str, *columns: str, start: str | None = None, end: str | None = None) -> Signal:
    """Return a demand."""
    return signal(name, column(name, *columns, start=start, end=end), Quantity.LOAD_KW)


def other(name: str, *columns: str, start: str | None = None, end: str | None = None) -> Signal:
    """Return what is metered beside the demand."""
    return signal(name, column(name, *columns, start=start, end=end), Quantity.OTHER_KW)


def pv(name: str, *columns: str, start: str | None = None, end: str | None = None) -> Signal:
    """Return a production."""
    values = column(name, *columns, start=start, end=end)
    return signal(name, values, Quantity.PV_KW, KWP.get(columns[0].removesuffix("_kw")))


def array(number: int, start: str | None = None, end: str | None = None) -> Signal:
    """Return one array of the campus."""
    return pv("monash-pv", f"solar{number}_kw", start=start, end=end)

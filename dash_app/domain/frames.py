"""Schemas of every frame that crosses a boundary: the one place where column names are spelled.

Every frame has a sorted, unique, timezone-aware UTC DatetimeIndex named `time`; a row is labelled by the START of its
step; a missing value is NaN, never 0. Check a frame once, on entering, with `check_frame`.
"""

from enum import StrEnum

import numpy as np
import pandas as pd

from dash_app.domain.time import INDEX_NAME


class Power(StrEnum):
    """The site balance, kW: `load_kw == pv_kw + battery_kw + grid_kw`; what supplies the site is positive."""

    PV_KW = "pv_kw"
    LOAD_KW = "load_kw"
    BATTERY_KW = "battery_kw"
    GRID_KW = "grid_kw"


class Storage(StrEnum):
    """Battery state."""

    SOC = "soc"


class Band(StrEnum):
    """A forecast with its 80 % band, in the unit of what is forecast; the index is `valid_at`."""

    P10 = "p10"
    P50 = "p50"
    P90 = "p90"


class Price(StrEnum):
    """Prices per kWh in the project's currency; `estimated` is 1 where no price was published when it was issued."""

    IMPORT = "import_per_kwh"
    EXPORT = "export_per_kwh"
    ESTIMATED = "estimated"


class Carbon(StrEnum):
    """Carbon intensity of imported energy."""

    CO2_KG_PER_KWH = "co2_kg_per_kwh"


class Plan(StrEnum):
    """A schedule as a frame: non-negative pairs in kW (mean over the step), stored energy at the END of the step.

    `HOURS` turns the powers into energies: the first step counts from when the plan was computed.
    """

    HOURS = "hours"
    LOAD_KW = "load_kw"
    PV_KW = "pv_kw"
    IMPORT_KW = "import_kw"
    EXPORT_KW = "export_kw"
    CHARGE_KW = "charge_kw"
    DISCHARGE_KW = "discharge_kw"
    CURTAILED_KW = "curtailed_kw"
    STORED_KWH = "stored_kwh"
    IMPORT_PRICE = "import_per_kwh"
    EXPORT_PRICE = "export_per_kwh"
    CO2_KG_PER_KWH = "co2_kg_per_kwh"


Schema = type[StrEnum]


def check_index(index: pd.Index) -> pd.DatetimeIndex:
    """Return a valid time index; raise ValueError naming what is wrong with it."""
    if not isinstance(index, pd.DatetimeIndex) or index.tz is None or str(index.tz) != "UTC":
        raise ValueError(f"the index must be DatetimeIndex in UTC, got {index.dtype}")
    if not index.is_monotonic_increasing or index.has_duplicates:
        raise ValueError("the index must be sorted and without duplicates")
    return index


def check_frame(frame: pd.DataFrame, schema: Schema, *, complete: bool = False) -> pd.DataFrame:
    """Return the columns of `schema` as floats, in its order; raise ValueError naming the first fault.

    Infinite values are always a fault; missing ones are only when `complete` is asked for.
    """
    check_index(frame.index)
    wanted = [column.value for column in schema]
    missing = [column for column in wanted if column not in frame.columns]
    if missing:
        raise ValueError(f"missing columns {missing}; there are {list(frame.columns)}")
    checked = frame[wanted].astype(float)
    checked.index.name = INDEX_NAME
    values = checked.to_numpy()
    if np.isinf(values).any():
        raise ValueError("infinite values")
    if complete and np.isnan(values).any():
        raise ValueError(f"missing values in {checked.columns[np.isnan(values).any(axis=0)].tolist()}")
    return checked

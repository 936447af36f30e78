"""Measured weather beside the energy: degree days, and how much of the energy they explain.

Temperatures in degrees Celsius. A day is a local day; it counts when at least `ENOUGH_H` hours of it were measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.kpi import DayEnergy

HEATING_BASE_C = 15.5
COOLING_BASE_C = 22.0
"""Usual in Britain; every function takes others."""
ENOUGH_H = 20
MIN_DAYS = 5
SATURDAY = 5


class Weather(StrEnum):
    """Columns of observed weather; relative humidity is 0..1."""

    TEMPERATURE_C = "temperature_c"
    HUMIDITY = "relative_humidity"
    IRRADIANCE_W_M2 = "global_irradiance_w_m2"


class DegreeDays(StrEnum):
    """Columns of the table of days."""

    ENERGY_KWH = "energy_kwh"
    MEAN_C = "mean_c"
    HEATING = "hdd"
    COOLING = "cdd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Weather as it was observed: columns of `Weather` on a regular UTC index, NaN where nothing was observed.

    `issued_at` is None where nothing at all was observed.
    """

    issued_at: datetime | None
    values: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """energy per day = `base_kwh` + `per_hdd` x HDD + `per_cdd` x CDD, by least squares over `days` days.

    `r2` is the share of the variance that it explains. A slope is 0 where no day had such degrees.
    """

    base_kwh: float
    per_hdd: float
    per_cdd: float
    r2: float
    days: int
    heating_base_c: float
    cooling_base_c: float

    def at(self, mean_c: float) -> float:
        """Return the energy that a day of this mean temperature is expected to take, kWh."""
        heating, cooling = max(0.0, self.heating_base_c - mean_c), max(0.0, mean_c - self.cooling_base_c)
        return self.base_kwh + self.per_hdd * heating + self.per_cdd * cooling


def degree_days(
    temperature_c: pd.Series,
    days: tuple[DayEnergy, ...],
    zone: ZoneInfo,
    *,
    heating_base_c: float = HEATING_BASE_C,
    cooling_base_c: float = COOLING_BASE_C,
) -> pd.DataFrame:
    """Return (`DegreeDays`) for each complete day of energy whose temperature was measured for at least 20 hours.

    HDD = max(0, heating base - mean temperature), CDD = max(0, mean temperature - cooling base), in kelvin days.
    """
    known = temperature_c.dropna()
    local = pd.DatetimeIndex(known.index).tz_convert(zone)
    hours = pd.Series(local.floor("h", ambiguous="NaT", nonexistent="NaT"), index=known.index)
    per_day = pd.DataFrame({"mean": known, "hour": hours}).groupby(local.date)
    means, measured_h = per_day["mean"].mean(), per_day["hour"].nunique()
    energies = {day.day: day.energy_kwh for day in days if day.complete}
    both = [day for day in energies if measured_h.get(day, 0) >= ENOUGH_H]
    mean_c = means.reindex(both).to_numpy(dtype=float)
    return pd.DataFrame(
        {
            DegreeDays.ENERGY_KWH: [energies[day] for day in both],
            DegreeDays.MEAN_C: mean_c,
            DegreeDays.HEATING: np.maximum(0.0, heating_base_c - mean_c),
            DegreeDays.COOLING: np.maximum(0.0, mean_c - cooling_base_c),
        },
        index=pd.Index(both, name="day"),
    )


def working_days(table: pd.DataFrame) -> pd.DataFrame:
    """Return the days from Monday to Friday: weekends are often a demand of their own."""
    return table.loc[[day.weekday() < SATURDAY for day in table.index]]


def signature_of(
    table: pd.DataFrame, *, heating_base_c: float = HEATING_BASE_C, cooling_base_c: float = COOLING_BASE_C
) -> Signature | None:
    """Return the least-squares fit of energy on both kinds of degree days; None for fewer than `MIN_DAYS` days.

    R2 = 1 - sum of squared residuals / sum of squared deviations from the mean.
    """
    if len(table) < MIN_DAYS:
        return None
    energy = table[DegreeDays.ENERGY_KWH].to_numpy(dtype=float)
    kinds = [kind for kind in (DegreeDays.HEATING, DegreeDays.COOLING) if table[kind].nunique() > 1]
    design = np.column_stack([np.ones(len(table)), *(table[kind].to_numpy(dtype=float) for kind in kinds)])
    factors = np.linalg.lstsq(design, energy, rcond=None)[0]
    slopes = dict(zip(kinds, factors[1:], strict=True))
    spread = float(((energy - energy.mean()) ** 2).sum())
    residual = float(((energy - design @ factors) ** 2).sum())
    return Signature(
        base_kwh=float(factors[0]),
        per_hdd=float(slopes.get(DegreeDays.HEATING, 0.0)),
        per_cdd=float(slopes.get(DegreeDays.COOLING, 0.0)),
        r2=1.0 - residual / spread if spread > 0 else 0.0,
        days=len(table),
        heating_base_c=heating_base_c,
        cooling_base_c=cooling_base_c,
    )

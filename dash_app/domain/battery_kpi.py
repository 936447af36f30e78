"""Key figures of a battery: where its charge came from and went, its efficiency and its cycles, from what was measured.

Powers in kW and non-negative, energies in kWh at the battery's AC meter, SoC 0..1 of the capacity; NaN is not measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import numpy as np
import pandas as pd

NOTHING_KW = 0.05
"""Below this power the battery is said to rest."""
ENOUGH_CYCLES = 2.0
"""Before so many full cycles the change of the stored energy hides what is lost."""


class Direction(StrEnum):
    """What a battery does."""

    CHARGING = "charging"
    DISCHARGING = "discharging"
    RESTING = "resting"


class Flow(StrEnum):
    """Columns of `battery_flows`, kW: the two powers, and each split by where it comes from or goes to."""

    CHARGE = "charge"
    FROM_PV = "from_pv"
    FROM_GRID = "from_grid"
    DISCHARGE = "discharge"
    TO_LOAD = "to_load"
    TO_GRID = "to_grid"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatteryEnergies:
    """Energies over a range, kWh. What is in `charged_kwh` and in none of its parts could not be attributed."""

    charged_kwh: float
    from_pv_kwh: float
    from_grid_kwh: float
    discharged_kwh: float
    to_load_kwh: float
    to_grid_kwh: float
    missing_h: float

    @property
    def from_unknown_kwh(self) -> float:
        """The energy that charged the battery while PV or load were not measured."""
        return max(0.0, self.charged_kwh - self.from_pv_kwh - self.from_grid_kwh)

    @property
    def to_unknown_kwh(self) -> float:
        """The energy that was discharged while PV or load were not measured."""
        return max(0.0, self.discharged_kwh - self.to_load_kwh - self.to_grid_kwh)


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What went through a battery while power and SoC were both measured, kWh; `hours` says for how long."""

    charged_kwh: float
    discharged_kwh: float
    stored_change_kwh: float
    hours: float

    @property
    def losses_kwh(self) -> float:
        """What went in, neither came out nor is still stored; negative only when the meters disagree."""
        return self.charged_kwh - self.discharged_kwh - self.stored_change_kwh


def direction_of(charge_kw: float, discharge_kw: float) -> tuple[Direction, float]:
    """Return what the battery does and with how many kW, never negative.

    >>> direction_of(12.0, 0.0), direction_of(0.0, 0.02)
    ((<Direction.CHARGING: 'charging'>, 12.0), (<Direction.RESTING: 'resting'>, 0.0))
    """
    signed_kw = discharge_kw - charge_kw
    if abs(signed_kw) < NOTHING_KW:
        return Direction.RESTING, 0.0
    return (Direction.DISCHARGING if signed_kw > 0 else Direction.CHARGING), abs(signed_kw)


def battery_flows(charge: pd.Series, discharge: pd.Series, pv: pd.Series, load: pd.Series) -> pd.DataFrame:
    """Return the columns of Flow for series on one index.

    PV serves the load first: only its surplus charges, and only what it leaves uncovered is discharged to; the rest
    of the charge comes from the grid, the rest of the discharge goes there. Unknown PV or load leave the parts unknown.

    >>> one = [pd.Series([kw]) for kw in (10.0, 0.0, 12.0, 5.0)]
    >>> battery_flows(*one).iloc[0].to_dict()["from_pv"]
    7.0
    """
    surplus = pv - load
    from_pv = np.minimum(charge, surplus.clip(lower=0.0))
    to_load = np.minimum(discharge, (-surplus).clip(lower=0.0))
    return pd.DataFrame(
        {
            Flow.CHARGE: charge,
            Flow.FROM_PV: from_pv,
            Flow.FROM_GRID: charge - from_pv,
            Flow.DISCHARGE: discharge,
            Flow.TO_LOAD: to_load,
            Flow.TO_GRID: discharge - to_load,
        }
    )


def energies_of(flows: pd.DataFrame, step: timedelta) -> BatteryEnergies:
    """Return the energies of `battery_flows` over its rows; `missing_h` are those without charge or discharge."""
    hours = step / timedelta(hours=1)
    kwh = {column: float(flows[column].sum() * hours) for column in Flow}
    missing = flows[[Flow.CHARGE, Flow.DISCHARGE]].isna().any(axis=1)
    return BatteryEnergies(
        charged_kwh=kwh[Flow.CHARGE],
        from_pv_kwh=kwh[Flow.FROM_PV],
        from_grid_kwh=kwh[Flow.FROM_GRID],
        discharged_kwh=kwh[Flow.DISCHARGE],
        to_load_kwh=kwh[Flow.TO_LOAD],
        to_grid_kwh=kwh[Flow.TO_GRID],
        missing_h=float(missing.sum() * hours),
    )


def throughput_of(
    charge: pd.Series, discharge: pd.Series, soc: pd.Series, step: timedelta, capacity_kwh: float
) -> Throughput | None:
    """Return what went through the battery over the stretches in which all three series are known; None without any.

    A value of SoC stands for the middle of its step, so the first and last step of a stretch count half.
    """
    known = pd.concat([charge, discharge, soc], axis=1, keys=("charge", "discharge", "soc")).dropna()
    index = pd.DatetimeIndex(known.index)
    stretches = (index.to_series().diff() != pd.Timedelta(step)).cumsum().to_numpy()
    first = np.diff(stretches, prepend=0) != 0
    last = np.diff(stretches, append=stretches[-1:] + 1) != 0
    if len(known) < 2 or not (~first).any():
        return None
    weight = (1.0 - 0.5 * first - 0.5 * last) * (step / timedelta(hours=1))
    soc_values = known["soc"].to_numpy()
    return Throughput(
        charged_kwh=float((known["charge"].to_numpy() * weight).sum()),
        discharged_kwh=float((known["discharge"].to_numpy() * weight).sum()),
        stored_change_kwh=float((soc_values[last] - soc_values[first]).sum() * capacity_kwh),
        hours=float(weight.sum()),
    )


def round_trip_efficiency(through: Throughput, capacity_kwh: float) -> float | None:
    """Return the share (0..1) of charged energy that comes back, corrected for what is stored more or less than before.

    With the same efficiency x each way, stored change = charged * x - discharged / x; the round trip is x * x. None
    where less than two full cycles went through, or where the meters say that more came out than went in.

    >>> even = Throughput(charged_kwh=1000.0, discharged_kwh=850.0, stored_change_kwh=0.0, hours=720.0)
    >>> round_trip_efficiency(even, 150.0), round_trip_efficiency(even, 1500.0)
    (0.85, None)
    """
    if through.charged_kwh <= 0 or full_cycles(through.discharged_kwh, capacity_kwh) < ENOUGH_CYCLES:
        return None
    change = through.stored_change_kwh
    root = math.sqrt(change * change + 4 * through.charged_kwh * through.discharged_kwh)
    efficiency = ((change + root) / (2 * through.charged_kwh)) ** 2
    return round(efficiency, 12) if efficiency <= 1.0 else None


def full_cycles(discharged_kwh: float, capacity_kwh: float) -> float:
    """Return the discharged energy in full equivalents of the capacity, as the plans count them."""
    return discharged_kwh / capacity_kwh if capacity_kwh else 0.0

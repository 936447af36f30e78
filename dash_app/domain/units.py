"""Units and the two conversions everything else is built on: power to energy, energy to money."""

import numpy as np
import pandas as pd

SECONDS_PER_HOUR = 3600.0
MINUS = "\u2212"
NO_BREAK_SPACE = "\u00a0"


def energy_kwh(power_kw: pd.Series, step_h: float) -> float:
    """Return the energy of a power series: the time integral at native resolution, gaps counted as nothing.

    >>> energy_kwh(pd.Series([4.0, float("nan"), 2.0]), 0.25)
    1.5
    """
    return float(np.nansum(power_kw.to_numpy(dtype=float)) * step_h)


def step_hours(index: pd.DatetimeIndex) -> float:
    """Return the step of a regular index in hours; raise ValueError when it has fewer than two rows.

    >>> step_hours(pd.date_range("2020-09-28", periods=3, freq="15min", tz="UTC"))
    0.25
    """
    if len(index) < 2:
        raise ValueError(f"{len(index)} rows have no step")
    return float((index[1] - index[0]) / pd.Timedelta(hours=1))

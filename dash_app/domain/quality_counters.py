"""From the readings of a counter to the energy of each interval, without inventing anything inside a gap."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd

from dash_app.domain.quality import Finding, Rule, Severity, runs_of


def energy_of_counter(counter_kwh: pd.Series) -> pd.Series:
    """Return next reading minus this one: the energy of each step, kWh, NaN where either reading is missing.

    The jump of a counter after a gap is the energy of the whole gap: it is neither spread over the gap nor given to
    one of its steps. A counter that falls (exchanged, reset) has no energy there either.

    >>> index = pd.date_range("2016-04-29", periods=5, freq="h", tz="UTC")
    >>> energy_of_counter(pd.Series([1.0, 3.0, None, 9.0, 10.0], index=index)).tolist()
    [2.0, nan, nan, 1.0, nan]
    """
    energy = counter_kwh.shift(-1) - counter_kwh
    return energy.where(energy >= 0)


def find_counter_jumps(measurand_id: str, counter_kwh: pd.Series, step: timedelta) -> tuple[Finding, ...]:
    """Return the gaps of a counter with the energy that it counted in each (`energy_kwh`), to be shown apart.

    A finding reaches from the last reading before the gap to the first one after it; `count` is the missing readings.
    """
    values = counter_kwh.to_numpy(dtype=float)
    found = []
    for first, after in runs_of(np.isnan(values)):
        if first == 0 or after == len(values):
            continue
        energy = float(values[after] - values[first - 1])
        start, end = counter_kwh.index[first - 1], counter_kwh.index[after]
        found.append(
            Finding(
                rule=Rule.JUMP,
                measurand_id=measurand_id,
                start=start.to_pydatetime(),
                end=end.to_pydatetime(),
                count=after - first,
                severity=Severity.WARNING if energy >= 0 else Severity.SERIOUS,
                evidence={"energy_kwh": energy, "gap_h": (after - first + 1) * (step / timedelta(hours=1))},
            )
        )
    return tuple(found)

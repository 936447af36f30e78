"""Where peaks cost: the peak that a battery can hold, and the energy to keep back so that it is held.

need[t] = max(0, need[t+1] + (n[t] - P)*h/eta_d)                          where the net load n exceeds the peak P
          max(0, need[t+1] - min(P - n[t], charge limit)*h*eta_c)         where it does not

is the least energy above the floor at the start of step t with which P is held to the day's end. A day starts with
what it ends with: after two passes the need of a peak that can be held day after day has stopped growing, because a
whole day changes it to the larger one of a constant and itself plus a constant.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dash_app.domain.site import Battery
from optimizer.schedule.checks import Array
from optimizer.value.constants import PEAK_DAYS, PEAK_FACTOR, RESERVE_WEIGHT

HALVINGS = 40
SAME_KWH = 1e-7


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Held:
    """The peak to hold, kW, and the energy that has to be stored at the start of each slot of the day, kWh."""

    peak_kw: float
    reserve_kwh: Array

    def reserve_after(self, slots: npt.NDArray[np.int64]) -> Array:
        """Return what has to be stored at the end of steps that lie in these slots: `Ahead.reserve_kwh`."""
        return self.reserve_kwh[(slots + 1) % len(self.reserve_kwh)]


def held_peak(
    battery: Battery, days_kw: Array, step_h: float, *, so_far_kw: float, factor: float = PEAK_FACTOR
) -> Held:
    """Return the peak to hold after the net load of past days, `days_kw[day, slot]`, the newest last.

    `so_far_kw` is the highest import of the running billing period: it is paid for anyway. Days with gaps are left
    out; without any day left, the peak so far is held with nothing kept back.
    """
    days = days_kw[np.isfinite(days_kw).all(axis=1)][-PEAK_DAYS:]
    if not len(days):
        return Held(peak_kw=so_far_kw, reserve_kwh=np.zeros(days_kw.shape[1]))
    peak_kw = max(so_far_kw, factor * float(least_peaks(battery, days, step_h).max()))
    needs = np.minimum(_needs(battery, days, step_h, np.full(len(days), peak_kw))[0], _room_kwh(battery))
    return Held(peak_kw=peak_kw, reserve_kwh=battery.soc_floor * battery.capacity_kwh + needs.max(axis=0))


def least_peaks(battery: Battery, days_kw: Array, step_h: float) -> Array:
    """Return the lowest peak, kW and not below 0, that the battery could have held on each of these days."""
    low, high = np.zeros(len(days_kw)), np.maximum(days_kw.max(axis=1), 0.0)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        holds = _holds(battery, days_kw, step_h, middle)
        low, high = np.where(holds, low, middle), np.where(holds, middle, high)
    return high


def short_per_kwh(import_price: Array, hours: Array) -> Array:
    """Return what each kWh that is missing from the reserve counts at the end of each step: `Ahead.short_per_kwh`."""
    return RESERVE_WEIGHT * float(import_price.max()) * hours


def _holds(battery: Battery, days_kw: Array, step_h: float, peak_kw: Array) -> npt.NDArray[np.bool_]:
    needs, grown = _needs(battery, days_kw, step_h, peak_kw)
    within = needs.max(axis=1) <= _room_kwh(battery) + SAME_KWH
    strong = (days_kw - peak_kw[:, None]).max(axis=1) <= battery.discharge_kw + SAME_KWH
    return np.asarray(within & strong & (grown <= SAME_KWH))


def _needs(battery: Battery, days_kw: Array, step_h: float, peak_kw: Array) -> tuple[Array, Array]:
    """Return the need at the start of each slot, [day, slot], and by how much the second pass raised each day's."""
    over = days_kw - peak_kw[:, None]
    filled = np.minimum(-over, battery.charge_kw) * battery.charge_efficiency
    change = step_h * np.where(over > 0, over / battery.discharge_efficiency, -filled)
    needs, need, before = np.empty_like(days_kw), np.zeros(len(days_kw)), np.zeros(len(days_kw))
    for _ in range(2):
        before = need
        for slot in range(days_kw.shape[1] - 1, -1, -1):
            need = np.maximum(need + change[:, slot], 0.0)
            needs[:, slot] = need
    return needs, need - before


def _room_kwh(battery: Battery) -> float:
    return (battery.soc_max - battery.soc_floor) * battery.capacity_kwh

"""What can be done about the price of a month's peak: which peak to hold, what to keep back, when to step in.

The peak and the reserve are those of `optimizer.value.peak`, from the net load of the 56 days before; they are worked
out anew each day, from nothing later.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.simulate.loop import Moment
from optimizer.simulate.measured import Column, Measured
from optimizer.value.classes import slots_of
from optimizer.value.constants import PEAK_DAYS, PEAK_FACTOR
from optimizer.value.peak import Held, held_peak

DAY = timedelta(days=1)
RECOVERY_PACE = 0.25
"""Share of the charging power with which a plan has to build up what is to be kept back."""


@dataclass(slots=True, kw_only=True, eq=False)
class HeldPeak:
    """The peak that past days could have been held at, and the energy that this takes in each slot of the day."""

    measured: Measured
    factor: float = PEAK_FACTOR
    reserved: bool = True
    _known: dict[int, Held] = field(default_factory=dict)

    def held(self, moment: Moment) -> Held:
        """Return the peak to hold from a moment on and the energy to keep back for it."""
        measured = self.measured
        day = moment.step // (DAY // measured.step)
        if day not in self._known:
            days = self._days(measured.first + day * (DAY // measured.step))
            self._known[day] = held_peak(measured.battery, days, measured.step_h, so_far_kw=0.0, factor=self.factor)
        held = self._known[day]
        reserve = held.reserve_kwh if self.reserved else np.zeros_like(held.reserve_kwh)
        return Held(peak_kw=max(held.peak_kw, moment.peak_kw), reserve_kwh=reserve)

    def _days(self, now_row: int) -> Array:
        """Return the net load of whole local days before a row, `[day, slot]`."""
        measured = self.measured
        rows = slice(max(0, now_row - (PEAK_DAYS + 1) * (DAY // measured.step)), now_row)
        known, times = measured.frame.iloc[rows], measured.times[rows]
        net = (known[Column.LOAD_KW] - known[Column.PV_KW]).to_numpy(dtype=float)
        slots = slots_of(times, measured.zone, measured.step)
        days = (times.tz_convert(measured.zone).normalize().tz_localize(None)).factorize()[0]
        table = np.full((days.max() + 1, DAY // measured.step), np.nan)
        table[days, slots] = net
        return table


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastPeak:
    """A guard: the held peak counts as paid; `capped`: the fast loop holds it; `kept_back`: plans hold the reserve."""

    peak: HeldPeak
    capped: bool = False
    kept_back: bool = False

    def sunk_kw(self, moment: Moment) -> float:
        """Return the peak that a plan need not go below."""
        return self.peak.held(moment).peak_kw

    def floor_kwh(self, moment: Moment, steps: int) -> Array | None:
        """Return the reserve, or the way up to it."""
        if not self.kept_back:
            return None
        measured = self.peak.measured
        battery, step = measured.battery, measured.step
        at = measured.times[measured.first + moment.step : measured.first + moment.step + steps]
        wanted = self.peak.held(moment).reserve_after(slots_of(at, measured.zone, step))
        pace = RECOVERY_PACE * battery.charge_kw * battery.charge_efficiency * measured.step_h
        return np.minimum(wanted, moment.stored_kwh + pace * np.arange(1, steps + 1))

    def cap_kw(self, moment: Moment, planned_kw: float) -> float:
        """Return the import above which the fast loop discharges."""
        if not self.capped:
            return float("inf")
        return max(self.peak.held(moment).peak_kw, planned_kw)

"""The loop itself: plan once an hour, execute step by step on what was measured, let the battery do what it can.

A step is one sample of the data: the fast loop sees its mean net load, as it would follow it second by second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np

from dash_app.domain.site import Battery
from optimizer.schedule.checks import Array
from optimizer.simulate.measured import Column, Measured


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a policy may know at a step: its number, the stored energy, the month's peak so far, and the meters.

    `load_kw` and `pv_kw` are what the fast loop measures during the step; planning may not look at them.
    """

    step: int
    at: datetime
    stored_kwh: float
    peak_kw: float
    load_kw: float
    pv_kw: float

    @property
    def net_kw(self) -> float:
        """Load minus PV."""
        return self.load_kw - self.pv_kw


class Policy(Protocol):
    """A way of running the battery; powers are discharge positive."""

    def plan(self, moment: Moment) -> Array | None:
        """Plan from this step on; return the battery power expected in the coming steps, or None without a plan."""

    def power_kw(self, moment: Moment) -> float:
        """Return the battery power wanted in this step."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Course:
    """What a policy did: battery power (discharge positive) and grid power (import positive) per step, in kW.

    `stored_kwh` has one value more than there are steps: the first is the start. `flips` counts the steps whose
    direction (charge, rest, discharge) a new plan changed although the plan before had it within the coming hour.
    """

    battery_kw: Array
    grid_kw: Array
    stored_kwh: Array
    flips: int


def simulate(measured: Measured, policy: Policy, *, every: int) -> Course:
    """Run a policy over the window; it plans at every `every`-th step."""
    load, pv, months = measured.of(Column.LOAD_KW), measured.of(Column.PV_KW), measured.months
    times = [stamp.to_pydatetime() for stamp in measured.index]
    battery_kw, stored_kwh = np.zeros(measured.steps), np.empty(measured.steps + 1)
    stored_kwh[0] = measured.soc_start * measured.battery.capacity_kwh
    expected: Array | None = None
    peak_kw, flips = 0.0, 0
    for t in range(measured.steps):
        if t and months[t] != months[t - 1]:
            peak_kw = 0.0
        moment = Moment(step=t, at=times[t], stored_kwh=stored_kwh[t], peak_kw=peak_kw, load_kw=load[t], pv_kw=pv[t])
        if t % every == 0:
            fresh = policy.plan(moment)
            flips += _flips(expected, fresh, every)
            expected = fresh
        battery_kw[t] = possible_kw(policy.power_kw(moment), stored_kwh[t], measured.battery, measured.step_h)
        stored_kwh[t + 1] = stored_after(battery_kw[t], stored_kwh[t], measured.battery, measured.step_h)
        peak_kw = max(peak_kw, moment.net_kw - battery_kw[t])
    return Course(battery_kw=battery_kw, grid_kw=load - pv - battery_kw, stored_kwh=stored_kwh, flips=flips)


def possible_kw(wanted_kw: float, stored_kwh: float, battery: Battery, step_h: float) -> float:
    """Return what the battery can do of a wanted power (discharge positive) for one whole step."""
    room_kwh = max(0.0, battery.soc_max * battery.capacity_kwh - stored_kwh)
    left_kwh = max(0.0, stored_kwh - battery.soc_floor * battery.capacity_kwh)
    most_in = min(battery.charge_kw, room_kwh / (battery.charge_efficiency * step_h))
    most_out = min(battery.discharge_kw, left_kwh * battery.discharge_efficiency / step_h)
    return min(max(wanted_kw, -most_in), most_out)


def stored_after(battery_kw: float, stored_kwh: float, battery: Battery, step_h: float) -> float:
    """Return the stored energy after one step at a power (discharge positive)."""
    gained = max(-battery_kw, 0.0) * battery.charge_efficiency - max(battery_kw, 0.0) / battery.discharge_efficiency
    return stored_kwh + step_h * gained


def _flips(before: Array | None, fresh: Array | None, every: int) -> int:
    """Return in how many steps of the coming hour the direction is another one than planned an hour ago."""
    if before is None or fresh is None:
        return 0
    kept = before[every : 2 * every]
    return int((_direction(kept) != _direction(fresh[: len(kept)])).sum())


def _direction(power_kw: Array) -> Array:
    return np.sign(np.where(np.abs(power_kw) < 1e-3, 0.0, power_kw))

"""The peak that can be held: against linear programming, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog

from dash_app.domain.site import Battery
from optimizer.schedule.checks import Array
from optimizer.value.peak import held_peak, least_peaks, short_per_kwh

BATTERY = Battery(
    battery_id="ess1",
    name="Battery",
    device_id="ess1",
    capacity_kwh=10.0,
    charge_kw=4.0,
    discharge_kw=3.0,
    charge_efficiency=0.9,
    discharge_efficiency=0.95,
    soc_min=0.1,
    soc_max=0.9,
)


def least_peak_by_linear_programme(net_kw: Array, step_h: float) -> float:
    """Return the least peak of a day that ends with at least the energy it starts with."""
    steps = len(net_kw)
    eye, zero, one = np.eye(steps), np.zeros((steps, 1)), np.ones((steps, 1))
    stored = step_h * np.tril(np.ones((steps, steps)))
    gained = np.hstack([0.9 * stored, -stored / 0.95, one, zero])
    answer = linprog(
        np.concatenate([np.zeros(2 * steps + 1), [1.0]]),
        A_ub=np.vstack([np.hstack([eye, -eye, zero, -one]), gained, -gained, -gained[-1:] + np.eye(2 * steps + 2)[-2]]),
        b_ub=np.concatenate([-net_kw, np.full(steps, 9.0), np.full(steps, -1.0), [0.0]]),
        bounds=[(0, 4.0)] * steps + [(0, 3.0)] * steps + [(1.0, 9.0), (0, None)],
    )
    return float(answer.x[-1])


@pytest.mark.parametrize("seed", range(8))
def test_the_least_peak_is_that_of_the_linear_programme(seed: int) -> None:
    rng = np.random.default_rng(seed)
    net_kw = rng.uniform(-2, 9, 24) * (rng.uniform(0, 1, 24) > 0.3 * (seed % 3))
    found = least_peaks(BATTERY, net_kw[None, :], 1.0)[0]
    assert found == pytest.approx(least_peak_by_linear_programme(net_kw, 1.0), abs=1e-4)


def test_the_peak_to_hold_is_the_highest_that_was_unavoidable_or_is_paid_for() -> None:
    days = np.full((3, 4), 2.0)
    days[1, 2] = 5.0
    # 6 h steps: 8 kWh of room give 7.6 kWh, that is 1.27 kW over the step; the day fills it up at 2 kW and more
    held = held_peak(BATTERY, days, 6.0, so_far_kw=0.0)
    assert held.peak_kw == pytest.approx(5.0 - 7.6 / 6.0, abs=1e-6)
    assert held.reserve_kwh[2] == pytest.approx(9.0, abs=1e-5)
    assert held.reserve_kwh[3] == pytest.approx(1.0)
    assert held.reserve_after(np.array([1, 3])).tolist() == [held.reserve_kwh[2], held.reserve_kwh[0]]
    assert held_peak(BATTERY, days, 6.0, so_far_kw=4.5).peak_kw == 4.5
    assert held_peak(BATTERY, days, 6.0, so_far_kw=4.5).reserve_kwh[2] == pytest.approx(1.0 + 0.5 * 6 / 0.95)


def test_days_with_gaps_and_days_long_ago_count_nothing() -> None:
    days = np.full((58, 4), 2.0)
    days[0], days[57, 1] = 50.0, np.nan
    days[1] = 50.0
    assert held_peak(BATTERY, days, 6.0, so_far_kw=0.0).peak_kw == pytest.approx(50.0, abs=1e-6)
    days[1] = 2.0
    assert held_peak(BATTERY, days, 6.0, so_far_kw=0.0).peak_kw == pytest.approx(2.0, abs=1e-6)
    nothing = held_peak(BATTERY, np.full((2, 4), np.nan), 6.0, so_far_kw=3.0)
    assert (nothing.peak_kw, nothing.reserve_kwh.tolist()) == (3.0, [0.0] * 4)


def test_a_missing_kwh_counts_twice_the_dearest_price_and_the_length_of_the_step() -> None:
    assert short_per_kwh(np.array([0.1, 0.4]), np.array([0.25, 0.5])).tolist() == [0.2, 0.4]

"""A plan against several futures at once: every future has its own plan, but all share the first decision.

    minimise   mean over s of  [ sum_t h*( i_t*import_st - x_t*export_st + w*discharge_st ) + D*peak_s ]
    subject to the balance and storage of every future s, and battery power equal in all s for the first steps

Solved directly by HiGHS. It is here for comparison: the plan that people see is CVXPY's, for the expected future.
"""

from __future__ import annotations

from dataclasses import dataclass

import highspy
import numpy as np
from scipy import sparse

from dash_app.domain.errors import SolverFailed
from dash_app.domain.site import Battery
from optimizer.schedule.checks import Array

EARLY = 1e-6
"""What acting late weighs among equally good plans."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Futures:
    """Futures of a site: `net_kw[s, t]` all equally likely; prices per step; the state at the start.

    `shared` steps at the beginning have one battery power in all futures. The energy stored at the end of each future
    is at least that at the start. A kW of import above `sunk_kw` costs `demand_price`.
    """

    net_kw: Array
    step_h: float
    import_price: Array
    export_price: Array
    battery: Battery
    stored_kwh: float
    shared: int
    demand_price: float = 0.0
    sunk_kw: float = 0.0


def shared_power_kw(futures: Futures) -> Array:
    """Return the battery power (discharge positive) of the shared steps; raise SolverFailed without an optimum."""
    count, steps = futures.net_kw.shape
    cost, low, high = _columns(futures)
    rows, row_low, row_high = _rows(futures)
    found = _solved(cost, low, high, rows, row_low, row_high)
    blocks = found[: 5 * count * steps].reshape(5, count, steps)
    return np.asarray((blocks[3] - blocks[2])[0, : futures.shared])


def sampled(expected_kw: Array, errors_kw: Array, count: int, *, shared: int, seed: int) -> Array:
    """Return `count` futures: the forecast plus whole rows of past errors, drawn evenly and without repetition.

    Rows of `errors_kw` with a gap are left out; with fewer rows than `count` all are used, and with none the forecast
    alone. The mean of the drawn errors is taken away, so that the futures' mean is the forecast. The `shared` first
    steps are as forecast in all of them: what comes otherwise there is taken up by the fast loop.
    """
    whole = errors_kw[np.isfinite(errors_kw).all(axis=1)]
    if not len(whole):
        return expected_kw[None, :]
    drawn = whole[np.random.default_rng(seed).permutation(len(whole))[:count]]
    futures = expected_kw[None, :] + drawn - drawn.mean(axis=0)
    futures[:, :shared] = expected_kw[:shared]
    return np.asarray(futures)


def _columns(futures: Futures) -> tuple[Array, Array, Array]:
    """Return cost and bounds of import, export, charge, discharge, stored [each s, t], and a peak for each s."""
    count, steps = futures.net_kw.shape
    battery, likely = futures.battery, 1.0 / count
    late = EARLY * (1.0 + np.linspace(0.0, 1.0, steps) ** 1.5)
    each = futures.step_h * np.array(
        [
            futures.import_price,
            -futures.export_price,
            late,
            battery.wear_per_kwh + late,
            np.zeros(steps),
        ]
    )
    cost = np.repeat(likely * each[:, None, :], count, axis=1)
    low, high = np.zeros_like(cost), np.full_like(cost, np.inf)
    high[0] = high[1] = np.abs(futures.net_kw) + battery.charge_kw + battery.discharge_kw
    high[2], high[3] = battery.charge_kw, battery.discharge_kw
    low[4] = min(battery.soc_floor * battery.capacity_kwh, futures.stored_kwh)
    high[4] = battery.soc_max * battery.capacity_kwh
    low[4, :, -1] = futures.stored_kwh
    peaks = np.full(count, likely * futures.demand_price)
    return (
        np.concatenate((cost.ravel(), peaks)),
        np.concatenate((low.ravel(), np.full(count, futures.sunk_kw))),
        np.concatenate((high.ravel(), np.full(count, np.inf))),
    )


def _rows(futures: Futures) -> tuple[sparse.csr_matrix, Array, Array]:
    count, steps = futures.net_kw.shape
    size, battery = count * steps, futures.battery
    one, none = sparse.identity(size, format="csr"), sparse.csr_matrix((size, size))
    no_peak = sparse.csr_matrix((size, count))
    change = sparse.kron(sparse.identity(count), sparse.identity(steps) - sparse.eye(steps, k=-1))
    gain, drain = futures.step_h * battery.charge_efficiency, futures.step_h / battery.discharge_efficiency
    of_future = sparse.kron(sparse.identity(count), np.ones((steps, 1)))
    start = np.zeros((count, steps))
    start[:, 0] = futures.stored_kwh
    parts = [
        (sparse.hstack([one, -one, -one, one, none, no_peak]), futures.net_kw.ravel(), futures.net_kw.ravel()),
        (sparse.hstack([none, none, -gain * one, drain * one, change, no_peak]), start.ravel(), start.ravel()),
    ]
    if futures.demand_price > 0:
        below = sparse.hstack([one, none, none, none, none, -of_future])
        parts.append((below, np.full(size, -np.inf), np.zeros(size)))
    if count > 1:
        alike = _alike(futures)
        parts.append((alike, np.zeros(alike.shape[0]), np.zeros(alike.shape[0])))
    return (
        sparse.vstack([part[0] for part in parts], format="csr"),
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def _alike(futures: Futures) -> sparse.csr_matrix:
    """Return the rows that make charging and discharging of the shared steps equal to those of the first future."""
    count, steps = futures.net_kw.shape
    size, entries, row = count * steps, [], 0
    for block in (2, 3):
        for future in range(1, count):
            for step in range(futures.shared):
                entries.append((row, block * size + step, 1.0))
                entries.append((row, block * size + future * steps + step, -1.0))
                row += 1
    rows, columns, values = zip(*entries, strict=True)
    return sparse.csr_matrix((values, (rows, columns)), shape=(row, 5 * size + count))


def _solved(cost: Array, low: Array, high: Array, rows: sparse.csr_matrix, row_low: Array, row_high: Array) -> Array:
    programme = highspy.HighsLp()
    programme.num_col_, programme.num_row_ = len(cost), rows.shape[0]
    programme.col_cost_, programme.col_lower_, programme.col_upper_ = cost, low, high
    programme.row_lower_, programme.row_upper_ = row_low, row_high
    programme.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    programme.a_matrix_.start_, programme.a_matrix_.index_ = rows.indptr, rows.indices
    programme.a_matrix_.value_ = rows.data
    solver = highspy.Highs()  # type: ignore[no-untyped-call]
    for name, value in {"output_flag": False, "threads": 1, "random_seed": 0}.items():
        solver.setOptionValue(name, value)
    solver.passModel(programme)
    solver.run()
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        raise SolverFailed(f"the futures have no common plan: {solver.getModelStatus()}")
    return np.array(solver.getSolution().col_value)

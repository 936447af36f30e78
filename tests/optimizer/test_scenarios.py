"""One first decision for several futures: by hand, against a plan of one future, and what sampling promises."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.scenarios import Futures, sampled, shared_power_kw
from optimizer.schedule.problem import Problem, Storage
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.simulate.sites import battery

LOSSLESS = battery(charge_efficiency=1.0, discharge_efficiency=1.0, wear_per_kwh=0.0)


def futures(net_kw: list[list[float]], buy: list[float], **changes: Any) -> Futures:
    values: dict[str, Any] = {
        "net_kw": np.array(net_kw),
        "step_h": 1.0,
        "import_price": np.array(buy),
        "export_price": np.zeros(len(buy)),
        "battery": LOSSLESS,
        "stored_kwh": 0.0,
        "shared": 1,
    }
    return Futures(**{**values, **changes})


@pytest.mark.parametrize(("later", "bought"), [(0.5, 4.0), (0.1, 0.0)])
def test_energy_is_bought_for_the_future_that_needs_it_where_that_pays_on_average(later: float, bought: float) -> None:
    # of two futures one needs 4 kWh in the second hour; a kWh bought for 0.2 saves 0.5 x `later` on average,
    # and what the other future is left with saves nothing
    powers = shared_power_kw(futures([[0.0, 4.0, 0.0], [0.0, 0.0, 0.0]], [0.2, later, 0.01]))
    assert powers == pytest.approx([-bought], abs=1e-6)


def test_a_price_on_peaks_counts_in_each_future() -> None:
    # 4 kW in the second hour of one future in two: 2 kWh bought at once lower its peak from 4 to 2, the first
    # hour's own peak in both futures; more would raise one by as much as it lowers the other, and costs energy
    powers = shared_power_kw(futures([[0.0, 4.0], [0.0, 0.0]], [0.0, 0.0], demand_price=10.0, sunk_kw=2.0))
    assert powers == pytest.approx([-2.0], abs=1e-6)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_one_future_alone_has_the_cost_of_the_planners_plan(seed: int) -> None:
    rng = np.random.default_rng(seed)
    steps = 6
    net, buy = rng.uniform(-3, 6, steps), rng.uniform(0.1, 0.5, steps)
    plan = battery()
    shared = shared_power_kw(
        futures([net.tolist()], buy.tolist(), battery=plan, stored_kwh=4.0, shared=steps, export_price=0.3 * buy)
    )
    solution = solve_schedule(problem(net, buy))
    cost = float(
        buy @ np.maximum(net - shared, 0) - 0.3 * buy @ np.maximum(shared - net, 0) + 0.02 * np.maximum(shared, 0).sum()
    )
    assert cost == pytest.approx(solution.objective, abs=1e-4)


def problem(net: np.ndarray, buy: np.ndarray) -> Problem:
    free = np.full(len(net), np.inf)
    storage = Storage(
        battery_id="battery",
        capacity_kwh=10.0,
        charge_kw=5.0,
        discharge_kw=5.0,
        eta_charge=0.9,
        eta_discharge=0.9,
        soc_min=0.0,
        soc_max=1.0,
        soc_init=0.4,
        soc_end_min=0.4,
    )
    return Problem(
        steps=len(net),
        dt_h=1.0,
        load_kw=np.maximum(net, 0),
        pv_kw=np.maximum(-net, 0),
        import_price=buy,
        export_price=0.3 * buy,
        import_limit_kw=free,
        export_limit_kw=free,
        storages=(storage,),
        degradation_cost_per_kwh_discharged=0.02,
    )


def test_sampled_futures_agree_on_the_shared_steps_and_on_average() -> None:
    errors = np.random.default_rng(1).normal(0, 1, (20, 6))
    errors[3, 2] = np.nan
    made = sampled(np.arange(6.0), errors, 8, shared=2, seed=1)
    assert made.shape == (8, 6)
    assert (made[:, :2] == np.arange(2.0)).all()
    assert made.mean(axis=0) == pytest.approx(np.arange(6.0))
    assert sampled(np.arange(6.0), errors, 8, shared=2, seed=1).tolist() == made.tolist()


def test_without_past_errors_there_is_one_future() -> None:
    assert sampled(np.arange(3.0), np.full((2, 3), np.nan), 8, shared=1, seed=1).tolist() == [[0.0, 1.0, 2.0]]

"""The worth of stored energy: against dynamic programming in plain loops, and against linear programming."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from scipy.optimize import linprog

from dash_app.domain.site import Battery
from dash_app.domain.value_table import power_by_value
from optimizer.schedule.checks import Array
from optimizer.value.backward import Ahead, Worth, solve_worth
from optimizer.value.classes import Outlook

START = datetime(2020, 9, 28, tzinfo=UTC)
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
    wear_per_kwh=0.02,
)


def random_case(seed: int, *, steps: int, classes: int) -> tuple[Ahead, Outlook]:
    """Return a horizon with a short first step, prices of any kind, and one model."""
    rng = np.random.default_rng(seed)
    ahead = Ahead(
        starts_at=START,
        hours=np.concatenate(([0.4], np.ones(steps - 1))),
        import_price=rng.uniform(-0.1, 0.5, steps),
        export_price=rng.uniform(-0.1, 0.4, steps),
        peak_price=2.0 if seed % 2 else 0.0,
        peak_kw=3.0,
        reserve_kwh=rng.uniform(0, 6, steps) if seed % 3 == 0 else None,
        short_per_kwh=np.full(steps, 0.3),
    )
    follows = rng.uniform(0.1, 1.0, (classes, classes))
    net_kw = np.sort(rng.uniform(-5, 6, (steps, classes)), axis=1)
    return ahead, Outlook(net_kw=net_kw, follows=follows / follows.sum(axis=1, keepdims=True))


def by_plain_loops(ahead: Ahead, outlook: Outlook, stored: Array, end_cost: Array) -> list[list[list[float]]]:
    """Return U[boundary][class][point] by trying a fine grid of powers in every state."""
    classes = len(outlook.follows)
    after = [[float(value) for value in end_cost] for _ in range(classes)]
    boundaries = [after]
    for step in range(len(ahead.hours) - 1, -1, -1):
        reserve = None if ahead.reserve_kwh is None else ahead.reserve_kwh[step]
        best = [
            [
                min_over_powers(ahead, step, outlook.net_kw[step, k], kwh, stored, np.array(after[k]), reserve)
                for kwh in stored
            ]
            for k in range(classes)
        ]
        after = [
            [float(sum(outlook.follows[k, to] * best[to][i] for to in range(classes))) for i in range(len(stored))]
            for k in range(classes)
        ]
        boundaries.append(after)
    return boundaries[::-1]


def min_over_powers(
    ahead: Ahead, step: int, net_kw: float, kwh: float, stored: Array, after: Array, reserve_kwh: float | None
) -> float:
    hours, buy, sell = ahead.hours[step], ahead.import_price[step], ahead.export_price[step]
    powers = np.linspace(-3, 4, 1401)
    then = kwh + hours * np.where(powers > 0, 0.9 * powers, powers / 0.95)
    inside = (then >= stored[0] - 1e-9) & (then <= stored[-1] + 1e-9)
    grid = net_kw + powers
    cost = hours * np.where(grid > 0, buy * grid, sell * grid) + hours * 0.02 * np.maximum(-powers, 0)
    cost += ahead.peak_price * np.maximum(grid - ahead.peak_kw, 0)
    missing = 0.0 if reserve_kwh is None else 0.3 * np.maximum(reserve_kwh - stored, 0)
    cost += np.interp(then, stored, after + missing)
    return float(cost[inside].min())


@pytest.mark.parametrize("seed", range(6))
def test_the_pass_finds_what_plain_loops_over_a_fine_grid_find(seed: int) -> None:
    ahead, outlook = random_case(seed, steps=4, classes=3)
    end_cost = np.linspace(1.0, 0.0, 6) ** 2
    worth = solve_worth(BATTERY, ahead, [outlook], end_cost=end_cost, points=6)
    expected = np.array(by_plain_loops(ahead, outlook, worth.stored_kwh, end_cost))
    assert worth.stored_kwh[[0, -1]].tolist() == [1.0, 9.0]
    assert np.all(worth.cost[:, 0] <= expected + 1e-9)
    assert worth.cost[:, 0] == pytest.approx(expected, abs=0.02)


def least_cost(ahead: Ahead, net_kw: Array, start_kwh: float, end_price: float) -> float:
    """Return the optimum of the same problem as a linear programme: import, export, charge, discharge per step."""
    steps = len(net_kw)
    eye, zero = np.eye(steps), np.zeros((steps, steps))
    hours = np.diag(ahead.hours)
    stored = np.tril(np.ones((steps, steps))) @ hours
    cost = np.concatenate([ahead.hours * ahead.import_price, -ahead.hours * ahead.export_price, np.zeros(2 * steps)])
    gained = np.concatenate([np.zeros(2 * steps), ahead.hours * 0.9, -ahead.hours / 0.95])
    cost = cost - end_price * gained
    cost[3 * steps :] += ahead.hours * 0.02
    to_stored = np.hstack([zero, zero, 0.9 * stored, -stored / 0.95])
    answer = linprog(
        cost,
        A_eq=np.hstack([eye, -eye, -eye, eye]),
        b_eq=net_kw,
        A_ub=np.vstack([to_stored, -to_stored]),
        b_ub=np.concatenate([np.full(steps, 9.0 - start_kwh), np.full(steps, start_kwh - 1.0)]),
        bounds=[(0, None)] * (2 * steps) + [(0, 4.0)] * steps + [(0, 3.0)] * steps,
    )
    return float(answer.fun - end_price * start_kwh)


def run_policy(worth: Worth, net_kw: Array, start_kwh: float, end_price: float) -> float:
    """Return what the one-step choices cost in all, step after step."""
    stored, money = start_kwh, 0.0
    for step, net in enumerate(net_kw):
        hours = float(worth.ahead.hours[step])
        power = power_by_value(
            worth.table(step, computed_at=START),
            net_load_kw=float(net),
            soc=stored / 10.0,
            hours=hours,
            low_kw=-4.0,
            high_kw=3.0,
            soc_min=0.1,
            soc_max=0.9,
        ).battery_kw
        grid = net - power
        money += hours * (
            worth.ahead.import_price[step] * max(grid, 0) - worth.ahead.export_price[step] * max(-grid, 0)
        )
        money += hours * 0.02 * max(power, 0)
        stored += hours * (-power * 0.9 if power < 0 else -power / 0.95)
        assert 1.0 - 1e-6 <= stored <= 9.0 + 1e-6
    return money - end_price * stored


@pytest.mark.parametrize("seed", range(5))
def test_with_one_class_and_a_perfect_forecast_the_policy_costs_what_the_linear_programme_does(seed: int) -> None:
    rng = np.random.default_rng(seed)
    buy = rng.uniform(0.1, 0.5, 48)
    ahead = Ahead(starts_at=START, hours=np.full(48, 0.5), import_price=buy, export_price=buy * rng.uniform(0, 0.9, 48))
    net_kw = rng.uniform(-4, 5, 48)
    outlook = Outlook(net_kw=net_kw[:, None], follows=np.ones((1, 1)))
    worth = solve_worth(BATTERY, ahead, [outlook], end_cost=-0.2 * np.linspace(1, 9, 161), points=161)
    least, cost = least_cost(ahead, net_kw, 4.0, 0.2), run_policy(worth, net_kw, 4.0, 0.2)
    assert least - 1e-6 <= cost <= least + 0.002 * abs(least) + 0.002


def test_more_points_bring_the_policy_closer_to_the_optimum() -> None:
    rng = np.random.default_rng(7)
    buy = rng.uniform(0.1, 0.5, 48)
    ahead = Ahead(starts_at=START, hours=np.full(48, 0.5), import_price=buy, export_price=0.5 * buy)
    net_kw = rng.uniform(-4, 5, 48)
    outlook = Outlook(net_kw=net_kw[:, None], follows=np.ones((1, 1)))
    worths = [
        solve_worth(BATTERY, ahead, [outlook], end_cost=-0.2 * np.linspace(1, 9, points), points=points)
        for points in (5, 41, 161)
    ]
    costs = [run_policy(worth, net_kw, 4.0, 0.2) for worth in worths]
    assert costs[0] >= costs[1] - 1e-3 >= costs[2] - 2e-3


def test_the_end_of_the_horizon_is_worth_what_the_earlier_solve_found_a_day_before() -> None:
    ahead, outlook = random_case(2, steps=48, classes=3)
    ahead = Ahead(starts_at=START, hours=np.ones(48), import_price=ahead.import_price, export_price=ahead.export_price)
    earlier = solve_worth(BATTERY, ahead, [outlook])
    later = Ahead(
        starts_at=START + timedelta(hours=3),
        hours=np.ones(48),
        import_price=ahead.import_price,
        export_price=ahead.export_price,
    )
    worth = solve_worth(BATTERY, later, [outlook], previous=earlier)
    wanted = earlier.cost[48 + 3 - 24]
    assert worth.cost[-1] == pytest.approx(wanted - wanted.min())


def test_a_first_solve_is_the_third_of_three_passes() -> None:
    ahead, outlook = random_case(2, steps=30, classes=2)
    mean = float(np.average(ahead.import_price, weights=ahead.hours))
    first = solve_worth(BATTERY, ahead, [outlook], end_cost=-mean * 0.95 * np.linspace(1, 9, 41))
    again = solve_worth(BATTERY, ahead, [outlook], previous=first)
    third = solve_worth(BATTERY, ahead, [outlook], previous=again)
    assert solve_worth(BATTERY, ahead, [outlook]).cost == pytest.approx(third.cost)


def test_an_earlier_solve_too_long_ago_counts_as_none() -> None:
    ahead, outlook = random_case(2, steps=30, classes=2)
    earlier = solve_worth(BATTERY, ahead, [outlook])
    later = Ahead(
        starts_at=START + timedelta(days=3),
        hours=ahead.hours,
        import_price=ahead.import_price,
        export_price=ahead.export_price,
    )
    cold = solve_worth(BATTERY, later, [outlook])
    assert solve_worth(BATTERY, later, [outlook], previous=earlier).cost == pytest.approx(cold.cost)


def test_a_table_tells_what_the_solve_found_up_to_a_constant_of_each_row() -> None:
    ahead, outlook = random_case(3, steps=4, classes=3)
    worth = solve_worth(BATTERY, ahead, [outlook, outlook])
    table = worth.table(1, computed_at=START)
    assert ahead.reserve_kwh is not None
    found = worth.cost[2] + 0.3 * np.maximum(ahead.reserve_kwh[1] - worth.stored_kwh, 0)
    for model, told in enumerate(table.models):
        rows = np.array(told.cost)
        assert np.diff(rows, axis=1) == pytest.approx(np.diff(found[model], axis=1), abs=1e-7)
        assert rows.min(axis=1) == pytest.approx(0.0)
        assert told.net_kw == pytest.approx(outlook.net_kw[1])
    assert (table.import_price, table.capacity_kwh) == (ahead.import_price[1], 10.0)


def test_a_battery_without_room_is_refused() -> None:
    ahead, outlook = random_case(2, steps=4, classes=2)
    full = Battery(**{**{name: getattr(BATTERY, name) for name in BATTERY.__slots__}, "soc_reserve": 0.9})
    with pytest.raises(ValueError, match="stores nothing"):
        solve_worth(full, ahead, [outlook])

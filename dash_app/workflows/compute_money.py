"""What a way of running the site means in money, and that no plan is dearer than what the battery does by itself.

A plan need not end with more stored than there is now, the plain rule often does: it keeps the last afternoon's sun.
Where that makes the rule the better one, what it ends with is asked of the plan too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dash_app.domain.schedule import Money
from dash_app.domain.site import Battery

if TYPE_CHECKING:
    from optimizer.schedule.devices.device import Device
    from optimizer.schedule.problem import Problem
    from optimizer.schedule.solution import Flows, Solution

SAME = 1e-9
ROUND_OFF = 1e-9


def money_with_stored(problem: Problem, flows: Flows, battery: Battery) -> Money:
    """Return what `flows` mean, wear counted, and the energy they leave in the battery valued.

    A price on the month's peak counts with what the horizon adds to it.
    Stored energy is worth the mean import price of the horizon times the discharge efficiency (ADR 8).
    """
    from optimizer.baseline import money_of

    priced = replace(problem, degradation_cost_per_kwh_discharged=battery.wear_per_kwh)
    money = money_of(priced, flows)
    left_kwh = sum(float(flows.stored_kwh[storage.battery_id][-1]) - storage.start_kwh for storage in problem.storages)
    worth = float(np.average(problem.import_price, weights=problem.hours)) * battery.discharge_efficiency
    return replace(money, cost=money.cost - worth * left_kwh - _sunk_cost(problem.devices))


def held_to_the_rule(
    problem: Problem, solution: Solution, battery: Battery, solve: Callable[[Problem], Solution]
) -> tuple[Problem, Solution]:
    """Return problem and optimum as they are, or both with the stored energy at the end that the plain rule reaches.

    The second one is taken where the rule is the cheaper of the two, and a plan that ends as the rule does is possible.
    """
    from optimizer.baseline import self_consumption
    from optimizer.schedule.solution import Status

    if solution.status is not Status.OPTIMAL or solution.flows is None:
        return problem, solution
    rule = self_consumption(problem)
    cost, rule_cost = (money_with_stored(problem, flows, battery).cost for flows in (solution.flows, rule))
    storage = problem.storages[0]
    end = float(rule.stored_kwh[storage.battery_id][-1]) * (1.0 - ROUND_OFF) / storage.capacity_kwh
    if cost <= rule_cost + SAME or end <= (storage.soc_end_min or 0.0):
        return problem, solution
    held = replace(problem, storages=(replace(storage, soc_end_min=end),))
    second = solve(held)
    if second.status is not Status.OPTIMAL or second.flows is None:
        return problem, solution
    better = money_with_stored(problem, second.flows, battery).cost < cost
    return (held, second) if better else (problem, solution)


def _sunk_cost(devices: tuple[Device, ...]) -> float:
    """Return what the month's peak so far costs, whatever is planned."""
    from optimizer.schedule.devices.capacity import CapacityCharge

    return sum(d.price_per_kw * d.already_incurred_kw for d in devices if isinstance(d, CapacityCharge))

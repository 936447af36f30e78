"""What one step costs by how much energy goes into the battery: piecewise linear, convex or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem
from optimizer.schedule.values import most_export_kw, most_import_kw

TOLERANCE_KWH = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stage:
    """One step: cost by energy into the battery, straight between the kinks at `kwh`, impossible outside.

    `gain` and `drain` are kWh in and out of the battery per kW; `net_kw` is load less PV; the grid power may be
    raised by up to `curtailable_kw`. `buy` and `sell` are what a kW of import costs and of export earns in this step.
    """

    kwh: Array
    cost: Array
    gain: float
    drain: float
    net_kw: float
    curtailable_kw: float
    import_limit_kw: float
    export_limit_kw: float
    buy: float
    sell: float

    def at(self, kwh: Array, slack_kwh: float = TOLERANCE_KWH) -> Array:
        """Return the cost of these energies."""
        edges = np.concatenate(([self.kwh[0] - slack_kwh], self.kwh, [self.kwh[-1] + slack_kwh]))
        costs = np.concatenate((self.cost[:1], self.cost, self.cost[-1:]))
        return np.interp(kwh, edges, costs, left=np.inf, right=np.inf)

    def attractive(self) -> Array:
        """Return the kinks that may be best: the ends, and where the slope rises."""
        if len(self.kwh) < 2:
            return np.array([0])
        slopes = np.diff(self.cost) / np.diff(self.kwh)
        return np.concatenate(([0], np.flatnonzero(np.diff(slopes) > 0) + 1, [len(self.kwh) - 1]))

    def power_kw(self, kwh: float) -> float:
        """Return the battery's power at the meter, charging positive."""
        return kwh / self.gain if kwh >= 0 else kwh / self.drain

    def grid_kw(self, battery_kw: float) -> float:
        """Return the cheapest grid power with this battery power, import positive; of equals the least curtailed."""
        least = self.net_kw + battery_kw
        choices = np.array([least, 0.0, least + self.curtailable_kw, self.import_limit_kw, -self.export_limit_kw])
        slack = 1e-9 + 1e-12 * abs(least)
        possible = (choices >= least - slack) & (choices <= least + self.curtailable_kw + slack)
        possible &= (choices <= self.import_limit_kw + slack) & (choices >= -self.export_limit_kw - slack)
        costs = np.where(possible, _money(choices, self.buy, self.sell), np.inf)
        return float(choices[int(np.argmin(costs))])


def stages_of(problem: Problem) -> list[Stage] | None:
    """Return the steps of a problem with one battery, or None where a step has no possible power at all."""
    storage, hours = problem.storages[0], problem.hours
    net, curtailable = problem.load_kw - problem.pv_kw, problem.pv_kw * problem.curtailment
    most = np.minimum(problem.import_limit_kw, most_import_kw(problem) + 1.0)
    least = -np.minimum(problem.export_limit_kw, most_export_kw(problem) + 1.0)
    lowest = np.maximum(-storage.discharge_kw, least - curtailable - net)
    highest = np.minimum(storage.charge_kw, most - net)
    if np.any(lowest > highest):
        return None
    edges = (0.0 * net, -curtailable, least, least - curtailable, most - curtailable, most)
    kinks = np.stack([lowest, highest, 0.0 * net, *(edge - net for edge in edges)])
    powers = np.sort(np.clip(kinks, lowest, highest), axis=0)
    buy, sell = hours * problem.import_weight, hours * problem.export_weight
    costs = _cheapest(powers + net, curtailable, least, most, buy, sell)
    costs += hours * problem.degradation_cost_per_kwh_discharged * np.maximum(-powers, 0.0)
    gain, drain = hours * storage.eta_charge, hours / storage.eta_discharge
    energies = np.where(powers > 0, gain * powers, drain * powers)
    stages = []
    for t in range(problem.steps):
        apart = np.concatenate(([True], np.diff(energies[:, t]) > TOLERANCE_KWH))
        stages.append(
            Stage(
                kwh=energies[apart, t],
                cost=costs[apart, t],
                gain=float(gain[t]),
                drain=float(drain[t]),
                net_kw=float(net[t]),
                curtailable_kw=float(curtailable[t]),
                import_limit_kw=float(most[t]),
                export_limit_kw=float(-least[t]),
                buy=float(buy[t]),
                sell=float(sell[t]),
            )
        )
    return stages


def _cheapest(net_kw: Array, curtailable: Array, least: Array, most: Array, buy: Array, sell: Array) -> Array:
    """Return the cost of the cheapest grid power between `net_kw` and `net_kw + curtailable`, within the limits."""
    low, high = np.maximum(net_kw, least), np.minimum(net_kw + curtailable, most)
    nothing = np.clip(0.0, low, high)
    return np.minimum.reduce([_money(power, buy, sell) for power in (low, high, nothing)])


def _money(grid_kw: Array, buy: Array | float, sell: Array | float) -> Array:
    return np.asarray(np.where(grid_kw > 0, buy * grid_kw, sell * grid_kw))

"""Where the energy in a battery came from, and where it goes: first in, first out, step by step of a plan."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem, Storage
from optimizer.schedule.solution import Flows

NOTHING_KWH = 1e-9


@dataclass(frozen=True, slots=True)
class Lot:
    """Some stored energy, kWh, with the steps in which it was charged and is discharged; None: outside of the plan."""

    charged: int | None
    discharged: int | None
    kwh: float


def lots_of(problem: Problem, storage: Storage, flows: Flows) -> list[Lot]:
    """Return every lot of stored energy; what decays on the way is taken from each lot by its share."""
    charge, discharge = flows.charge_kw[storage.battery_id], flows.discharge_kw[storage.battery_id]
    kept, hours = storage.kept_fraction(problem.hours), problem.hours
    waiting: deque[tuple[int | None, float]] = deque([(None, storage.start_kwh)])
    found: list[Lot] = []
    for step in range(problem.steps):
        waiting = deque((since, kwh * kept[step]) for since, kwh in waiting)
        waiting.append((step, hours[step] * storage.eta_charge * charge[step]))
        wanted = hours[step] * discharge[step] / storage.eta_discharge
        while wanted > NOTHING_KWH and waiting:
            since, kwh = waiting.popleft()
            taken = min(kwh, wanted)
            wanted -= taken
            if taken > NOTHING_KWH:
                found.append(Lot(since, step, taken))
            if kwh - taken > NOTHING_KWH:
                waiting.appendleft((since, kwh - taken))
    return found + [Lot(since, None, kwh) for since, kwh in waiting if kwh > NOTHING_KWH]


def kwh_price(problem: Problem, flows: Flows, battery_kw: Array) -> Array:
    """Return what one kWh at the battery's AC meter costs (charging) or brings (discharging) in each step.

    `battery_kw` is one battery's power, discharge positive. What the grid gives costs the buying price, what the sun
    gives could have been sold; what is given back is sold, or need not be bought. Prices are those of the objective.
    """
    buy, sell = problem.import_weight, problem.export_weight
    power = abs(battery_kw)
    at_grid = (battery_kw < 0) * flows.import_kw.clip(max=power) + (battery_kw > 0) * flows.export_kw.clip(max=power)
    share = at_grid / power.clip(min=NOTHING_KWH)
    charging_price = share * buy + (1 - share) * sell
    discharging_price = share * sell + (1 - share) * buy
    return (battery_kw < 0) * charging_price + (battery_kw > 0) * discharging_price

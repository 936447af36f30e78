"""The numbers of a problem as the values of the model's parameters."""

from __future__ import annotations

from typing import Any

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem, Storage


def grid_values(problem: Problem, grid_steps: tuple[int, ...]) -> dict[str, Any]:
    """Return the values of balance, limits and curtailment."""
    import_most, export_most = most_import_kw(problem), most_export_kw(problem)
    at = np.array(grid_steps, dtype=int)
    return {
        "net_load_kw": problem.load_kw - problem.pv_kw,
        "pv_kw": problem.pv_kw,
        # a limit out of reach becomes one that is just out of reach: small numbers, the same plan
        "import_limit_kw": np.minimum(problem.import_limit_kw, import_most + 1.0),
        "export_limit_kw": np.minimum(problem.export_limit_kw, export_most + 1.0),
        "import_most_kw": import_most[at],
        "export_most_kw": export_most[at],
    }


def most_import_kw(problem: Problem) -> Array:
    """Return what the site could import at most in each step, with everything that takes power at its limit."""
    flexible = sum((load.ceiling_kw(problem.steps) for load in problem.flexible_loads), np.zeros(problem.steps))
    taken = sum((device.most_kw(problem)[0] for device in problem.devices), np.zeros(problem.steps))
    return problem.load_kw + flexible + taken + sum(storage.charge_kw for storage in problem.storages)


def most_export_kw(problem: Problem) -> Array:
    """Return what the site could export at most in each step, with everything that gives power at its limit."""
    given = sum((device.most_kw(problem)[1] for device in problem.devices), np.zeros(problem.steps))
    return problem.pv_kw + given + sum(storage.discharge_kw for storage in problem.storages)


def money_values(problem: Problem) -> dict[str, Any]:
    """Return the values of the objective and the CO2 limit."""
    demand = problem.demand_charge
    return {
        "import_cost_per_kw": problem.hours * problem.import_weight,
        "export_gain_per_kw": problem.hours * problem.export_weight,
        "wear_per_kw": problem.hours * problem.degradation_cost_per_kwh_discharged,
        "price_per_kw": demand.price_per_kw if demand else 0.0,
        "already_incurred_kw": demand.already_incurred_kw if demand else 0.0,
        "co2_kg_per_kw": problem.hours * problem.co2,
        "co2_limit_kg": problem.co2_limit_kg or 0.0,
    }


def battery_values(problem: Problem, storage: Storage) -> dict[str, Any]:
    """Return the values of one battery."""
    hours, steps = problem.hours, problem.steps
    kept = storage.kept_fraction(hours)
    start_kwh = np.zeros(steps)
    start_kwh[0] = kept[0] * storage.start_kwh
    return {
        "kept": kept,
        "gain": hours * storage.eta_charge,
        "drain": hours / storage.eta_discharge,
        "start_kwh": start_kwh,
        "stored_min_kwh": wanted_min_kwh(storage, steps),
        "stored_max_kwh": wanted_max_kwh(storage, steps),
        "charge_limit_kw": storage.most_charge_kw(steps),
        "discharge_limit_kw": storage.most_discharge_kw(steps),
        "charge_most_kw": storage.charge_kw,
        "discharge_most_kw": storage.discharge_kw,
    }


def wanted_min_kwh(storage: Storage, steps: int) -> Array:
    """Return the least energy at the end of each step: floor, targets and the end."""
    least = storage.lowest_kwh(steps).copy()
    for target in storage.soc_targets:
        least[target.after_step] = max(least[target.after_step], target.minimum * storage.capacity_kwh)
    if storage.soc_end_min is not None:
        least[-1] = max(least[-1], storage.soc_end_min * storage.capacity_kwh)
    return least


def wanted_max_kwh(storage: Storage, steps: int) -> Array:
    """Return the most energy at the end of each step: ceiling and targets."""
    most = storage.highest_kwh(steps).copy()
    for target in storage.soc_targets:
        if target.maximum is not None:
            most[target.after_step] = min(most[target.after_step], target.maximum * storage.capacity_kwh)
    return most


def most_co2_kg(problem: Problem) -> float:
    """Return the most CO2 that imports and devices could emit over the horizon."""
    imported = float((problem.hours * problem.co2) @ most_import_kw(problem))
    return imported + sum(device.most_co2_kg(problem) for device in problem.devices)

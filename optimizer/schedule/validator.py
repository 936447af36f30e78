"""The independent check of every plan: problem format v1 evaluated anew with plain numpy, knowing nothing of the model.

Nothing that does not pass is shown, stored or sent.
"""

from __future__ import annotations

import math

import numpy as np

from dash_app.domain.errors import PlanRejected
from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem, Storage
from optimizer.schedule.solution import Flows, Solution
from optimizer.schedule.validator_devices import check_devices, devices_co2_kg, devices_cost, devices_net_kw
from optimizer.schedule.validator_rules import TOLERANCE, check_equal, check_least, check_most, refuse


def check_plan(problem: Problem, solution: Solution) -> None:
    """Raise PlanRejected naming the step and the rule unless the plan keeps every rule and costs what it claims."""
    if solution.flows is None or solution.objective is None:
        raise PlanRejected(f"a solution with status {solution.status.value} holds no plan")
    flows = solution.flows
    _check_complete(problem, flows)
    _check_grid(problem, flows)
    for storage in problem.storages:
        _check_storage(problem, flows, storage)
    _check_flexible(problem, flows)
    check_devices(problem, flows)
    _check_totals(problem, flows)
    cost = objective_of(problem, flows)
    if not math.isclose(cost, solution.objective, rel_tol=TOLERANCE, abs_tol=TOLERANCE):
        raise PlanRejected(f"objective: {solution.objective:g} is claimed, the plan costs {cost:g}")


def objective_of(problem: Problem, flows: Flows) -> float:
    """Return what the objective of problem format v1 says of these flows, demand charge and devices included."""
    imported = problem.energy_weight * problem.import_price + problem.co2_price_per_kg * problem.co2
    exported = problem.energy_weight * problem.export_price
    wear = problem.degradation_cost_per_kwh_discharged * flows.discharged_kw
    per_hour = imported * flows.import_kw - exported * flows.export_kw + wear
    energy = float(np.sum(problem.hours * per_hour)) + devices_cost(problem, flows)
    demand = problem.demand_charge
    if demand is None:
        return energy
    return energy + demand.price_per_kw * max(demand.already_incurred_kw, float(flows.import_kw.max()))


def emitted_kg(problem: Problem, flows: Flows) -> float:
    """Return the CO2 of imports and of devices."""
    return float(np.sum(problem.hours * problem.co2 * flows.import_kw)) + devices_co2_kg(problem, flows)


def _check_complete(problem: Problem, flows: Flows) -> None:
    """Check that every series is there, of full length, finite and not negative."""
    batteries = {storage.battery_id for storage in problem.storages}
    loads = {load.load_id for load in problem.flexible_loads}
    parts = (
        ("charge_kw", flows.charge_kw, batteries),
        ("discharge_kw", flows.discharge_kw, batteries),
        ("stored_kwh", flows.stored_kwh, batteries),
        ("flexible_kw", flows.flexible_kw, loads),
    )
    series = [("import_kw", flows.import_kw), ("export_kw", flows.export_kw), ("curtailed_kw", flows.curtailed_kw)]
    for name, values, wanted in parts:
        if set(values) != wanted:
            raise PlanRejected(f"{name}: the plan names {sorted(values)}, the problem {sorted(wanted)}")
        series += [(f"{name} of {key}", value) for key, value in values.items()]
    for device_id, made in flows.devices.items():
        series += [(f"{name} of {device_id}", value) for name, value in made.items()]
    for name, value in series:
        if value.shape != (problem.steps,):
            raise PlanRejected(f"{name}: {value.size} values for {problem.steps} steps")
        if not (value.min() >= -TOLERANCE and value.max() < math.inf):
            refuse(~np.isfinite(value), name, value, "finite")
            refuse(value < -TOLERANCE, name, value, "at least 0")


def _check_grid(problem: Problem, flows: Flows) -> None:
    used = sum(flows.flexible_kw.values()) - flows.battery_kw + flows.curtailed_kw + devices_net_kw(problem, flows)
    check_equal("balance", flows.grid_kw, problem.load_kw - problem.pv_kw + used)
    check_most("import_limit", flows.import_kw, problem.import_limit_kw)
    check_most("export_limit", flows.export_kw, problem.export_limit_kw)
    check_most("curtailment", flows.curtailed_kw, problem.pv_kw if problem.curtailment else np.zeros(problem.steps))
    check_most("import and export in one step", np.minimum(flows.import_kw, flows.export_kw), np.zeros(problem.steps))


def _check_storage(problem: Problem, flows: Flows, storage: Storage) -> None:
    name, steps = storage.battery_id, problem.steps
    charge, discharge, stored = flows.charge_kw[name], flows.discharge_kw[name], flows.stored_kwh[name]
    before = np.concatenate(([storage.soc_init * storage.capacity_kwh], stored[:-1]))
    kept = (1.0 - storage.self_discharge_per_h) ** problem.hours * before
    change = problem.hours * (storage.eta_charge * charge - discharge / storage.eta_discharge)
    check_equal(f"storage of {name}", stored, kept + change)
    check_least(f"soc_min of {name}", stored, storage.lowest_kwh(steps))
    check_most(f"soc_max of {name}", stored, storage.highest_kwh(steps))
    check_most(f"charge_kw of {name}", charge, storage.most_charge_kw(steps))
    check_most(f"discharge_kw of {name}", discharge, storage.most_discharge_kw(steps))
    check_most(f"charge and discharge of {name} in one step", np.minimum(charge, discharge), np.zeros(steps))
    _check_targets(storage, stored / storage.capacity_kwh)


def _check_targets(storage: Storage, soc: Array) -> None:
    name, slack = storage.battery_id, TOLERANCE / storage.capacity_kwh
    if storage.soc_end_min is not None and soc[-1] < storage.soc_end_min - slack:
        raise PlanRejected(f"step {len(soc) - 1}: soc_end_min of {name}: {soc[-1]:g} < {storage.soc_end_min:g}")
    for target in storage.soc_targets:
        reached = soc[target.after_step]
        most = math.inf if target.maximum is None else target.maximum
        if not target.minimum - slack <= reached <= most + slack:
            raise PlanRejected(f"step {target.after_step}: soc_targets of {name}: {reached:g} misses the target")


def _check_flexible(problem: Problem, flows: Flows) -> None:
    for load in problem.flexible_loads:
        power = flows.flexible_kw[load.load_id]
        check_most(f"max_kw of {load.load_id}", power, load.ceiling_kw(problem.steps))
        energy = float(np.sum(problem.hours * power))
        if abs(energy - load.energy_kwh) > TOLERANCE:
            raise PlanRejected(f"energy_kwh of {load.load_id}: {energy:g} kWh of {load.energy_kwh:g} kWh")


def _check_totals(problem: Problem, flows: Flows) -> None:
    if problem.co2_limit_kg is None:
        return
    emitted = emitted_kg(problem, flows)
    if emitted > problem.co2_limit_kg + TOLERANCE:
        raise PlanRejected(f"co2_limit_kg: {emitted:g} kg of {problem.co2_limit_kg:g} kg")

"""What would happen without the plan, on the same inputs: no battery action, or the plain self-consumption rule.

Whatever else the site has, nobody plans: a vehicle charges at once to what it has to reach, a load that could wait runs
at once, a heat pump follows its thermostat and a generator stands still (`Device.uncontrolled` says it for each).
A baseline may break a limit that a plan has to keep: it says what would happen, not what may.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dash_app.domain.schedule import Money
from optimizer.schedule.checks import Array
from optimizer.schedule.devices.device import at_once
from optimizer.schedule.problem import FlexibleLoad, Problem, Storage
from optimizer.schedule.solution import Flows
from optimizer.schedule.validator import emitted_kg
from optimizer.schedule.validator_devices import devices_cost


def without_battery(problem: Problem) -> Flows:
    """Return the site with every battery at 0 and every other device as nobody controls it."""
    idle = {storage.battery_id: np.zeros(problem.steps) for storage in problem.storages}
    return _flows(problem, idle, idle)


def self_consumption(problem: Problem) -> Flows:
    """Return the site with batteries that take every surplus and cover every deficit, one after the other.

    The rule knows no prices and no forecast: it looks at the net load of the step at hand.
    """
    net_kw = _net_load_kw(problem)
    charge, discharge = {}, {}
    for storage in problem.storages:
        charge[storage.battery_id], discharge[storage.battery_id] = _run_rule(problem, storage, net_kw)
        net_kw = net_kw + charge[storage.battery_id] - discharge[storage.battery_id]
    return _flows(problem, charge, discharge)


def money_of(problem: Problem, flows: Flows) -> Money:
    """Return what a way of running the site means, whatever the problem's own objective weighs.

    `cost` is imports minus exports plus wear plus the demand charge plus what devices and tariffs cost of their own;
    CO2 is that of imports and of what devices burn; `cycles` are full equivalents of the capacity.
    Wear is the problem's, which is 0 where the objective is not money: replace it first to count it there too.
    """
    imported_kwh, exported_kwh = problem.hours * flows.import_kw, problem.hours * flows.export_kw
    discharged_kwh = float(problem.hours @ flows.discharged_kw)
    capacity_kwh = sum(storage.capacity_kwh for storage in problem.storages)
    peak_kw = float(flows.import_kw.max())
    wear = problem.degradation_cost_per_kwh_discharged * discharged_kwh
    energy = float(problem.import_price @ imported_kwh - problem.export_price @ exported_kwh)
    devices = devices_cost(replace(problem, co2_price_per_kg=0.0), flows)
    return Money(
        cost=energy + wear + _demand_cost(problem, peak_kw) + devices,
        co2_kg=None if problem.co2_kg_per_kwh is None else emitted_kg(problem, flows),
        import_kwh=float(imported_kwh.sum()),
        export_kwh=float(exported_kwh.sum()),
        peak_import_kw=peak_kw,
        cycles=discharged_kwh / capacity_kwh if capacity_kwh else 0.0,
    )


def _demand_cost(problem: Problem, peak_kw: float) -> float:
    demand = problem.demand_charge
    return 0.0 if demand is None else demand.price_per_kw * max(demand.already_incurred_kw, peak_kw)


def _net_load_kw(problem: Problem) -> Array:
    """Return the load of everything but the batteries, less PV."""
    flexible = sum((_at_once(problem, load) for load in problem.flexible_loads), np.zeros(problem.steps))
    devices = sum((device.net_kw(device.uncontrolled(problem)) for device in problem.devices), np.zeros(problem.steps))
    return problem.load_kw - problem.pv_kw + flexible + devices


def _at_once(problem: Problem, load: FlexibleLoad) -> Array:
    return at_once(problem.hours, load.ceiling_kw(problem.steps), load.energy_kwh)


def _run_rule(problem: Problem, storage: Storage, net_kw: Array) -> tuple[Array, Array]:
    """Return charge and discharge in kW of one battery that follows `net_kw` within its powers and contents."""
    hours, kept = problem.hours, storage.kept_fraction(problem.hours)
    lowest_kwh, highest_kwh = storage.lowest_kwh(problem.steps), storage.highest_kwh(problem.steps)
    charge, discharge = np.zeros(problem.steps), np.zeros(problem.steps)
    stored = storage.start_kwh
    for step in range(problem.steps):
        stored *= kept[step]
        room_kw = max(0.0, highest_kwh[step] - stored) / (hours[step] * storage.eta_charge)
        left_kw = max(0.0, stored - lowest_kwh[step]) * storage.eta_discharge / hours[step]
        charge[step] = min(max(-net_kw[step], 0.0), storage.charge_kw, room_kw)
        discharge[step] = min(max(net_kw[step], 0.0), storage.discharge_kw, left_kw)
        stored += hours[step] * (storage.eta_charge * charge[step] - discharge[step] / storage.eta_discharge)
    return charge, discharge


def _flows(problem: Problem, charge: dict[str, Array], discharge: dict[str, Array]) -> Flows:
    flexible = {load.load_id: _at_once(problem, load) for load in problem.flexible_loads}
    zeros = np.zeros(problem.steps)
    grid_kw = _net_load_kw(problem) + sum(charge.values(), zeros) - sum(discharge.values(), zeros)
    return Flows(
        import_kw=np.maximum(grid_kw, 0.0),
        export_kw=np.maximum(-grid_kw, 0.0),
        curtailed_kw=zeros,
        charge_kw=charge,
        discharge_kw=discharge,
        stored_kwh={
            storage.battery_id: storage.stored_kwh(
                problem.hours, charge[storage.battery_id], discharge[storage.battery_id]
            )
            for storage in problem.storages
        },
        flexible_kw=flexible,
        devices={device.device_id: series for device in problem.devices if (series := device.uncontrolled(problem))},
    )

"""The validator's half for devices and rules: their equations evaluated anew, knowing their data and nothing else."""

from __future__ import annotations

import math

import numpy as np

from dash_app.domain.errors import PlanRejected
from optimizer.schedule.checks import Array
from optimizer.schedule.devices.band import PowerBand
from optimizer.schedule.devices.capacity import CapacityCharge
from optimizer.schedule.devices.deferrable import DeferrableLoad
from optimizer.schedule.devices.dimming import Dimming
from optimizer.schedule.devices.generator import Generator
from optimizer.schedule.devices.heat_pump import HeatPump
from optimizer.schedule.devices.ramp import RampLimit
from optimizer.schedule.devices.reserve import Reserve
from optimizer.schedule.devices.running import Running
from optimizer.schedule.devices.switching import SwitchingCost
from optimizer.schedule.devices.vehicle import ElectricVehicle
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows
from optimizer.schedule.validator_rules import TOLERANCE, check_equal, check_least, check_most

SERIES = {
    ElectricVehicle: {"charge_kw", "discharge_kw", "stored_kwh"},
    DeferrableLoad: {"power_kw", "on"},
    HeatPump: {"power_kw", "on", "heat_kwh"},
    Generator: {"power_kw", "on"},
}
"""What the plan has to say of each kind of device."""
RULES = (CapacityCharge, Dimming, PowerBand, RampLimit, Reserve, SwitchingCost)


def check_devices(problem: Problem, flows: Flows) -> None:
    """Raise PlanRejected naming step, rule and device unless every device keeps its equations."""
    for device in problem.devices:
        wanted = SERIES.get(type(device), set())
        if not wanted and not isinstance(device, RULES):
            raise PlanRejected(f"{device.key}: the validator does not know a {type(device).__name__}")
        if set(flows.devices.get(device.device_id, {})) != wanted:
            raise PlanRejected(f"devices: the plan must name {sorted(wanted)} of {device.device_id}")
        match device:
            case ElectricVehicle():
                _check_vehicle(problem, flows, device)
            case DeferrableLoad():
                _check_deferrable(problem, flows, device)
            case HeatPump():
                _check_heat_pump(problem, flows, device)
            case Generator():
                _check_switched(flows, device)
            case Dimming():
                _check_dimming(problem, flows, device)
            case PowerBand():
                _check_band(problem, flows, device)
            case RampLimit():
                _check_ramp(problem, flows, device)
            case Reserve():
                _check_reserve(problem, flows, device)
    extra = set(flows.devices) - {device.device_id for device in problem.devices}
    if extra:
        raise PlanRejected(f"devices: the problem does not know {sorted(extra)}")


def devices_net_kw(problem: Problem, flows: Flows) -> Array:
    """Return what all devices take minus what they give."""
    net = np.zeros(problem.steps)
    for device in problem.devices:
        series = flows.devices.get(device.device_id, {})
        sign = -1.0 if isinstance(device, Generator) else 1.0
        for name, into_device in (("power_kw", sign), ("charge_kw", 1.0), ("discharge_kw", -1.0)):
            net = net + into_device * series.get(name, 0.0)
    return net


def devices_cost(problem: Problem, flows: Flows) -> float:
    """Return what devices and rules add to the objective."""
    hours, cost = problem.hours, 0.0
    for device in problem.devices:
        series = flows.devices.get(device.device_id, {})
        match device:
            case ElectricVehicle():
                cost += device.wear_per_kwh_discharged * float(np.sum(hours * series["discharge_kw"]))
            case Generator():
                per_kwh = device.cost_per_kwh + problem.co2_price_per_kg * device.co2_kg_per_kwh
                cost += float(np.sum(hours * (per_kwh * series["power_kw"] + device.cost_per_h_on * series["on"])))
                cost += device.cost_per_start * len(_starts(series["on"], device.running))
            case CapacityCharge():
                cost += device.price_per_kw * max(device.already_incurred_kw, *_interval_means(problem, flows, device))
            case SwitchingCost():
                cost += device.cost_per_change * _changes(problem, flows, device)
    return cost


def devices_co2_kg(problem: Problem, flows: Flows) -> float:
    """Return the CO2 of what devices burn."""
    return sum(
        device.co2_kg_per_kwh * float(np.sum(problem.hours * flows.devices[device.device_id]["power_kw"]))
        for device in problem.devices
        if isinstance(device, Generator)
    )


def _check_vehicle(problem: Problem, flows: Flows, car: ElectricVehicle) -> None:
    series, name, steps = flows.devices[car.device_id], car.device_id, np.arange(problem.steps)
    charge, discharge, stored = series["charge_kw"], series["discharge_kw"], series["stored_kwh"]
    here = (steps >= car.arrive_step) & (steps < car.depart_step)
    check_most(f"charge_kw of {name}", charge, np.where(here, car.charge_kw, 0.0))
    check_most(f"discharge_kw of {name}", discharge, np.where(here, car.discharge_kw, 0.0))
    check_most(f"charge and discharge of {name} in one step", np.minimum(charge, discharge), 0.0 * charge)
    check_least(f"min_kw of {name}", charge, np.where(charge > TOLERANCE, car.min_kw, 0.0))
    before = np.concatenate(([car.soc_init * car.capacity_kwh], stored[:-1]))
    change = problem.hours * (car.eta_charge * charge - discharge / car.eta_discharge)
    check_equal(f"storage of {name}", stored, before + change)
    lowest, highest = min(car.soc_min, car.soc_init), max(car.soc_max, car.soc_init)
    check_least(f"soc_min of {name}", stored, np.full(problem.steps, lowest * car.capacity_kwh))
    check_most(f"soc_max of {name}", stored, np.full(problem.steps, highest * car.capacity_kwh))
    ready = here & (steps >= car.depart_step - 1 - car.margin_steps)
    check_least(f"soc_target of {name}", stored, np.where(ready, car.soc_target * car.capacity_kwh, -math.inf))


def _check_deferrable(problem: Problem, flows: Flows, load: DeferrableLoad) -> None:
    series, name, steps = flows.devices[load.device_id], load.device_id, np.arange(problem.steps)
    _check_switched(flows, load)
    inside = (steps >= load.start_step) & (steps < load.end_step)
    check_most(f"window of {name}", series["on"], inside.astype(float))
    energy = float(np.sum(problem.hours * series["power_kw"]))
    if abs(energy - load.energy_kwh) > TOLERANCE:
        raise PlanRejected(f"energy_kwh of {name}: {energy:g} kWh of {load.energy_kwh:g} kWh")
    for first in _starts(series["on"], load.running):
        if first + load.running.min_run_steps > load.end_step:
            raise PlanRejected(f"step {first}: {name} starts too late for a run of {load.running.min_run_steps} steps")


def _check_heat_pump(problem: Problem, flows: Flows, pump: HeatPump) -> None:
    series, name = flows.devices[pump.device_id], pump.device_id
    _check_switched(flows, pump)
    heat = series["heat_kwh"]
    before = np.concatenate(([pump.heat_init_kwh], heat[:-1])) * (1.0 - pump.loss_per_h) ** problem.hours
    check_equal(f"heat of {name}", heat, before + problem.hours * (pump.cop * series["power_kw"] - pump.heat_load_kw))
    check_least(f"heat_min_kwh of {name}", heat, np.full(problem.steps, pump.heat_min_kwh))
    check_most(f"heat_max_kwh of {name}", heat, np.full(problem.steps, pump.heat_max_kwh))
    if pump.heat_end_min_kwh is not None and heat[-1] < pump.heat_end_min_kwh - TOLERANCE:
        raise PlanRejected(f"heat_end_min_kwh of {name}: {heat[-1]:g} of {pump.heat_end_min_kwh:g} kWh")


def _check_switched(flows: Flows, device: DeferrableLoad | HeatPump | Generator) -> None:
    """Check power against on and off, and on and off against the shortest run and the most starts."""
    series, name, running = flows.devices[device.device_id], device.device_id, device.running
    power, on = series["power_kw"], series["on"]
    check_equal(f"on of {name} is 0 or 1", on, (on > 0.5).astype(float))
    check_most(f"max_kw of {name}", power, device.max_kw * on)
    check_least(f"min_kw of {name}", power, device.min_kw * on)
    starts = _starts(on, running)
    if running.max_starts is not None and len(starts) > running.max_starts:
        raise PlanRejected(f"max_starts of {name}: {len(starts)} of {running.max_starts}")
    runs = [(first, running.min_run_steps) for first in starts]
    if running.ran_steps:
        runs.append((0, max(0, running.min_run_steps - running.ran_steps)))
    for first, length in runs:
        if not on[first : first + length].all():
            raise PlanRejected(f"step {first}: min_run_steps of {name}: it stops before {length} steps")


def _starts(on: Array, running: Running) -> list[int]:
    before = np.concatenate(([1.0 if running.ran_steps else 0.0], on[:-1]))
    return np.flatnonzero((on > 0.5) & (before < 0.5)).tolist()


def _interval_means(problem: Problem, flows: Flows, charge: CapacityCharge) -> list[float]:
    """Return the mean import of every interval that begins in a window."""
    sums: dict[int, list[float]] = {}
    counted: dict[int, bool] = {}
    for step in range(problem.steps):
        interval = (step + charge.averaging_offset) // charge.averaging_steps
        if interval not in sums:
            windows = charge.windows or ((0, problem.steps),)
            sums[interval], counted[interval] = [0.0, 0.0], any(first <= step < end for first, end in windows)
        sums[interval][0] += problem.hours[step] * flows.import_kw[step]
        sums[interval][1] += problem.hours[step]
    if charge.running_kwh is not None:
        sums[0] = [sums[0][0] + charge.running_kwh, charge.averaging_steps * problem.dt_h]
    return [0.0, *(energy / hours for interval, (energy, hours) in sums.items() if counted[interval])]


def _check_dimming(problem: Problem, flows: Flows, dimming: Dimming) -> None:
    for step in range(dimming.start_step, dimming.end_step):
        plain = max(problem.load_kw[step] - problem.pv_kw[step], 0.0)
        most = plain + max(dimming.limit_kw, dimming.floor_kw)
        if flows.import_kw[step] > most + TOLERANCE:
            raise PlanRejected(f"step {step}: {dimming.key}: {flows.import_kw[step]:g}, allowed is {most:g}")


def _check_band(problem: Problem, flows: Flows, band: PowerBand) -> None:
    name = problem.storages[band.battery].battery_id
    check_most(f"charge_kw of {band.key}", flows.charge_kw[name], band.charge_kw)
    check_most(f"discharge_kw of {band.key}", flows.discharge_kw[name], band.discharge_kw)


def _check_ramp(problem: Problem, flows: Flows, ramp: RampLimit) -> None:
    power = flows.grid_kw if ramp.battery is None else _battery_kw(problem, flows, ramp.battery)
    before = power[0] if ramp.power_before_kw is None else ramp.power_before_kw
    change = np.abs(np.diff(power, prepend=before))
    check_most(f"ramp_kw_per_step of {ramp.key}", change, np.full(problem.steps, ramp.ramp_kw_per_step))


def _changes(problem: Problem, flows: Flows, rule: SwitchingCost) -> int:
    """Return how often the battery changes its direction; standing still is no direction."""
    power = np.concatenate(([rule.power_before_kw or 0.0], _battery_kw(problem, flows, rule.battery)))
    ways = np.sign(power[np.abs(power) > TOLERANCE])
    return int(np.count_nonzero(np.diff(ways)))


def _battery_kw(problem: Problem, flows: Flows, place: int) -> Array:
    name = problem.storages[place].battery_id
    return flows.discharge_kw[name] - flows.charge_kw[name]


def _check_reserve(problem: Problem, flows: Flows, reserve: Reserve) -> None:
    energy, power = np.zeros(problem.steps), np.zeros(problem.steps)
    for place, storage in enumerate(problem.storages):
        stored = flows.stored_kwh[storage.battery_id]
        energy = energy + storage.eta_discharge * (stored - storage.soc_min * storage.capacity_kwh)
        power = power + storage.discharge_kw - _battery_kw(problem, flows, place)
    check_least("energy_kwh of reserve", energy, np.where(reserve.energy_kwh > 0, reserve.energy_kwh, -math.inf))
    check_least("power_kw of reserve", power, np.where(reserve.power_kw > 0, reserve.power_kw, -math.inf))

"""A plan of a site with more than a battery: its vehicles and its price on peaks, in problem, payload and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from dash_app.domain.frames import Plan
from dash_app.domain.recommendation import Note, NoteKind

if TYPE_CHECKING:
    from dash_app.workflows.compute import Known
    from optimizer.schedule.devices.device import Device
    from optimizer.schedule.devices.vehicle import ElectricVehicle
    from optimizer.schedule.problem import Problem
    from optimizer.schedule.solution import Flows

NOTHING_KW = 0.0005
COLUMN = "vehicle:"
"""The plan's column of what a vehicle takes begins with this; its id follows."""
Array = npt.NDArray[np.float64]


def devices_of(known: Known) -> tuple[Device, ...]:
    """Return the devices and rules of a site's problem; none where it has nothing but a battery."""
    if not (known.site.vehicles or known.site.capacity_charges):
        return ()
    from optimizer.schedule.site_devices import charges_of, vehicles_of

    vehicles = vehicles_of(known.site, known.grid, now=known.now, first_h=known.first_h, soc_now=known.vehicle_soc)
    return (*vehicles, *charges_of(known.site, known.grid, now=known.now, imported=known.imported))


def with_devices(
    known: Known, columns: dict[str, list[float]], problem: Problem, flows: Flows
) -> dict[str, list[float]]:
    """Return a plan's columns whose demand holds what the devices take too, and one column for each vehicle."""
    if not problem.devices:
        return columns
    from optimizer.schedule.validator_devices import devices_net_kw

    moved = devices_net_kw(problem, flows)
    raised = {name: (np.array(columns[name]) + moved).tolist() for name in (Plan.LOAD_KW, "load_p10", "load_p90")}
    taken = {
        f"{COLUMN}{vehicle.vehicle_id}": _taken_kw(flows, vehicle.vehicle_id, problem.steps).tolist()
        for vehicle in known.site.vehicles
    }
    return columns | {str(name): values for name, values in raised.items()} | taken


def device_notes(known: Known, problem: Problem, flows: Flows) -> tuple[Note, ...]:
    """Return when each vehicle is to charge, what was assumed of it, and the peak of this month so far."""
    from optimizer.schedule.devices.capacity import CapacityCharge
    from optimizer.schedule.devices.vehicle import ElectricVehicle

    notes: list[Note] = []
    for device in problem.devices:
        match device:
            case ElectricVehicle():
                notes += _of_stay(known, device, problem, flows)
            case CapacityCharge() if not device.key.endswith("next_month"):
                notes.append(Note(kind=NoteKind.PEAK, value=device.already_incurred_kw))
    return tuple(notes)


def _of_stay(known: Known, stay: ElectricVehicle, problem: Problem, flows: Flows) -> list[Note]:
    vehicle = next(one for one in known.site.vehicles if stay.key.startswith(_prefix(one.vehicle_id)))
    notes, taken_kw, grid = [], flows.devices[stay.device_id]["charge_kw"], known.grid
    on = np.flatnonzero(taken_kw > NOTHING_KW)
    if len(on):
        first, end = (grid.start + int(place) * grid.step for place in (on[0], on[-1] + 1))
        energy_kwh = float(problem.hours @ taken_kw)
        notes = [
            Note(kind=NoteKind.VEHICLE, about=vehicle.name, value=energy_kwh, start=max(first, known.now), end=end)
        ]
    if stay.arrive_step == 0 and vehicle.vehicle_id not in known.vehicle_soc:
        notes.append(Note(kind=NoteKind.VEHICLE_ASSUMED, about=vehicle.name, value=vehicle.soc_on_arrival))
    return notes


def _taken_kw(flows: Flows, vehicle_id: str, steps: int) -> Array:
    stays = [s["charge_kw"] for name, s in flows.devices.items() if name.startswith(_prefix(vehicle_id))]
    return np.asarray(sum(stays, np.zeros(steps)))


def _prefix(vehicle_id: str) -> str:
    return f"vehicles.{vehicle_id}["

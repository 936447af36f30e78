"""Why there is no plan: the limits that contradict each other, and by how little each would have to give way.

The same model is asked again with room to give at every limit that a person could change. Each limit is tried alone
first; only if none is enough alone, the smallest room for all of them together is named. What comes out of here is
never a plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np

from optimizer.schedule.compiled import Program
from optimizer.schedule.highs import Outcome, solve_matrices
from optimizer.schedule.model import Model, Shape, most_export_kw, most_import_kw
from optimizer.schedule.problem import Problem, Storage
from optimizer.schedule.solution import Conflict
from optimizer.schedule.values import most_co2_kg

NOTHING = 1e-7
"""Room up to this is the solver's own tolerance."""
LEAST_SECONDS = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Room to give at one limit: `given` (>= 0, in `unit`) is decided, `allowed` says how much may be."""

    key: str
    unit: str
    most: float
    weight: float
    given: Any
    allowed: Any

    @classmethod
    def at(cls, key: str, unit: str, most: float, weight: float = 1.0) -> Room:
        """Return room at the limit `key`, `most` at the most; `weight` makes units comparable (kWh per unit)."""
        return cls(key, unit, most, weight, cp.Variable(nonneg=True), cp.Parameter(nonneg=True))


def find_conflicts(problem: Problem, shape: Shape, *, time_limit_s: float) -> tuple[Conflict, ...]:
    """Return the limits that contradict each other, with the smallest relaxation of each.

    Every limit gets an equal share of the time; one whose search does not end in it is not named.
    """
    model = Model(shape)
    model.set_values(problem)
    for name, parameter in model.parameters.items():
        if "_most_kw" in name and "." not in name:
            parameter.value = 10.0 * np.asarray(parameter.value) + 100.0
    limits = list(_limits(problem, model))
    rooms = [room for room, _ in limits]
    kept = [constraint for name, constraint in model.constraints.items() if not _replaced(name, model)]
    for room in rooms:
        room.allowed.value = 0.0
    least = Program(
        cp.Problem(
            cp.Minimize(sum(room.weight * room.given for room in rooms)),
            [*kept, *(limit for _, limit in limits), *(room.given <= room.allowed for room in rooms)],
        )
    )
    seconds = max(LEAST_SECONDS, time_limit_s / (len(rooms) + 1))
    alone = [conflict for room in rooms for conflict in _needed(least, rooms, [room], seconds)]
    return tuple(alone or _needed(least, rooms, rooms, seconds))


def _replaced(name: str, model: Model) -> bool:
    replaced = ("import_limit", "export_limit", "stored_m", "charge_limit", "discharge_limit", "flexible_", "co2_limit")
    return name in model.soft or name.startswith(replaced)


def _needed(least: Program, rooms: list[Room], giving: list[Room], seconds: float) -> list[Conflict]:
    """Return the room needed where only `giving` may give way; nothing if that is not enough."""
    for room in rooms:
        room.allowed.value = room.most if room in giving else 0.0
    answer = solve_matrices(least.matrices(), time_limit_s=seconds)
    if answer.outcome is not Outcome.OPTIMAL:
        return []
    needed = [(room, float(least.values(answer.plans[0], room.given)[0])) for room in giving]
    return [
        Conflict(key=room.key, relax_by=round(amount, 9), unit=room.unit, alone=len(giving) == 1)
        for room, amount in needed
        if amount > NOTHING
    ]


Limit = tuple[Room, Any]


def _limits(problem: Problem, model: Model) -> Iterator[Limit]:
    """Yield every limit that may give way, written again with its room."""
    yield from _grid_limits(problem, model)
    for index, storage in enumerate(problem.storages):
        yield from _stored_limits(problem, model, index, storage)
        yield from _power_limits(problem, model, index, storage)
    yield from _flexible_limits(problem, model)
    yield from _device_limits(problem, model)
    if problem.co2_limit_kg is not None:
        kg_per_kw = problem.hours * problem.co2
        emitted = kg_per_kw @ model.import_kw + sum(block.co2_kg for block in model.devices)
        room = Room.at("co2_limit_kg", "kg", most_co2_kg(problem))
        yield room, emitted <= problem.co2_limit_kg + room.given


def _grid_limits(problem: Problem, model: Model) -> Iterator[Limit]:
    most = 10.0 * float(np.max(most_import_kw(problem) + most_export_kw(problem))) + 1.0
    for name, power, limit in (
        ("import_limit_kw", model.import_kw, problem.import_limit_kw),
        ("export_limit_kw", model.export_kw, problem.export_limit_kw),
    ):
        room = Room.at(f"grid.{name}", "kW", most, problem.dt_h)
        yield room, power <= np.minimum(limit, most) + room.given


def _stored_limits(problem: Problem, model: Model, index: int, storage: Storage) -> Iterator[Limit]:
    key, capacity, stored = problem.key_of(storage), storage.capacity_kwh, model.stored_kwh[index]

    def at_least(name: str, energy: Any, least_kwh: Any) -> Limit:
        room = Room.at(f"{key}.{name}", "SoC", 1.0, capacity)
        return room, energy >= least_kwh - capacity * room.given

    def at_most(name: str, energy: Any, most_kwh: Any) -> Limit:
        room = Room.at(f"{key}.{name}", "SoC", 1.0, capacity)
        return room, energy <= most_kwh + capacity * room.given

    yield at_least("soc_min", stored, storage.lowest_kwh(problem.steps))
    room, limit = at_most("soc_max", stored, storage.highest_kwh(problem.steps))
    yield Room(room.key, room.unit, 1.0 - storage.soc_max, capacity, room.given, room.allowed), limit
    if storage.soc_end_min is not None:
        yield at_least("soc_end_min", stored[problem.steps - 1], storage.soc_end_min * capacity)
    for number, target in enumerate(storage.soc_targets):
        reached = stored[target.after_step]
        yield at_least(f"soc_targets[{number}].min", reached, target.minimum * capacity)
        if target.maximum is not None:
            yield at_most(f"soc_targets[{number}].max", reached, target.maximum * capacity)


def _power_limits(problem: Problem, model: Model, index: int, storage: Storage) -> Iterator[Limit]:
    most = 10.0 * storage.capacity_kwh / float(problem.hours.min())
    for name, power, limit in (
        ("charge_kw", model.charge_kw[index], storage.charge_most_kw),
        ("discharge_kw", model.discharge_kw[index], storage.discharge_most_kw),
    ):
        room = Room.at(f"{problem.key_of(storage)}.{name}", "kW", most, problem.dt_h)
        allowed = np.ones(problem.steps) if limit is None else (limit > 0).astype(float)
        yield room, power <= allowed * (getattr(storage, name) + room.given)


def _device_limits(problem: Problem, model: Model) -> Iterator[Limit]:
    """Yield the limits of devices and rules; a weight in kWh makes them comparable with the others."""
    most = (
        10.0 * float(np.max(most_import_kw(problem) + most_export_kw(problem)) + 1.0) * float(problem.hours.sum() + 1)
    )
    for soft in model.soft.values():
        weight = {"kW": problem.dt_h, "kWh": 1.0}.get(soft.unit)
        scale = soft.scale if isinstance(soft.scale, float) else float(soft.scale.value)
        room = Room.at(soft.key, soft.unit, 1.0 if soft.unit == "SoC" else most, scale if weight is None else weight)
        yield room, soft.excess <= scale * room.given


def _flexible_limits(problem: Problem, model: Model) -> Iterator[Limit]:
    for index, load in enumerate(problem.flexible_loads):
        taken, key = model.flexible_kw[index], f"flexible_loads[{index}]"
        allowed = load.ceiling_kw(problem.steps)
        less = Room.at(f"{key}.energy_kwh", "kWh", load.energy_kwh)
        yield less, problem.hours @ taken == load.energy_kwh - less.given
        window = np.zeros(problem.steps)
        window[load.start_step : load.end_step] = 1.0
        more = Room.at(f"{key}.max_kw", "kW", load.energy_kwh / float(problem.hours.min()) + 1.0, problem.dt_h)
        yield more, taken <= allowed + window * more.given

"""The schedule as a CVXPY problem: variables, named constraints, objective, in that order, as problem format v1 says.

All data are parameters (DPP), so one compiled problem of a shape is solved again and again with new numbers.
Nothing here solves: `compiled.py` turns the problem into matrices and `highs.py` hands them to HiGHS.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import numpy as np
import scipy.sparse as sp
from cvxpy.atoms.affine.binary_operators import multiply

from optimizer.schedule.devices.block import Block, Soft
from optimizer.schedule.problem import Problem
from optimizer.schedule.values import (
    battery_values,
    grid_values,
    money_values,
    most_export_kw,
    most_import_kw,
    wanted_max_kwh,
    wanted_min_kwh,
)

__all__ = ["Model", "Shape", "most_export_kw", "most_import_kw", "wanted_max_kwh", "wanted_min_kwh"]

Form = tuple[str, Any, tuple[Hashable, ...]]
"""The key, the class and the structure of a device."""
Expression = Any
"""CVXPY has no types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What decides the structure of the matrices; problems of equal shape share one compiled problem.

    `grid_steps` and `battery_steps` are the steps in which a binary picks the direction of the grid or the batteries.
    """

    steps: int
    batteries: int
    flexible_loads: int
    curtailment: bool
    demand_charge: bool
    co2_limit: bool
    grid_steps: tuple[int, ...] = ()
    battery_steps: tuple[int, ...] = ()
    devices: tuple[Form, ...] = ()

    @classmethod
    def of(cls, problem: Problem, grid_steps: tuple[int, ...] = (), battery_steps: tuple[int, ...] = ()) -> Shape:
        """Return the shape of a problem with binaries in the given steps."""
        return cls(
            steps=problem.steps,
            batteries=len(problem.storages),
            flexible_loads=len(problem.flexible_loads),
            curtailment=problem.curtailment,
            demand_charge=problem.demand_charge is not None,
            co2_limit=problem.co2_limit_kg is not None,
            grid_steps=grid_steps,
            battery_steps=battery_steps if problem.storages else (),
            devices=tuple((device.key, type(device), device.structure(problem)) for device in problem.devices),
        )


class Model:
    """The problem of one shape. `constraints` are named as in problem format v1; values come by `set_values`."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self.parameters: dict[str, cp.Parameter] = {}
        self.constraints: dict[str, cp.Constraint] = {}
        self.soft: dict[str, Soft] = {}
        self._declare_variables()
        self.devices = [self._stated(*form) for form in shape.devices]
        self._constrain_grid()
        for index in range(shape.batteries):
            self._constrain_battery(index)
        for index in range(shape.flexible_loads):
            self._constrain_flexible(index)
        self._choose_directions()
        self.objective = self._cost()

    def problem(self) -> cp.Problem:
        """Return the CVXPY problem."""
        return cp.Problem(cp.Minimize(self.objective), list(self.constraints.values()))

    def _declare_variables(self) -> None:
        n, shape = self.shape.steps, self.shape
        self.import_kw = cp.Variable(n, nonneg=True, name="import_kw")
        self.export_kw = cp.Variable(n, nonneg=True, name="export_kw")
        self.curtailed_kw = cp.Variable(n, nonneg=True, name="curtailed_kw") if shape.curtailment else None
        self.charge_kw = [cp.Variable(n, nonneg=True, name=f"charge_kw{i}") for i in range(shape.batteries)]
        self.discharge_kw = [cp.Variable(n, nonneg=True, name=f"discharge_kw{i}") for i in range(shape.batteries)]
        self.stored_kwh = [cp.Variable(n, nonneg=True, name=f"stored_kwh{i}") for i in range(shape.batteries)]
        self.flexible_kw = [cp.Variable(n, nonneg=True, name=f"flexible_kw{j}") for j in range(shape.flexible_loads)]
        self.peak_kw = cp.Variable(nonneg=True, name="peak_kw") if shape.demand_charge else None

    def _stated(self, key: str, kind: Any, structure: tuple[Hashable, ...]) -> Block:
        block = Block(self, key)
        kind.state(block, *structure)
        return block

    def _constrain_grid(self) -> None:
        used = sum(self.charge_kw) - sum(self.discharge_kw) + sum(self.flexible_kw)
        used = used + sum(block.taken_kw - block.given_kw for block in self.devices)
        if self.curtailed_kw is not None:
            used = used + self.curtailed_kw
            self.constraints["curtailment"] = self.curtailed_kw <= self._vector("pv_kw")
        self.constraints["balance"] = self.import_kw - self.export_kw == self._vector("net_load_kw") + used
        self.constraints["import_limit"] = self.import_kw <= self._vector("import_limit_kw")
        self.constraints["export_limit"] = self.export_kw <= self._vector("export_limit_kw")
        if self.peak_kw is not None:
            self.constraints["peak"] = self.import_kw <= self.peak_kw
            self.constraints["peak_incurred"] = self.peak_kw >= self._scalar("already_incurred_kw")
        if self.shape.co2_limit:
            emitted = self._vector("co2_kg_per_kw") @ self.import_kw + sum(block.co2_kg for block in self.devices)
            self.constraints["co2_limit"] = emitted <= self._scalar("co2_limit_kg")

    def _constrain_battery(self, i: int) -> None:
        charge, discharge, stored = self.charge_kw[i], self.discharge_kw[i], self.stored_kwh[i]
        before = sp.eye_array(self.shape.steps, k=-1, format="csc") @ stored
        change = multiply(self._vector(f"gain{i}"), charge) - multiply(self._vector(f"drain{i}"), discharge)
        # the decay acts on the old content only; the start stands in the first value of `start_kwh`
        kept = multiply(self._vector(f"kept{i}"), before)
        self.constraints[f"storage{i}"] = stored == kept + change + self._vector(f"start_kwh{i}")
        self.constraints[f"stored_min{i}"] = stored >= self._vector(f"stored_min_kwh{i}")
        self.constraints[f"stored_max{i}"] = stored <= self._vector(f"stored_max_kwh{i}")
        self.constraints[f"charge_limit{i}"] = charge <= self._vector(f"charge_limit_kw{i}")
        self.constraints[f"discharge_limit{i}"] = discharge <= self._vector(f"discharge_limit_kw{i}")

    def _constrain_flexible(self, j: int) -> None:
        taken = self.flexible_kw[j]
        self.constraints[f"flexible_limit{j}"] = taken <= self._vector(f"flexible_limit_kw{j}")
        taken_kwh = self._vector(f"flexible_hours{j}") @ taken
        self.constraints[f"flexible_energy{j}"] = taken_kwh == self._scalar(f"flexible_kwh{j}")

    def _choose_directions(self) -> None:
        """Add the binaries: in the steps of the shape never import with export, never charge with discharge."""
        shape = self.shape
        if shape.grid_steps:
            at = np.array(shape.grid_steps)
            importing = cp.Variable(len(at), boolean=True, name="importing")
            import_most, export_most = self._vector("import_most_kw", len(at)), self._vector("export_most_kw", len(at))
            self.constraints["import_direction"] = self.import_kw[at] <= multiply(import_most, importing)
            self.constraints["export_direction"] = self.export_kw[at] <= multiply(export_most, 1 - importing)
        for i in range(shape.batteries if shape.battery_steps else 0):
            at = np.array(shape.battery_steps)
            charging = cp.Variable(len(at), boolean=True, name=f"charging{i}")
            charge_most, discharge_most = self._scalar(f"charge_most_kw{i}"), self._scalar(f"discharge_most_kw{i}")
            self.constraints[f"charge_direction{i}"] = self.charge_kw[i][at] <= charge_most * charging
            self.constraints[f"discharge_direction{i}"] = self.discharge_kw[i][at] <= discharge_most * (1 - charging)

    def _cost(self) -> Expression:
        cost = self._vector("import_cost_per_kw") @ self.import_kw - self._vector("export_gain_per_kw") @ self.export_kw
        if self.discharge_kw:
            cost = cost + self._vector("wear_per_kw") @ sum(self.discharge_kw)
        if self.peak_kw is not None:
            cost = cost + self._scalar("price_per_kw") * self.peak_kw
        return cost + sum(block.cost for block in self.devices)

    def _vector(self, name: str, length: int | None = None) -> cp.Parameter:
        self.parameters[name] = cp.Parameter(length or self.shape.steps, name=name)
        return self.parameters[name]

    def _scalar(self, name: str) -> cp.Parameter:
        self.parameters[name] = cp.Parameter(name=name)
        return self.parameters[name]

    def set_values(self, problem: Problem) -> None:
        """Give every parameter its value; the problem must have this model's shape."""
        values = {**grid_values(problem, self.shape.grid_steps), **money_values(problem)}
        for i, storage in enumerate(problem.storages):
            values |= {f"{name}{i}": value for name, value in battery_values(problem, storage).items()}
        for j, load in enumerate(problem.flexible_loads):
            values[f"flexible_limit_kw{j}"] = load.ceiling_kw(problem.steps)
            values[f"flexible_hours{j}"] = problem.hours
            values[f"flexible_kwh{j}"] = load.energy_kwh
        for device in problem.devices:
            values |= {f"{device.key}.{name}": value for name, value in device.values(problem).items()}
        for name, parameter in self.parameters.items():
            # the problem has checked its numbers; CVXPY's own check of each would cost more than the solve
            parameter.save_value(np.reshape(np.asarray(values[name], dtype=float), parameter.shape))

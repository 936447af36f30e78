"""Where a device states itself in the CVXPY model: its variables, parameters, named constraints, powers and costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cvxpy as cp
import scipy.sparse as sp
from cvxpy.atoms.affine.binary_operators import multiply
from cvxpy.atoms.affine.hstack import hstack
from cvxpy.atoms.affine.sum import Sum

Expression = Any
"""CVXPY has no types."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Soft:
    """A limit that a person could change, `excess <= 0`: by how much (times `scale`) it would have to give way."""

    key: str
    unit: str
    excess: Expression
    scale: Expression


class Block:
    """One device's part of a model. `taken_kw`, `given_kw`, `cost` and `co2_kg` are what it adds to the whole."""

    def __init__(self, model: Any, key: str) -> None:
        self.model = model
        self.key = key
        self.variables: dict[str, Expression] = {}
        self.taken_kw: Expression = 0.0
        self.given_kw: Expression = 0.0
        self.cost: Expression = 0.0
        self.co2_kg: Expression = 0.0

    @property
    def steps(self) -> int:
        """The number of steps."""
        steps: int = self.model.shape.steps
        return steps

    def variable(self, name: str, *, boolean: bool = False) -> Expression:
        """Return a new variable with a value >= 0, or 0 or 1, for each step."""
        kind: dict[str, bool] = {"boolean": True} if boolean else {"nonneg": True}
        self.variables[name] = cp.Variable(self.steps, name=f"{self.key}.{name}", **kind)
        return self.variables[name]

    def number(self, name: str) -> Expression:
        """Return a new variable that is one number >= 0."""
        self.variables[name] = cp.Variable(nonneg=True, name=f"{self.key}.{name}")
        return self.variables[name]

    def vector(self, name: str, length: int | None = None) -> Expression:
        """Return a new parameter, one value per step."""
        return self._parameter(name, cp.Parameter(length or self.steps, name=f"{self.key}.{name}"))

    def scalar(self, name: str) -> Expression:
        """Return a new parameter that is one number."""
        return self._parameter(name, cp.Parameter(name=f"{self.key}.{name}"))

    def _parameter(self, name: str, parameter: Expression) -> Expression:
        self.model.parameters[f"{self.key}.{name}"] = parameter
        return parameter

    def always(self, name: str, constraint: Expression) -> None:
        """Add a constraint that never gives way."""
        self.model.constraints[f"{self.key}.{name}"] = constraint

    def at_most(self, name: str, value: Expression, limit: Expression, unit: str, scale: Expression = 1.0) -> None:
        """Add `value <= limit`, which `relax` may try with room of `scale` per `unit`; `name` is its JSON key here."""
        key = f"{self.key}.{name}"
        self.model.constraints[key] = value - limit <= 0
        self.model.soft[key] = Soft(key=key, unit=unit, excess=value - limit, scale=scale)

    def before(self, values: Expression, steps: int = 1) -> Expression:
        """Return the values of `steps` steps earlier, 0 before the first one."""
        return sp.eye_array(self.steps, k=-steps, format="csc") @ values

    @staticmethod
    def times(vector: Expression, values: Expression) -> Expression:
        """Return the product step by step."""
        return multiply(vector, values)

    @staticmethod
    def total(values: Expression) -> Expression:
        """Return the sum over the steps."""
        return Sum(values)

    @staticmethod
    def both_ways(change: Expression) -> Expression:
        """Return a change and its opposite, one after the other: a limit on both limits it up and down."""
        return hstack([change, -change])

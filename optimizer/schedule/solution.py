"""What `solve_schedule` answers: a status first, then the plan, what its limits are worth, or what contradicts."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from optimizer.schedule.checks import Array


class Status(StrEnum):
    """How the search for a plan ended; only OPTIMAL is the best plan that keeps every limit.

    FEASIBLE keeps every limit too and costs at most its `gap` more than the best one.
    """

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    TIME_LIMIT = "time_limit"
    INVALID = "invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """One of the limits that contradict each other: its JSON key and by how much, in `unit`, it has to give way.

    `alone`: giving way by that much is enough without any of the others.
    """

    key: str
    relax_by: float
    unit: str
    alone: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Flows:
    """The site's powers over the horizon, kW, non-negative, means over a step; stored energy, kWh, at the step's end.

    `charge_kw`, `discharge_kw` and `stored_kwh` are by battery id, `flexible_kw` by load id, `devices` by device id
    and the name of the series.
    """

    import_kw: Array
    export_kw: Array
    curtailed_kw: Array
    charge_kw: dict[str, Array] = field(default_factory=dict)
    discharge_kw: dict[str, Array] = field(default_factory=dict)
    stored_kwh: dict[str, Array] = field(default_factory=dict)
    flexible_kw: dict[str, Array] = field(default_factory=dict)
    devices: dict[str, dict[str, Array]] = field(default_factory=dict)

    @property
    def grid_kw(self) -> Array:
        """Grid power, import positive."""
        return self.import_kw - self.export_kw

    @property
    def battery_kw(self) -> Array:
        """Power of all batteries, discharge positive."""
        idle = np.zeros(len(self.import_kw))
        return idle + sum(self.discharge_kw.values()) - sum(self.charge_kw.values())

    @property
    def discharged_kw(self) -> Array:
        """What all batteries give together."""
        return np.zeros(len(self.import_kw)) + sum(self.discharge_kw.values())


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Duals:
    """Per step, >= 0 where more is better: what one more kWh stored at the end of the step, or one more kW of a limit,
    takes off the objective. `peak`: one kW of import in that step that the demand charge does not count.
    """

    stored_energy: dict[str, Array]
    import_limit: Array
    export_limit: Array
    peak: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """The answer. Flows, objective, gap and duals are there for OPTIMAL, FEASIBLE, and TIME_LIMIT with an incumbent."""

    status: Status
    objective: float | None = None
    flows: Flows | None = None
    gap: float | None = None
    solve_ms: float = 0.0
    duals: Duals | None = None
    conflicts: tuple[Conflict, ...] = ()
    keyed: bool = False

    def as_json(self) -> dict[str, Any]:
        """Return the object that problem format v1 describes; what does not exist is null."""
        return {
            "status": self.status.value,
            "objective": self.objective,
            **_flows_json(self.flows, self.keyed),
            "gap": self.gap,
            "solve_ms": round(self.solve_ms, 3),
            "duals": _duals_json(self.duals, self.keyed),
            "conflicts": [
                {"key": c.key, "relax_by": c.relax_by, "unit": c.unit, "alone": c.alone} for c in self.conflicts
            ],
        }


def _flows_json(flows: Flows | None, keyed: bool) -> dict[str, Any]:
    if flows is None:
        names = ("import_kw", "export_kw", "charge_kw", "discharge_kw", "curtailed_kw", "stored_kwh", "flexible_kw")
        return dict.fromkeys(names)
    devices = {
        device_id: {name: values.tolist() for name, values in series.items()}
        for device_id, series in flows.devices.items()
    }
    return {
        "import_kw": flows.import_kw.tolist(),
        "export_kw": flows.export_kw.tolist(),
        "charge_kw": _by_battery(flows.charge_kw, keyed, len(flows.import_kw)),
        "discharge_kw": _by_battery(flows.discharge_kw, keyed, len(flows.import_kw)),
        "curtailed_kw": flows.curtailed_kw.tolist(),
        "stored_kwh": _by_battery(flows.stored_kwh, keyed, len(flows.import_kw)),
        "flexible_kw": {name: power.tolist() for name, power in flows.flexible_kw.items()},
    } | ({"devices": devices} if devices else {})


def _by_battery(values: dict[str, Array], keyed: bool, steps: int) -> list[float] | dict[str, list[float]]:
    if keyed:
        return {name: series.tolist() for name, series in values.items()}
    only: list[float] = next(iter(values.values()), np.zeros(steps)).tolist()
    return only


def _duals_json(duals: Duals | None, keyed: bool) -> dict[str, Any] | None:
    if duals is None:
        return None
    return {
        "stored_energy": _by_battery(duals.stored_energy, keyed, len(duals.peak)),
        "import_limit": duals.import_limit.tolist(),
        "export_limit": duals.export_limit.tolist(),
        "peak": duals.peak.tolist(),
    }

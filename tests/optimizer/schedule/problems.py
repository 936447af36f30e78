"""Problems for the tests, and a second formulation of problem format v1 that shares nothing with the first."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

EXAMPLE: dict[str, Any] = {
    "steps": 2,
    "dt_h": 1.0,
    "load_kw": [0.0, 40.0],
    "pv_kw": [0.0, 0.0],
    "import_price": [0.1, 0.4],
    "export_price": [0.05, 0.2],
    "grid": {"import_limit_kw": 300.0, "export_limit_kw": 300.0},
    "curtailment": False,
    "battery": {
        "capacity_kwh": 100.0,
        "charge_kw": 50.0,
        "discharge_kw": 50.0,
        "eta_charge": 0.95,
        "eta_discharge": 0.95,
        "soc_min": 0.1,
        "soc_max": 0.9,
        "soc_init": 0.1,
        "soc_end_min": 0.1,
    },
}
"""Charge 50 kWh for 5.00 in step 0; 45.125 kWh come back: 40 cover the load, 5.125 earn 1.025. Objective 3.975."""


def changed(base: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Return a deep copy with changes; `battery__soc_min=0.2` changes a key inside; None removes a key."""
    raw = copy.deepcopy(base)
    for path, value in changes.items():
        *parents, key = path.split("__")
        inner = raw
        for parent in parents:
            inner = inner[parent]
        if value is None:
            inner.pop(key, None)
        else:
            inner[key] = value
    return raw


def random_problem(rng: np.random.Generator, *, steps: int = 6, hard_prices: bool = False) -> dict[str, Any]:
    """Return a random problem; with `hard_prices` prices go below 0 and export may be worth more than import."""
    if hard_prices:
        import_price, export_price = rng.normal(0.1, 0.2, steps), rng.normal(0.05, 0.2, steps)
    else:
        import_price = rng.uniform(0.1, 0.4, steps)
        export_price = import_price * rng.uniform(0.0, 1.0, steps)
    raw: dict[str, Any] = {
        "steps": steps,
        "dt_h": float(rng.choice([0.25, 0.5, 1.0])),
        "load_kw": rng.uniform(0, 30, steps).tolist(),
        "pv_kw": (rng.uniform(0, 40, steps) * (rng.random(steps) < 0.6)).tolist(),
        "import_price": import_price.tolist(),
        "export_price": export_price.tolist(),
        "grid": {"import_limit_kw": float(rng.uniform(30, 60)), "export_limit_kw": float(rng.uniform(15, 60))},
        "curtailment": bool(rng.random() < 0.5),
        "degradation_cost_per_kwh_discharged": float(rng.choice([0.0, 0.02])),
        "battery": random_battery(rng),
    }
    if rng.random() < 0.5:
        raw["demand_charge"] = {
            "price_per_kw": float(rng.uniform(0, 2)),
            "already_incurred_kw": float(rng.uniform(0, 20)),
        }
    if rng.random() < 0.5:
        raw["co2_kg_per_kwh"] = rng.uniform(0, 0.5, steps).tolist()
        raw["co2_price_per_kg"] = float(rng.uniform(0, 0.3))
        if rng.random() < 0.5:
            raw["co2_limit_kg"] = float(
                rng.uniform(0.1, 0.6) * raw["dt_h"] * np.dot(raw["co2_kg_per_kwh"], raw["load_kw"])
            )
    if rng.random() < 0.4:
        raw["battery"]["soc_targets"] = [{"after_step": steps // 2, "min": float(rng.uniform(0.1, 0.6)), "max": 0.7}]
    if rng.random() < 0.4:
        energy_kwh = float(rng.uniform(0, 5)) * raw["dt_h"]
        raw["flexible_loads"] = [
            {"id": "ev", "energy_kwh": energy_kwh, "max_kw": 4.0, "start_step": 1, "end_step": steps}
        ]
    return raw


def random_battery(rng: np.random.Generator) -> dict[str, Any]:
    """Return a random battery that can always stand still."""
    return {
        "capacity_kwh": float(rng.uniform(10, 60)),
        "charge_kw": float(rng.uniform(5, 20)),
        "discharge_kw": float(rng.uniform(5, 20)),
        "eta_charge": float(rng.uniform(0.8, 1.0)),
        "eta_discharge": float(rng.uniform(0.8, 1.0)),
        "soc_min": 0.1,
        "soc_max": 0.9,
        "soc_init": float(rng.uniform(0.3, 0.8)),
        "soc_end_min": 0.3 if rng.random() < 0.5 else None,
        "self_discharge_per_h": float(rng.choice([0.0, 0.01])),
    }


def second_formulation(raw: dict[str, Any], first_h: float | None = None) -> float | None:
    """Return the optimum by scipy's milp, with binaries in every step and the storage written out as a sum; or None.

    `first_h` is the length of the first step where it differs from the others'.
    Columns: import, export, charge, discharge, curtailed, flexible, importing?, charging? for each step, then the peak.
    """
    n, battery = raw["steps"], raw["battery"]
    dt = np.array([first_h or raw["dt_h"]] + [raw["dt_h"]] * (n - 1))
    load, pv = np.array(raw["load_kw"]), np.array(raw["pv_kw"])
    flexible = raw.get("flexible_loads", [])
    flexible = flexible[0] if flexible else {"energy_kwh": 0.0, "max_kw": 0.0, "start_step": 0, "end_step": 0}
    demand = raw.get("demand_charge", {"price_per_kw": 0.0, "already_incurred_kw": 0.0})
    columns = 8 * n + 1
    gi, ge, c, d, k, y, u, z = (np.arange(n) + part * n for part in range(8))
    eye = np.eye(columns)

    cost = np.zeros(columns)
    co2 = np.array(raw.get("co2_kg_per_kwh", [0.0] * n)) * raw.get("co2_price_per_kg", 0.0)
    weight = raw.get("energy_weight", 1.0)
    cost[gi] = dt * (weight * np.array(raw["import_price"]) + co2)
    cost[ge] = -dt * weight * np.array(raw["export_price"])
    cost[d] = dt * raw.get("degradation_cost_per_kwh_discharged", 0.0)
    cost[-1] = demand["price_per_kw"]

    lower, upper = np.zeros(columns), np.full(columns, np.inf)
    upper[gi], upper[ge] = raw["grid"]["import_limit_kw"], raw["grid"]["export_limit_kw"]
    upper[c], upper[d] = battery["charge_kw"], battery["discharge_kw"]
    upper[k] = pv if raw["curtailment"] else 0.0
    inside = (np.arange(n) >= flexible["start_step"]) & (np.arange(n) < flexible["end_step"])
    upper[y] = np.where(inside, flexible["max_kw"], 0.0)
    upper[u] = upper[z] = 1.0
    lower[-1] = demand["already_incurred_kw"]

    keep, end = 1.0 - battery.get("self_discharge_per_h", 0.0), np.cumsum(dt)
    decay = np.array([[keep ** (end[t] - end[s]) if s <= t else 0.0 for s in range(n)] for t in range(n)])
    stored = battery["eta_charge"] * (decay * dt) @ eye[c] - (decay * dt) @ eye[d] / battery["eta_discharge"]
    start = battery["soc_init"] * battery["capacity_kwh"] * keep**end
    least, most = np.full(n, battery["soc_min"]), np.full(n, battery["soc_max"])
    if battery.get("soc_end_min") is not None:
        least[-1] = max(least[-1], battery["soc_end_min"])
    for target in battery.get("soc_targets", []):
        least[target["after_step"]] = max(least[target["after_step"]], target["min"])
        most[target["after_step"]] = min(most[target["after_step"]], target["max"])
    emitted = (dt * np.array(raw.get("co2_kg_per_kwh", [0.0] * n))) @ eye[gi]
    big = 1e3
    constraints = [
        LinearConstraint(eye[gi] - eye[ge] - eye[k] - eye[c] + eye[d] - eye[y], load - pv, load - pv),
        LinearConstraint(stored, least * battery["capacity_kwh"] - start, most * battery["capacity_kwh"] - start),
        LinearConstraint(eye[gi] - eye[-1], -np.inf, 0.0),
        LinearConstraint(emitted, -np.inf, raw.get("co2_limit_kg", np.inf)),
        LinearConstraint(dt @ eye[y], flexible["energy_kwh"], flexible["energy_kwh"]),
        LinearConstraint(eye[gi] - big * eye[u], -np.inf, 0.0),
        LinearConstraint(eye[ge] + big * eye[u], -np.inf, big),
        LinearConstraint(eye[c] - big * eye[z], -np.inf, 0.0),
        LinearConstraint(eye[d] + big * eye[z], -np.inf, big),
    ]
    integrality = np.zeros(columns)
    integrality[u] = integrality[z] = 1
    found = milp(
        cost,
        constraints=constraints,
        bounds=Bounds(lower, upper),
        integrality=integrality,
        options={"mip_rel_gap": 1e-9},
    )
    return float(found.fun) if found.status == 0 else None

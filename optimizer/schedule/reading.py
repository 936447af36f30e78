"""Problem format v1 as JSON: types, keys and defaults. The numbers themselves are checked by Problem."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array
from optimizer.schedule.devices.reading import BATTERY_RULE_KEYS, DEVICE_KEYS, GRID_RULE_KEYS, parse_devices
from optimizer.schedule.problem import DemandCharge, FlexibleLoad, Problem, SocTarget, Storage
from optimizer.schedule.raw import (
    Raw,
    as_object,
    check_keys,
    flag_at,
    items_at,
    number_at,
    number_or_series,
    object_at,
    series_at,
    whole_at,
)

SILENT_KEYS = frozenset({"id", "title", "note", "convention", "expected", "verified_by"})
KEYS = SILENT_KEYS | {
    *("steps", "dt_h", "load_kw", "pv_kw", "import_price", "export_price", "grid", "curtailment", "battery"),
    *("batteries", "degradation_cost_per_kwh_discharged", "co2_kg_per_kwh", "co2_price_per_kg", "co2_limit_kg"),
    *("energy_weight", "demand_charge", "flexible_loads", "fees_per_kwh", "levies_per_kwh"),
    *DEVICE_KEYS,
}
GRID_KEYS = frozenset({"import_limit_kw", "export_limit_kw", *GRID_RULE_KEYS})
BATTERY_KEYS = frozenset(
    {
        *("capacity_kwh", "charge_kw", "discharge_kw", "eta_charge", "eta_discharge", "soc_min", "soc_max"),
        *("soc_init", "soc_end_min", "soc_targets", "self_discharge_per_h"),
        *BATTERY_RULE_KEYS,
    }
)
TARGET_KEYS = frozenset({"after_step", "min", "max"})
DEMAND_KEYS = frozenset({"price_per_kw", "already_incurred_kw"})
FLEXIBLE_KEYS = frozenset({"id", "energy_kwh", "max_kw", "start_step", "end_step"})
ONE_BATTERY = "battery"


def parse_problem(raw: Raw) -> Problem:
    """Return the problem of one JSON object; raise InvalidProblem naming the first key that is wrong."""
    check_keys(raw, KEYS, "")
    steps = whole_at(raw, "steps")
    if steps < 1:
        raise InvalidProblem(f"steps: {steps} must be at least 1")
    grid = object_at(raw, "grid", GRID_KEYS)
    return Problem(
        steps=steps,
        dt_h=number_at(raw, "dt_h"),
        load_kw=series_at(raw, "load_kw"),
        pv_kw=series_at(raw, "pv_kw"),
        import_price=_import_price(raw, steps),
        export_price=series_at(raw, "export_price"),
        import_limit_kw=_limit(grid, "import_limit_kw", steps),
        export_limit_kw=_limit(grid, "export_limit_kw", steps),
        curtailment=flag_at(raw, "curtailment"),
        storages=_storages(raw),
        keyed="batteries" in raw,
        flexible_loads=_flexible_loads(raw),
        demand_charge=_demand_charge(raw),
        degradation_cost_per_kwh_discharged=number_at(raw, "degradation_cost_per_kwh_discharged", default=0.0),
        energy_weight=number_at(raw, "energy_weight", default=1.0),
        co2_kg_per_kwh=series_at(raw, "co2_kg_per_kwh") if raw.get("co2_kg_per_kwh") is not None else None,
        co2_price_per_kg=number_at(raw, "co2_price_per_kg", default=0.0),
        co2_limit_kg=number_at(raw, "co2_limit_kg") if raw.get("co2_limit_kg") is not None else None,
        devices=parse_devices(raw, steps),
    )


def _import_price(raw: Raw, steps: int) -> Array:
    """Return what one imported kWh costs: energy, fees and levies."""
    energy = series_at(raw, "import_price")
    if energy.shape != (steps,):
        return energy
    return energy + sum(number_or_series(raw, key, steps, default=0.0) for key in ("fees_per_kwh", "levies_per_kwh"))


def _storages(raw: Raw) -> tuple[Storage, ...]:
    if "battery" in raw and "batteries" in raw:
        raise InvalidProblem("battery, batteries: give one of them, not both")
    if "battery" in raw:
        return (_storage(object_at(raw, "battery", BATTERY_KEYS), ONE_BATTERY, "battery"),)
    many = object_at(raw, "batteries", None) if "batteries" in raw else {}
    return tuple(
        _storage(object_at(many, name, BATTERY_KEYS, "batteries."), name, f"batteries.{name}") for name in many
    )


def _storage(raw: Raw, battery_id: str, key: str) -> Storage:
    names = ("capacity_kwh", "charge_kw", "discharge_kw", "eta_charge", "eta_discharge")
    numbers: dict[str, Any] = {
        name: number_at(raw, name, f"{key}.") for name in (*names, "soc_min", "soc_max", "soc_init")
    }
    return Storage(
        battery_id=battery_id,
        soc_end_min=number_at(raw, "soc_end_min", f"{key}.") if raw.get("soc_end_min") is not None else None,
        soc_targets=tuple(
            _target(target, f"{key}.soc_targets[{index}]")
            for index, target in enumerate(items_at(raw, "soc_targets", f"{key}."))
        ),
        self_discharge_per_h=number_at(raw, "self_discharge_per_h", f"{key}.", default=0.0),
        **numbers,
    )


def _target(raw: object, key: str) -> SocTarget:
    target = as_object(raw, key, TARGET_KEYS)
    return SocTarget(
        after_step=whole_at(target, "after_step", f"{key}."),
        minimum=number_at(target, "min", f"{key}."),
        maximum=number_at(target, "max", f"{key}.") if target.get("max") is not None else None,
    )


def _demand_charge(raw: Raw) -> DemandCharge | None:
    if raw.get("demand_charge") is None:
        return None
    demand = object_at(raw, "demand_charge", DEMAND_KEYS)
    return DemandCharge(
        price_per_kw=number_at(demand, "price_per_kw", "demand_charge."),
        already_incurred_kw=number_at(demand, "already_incurred_kw", "demand_charge.", default=0.0),
    )


def _flexible_loads(raw: Raw) -> tuple[FlexibleLoad, ...]:
    items = [
        _flexible(item, f"flexible_loads[{index}]") for index, item in enumerate(items_at(raw, "flexible_loads", ""))
    ]
    names = [load.load_id for load in items]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidProblem(f"flexible_loads: the id {twice[0]!r} is used twice")
    return tuple(items)


def _flexible(raw: object, key: str) -> FlexibleLoad:
    load = as_object(raw, key, FLEXIBLE_KEYS)
    if not isinstance(load.get("id"), str):
        raise InvalidProblem(f"{key}.id: a text is needed, got {load.get('id')!r}")
    return FlexibleLoad(
        load_id=load["id"],
        energy_kwh=number_at(load, "energy_kwh", f"{key}."),
        max_kw=number_at(load, "max_kw", f"{key}."),
        start_step=whole_at(load, "start_step", f"{key}."),
        end_step=whole_at(load, "end_step", f"{key}."),
    )


def _limit(grid: Raw, key: str, steps: int) -> Array:
    if key in grid and grid[key] is None:
        return np.full(steps, math.inf)
    limit = number_or_series(grid, key, steps, "grid.")
    if not isinstance(grid[key], list) and not math.isfinite(limit[0]):
        raise InvalidProblem(f"grid.{key}: {limit[0]} is not a finite number; null means no limit")
    return limit

"""Problem format v1 as JSON: types, keys and defaults. The numbers themselves are checked by Problem."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array
from optimizer.schedule.problem import DemandCharge, FlexibleLoad, Problem, SocTarget, Storage

Raw = Mapping[str, Any]
SILENT_KEYS = frozenset({"id", "title", "note", "convention", "expected", "verified_by"})
KEYS = SILENT_KEYS | {
    *("steps", "dt_h", "load_kw", "pv_kw", "import_price", "export_price", "grid", "curtailment", "battery"),
    *("batteries", "degradation_cost_per_kwh_discharged", "co2_kg_per_kwh", "co2_price_per_kg", "co2_limit_kg"),
    *("energy_weight", "demand_charge", "flexible_loads"),
}
GRID_KEYS = frozenset({"import_limit_kw", "export_limit_kw"})
BATTERY_KEYS = frozenset(
    {
        *("capacity_kwh", "charge_kw", "discharge_kw", "eta_charge", "eta_discharge", "soc_min", "soc_max"),
        *("soc_init", "soc_end_min", "soc_targets", "self_discharge_per_h"),
    }
)
TARGET_KEYS = frozenset({"after_step", "min", "max"})
DEMAND_KEYS = frozenset({"price_per_kw", "already_incurred_kw"})
FLEXIBLE_KEYS = frozenset({"id", "energy_kwh", "max_kw", "start_step", "end_step"})
ONE_BATTERY = "battery"


def parse_problem(raw: Raw) -> Problem:
    """Return the problem of one JSON object; raise InvalidProblem naming the first key that is wrong."""
    _check_keys(raw, KEYS, "")
    steps = _whole(raw, "steps")
    if steps < 1:
        raise InvalidProblem(f"steps: {steps} must be at least 1")
    grid = _object(raw, "grid", GRID_KEYS)
    return Problem(
        steps=steps,
        dt_h=_number(raw, "dt_h"),
        load_kw=_series(raw, "load_kw"),
        pv_kw=_series(raw, "pv_kw"),
        import_price=_series(raw, "import_price"),
        export_price=_series(raw, "export_price"),
        import_limit_kw=_limit(grid, "import_limit_kw", steps),
        export_limit_kw=_limit(grid, "export_limit_kw", steps),
        curtailment=_flag(raw, "curtailment"),
        storages=_storages(raw),
        keyed="batteries" in raw,
        flexible_loads=_flexible_loads(raw),
        demand_charge=_demand_charge(raw),
        degradation_cost_per_kwh_discharged=_number(raw, "degradation_cost_per_kwh_discharged", default=0.0),
        energy_weight=_number(raw, "energy_weight", default=1.0),
        co2_kg_per_kwh=_series(raw, "co2_kg_per_kwh") if raw.get("co2_kg_per_kwh") is not None else None,
        co2_price_per_kg=_number(raw, "co2_price_per_kg", default=0.0),
        co2_limit_kg=_number(raw, "co2_limit_kg") if raw.get("co2_limit_kg") is not None else None,
    )


def _storages(raw: Raw) -> tuple[Storage, ...]:
    if "battery" in raw and "batteries" in raw:
        raise InvalidProblem("battery, batteries: give one of them, not both")
    if "battery" in raw:
        return (_storage(_object(raw, "battery", BATTERY_KEYS), ONE_BATTERY, "battery"),)
    many = _object(raw, "batteries", None) if "batteries" in raw else {}
    return tuple(_storage(_object(many, name, BATTERY_KEYS, "batteries."), name, f"batteries.{name}") for name in many)


def _storage(raw: Raw, battery_id: str, key: str) -> Storage:
    names = ("capacity_kwh", "charge_kw", "discharge_kw", "eta_charge", "eta_discharge")
    numbers: dict[str, Any] = {
        name: _number(raw, name, f"{key}.") for name in (*names, "soc_min", "soc_max", "soc_init")
    }
    return Storage(
        battery_id=battery_id,
        soc_end_min=_number(raw, "soc_end_min", f"{key}.") if raw.get("soc_end_min") is not None else None,
        soc_targets=tuple(
            _target(target, f"{key}.soc_targets[{index}]")
            for index, target in enumerate(_items(raw, "soc_targets", f"{key}."))
        ),
        self_discharge_per_h=_number(raw, "self_discharge_per_h", f"{key}.", default=0.0),
        **numbers,
    )


def _target(raw: object, key: str) -> SocTarget:
    target = _as_object(raw, key, TARGET_KEYS)
    return SocTarget(
        after_step=_whole(target, "after_step", f"{key}."),
        minimum=_number(target, "min", f"{key}."),
        maximum=_number(target, "max", f"{key}.") if target.get("max") is not None else None,
    )


def _demand_charge(raw: Raw) -> DemandCharge | None:
    if raw.get("demand_charge") is None:
        return None
    demand = _object(raw, "demand_charge", DEMAND_KEYS)
    return DemandCharge(
        price_per_kw=_number(demand, "price_per_kw", "demand_charge."),
        already_incurred_kw=_number(demand, "already_incurred_kw", "demand_charge.", default=0.0),
    )


def _flexible_loads(raw: Raw) -> tuple[FlexibleLoad, ...]:
    items = [
        _flexible(item, f"flexible_loads[{index}]") for index, item in enumerate(_items(raw, "flexible_loads", ""))
    ]
    names = [load.load_id for load in items]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InvalidProblem(f"flexible_loads: the id {twice[0]!r} is used twice")
    return tuple(items)


def _flexible(raw: object, key: str) -> FlexibleLoad:
    load = _as_object(raw, key, FLEXIBLE_KEYS)
    if not isinstance(load.get("id"), str):
        raise InvalidProblem(f"{key}.id: a text is needed, got {load.get('id')!r}")
    return FlexibleLoad(
        load_id=load["id"],
        energy_kwh=_number(load, "energy_kwh", f"{key}."),
        max_kw=_number(load, "max_kw", f"{key}."),
        start_step=_whole(load, "start_step", f"{key}."),
        end_step=_whole(load, "end_step", f"{key}."),
    )


def _check_keys(raw: Raw, allowed: frozenset[str], where: str) -> None:
    unknown = sorted(str(key) for key in raw if key not in allowed)
    if unknown:
        raise InvalidProblem(f"{where}{unknown[0]}: this key is not known")


def _object(raw: Raw, key: str, allowed: frozenset[str] | None, where: str = "") -> Raw:
    return _as_object(_needed(raw, key, where), f"{where}{key}", allowed)


def _as_object(value: object, key: str, allowed: frozenset[str] | None) -> Raw:
    if not isinstance(value, Mapping):
        raise InvalidProblem(f"{key}: an object is needed, got {_short(value)}")
    if allowed is not None:
        _check_keys(value, allowed, f"{key}.")
    return value


def _items(raw: Raw, key: str, where: str) -> list[object]:
    value = raw.get(key) or []
    if not isinstance(value, list):
        raise InvalidProblem(f"{where}{key}: a list is needed, got {_short(value)}")
    return value


def _needed(raw: Raw, key: str, where: str = "") -> Any:
    if key not in raw:
        raise InvalidProblem(f"{where}{key}: this key is missing")
    return raw[key]


def _number(raw: Raw, key: str, where: str = "", *, default: float | None = None) -> float:
    value = raw.get(key, default) if default is not None else _needed(raw, key, where)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InvalidProblem(f"{where}{key}: a number is needed, got {_short(value)}")
    return _float(value, f"{where}{key}")


def _float(value: int | float, key: str) -> float:
    try:
        return float(value)
    except OverflowError:
        raise InvalidProblem(f"{key}: a number too large to calculate with") from None


def _whole(raw: Raw, key: str, where: str = "") -> int:
    value = _number(raw, key, where)
    if not math.isfinite(value) or value != int(value):
        raise InvalidProblem(f"{where}{key}: a whole number is needed, got {value:g}")
    return int(value)


def _flag(raw: Raw, key: str) -> bool:
    value = raw.get(key, False)
    if not isinstance(value, bool):
        raise InvalidProblem(f"{key}: true or false is needed, got {_short(value)}")
    return value


def _series(raw: Raw, key: str, where: str = "") -> Array:
    value = _needed(raw, key, where)
    if not isinstance(value, list):
        raise InvalidProblem(f"{where}{key}: a list of numbers is needed, got {_short(value)}")
    for index, item in enumerate(value):
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise InvalidProblem(f"{where}{key}[{index}]: a number is needed, got {_short(item)}")
    return np.array([_float(item, f"{where}{key}[{index}]") for index, item in enumerate(value)], dtype=float)


def _limit(grid: Raw, key: str, steps: int) -> Array:
    value = _needed(grid, key, "grid.")
    if isinstance(value, list):
        return _series(grid, key, "grid.")
    if value is None:
        return np.full(steps, math.inf)
    number = _number(grid, key, "grid.")
    if not math.isfinite(number):
        raise InvalidProblem(f"grid.{key}: {number} is not a finite number; null means no limit")
    return np.full(steps, number)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."

"""Devices and rules from JSON, with the keys of docs/problem-format.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.devices.capacity import CapacityCharge
from optimizer.schedule.devices.deferrable import DeferrableLoad
from optimizer.schedule.devices.device import Device
from optimizer.schedule.devices.dimming import FLOOR_KW, Dimming
from optimizer.schedule.devices.generator import Generator
from optimizer.schedule.devices.heat_pump import HeatPump
from optimizer.schedule.devices.ramp import RampLimit
from optimizer.schedule.devices.reserve import Reserve
from optimizer.schedule.devices.running import Running
from optimizer.schedule.devices.switching import SwitchingCost
from optimizer.schedule.devices.vehicle import ElectricVehicle
from optimizer.schedule.raw import (
    Raw,
    as_object,
    items_at,
    maybe_number,
    number_at,
    number_or_series,
    object_at,
    text_at,
    whole_at,
)

RUNNING_KEYS = frozenset({"min_run_steps", "max_starts", "ran_steps"})
VEHICLE_KEYS = frozenset(
    {
        *("id", "capacity_kwh", "charge_kw", "soc_init", "soc_target", "depart_step", "arrive_step", "margin_steps"),
        *("min_kw", "eta_charge", "discharge_kw", "eta_discharge", "soc_min", "soc_max", "wear_per_kwh_discharged"),
    }
)
DEFERRABLE_KEYS = frozenset({"id", "energy_kwh", "max_kw", "min_kw", "start_step", "end_step"}) | RUNNING_KEYS
HEAT_PUMP_KEYS = RUNNING_KEYS | {
    *("id", "max_kw", "min_kw", "cop", "heat_load_kw", "heat_max_kwh", "heat_init_kwh", "heat_min_kwh"),
    *("heat_end_min_kwh", "loss_per_h"),
}
GENERATOR_KEYS = RUNNING_KEYS | {
    *("id", "max_kw", "min_kw", "cost_per_kwh", "cost_per_h_on", "cost_per_start", "co2_kg_per_kwh"),
}
CAPACITY_KEYS = frozenset(
    {
        *("id", "price_per_kw", "already_incurred_kw", "windows", "averaging_steps", "averaging_offset"),
        "running_kwh",
    }
)
DIMMING_KEYS = frozenset({"start_step", "end_step", "limit_kw", "floor_kw"})
RESERVE_KEYS = frozenset({"energy_kwh", "power_kw"})
BATTERY_RULE_KEYS = frozenset({"ramp_kw_per_step", "power_before_kw", "switching_cost"})
GRID_RULE_KEYS = frozenset({"ramp_kw_per_step", "power_before_kw"})
LISTS = ("vehicles", "deferrable_loads", "heat_pumps", "generators", "capacity_charges", "dimming")
DEVICE_KEYS = frozenset({*LISTS, "reserve"})

Read = Callable[[Raw, str, int], Device]


def parse_devices(raw: Raw, steps: int) -> tuple[Device, ...]:
    """Return every device and rule of one JSON object; raise InvalidProblem naming the first key that is wrong."""
    return (*_listed(raw, steps), *_battery_rules(raw), *_grid_rules(raw), *_reserve(raw, steps))


def _listed(raw: Raw, steps: int) -> Iterator[Device]:
    kinds: dict[str, tuple[frozenset[str], Read]] = {
        "vehicles": (VEHICLE_KEYS, _vehicle),
        "deferrable_loads": (DEFERRABLE_KEYS, _deferrable),
        "heat_pumps": (HEAT_PUMP_KEYS, _heat_pump),
        "generators": (GENERATOR_KEYS, _generator),
        "capacity_charges": (CAPACITY_KEYS, _capacity),
        "dimming": (DIMMING_KEYS, _dimming),
    }
    for name, (keys, read) in kinds.items():
        for index, item in enumerate(items_at(raw, name, "")):
            key = f"{name}[{index}]"
            yield read(as_object(item, key, keys), key, steps)


def _vehicle(raw: Raw, key: str, steps: int) -> Device:
    del steps
    where = f"{key}."
    optional = {
        name: number_at(raw, name, where)
        for name in sorted(VEHICLE_KEYS - {"id", "arrive_step", "depart_step", "margin_steps"})
        if name in raw
    }
    numbers: dict[str, Any] = optional | {
        name: number_at(raw, name, where) for name in ("capacity_kwh", "charge_kw", "soc_init", "soc_target")
    }
    return ElectricVehicle(
        device_id=text_at(raw, "id", where),
        key=key,
        arrive_step=whole_at(raw, "arrive_step", where, default=0),
        depart_step=whole_at(raw, "depart_step", where),
        margin_steps=whole_at(raw, "margin_steps", where, default=0),
        **numbers,
    )


def _deferrable(raw: Raw, key: str, steps: int) -> Device:
    where = f"{key}."
    return DeferrableLoad(
        device_id=text_at(raw, "id", where),
        key=key,
        energy_kwh=number_at(raw, "energy_kwh", where),
        max_kw=number_at(raw, "max_kw", where),
        min_kw=number_at(raw, "min_kw", where, default=0.0),
        start_step=whole_at(raw, "start_step", where, default=0),
        end_step=whole_at(raw, "end_step", where, default=steps),
        running=_running(raw, where),
    )


def _heat_pump(raw: Raw, key: str, steps: int) -> Device:
    where = f"{key}."
    return HeatPump(
        device_id=text_at(raw, "id", where),
        key=key,
        max_kw=number_at(raw, "max_kw", where),
        min_kw=number_at(raw, "min_kw", where, default=0.0),
        cop=number_or_series(raw, "cop", steps, where),
        heat_load_kw=number_or_series(raw, "heat_load_kw", steps, where),
        heat_max_kwh=number_at(raw, "heat_max_kwh", where),
        heat_init_kwh=number_at(raw, "heat_init_kwh", where),
        heat_min_kwh=number_at(raw, "heat_min_kwh", where, default=0.0),
        heat_end_min_kwh=maybe_number(raw, "heat_end_min_kwh", where),
        loss_per_h=number_at(raw, "loss_per_h", where, default=0.0),
        running=_running(raw, where),
    )


def _generator(raw: Raw, key: str, steps: int) -> Device:
    del steps
    where = f"{key}."
    return Generator(
        device_id=text_at(raw, "id", where),
        key=key,
        max_kw=number_at(raw, "max_kw", where),
        cost_per_kwh=number_at(raw, "cost_per_kwh", where),
        min_kw=number_at(raw, "min_kw", where, default=0.0),
        cost_per_h_on=number_at(raw, "cost_per_h_on", where, default=0.0),
        cost_per_start=number_at(raw, "cost_per_start", where, default=0.0),
        co2_kg_per_kwh=number_at(raw, "co2_kg_per_kwh", where, default=0.0),
        running=_running(raw, where),
    )


def _running(raw: Raw, where: str) -> Running:
    return Running(
        min_run_steps=whole_at(raw, "min_run_steps", where, default=1),
        max_starts=None if raw.get("max_starts") is None else whole_at(raw, "max_starts", where),
        ran_steps=whole_at(raw, "ran_steps", where, default=0),
    )


def _capacity(raw: Raw, key: str, steps: int) -> Device:
    del steps
    where = f"{key}."
    return CapacityCharge(
        device_id=text_at(raw, "id", where) if "id" in raw else key,
        key=key,
        price_per_kw=number_at(raw, "price_per_kw", where),
        already_incurred_kw=number_at(raw, "already_incurred_kw", where, default=0.0),
        windows=tuple(
            _pair(item, f"{where}windows[{place}]") for place, item in enumerate(items_at(raw, "windows", where))
        ),
        averaging_steps=whole_at(raw, "averaging_steps", where, default=1),
        averaging_offset=whole_at(raw, "averaging_offset", where, default=0),
        running_kwh=maybe_number(raw, "running_kwh", where),
    )


def _pair(value: object, key: str) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise InvalidProblem(f"{key}: a pair of steps [from, to) is needed, got {value!r}")
    first, end = (whole_at({key: number}, key) for number in value)
    return first, end


def _dimming(raw: Raw, key: str, steps: int) -> Device:
    del steps
    where = f"{key}."
    return Dimming(
        device_id=key,
        key=key,
        start_step=whole_at(raw, "start_step", where),
        end_step=whole_at(raw, "end_step", where),
        limit_kw=number_at(raw, "limit_kw", where, default=0.0),
        floor_kw=number_at(raw, "floor_kw", where, default=FLOOR_KW),
    )


def _battery_rules(raw: Raw) -> Iterator[Device]:
    named = (
        {"battery": raw["battery"]}
        if "battery" in raw
        else {f"batteries.{name}": battery for name, battery in (raw.get("batteries") or {}).items()}
    )
    for place, (key, battery) in enumerate(named.items()):
        where, before = f"{key}.", maybe_number(battery, "power_before_kw", f"{key}.")
        ramp, cost = maybe_number(battery, "ramp_kw_per_step", where), maybe_number(battery, "switching_cost", where)
        if ramp is not None:
            yield RampLimit(
                device_id=f"{key} ramp", key=key, battery=place, ramp_kw_per_step=ramp, power_before_kw=before
            )
        if cost is not None:
            yield SwitchingCost(
                device_id=f"{key} switching", key=key, battery=place, cost_per_change=cost, power_before_kw=before
            )


def _grid_rules(raw: Raw) -> Iterator[Device]:
    ramp = maybe_number(raw["grid"], "ramp_kw_per_step", "grid.")
    if ramp is not None:
        before = maybe_number(raw["grid"], "power_before_kw", "grid.")
        yield RampLimit(device_id="grid ramp", key="grid", battery=None, ramp_kw_per_step=ramp, power_before_kw=before)


def _reserve(raw: Raw, steps: int) -> Iterator[Device]:
    if raw.get("reserve") is not None:
        reserve = object_at(raw, "reserve", RESERVE_KEYS)
        yield Reserve(
            device_id="reserve",
            key="reserve",
            energy_kwh=number_or_series(reserve, "energy_kwh", steps, "reserve.", default=0.0),
            power_kw=number_or_series(reserve, "power_kw", steps, "reserve.", default=0.0),
        )

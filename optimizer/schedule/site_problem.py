"""From a site and its forecasts to a problem: what the battery may do over the horizon, and what it costs.

A battery that starts outside its limits is led back, never pushed further out: below the floor it does not discharge
and recovers at a quarter of the power it could be charged with; above the ceiling it is emptied likewise. As long as
this way takes, a plan goes no other way either: what it gained ahead would be lost below the floor again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from dash_app.domain.errors import InvalidProblem, StaleData
from dash_app.domain.frames import Price, check_frame
from dash_app.domain.schedule import Objective
from dash_app.domain.site import RECOVERY_PACE, Battery, Site
from dash_app.domain.time import TimeGrid
from optimizer.schedule.checks import Array
from optimizer.schedule.devices.device import Device
from optimizer.schedule.problem import Problem, Storage, step_hours

NOTHING_KWH = 1e-9


def build_problem(
    *,
    site: Site,
    grid: TimeGrid,
    load: pd.Series,
    pv: pd.Series,
    prices: pd.DataFrame,
    co2: pd.Series | None,
    soc_now: float | None,
    objective: Objective,
    first_h: float | None = None,
    devices: Sequence[Device] = (),
) -> Problem:
    """Return the problem of running `site` over `grid`; the plan may not end with less stored than there is now.

    `load` and `pv` are expected means in kW, `prices` has the columns of frames.Price, `co2` is in kg per imported
    kWh; each needs a value for every step of the grid. `first_h` hours are left of the first step where it is running
    already: powers in it are means over the rest of it. `devices` cost nothing of their own where CO2 is lowered. Raise
    StaleData where one is missing or the state of charge is not known, InvalidProblem where the site has no battery,
    or CO2 is to be lowered and is not known.
    """
    if site.battery is None:
        raise InvalidProblem(f"{site.name}: no battery to plan for")
    if objective is Objective.CO2 and co2 is None:
        raise InvalidProblem(f"{site.name}: no CO2 intensity, so no plan for the least CO2")
    soc = _checked_soc(site, soc_now)
    tariff = check_frame(prices, Price)
    load_kw, pv_kw = _aligned("load", load, grid), _aligned("pv", pv, grid)
    hours = step_hours(grid.steps, grid.step_h, first_h)
    return Problem(
        steps=grid.steps,
        dt_h=grid.step_h,
        first_h=first_h,
        load_kw=np.maximum(load_kw, 0.0),
        pv_kw=np.maximum(pv_kw, 0.0),
        import_price=_aligned(Price.IMPORT, tariff[Price.IMPORT], grid),
        export_price=_aligned(Price.EXPORT, tariff[Price.EXPORT], grid),
        import_limit_kw=np.full(grid.steps, site.grid.import_limit_kw),
        export_limit_kw=np.full(grid.steps, site.grid.export_limit_kw),
        storages=(_storage(site, site.battery, soc, load_kw - pv_kw, hours),),
        degradation_cost_per_kwh_discharged=site.battery.wear_per_kwh if objective is Objective.COST else 0.0,
        energy_weight=1.0 if objective is Objective.COST else 0.0,
        co2_kg_per_kwh=None if co2 is None else _aligned("co2", co2, grid),
        co2_price_per_kg=0.0 if objective is Objective.COST else 1.0,
        devices=tuple(device if objective is Objective.COST else device.without_cost() for device in devices),
    )


def _checked_soc(site: Site, soc_now: float | None) -> float:
    if soc_now is None or not 0.0 <= soc_now <= 1.0:
        raise StaleData(f"{site.name}: the battery's state of charge is not known ({soc_now})")
    return soc_now


def _aligned(name: str, series: pd.Series, grid: TimeGrid) -> Array:
    """Return the values of the grid's steps; raise StaleData naming the first one that is missing."""
    values = series.reindex(grid.index()).to_numpy(dtype=float)
    missing = ~np.isfinite(values)
    if missing.any():
        first = grid.index()[int(np.argmax(missing))]
        raise StaleData(f"{name}: no value for {first.isoformat()}, {int(missing.sum())} of {grid.steps} steps missing")
    return values


def _storage(site: Site, battery: Battery, soc_now: float, net_load_kw: Array, hours: Array) -> Storage:
    floor_kwh = _way_up(site, battery, soc_now, net_load_kw, hours)
    ceiling_kwh = _way_down(site, battery, soc_now, net_load_kw, hours)
    too_low = floor_kwh < battery.soc_floor * battery.capacity_kwh - NOTHING_KWH
    too_high = ceiling_kwh > battery.soc_max * battery.capacity_kwh + NOTHING_KWH
    return Storage(
        battery_id=battery.battery_id,
        capacity_kwh=battery.capacity_kwh,
        charge_kw=battery.charge_kw,
        discharge_kw=battery.discharge_kw,
        eta_charge=battery.charge_efficiency,
        eta_discharge=battery.discharge_efficiency,
        soc_min=battery.soc_floor,
        soc_max=battery.soc_max,
        soc_init=soc_now,
        soc_end_min=float(
            np.clip(soc_now, floor_kwh[-1] / battery.capacity_kwh, ceiling_kwh[-1] / battery.capacity_kwh)
        ),
        floor_kwh=floor_kwh,
        ceiling_kwh=ceiling_kwh,
        charge_most_kw=np.where(too_high, 0.0, battery.charge_kw) if too_high.any() else None,
        discharge_most_kw=np.where(too_low, 0.0, battery.discharge_kw) if too_low.any() else None,
    )


def _way_up(site: Site, battery: Battery, soc_now: float, net_load_kw: Array, hours: Array) -> Array:
    """Return the least energy to keep: the floor, or the way back up to it."""
    free_kw = np.clip(site.grid.import_limit_kw - net_load_kw, 0.0, battery.charge_kw)
    gained_kwh = np.cumsum(RECOVERY_PACE * free_kw * hours) * battery.charge_efficiency
    return np.minimum(battery.soc_floor * battery.capacity_kwh, soc_now * battery.capacity_kwh + gained_kwh)


def _way_down(site: Site, battery: Battery, soc_now: float, net_load_kw: Array, hours: Array) -> Array:
    """Return the most energy to hold: the ceiling, or the way back down to it."""
    free_kw = np.clip(site.grid.export_limit_kw + net_load_kw, 0.0, battery.discharge_kw)
    lost_kwh = np.cumsum(RECOVERY_PACE * free_kw * hours) / battery.discharge_efficiency
    return np.maximum(battery.soc_max * battery.capacity_kwh, soc_now * battery.capacity_kwh - lost_kwh)

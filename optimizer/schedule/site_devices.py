"""From a site's vehicles and its price on peaks to the devices of a problem, on the site's own clock.

A stay of a vehicle counts where its departure lies within the horizon. What can no longer be reached before it leaves
is not asked for: then the vehicle is charged as much as there is time for. A peak counts by calendar month: what was
reached in the month that runs is paid for already, the next month begins at nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pandas as pd

from dash_app.domain.site import PeakPrice, Site, Vehicle
from dash_app.domain.time import TimeGrid
from optimizer.schedule.checks import Array
from optimizer.schedule.devices.capacity import CapacityCharge
from optimizer.schedule.devices.vehicle import ElectricVehicle
from optimizer.schedule.problem import step_hours

HOUR = timedelta(hours=1)
MARGIN = 1e-9
"""What is asked for stays by this share below what is just possible: round-off must not make it impossible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """A vehicle at its charge point between two moments, in UTC."""

    arrives_at: datetime
    departs_at: datetime


def stays_of(vehicle: Vehicle, site: Site, grid: TimeGrid) -> Iterator[Stay]:
    """Yield the stays that leave within the horizon, in order."""
    day, last = (moment.astimezone(site.timezone).date() for moment in (grid.start - 2 * 24 * HOUR, grid.end))
    while day <= last:
        leaves_on = day if vehicle.departs > vehicle.arrives else day + timedelta(days=1)
        stay = Stay(
            arrives_at=_moment(site, day, vehicle.arrives), departs_at=_moment(site, leaves_on, vehicle.departs)
        )
        if day.weekday() in vehicle.weekdays and grid.start < stay.departs_at <= grid.end:
            yield stay
        day += timedelta(days=1)


def vehicles_of(
    site: Site, grid: TimeGrid, *, now: datetime, first_h: float, soc_now: Mapping[str, float]
) -> tuple[ElectricVehicle, ...]:
    """Return one vehicle for each stay; `soc_now` is what those that are there were measured to hold (0..1)."""
    hours = step_hours(grid.steps, grid.step_h, first_h)
    found = []
    for vehicle in site.vehicles:
        for place, stay in enumerate(stays_of(vehicle, site, grid)):
            there = stay.arrives_at <= now
            soc = soc_now.get(vehicle.vehicle_id, vehicle.soc_on_arrival) if there else vehicle.soc_on_arrival
            made = _vehicle(vehicle, stay, grid, hours, soc, place)
            if made is not None:
                found.append(made)
    return tuple(found)


def _vehicle(
    vehicle: Vehicle, stay: Stay, grid: TimeGrid, hours: Array, soc: float, place: int
) -> ElectricVehicle | None:
    """Return the vehicle of a stay; None where no whole step is left of it."""
    arrive = max(0, math.ceil((stay.arrives_at - grid.start) / grid.step))
    depart = math.floor((stay.departs_at - grid.start) / grid.step)
    if depart <= arrive:
        return None
    margin = min(math.ceil(vehicle.ready_before / grid.step), depart - arrive - 1)
    gained_kwh = float(hours[arrive : depart - margin].sum()) * vehicle.charge_kw * vehicle.charge_efficiency
    reachable = soc + (1.0 - MARGIN) * gained_kwh / vehicle.capacity_kwh
    key = f"vehicles.{vehicle.vehicle_id}[{place}]"
    return ElectricVehicle(
        device_id=key,
        key=key,
        capacity_kwh=vehicle.capacity_kwh,
        charge_kw=vehicle.charge_kw,
        min_kw=vehicle.min_kw,
        eta_charge=vehicle.charge_efficiency,
        soc_init=soc,
        soc_target=min(vehicle.soc_target, reachable),
        arrive_step=arrive,
        depart_step=depart,
        margin_steps=margin,
    )


def charges_of(site: Site, grid: TimeGrid, *, now: datetime, imported: pd.Series | None) -> tuple[CapacityCharge, ...]:
    """Return one charge for each price and month of the horizon; `imported` is this month's measured import in kW."""
    local = grid.index().tz_convert(site.timezone)
    months = np.asarray(local.year * 12 + local.month)
    found = []
    for place, price in enumerate(site.capacity_charges):
        averaging_steps, inside = round(price.averaging / grid.step), within(local, price)
        offset = round((grid.start - _interval_start(grid.start, price, site)) / grid.step)
        for month in np.unique(months):
            windows = _runs(inside & (months == month))
            if not windows:
                continue
            runs_now = bool(month == months[0])
            key = f"capacity_charges[{place}]" + ("" if runs_now else ".next_month")
            found.append(
                CapacityCharge(
                    device_id=key,
                    key=key,
                    price_per_kw=price.price_per_kw,
                    already_incurred_kw=month_peak_kw(price, site, imported, now) if runs_now else 0.0,
                    windows=windows,
                    averaging_steps=averaging_steps,
                    averaging_offset=offset,
                    running_kwh=_running_kwh(price, site, imported, grid, now) if runs_now else None,
                )
            )
    return tuple(found)


def month_peak_kw(price: PeakPrice, site: Site, imported: pd.Series | None, now: datetime) -> float:
    """Return the highest mean import of this month's intervals that are over and count; 0 where none was measured."""
    if imported is None or imported.empty:
        return 0.0
    local = imported.tz_convert(site.timezone)
    begins = now.astimezone(site.timezone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    means = local[local.index >= begins].resample(price.averaging).mean().dropna()
    starts = pd.DatetimeIndex(means.index)
    over = means[(starts <= pd.Timestamp(now - price.averaging)) & within(starts, price)]
    return max(0.0, float(over.max())) if len(over) else 0.0


def within(local: pd.DatetimeIndex, price: PeakPrice) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which moments of the site's clock lie in a window of the price."""
    return np.array(
        [any(window.holds(at.weekday(), at.time()) for window in price.windows) for at in local], dtype=bool
    )


def _running_kwh(
    price: PeakPrice, site: Site, imported: pd.Series | None, grid: TimeGrid, now: datetime
) -> float | None:
    """Return what was imported in the running interval until now, from the mean of what is measured of it."""
    start = _interval_start(grid.start, price, site)
    if imported is None or now <= start:
        return None
    part = imported[(imported.index >= start) & (imported.index < now)].dropna()
    return max(0.0, float(part.mean())) * ((now - start) / HOUR) if len(part) else None


def _interval_start(moment: datetime, price: PeakPrice, site: Site) -> datetime:
    """Return when the averaging interval of a moment began: intervals follow the site's clock."""
    local = moment.astimezone(site.timezone)
    over = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment - over % price.averaging


def _moment(site: Site, day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=site.timezone).astimezone(UTC)


def _runs(inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> tuple[tuple[int, int], ...]:
    """Return where True begins and ends, as pairs [from, to)."""
    edges = np.flatnonzero(np.diff(np.concatenate(([False], inside, [False])).astype(int)))
    return tuple((int(first), int(end)) for first, end in edges.reshape(-1, 2))

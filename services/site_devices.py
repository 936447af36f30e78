"""What else a site has that a plan counts with: vehicles and prices on the month's peak, as SITES_FILE states them."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from dash_app.domain.site import DayWindow, PeakPrice, Vehicle
from services.site_fields import EVERY_DAY, Capacity, Efficiency, Entry, Id, Minutes, Power, Share, TimeOfDay, Weekdays


class VehicleEntry(Entry):
    """One of `vehicles`."""

    id: Id
    name: str = "Vehicle"
    capacity_kwh: Capacity
    charge_kw: Capacity
    min_kw: Power = 0.0
    charge_efficiency: Efficiency = 1.0
    soc_on_arrival: Share
    soc_target: Share
    arrives: TimeOfDay
    departs: TimeOfDay
    weekdays: Weekdays = EVERY_DAY
    ready_before_min: Annotated[int, Field(ge=0, le=12 * 60)] = 0
    soc_measurand: Id | None = None

    @field_validator("min_kw")
    @classmethod
    def _within_its_power(cls, value: float, info: ValidationInfo) -> float:
        if value > info.data.get("charge_kw", value):
            raise ValueError(f"must not be above charge_kw ({info.data['charge_kw']:g})")
        return value

    @field_validator("soc_target")
    @classmethod
    def _not_below_the_start(cls, value: float, info: ValidationInfo) -> float:
        if value < info.data.get("soc_on_arrival", 0.0):
            raise ValueError(f"must not be below soc_on_arrival ({info.data['soc_on_arrival']:g})")
        return value

    @field_validator("departs")
    @classmethod
    def _at_another_time(cls, value: time, info: ValidationInfo) -> time:
        if value == info.data.get("arrives"):
            raise ValueError("must be another time than arrives")
        return value

    def vehicle(self) -> Vehicle:
        """Return the domain object."""
        facts = self.model_dump(exclude={"id", "ready_before_min"})
        return Vehicle(vehicle_id=self.id, ready_before=timedelta(minutes=self.ready_before_min), **facts)


class WindowEntry(Entry):
    """One of `windows`; `from` is the day's beginning where it is left out, `to` its end."""

    start: Annotated[TimeOfDay, Field(alias="from")] = time()
    end: Annotated[TimeOfDay, Field(alias="to")] = time()
    weekdays: Weekdays = EVERY_DAY

    @field_validator("end")
    @classmethod
    def _after_the_start(cls, value: time, info: ValidationInfo) -> time:
        start = info.data.get("start", time())
        if value != time() and value <= start:
            raise ValueError(f"must be later than from ({start:%H:%M}); a window over midnight is two windows")
        return value


class CapacityChargeEntry(Entry):
    """One of `capacity_charges`."""

    price_per_kw: Power
    averaging_min: Minutes = 15
    windows: Annotated[tuple[WindowEntry, ...], Field(min_length=1)] = (WindowEntry(),)

    def charge(self) -> PeakPrice:
        """Return the domain object."""
        return PeakPrice(
            price_per_kw=self.price_per_kw,
            averaging=timedelta(minutes=self.averaging_min),
            windows=tuple(DayWindow(start=w.start, end=w.end, weekdays=w.weekdays) for w in self.windows),
        )

"""SITES_FILE: what the energy API does not say about each project, checked before anything uses it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator, model_validator

from dash_app.domain.errors import ConfigError
from dash_app.domain.project import Role
from dash_app.domain.site import Battery, Execution, GridConnection, PvArray, Site, TariffPart
from dash_app.located_yaml import Located, parse_located, read_located
from services.site_devices import CapacityChargeEntry, VehicleEntry
from services.site_fields import Capacity, Efficiency, Entry, Id, Minutes, Power, Share, Zone


class _Grid(Entry):
    import_limit_kw: Power
    export_limit_kw: Power


class _TariffPart(Entry):
    valid_from: date
    energy_factor: float = 1.0
    fees_per_kwh: float = 0.0
    export_per_kwh: float | None = None
    export_factor: float = 1.0


class _Battery(Entry):
    id: Id
    name: str = "Battery"
    device: Id
    capacity_kwh: Capacity
    charge_kw: Power
    discharge_kw: Power
    charge_efficiency: Efficiency
    discharge_efficiency: Efficiency
    soc_min: Share = 0.0
    soc_max: Share = 1.0
    soc_reserve: Share = 0.0
    wear_per_kwh: Annotated[float, Field(ge=0)] = 0.0
    simulated: bool = False

    @field_validator("soc_max")
    @classmethod
    def _above_the_floor(cls, value: float, info: ValidationInfo) -> float:
        if value <= info.data.get("soc_min", 0.0):
            raise ValueError(f"must be above soc_min ({info.data['soc_min']:g})")
        return value

    @field_validator("soc_reserve")
    @classmethod
    def _below_the_top(cls, value: float, info: ValidationInfo) -> float:
        if value >= info.data.get("soc_max", 1.1):
            raise ValueError(f"must be below soc_max ({info.data['soc_max']:g})")
        return value

    def battery(self) -> Battery:
        """Return the domain object."""
        facts = self.model_dump(exclude={"id", "device"})
        return Battery(battery_id=self.id, device_id=self.device, **facts)


class _Array(Entry):
    measurand: Id
    name: str
    kwp: Capacity


class _Site(Entry):
    project: Id
    name: str
    timezone: Zone
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    place: str
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]
    grid: _Grid
    tariff: tuple[_TariffPart, ...] = ()
    co2: bool = False
    weather: bool = False
    plan_step_min: Minutes = 15
    plan_every_min: Minutes = 15
    battery: _Battery | None = None
    arrays: tuple[_Array, ...] = ()
    roles: dict[str, tuple[Role, ...]] = Field(default_factory=dict)
    vehicles: tuple[VehicleEntry, ...] = ()
    capacity_charges: tuple[CapacityChargeEntry, ...] = ()
    execution: Execution = Execution.PLAN

    @field_validator("capacity_charges")
    @classmethod
    def _whole_steps(
        cls, charges: tuple[CapacityChargeEntry, ...], info: ValidationInfo
    ) -> tuple[CapacityChargeEntry, ...]:
        step = info.data.get("plan_step_min", 15)
        for place, charge in enumerate(charges):
            if charge.averaging_min % step:
                raise ValueError(
                    f"{place}.averaging_min: {charge.averaging_min} is no multiple of plan_step_min ({step})"
                )
        return charges

    @field_validator("vehicles")
    @classmethod
    def _named_once(cls, vehicles: tuple[VehicleEntry, ...]) -> tuple[VehicleEntry, ...]:
        ids = [vehicle.id for vehicle in vehicles]
        twice = [one for one in ids if ids.count(one) > 1]
        if twice:
            raise ValueError(f"id {twice[0]!r} stands there twice")
        return vehicles

    def site(self) -> Site:
        """Return the domain object."""
        return Site(
            project_id=self.project,
            name=self.name,
            timezone=self.timezone,
            currency=self.currency,
            latitude=self.latitude,
            longitude=self.longitude,
            place=self.place,
            grid=GridConnection(**self.grid.model_dump()),
            tariff=tuple(TariffPart(**part.model_dump()) for part in self.tariff),
            battery=self.battery.battery() if self.battery else None,
            arrays=tuple(PvArray(measurand_id=a.measurand, name=a.name, kwp=a.kwp) for a in self.arrays),
            has_co2=self.co2,
            has_weather=self.weather,
            plan_step=timedelta(minutes=self.plan_step_min),
            plan_every=timedelta(minutes=self.plan_every_min),
            roles_by_email={
                email.strip().lower(): frozenset(role.value for role in roles) for email, roles in self.roles.items()
            },
            vehicles=tuple(vehicle.vehicle() for vehicle in self.vehicles),
            capacity_charges=tuple(charge.charge() for charge in self.capacity_charges),
            execution=self.execution,
        )


class _File(Entry):
    sites: tuple[_Site, ...]

    @model_validator(mode="before")
    @classmethod
    def _not_empty(cls, value: object) -> object:
        if value is None:
            raise ValueError("the file is empty; it must begin with `sites:`")
        return value


class FileSites:
    """The Sites port on a YAML file, read once; raise ConfigError naming file, line and key of the first fault."""

    def __init__(self, path: Path) -> None:
        self._sites = load_sites(path)

    def site_of(self, project_id: str) -> Site | None:
        """Return what the file says about a project, or None."""
        return self._sites.get(project_id)

    def all_sites(self) -> tuple[Site, ...]:
        """Return all sites in the order of the file."""
        return tuple(self._sites.values())


class NoSites:
    """The Sites port without a file: whatever needs a site is off, with the reason on the page."""

    def site_of(self, project_id: str) -> Site | None:
        """Return None."""
        return None

    def all_sites(self) -> tuple[Site, ...]:
        """Return nothing."""
        return ()


def load_sites(path: Path) -> dict[str, Site]:
    """Return the sites of a file by project id; raise ConfigError naming file, line and key."""
    located = read_located(path)
    entries = parse_located(located, _File).sites
    _check_unique(located, [entry.project for entry in entries], ("project",))
    devices = [entry.battery.device if entry.battery else f"none {place}" for place, entry in enumerate(entries)]
    _check_unique(located, devices, ("battery", "device"))
    return {entry.project: entry.site() for entry in entries}


def _check_unique(located: Located, names: list[str], key: tuple[str, ...]) -> None:
    for place, name in enumerate(names):
        if name in names[:place]:
            raise ConfigError(f"{located.where(('sites', place, *key))}: {name!r} stands here twice")

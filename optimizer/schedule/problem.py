"""The optimisation problem of problem format v1 as numbers: what is known before anything is decided.

Powers are means over a step in kW at the AC meter, all non-negative; prices per kWh in one currency; energies in kWh.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optimizer.schedule.checks import Array
from optimizer.schedule.devices.device import Device
from optimizer.schedule.problem_checks import check_lengths, check_problem


@dataclass(frozen=True, slots=True, kw_only=True)
class SocTarget:
    """The stored energy wanted at the END of step `after_step`, as fractions (0..1) of the capacity."""

    after_step: int
    minimum: float
    maximum: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Storage:
    """One battery. `soc_*` are fractions (0..1) of `capacity_kwh`; powers are limits at the AC meter.

    `floor_kwh` and `ceiling_kwh` (one value per step) replace `soc_min` and `soc_max` where the battery starts
    outside of them and has to be led back; `charge_most_kw` and `discharge_most_kw` replace its powers meanwhile.
    """

    battery_id: str
    capacity_kwh: float
    charge_kw: float
    discharge_kw: float
    eta_charge: float
    eta_discharge: float
    soc_min: float
    soc_max: float
    soc_init: float
    soc_end_min: float | None = None
    soc_targets: tuple[SocTarget, ...] = ()
    self_discharge_per_h: float = 0.0
    floor_kwh: Array | None = None
    ceiling_kwh: Array | None = None
    charge_most_kw: Array | None = None
    discharge_most_kw: Array | None = None

    @property
    def start_kwh(self) -> float:
        """The energy stored before the first step."""
        return self.soc_init * self.capacity_kwh

    def lowest_kwh(self, steps: int) -> Array:
        """Return what must stay stored at the end of each step, targets left aside."""
        return np.full(steps, self.soc_min * self.capacity_kwh) if self.floor_kwh is None else self.floor_kwh

    def highest_kwh(self, steps: int) -> Array:
        """Return what may be stored at the end of each step, targets left aside."""
        return np.full(steps, self.soc_max * self.capacity_kwh) if self.ceiling_kwh is None else self.ceiling_kwh

    def most_charge_kw(self, steps: int) -> Array:
        """Return the most it may be charged with in each step."""
        return np.full(steps, self.charge_kw) if self.charge_most_kw is None else self.charge_most_kw

    def most_discharge_kw(self, steps: int) -> Array:
        """Return the most it may be discharged with in each step."""
        return np.full(steps, self.discharge_kw) if self.discharge_most_kw is None else self.discharge_most_kw

    def kept_fraction(self, hours: Array) -> Array:
        """Return the share of the stored energy that is left after so many hours of self-discharge, step by step."""
        return np.asarray((1.0 - self.self_discharge_per_h) ** hours)

    def stored_kwh(self, hours: Array, charge_kw: Array, discharge_kw: Array) -> Array:
        """Return the stored energy at the end of each step that these powers, held for `hours`, lead to."""
        stored, series = self.start_kwh, []
        changes = hours * (self.eta_charge * charge_kw - discharge_kw / self.eta_discharge)
        if self.self_discharge_per_h == 0:
            return np.cumsum(np.concatenate(([stored], changes)))[1:]
        for kept, change in zip(self.kept_fraction(hours), changes, strict=True):
            stored = kept * stored + change
            series.append(stored)
        return np.array(series)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlexibleLoad:
    """A load that takes `energy_kwh` in all, at most `max_kw` at a time, in the steps [start_step, end_step)."""

    load_id: str
    energy_kwh: float
    max_kw: float
    start_step: int
    end_step: int

    def ceiling_kw(self, steps: int) -> Array:
        """Return the most it may take in each step."""
        ceiling = np.zeros(steps)
        ceiling[self.start_step : self.end_step] = self.max_kw
        return ceiling


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge:
    """A price on the highest import of the billing period, of which `already_incurred_kw` is paid for anyway."""

    price_per_kw: float
    already_incurred_kw: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Problem:
    """A whole problem; arrays have `steps` values. A limit of +inf is no limit. `keyed`: batteries are told by id.

    `first_h` is the length of the first step where that is shorter than `dt_h`, because a part of it is over; `hours`
    is the length of each step: what turns powers into energies.
    `devices` are all other devices and rules (`optimizer.schedule.devices`).
    """

    steps: int
    dt_h: float
    load_kw: Array
    pv_kw: Array
    import_price: Array
    export_price: Array
    import_limit_kw: Array
    export_limit_kw: Array
    curtailment: bool = False
    storages: tuple[Storage, ...] = ()
    keyed: bool = False
    flexible_loads: tuple[FlexibleLoad, ...] = ()
    demand_charge: DemandCharge | None = None
    degradation_cost_per_kwh_discharged: float = 0.0
    energy_weight: float = 1.0
    co2_kg_per_kwh: Array | None = None
    co2_price_per_kg: float = 0.0
    co2_limit_kg: float | None = None
    first_h: float | None = None
    devices: tuple[Device, ...] = ()
    hours: Array = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Refuse what is wrong before any solve; raise InvalidProblem naming the JSON key."""
        check_lengths(self)
        object.__setattr__(self, "hours", step_hours(self.steps, self.dt_h, self.first_h))
        check_problem(self)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Problem:
        """Return the problem that one JSON object of problem format v1 states; raise InvalidProblem."""
        from optimizer.schedule.reading import parse_problem

        return parse_problem(raw)

    @property
    def co2(self) -> Array:
        """Carbon intensity of imported energy, kg per kWh; 0 where it is not known."""
        return np.zeros(self.steps) if self.co2_kg_per_kwh is None else self.co2_kg_per_kwh

    @property
    def import_weight(self) -> Array:
        """What the objective counts for one imported kWh."""
        return self.energy_weight * self.import_price + self.co2_price_per_kg * self.co2

    @property
    def export_weight(self) -> Array:
        """What the objective gains by one exported kWh."""
        return self.energy_weight * self.export_price

    def key_of(self, storage: Storage) -> str:
        """Return the JSON key of a battery."""
        return f"batteries.{storage.battery_id}" if self.keyed else "battery"


def step_hours(steps: int, dt_h: float, first_h: float | None = None) -> Array:
    """Return the length of each step in hours.

    >>> step_hours(3, 0.25, 0.1).tolist(), step_hours(2, 0.25).tolist()
    ([0.1, 0.25, 0.25], [0.25, 0.25])
    """
    return np.concatenate(([dt_h if first_h is None else first_h], np.full(steps - 1, dt_h)))

"""An electric vehicle: a battery that comes and goes, and has to be ready in time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dash_app.domain.errors import InvalidProblem
from optimizer.schedule.checks import Array, check_number, check_positive
from optimizer.schedule.devices.device import Free, Series, at_once, carried, window

if TYPE_CHECKING:
    from optimizer.schedule.devices.block import Block
    from optimizer.schedule.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ElectricVehicle(Free):
    """An electric vehicle at its charge point in the steps [arrive_step, depart_step).

        c_t = d_t = 0                                     while it is away
        e_t = e_{t-1} + dt*(eta_charge*c_t - d_t/eta_discharge) ,   e before = soc_init*cap
        min(soc_min, soc_init)*cap <= e_t <= max(soc_max, soc_init)*cap
        e_t >= soc_target*cap                             for depart_step - 1 - margin_steps <= t < depart_step
        charging in {0, 1} :  min_kw*charging_t <= c_t <= charge_kw*charging_t ,  d_t <= discharge_kw*(1 - charging_t)
        cost  dt*wear_per_kwh_discharged*d_t

    `margin_steps` is for a departure that is not known well: ready that much earlier, and ready from then on.
    """

    device_id: str
    key: str
    capacity_kwh: float
    charge_kw: float
    soc_init: float
    soc_target: float
    depart_step: int
    arrive_step: int = 0
    margin_steps: int = 0
    min_kw: float = 0.0
    eta_charge: float = 1.0
    discharge_kw: float = 0.0
    eta_discharge: float = 1.0
    soc_min: float = 0.0
    soc_max: float = 1.0
    wear_per_kwh_discharged: float = 0.0

    def check(self, problem: Problem) -> None:
        """Raise InvalidProblem naming the key that is wrong."""
        check_positive(f"{self.key}.capacity_kwh", self.capacity_kwh)
        for name in ("charge_kw", "discharge_kw", "wear_per_kwh_discharged", "min_kw"):
            check_number(f"{self.key}.{name}", getattr(self, name), low=0.0)
        check_number(f"{self.key}.min_kw", self.min_kw, high=self.charge_kw)
        for name in ("soc_init", "soc_target", "soc_min", "soc_max"):
            check_number(f"{self.key}.{name}", getattr(self, name), low=0.0, high=1.0)
        for name in ("eta_charge", "eta_discharge"):
            check_positive(f"{self.key}.{name}", getattr(self, name))
            check_number(f"{self.key}.{name}", getattr(self, name), high=1.0)
        if not 0 <= self.arrive_step < self.depart_step <= problem.steps:
            raise InvalidProblem(
                f"{self.key}: arrive_step {self.arrive_step}, depart_step {self.depart_step} of {problem.steps} steps"
            )
        check_number(f"{self.key}.margin_steps", self.margin_steps, low=0)

    def structure(self, problem: Problem) -> tuple[bool, bool]:
        """Return whether the direction or the least power needs binaries, and whether it may discharge."""
        del problem
        return self.min_kw > 0 or self.discharge_kw > 0, self.discharge_kw > 0

    @staticmethod
    def state(block: Block, switched: bool, two_way: bool) -> None:
        """State the equations."""
        charge, stored = block.variable("charge_kw"), block.variable("stored_kwh")
        most = block.vector("charge_most_kw")
        change = block.times(block.vector("gain"), charge)
        block.taken_kw = charge
        if switched:
            charging = block.variable("charging", boolean=True)
            block.always("charge_kw", charge <= block.times(most, charging))
            block.always("min_kw", charge >= block.scalar("min_kw") * charging)
        else:
            block.always("charge_kw", charge <= most)
        if two_way:
            discharge = block.variable("discharge_kw")
            change = change - block.times(block.vector("drain"), discharge)
            block.always("discharge_kw", discharge <= block.times(block.vector("discharge_most_kw"), 1 - charging))
            block.given_kw, block.cost = discharge, block.vector("wear_per_kw") @ discharge
        block.always("storage", stored == block.before(stored) + change + block.vector("start_kwh"))
        block.always("soc_min", stored >= block.scalar("least_kwh"))
        block.always("soc_max", stored <= block.scalar("most_kwh"))
        block.at_most("soc_target", block.vector("wanted_kwh"), stored, "SoC", block.scalar("capacity_kwh"))

    def values(self, problem: Problem) -> dict[str, Any]:
        """Return the values of the parameters."""
        here, hours = self._here(problem), problem.hours
        start = np.zeros(problem.steps)
        start[0] = self.soc_init * self.capacity_kwh
        return {
            "charge_most_kw": self.charge_kw * here,
            "discharge_most_kw": self.discharge_kw * here,
            "min_kw": self.min_kw,
            "gain": self.eta_charge * hours,
            "drain": hours / self.eta_discharge,
            "wear_per_kw": hours * self.wear_per_kwh_discharged,
            "start_kwh": start,
            "least_kwh": min(self.soc_min, self.soc_init) * self.capacity_kwh,
            "most_kwh": max(self.soc_max, self.soc_init) * self.capacity_kwh,
            "wanted_kwh": self.soc_target * self.capacity_kwh * self._ready(problem),
            "capacity_kwh": self.capacity_kwh,
        }

    def most_kw(self, problem: Problem) -> tuple[Array, Array]:
        """Return the most it could take, and give, in each step."""
        here = self._here(problem)
        return self.charge_kw * here, self.discharge_kw * here

    def series(self, problem: Problem, plan: Mapping[str, Array]) -> Series:
        """Return its powers and what they store."""
        charge = plan["charge_kw"]
        discharge = plan.get("discharge_kw", np.zeros(problem.steps))
        change = problem.hours * (self.eta_charge * charge - discharge / self.eta_discharge)
        stored = carried(self.soc_init * self.capacity_kwh, np.ones(problem.steps), change)
        return {"charge_kw": charge, "discharge_kw": discharge, "stored_kwh": stored}

    def net_kw(self, series: Series) -> Array:
        """Return what it takes minus what it gives."""
        return series["charge_kw"] - series["discharge_kw"]

    def uncontrolled(self, problem: Problem) -> Series:
        """Return it charging at full power from its arrival on, until it holds `soc_target`; it never feeds back."""
        missing_kwh = max(0.0, self.soc_target - self.soc_init) * self.capacity_kwh
        taken_kw = at_once(problem.hours, self.charge_kw * self._here(problem), missing_kwh / self.eta_charge)
        return self.series(problem, {"charge_kw": taken_kw})

    def without_cost(self) -> ElectricVehicle:
        """Return the vehicle without wear."""
        return replace(self, wear_per_kwh_discharged=0.0)

    def _here(self, problem: Problem) -> Array:
        return window(problem.steps, self.arrive_step, self.depart_step)

    def _ready(self, problem: Problem) -> Array:
        first = max(self.arrive_step, self.depart_step - 1 - self.margin_steps)
        return window(problem.steps, first, self.depart_step)

"""Policies with a plan: the schedule of the planner, executed blindly or by its intents.

The plan is `solve_schedule`'s for two days, ending with no less stored than now: what the planner makes every step.
Where prices would need binaries, `solve_schedule_fast` is used where it can be.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from dash_app.domain.dispatch import Mode, NoControl, Telemetry
from dash_app.domain.errors import PlanRejected
from dash_app.domain.schedule import Step
from dash_app.domain.site import Battery
from dash_app.domain.time import TimeGrid
from optimizer.schedule.checks import Array
from optimizer.schedule.intents import build_steps
from optimizer.schedule.problem import DemandCharge, Problem, Storage
from optimizer.schedule.solution import Flows, Solution
from optimizer.schedule.solve import solve_schedule, solve_schedule_fast
from optimizer.simulate.loop import Moment
from optimizer.simulate.measured import Measured
from optimizer.simulate.outlook import Outlook

Law = Callable[[Step, Telemetry, Battery | None], float | NoControl]
"""controllers.law.setpoint_kw: the optimizer may not import it, so it is handed in."""
TIME_LIMIT_S = 20.0


class Guard(Protocol):
    """What is done about the price of a month's peak."""

    def sunk_kw(self, moment: Moment) -> float:
        """Return the peak that a plan need not go below."""

    def floor_kwh(self, moment: Moment, steps: int) -> Array | None:
        """Return the energy to hold back at the end of each step of a plan, or None."""

    def cap_kw(self, moment: Moment, planned_kw: float) -> float:
        """Return the import above which the fast loop discharges, given the highest import of the plan."""


@dataclass(frozen=True, slots=True)
class Sunk:
    """Only the peak that the month has had already counts; the fast loop does nothing of its own."""

    def sunk_kw(self, moment: Moment) -> float:
        """Return the month's peak so far."""
        return moment.peak_kw

    def floor_kwh(self, moment: Moment, steps: int) -> Array | None:
        """Nothing is held back."""
        return None

    def cap_kw(self, moment: Moment, planned_kw: float) -> float:
        """There is no cap."""
        return float("inf")


@dataclass(frozen=True, slots=True)
class SunkCapped(Sunk):
    """The same, but the fast loop lets no import above both the plan's highest and the month's peak so far."""

    def cap_kw(self, moment: Moment, planned_kw: float) -> float:
        """Return the higher one of the two."""
        return max(moment.peak_kw, planned_kw)


@dataclass(slots=True, kw_only=True, eq=False)
class Plans:
    """Problems and plans of a site, each from an outlook and a stored energy; what the policies share.

    `co2_capped`: no plan may be expected to emit more than no battery under the same forecast. `worst_co2_kg` is the
    most by which one did, of all plans made.
    """

    measured: Measured
    outlook: Outlook
    guard: Guard
    co2_capped: bool = False
    worst_co2_kg: float = -np.inf
    plans: int = 0

    def problem(self, moment: Moment) -> Problem:
        """Return the problem at a moment."""
        row, measured, outlook = self.outlook.row(moment.step), self.measured, self.outlook
        steps = outlook.load_kw.shape[1]
        co2 = None if outlook.co2 is None else outlook.co2[row]
        load, pv = np.maximum(outlook.load_kw[row], 0.0), np.maximum(outlook.pv_kw[row], 0.0)
        free = np.full(steps, np.inf)
        priced = measured.demand_price > 0
        return Problem(
            steps=steps,
            dt_h=measured.step_h,
            load_kw=load,
            pv_kw=pv,
            import_price=outlook.import_price[row],
            # where peaks cost, the plan is exact, and stays linear if a price below zero for exports counts as zero
            export_price=np.maximum(outlook.export_price[row], 0.0) if priced else outlook.export_price[row],
            import_limit_kw=free,
            export_limit_kw=free,
            storages=(self._storage(moment, steps),),
            demand_charge=DemandCharge(
                price_per_kw=measured.demand_price, already_incurred_kw=max(0.0, self.guard.sunk_kw(moment))
            )
            if priced
            else None,
            degradation_cost_per_kwh_discharged=measured.battery.wear_per_kwh,
            co2_kg_per_kwh=co2,
            co2_limit_kg=float(measured.step_h * co2 @ np.maximum(load - pv, 0.0))
            if self.co2_capped and co2 is not None
            else None,
        )

    def solved(self, moment: Moment) -> tuple[Problem, Solution, Flows]:
        """Return the problem and its best plan, the flows once more; raise PlanRejected where there is none."""
        problem = self.problem(moment)
        solution = (solve_schedule if self._exactly(problem) else solve_schedule_fast)(
            problem, time_limit_s=TIME_LIMIT_S
        )
        if solution.flows is None:
            raise PlanRejected(f"{self.measured.name}: no plan at {moment.at.isoformat()}: {solution.status}")
        self._count_co2(problem, solution.flows)
        return problem, solution, solution.flows

    def _exactly(self, problem: Problem) -> bool:
        return self.measured.demand_price > 0 or problem.co2_limit_kg is not None

    def _storage(self, moment: Moment, steps: int) -> Storage:
        battery = self.measured.battery
        soc = min(max(moment.stored_kwh / battery.capacity_kwh, 0.0), 1.0)
        storage = Storage(
            battery_id=battery.battery_id,
            capacity_kwh=battery.capacity_kwh,
            charge_kw=battery.charge_kw,
            discharge_kw=battery.discharge_kw,
            eta_charge=battery.charge_efficiency,
            eta_discharge=battery.discharge_efficiency,
            soc_min=battery.soc_floor,
            soc_max=battery.soc_max,
            soc_init=soc,
            soc_end_min=soc,
        )
        floor = self.guard.floor_kwh(moment, steps)
        return storage if floor is None else replace(storage, floor_kwh=floor)

    def _count_co2(self, problem: Problem, flows: Flows) -> None:
        """Keep by how much a plan's expected CO2 is above that of no battery; a capped plan must not be."""
        self.plans += 1
        if problem.co2_kg_per_kwh is None:
            return
        by_kw = problem.hours * problem.co2
        alone = float(by_kw @ np.maximum(problem.load_kw - problem.pv_kw, 0.0))
        more = float(by_kw @ flows.import_kw) - alone
        self.worst_co2_kg = max(self.worst_co2_kg, more)
        if self.co2_capped and more > 1e-6 * max(1.0, alone):
            raise AssertionError(f"{self.measured.name}: a plan under a CO2 limit is expected to emit {more} kg more")


class Blind:
    """The plan's battery power, whatever the site does."""

    def __init__(self, plans: Plans) -> None:
        self._plans, self._powers, self._from = plans, np.empty(0), 0

    def plan(self, moment: Moment) -> Array | None:
        """Plan two days."""
        _, _, flows = self._plans.solved(moment)
        self._powers, self._from = flows.battery_kw, moment.step
        return self._powers

    def power_kw(self, moment: Moment) -> float:
        """Return the planned power."""
        return float(self._powers[moment.step - self._from])


class ByIntents:
    """The plan's steps, executed against the meters by the law of the fast loop."""

    def __init__(self, plans: Plans, law: Law) -> None:
        self._plans, self._law = plans, law
        self._steps: tuple[Step, ...] = ()
        self._from, self._highest_kw = 0, 0.0

    def plan(self, moment: Moment) -> Array | None:
        """Plan two days and keep the coming hour as steps."""
        problem, _, flows = self._plans.solved(moment)
        return self.take(moment, problem, flows)

    def take(self, moment: Moment, problem: Problem, flows: Flows) -> Array:
        """Go on with a plan."""
        measured, every = self._plans.measured, self._plans.outlook.every
        grid = TimeGrid(start=moment.at, step=measured.step, steps=every)
        storage = problem.storages[0]
        self._steps = build_steps(flows, battery=measured.battery, grid=grid, soc_now=storage.soc_init)
        self._from, self._highest_kw = moment.step, float(flows.import_kw.max())
        return flows.battery_kw

    def power_kw(self, moment: Moment) -> float:
        """Return what the law makes of the step at hand, and no more import than the guard allows."""
        battery = self._plans.measured.battery
        answer = self._law(self._steps[moment.step - self._from], telemetry(moment, battery), battery)
        wanted = moment.net_kw if isinstance(answer, NoControl) else answer
        return max(wanted, moment.net_kw - self._plans.guard.cap_kw(moment, self._highest_kw))


def telemetry(moment: Moment, battery: Battery) -> Telemetry:
    """Return what the plant reports at a moment."""
    return Telemetry(
        device_id=battery.device_id,
        at=moment.at,
        mode=Mode.REMOTE,
        battery_kw=None,
        soc=min(max(moment.stored_kwh / battery.capacity_kwh, 0.0), 1.0),
        grid_kw=None,
        pv_kw=moment.pv_kw,
        load_kw=moment.load_kw,
        setpoint_kw=None,
        boot_count=None,
        uptime_s=None,
        max_charge_kw=None,
        max_discharge_kw=None,
    )

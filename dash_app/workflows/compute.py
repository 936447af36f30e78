"""From what is known to what a person decides on: forecast, schedule, baselines, payload. Pure: no I/O, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd

from dash_app.domain.errors import Infeasible, SolverFailed
from dash_app.domain.forecasting import ForecastRecord
from dash_app.domain.frames import Band, Price
from dash_app.domain.measurement import Published
from dash_app.domain.ports import Progress
from dash_app.domain.recommendation import InputUsed, Note, NoteKind, Payload
from dash_app.domain.schedule import Objective, Step
from dash_app.domain.site import Battery, Quantity, Site
from dash_app.domain.tariff import estimate_ahead, price_frame
from dash_app.domain.time import TimeGrid
from dash_app.workflows.by_value import steps_of
from dash_app.workflows.compute_devices import device_notes, devices_of, with_devices
from dash_app.workflows.compute_money import held_to_the_rule, money_with_stored
from dash_app.workflows.forecasting import ForecastPorts, Models, Past, digest_of, issue

if TYPE_CHECKING:
    from optimizer.schedule.problem import Problem
    from optimizer.schedule.solution import Flows, Solution

TIME_LIMIT_S = 30.0
Solve = Callable[["Problem"], "Solution"]
"""What answers a problem: `optimizer.schedule.solve.solve_schedule`, unless a test says otherwise."""
DECIDE_WITHIN = timedelta(hours=1)
"""A recommendation may be approved for this long, or until something better contradicts it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Everything a plan is computed from. `load` and `pv` are measured kW on a UTC index, NaN gaps; `soc_now` 0..1.

    `now` lies in the first step of `grid`, or shortly before it. `committed` are the next steps of the plan in force,
    from the first step of `grid` on: they are kept unless changing them gains enough.
    `pv` is None for a site without arrays; `pv_shift` is served time minus time of measurement; `co2` is None where
    the site has no CO2 series. `imported` is this month's import where its peak has a price; `vehicle_soc` (0..1) is
    what vehicles were measured to hold. `models` are the trained ones; the simple mix forecasts where there is none.
    """

    site: Site
    battery: Battery
    grid: TimeGrid
    now: datetime
    objective: Objective
    soc_now: float
    load: pd.Series
    pv: pd.Series | None
    pv_shift: timedelta
    prices: Published
    co2: Published | None
    committed: tuple[Step, ...] = ()
    imported: pd.Series | None = None
    vehicle_soc: Mapping[str, float] = field(default_factory=dict)
    models: Models = field(default_factory=dict)

    @property
    def first_h(self) -> float:
        """How many hours are left of the grid's first step: what the plan may still use of it."""
        begins = max(self.now, self.grid.start)
        return (self.grid.start + self.grid.step - begins) / timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahead:
    """The horizon as it is expected: frames.Band of load and PV, frames.Price, CO2 per imported kWh or None.

    `issued` are its forecasts as the ledger keeps them.
    """

    load: pd.DataFrame
    pv: pd.DataFrame
    prices: pd.DataFrame
    co2: pd.Series | None
    notes: tuple[Note, ...]
    issued: tuple[ForecastRecord, ...] = ()


def compute_payload(
    known: Known, progress: Progress, solve: Solve | None = None, ledger: ForecastPorts | None = None
) -> Payload:
    """Return the payload of the best plan; raise Infeasible, StaleData, InvalidProblem, SolverFailed, PlanRejected.

    The forecasts are on the `ledger` before anything is computed from them; raises StoreUnavailable when they are not.
    """
    progress(0.15, "forecasting")
    ahead = look_ahead(known)
    if ledger is not None:
        ledger.forecasts.record(ahead.issued)
    progress(0.6, "optimising")
    return plan_ahead(known, ahead, progress, solve)


def plan_ahead(known: Known, ahead: Ahead, progress: Progress, solve: Solve | None = None) -> Payload:
    """Return the payload of the best plan for a horizon as it is expected; raise as `compute_payload` does.

    Whatever the solver calls optimal is checked again here, every rule and the claimed cost, before it becomes a plan.
    """
    from optimizer.schedule.solution import Status
    from optimizer.schedule.stability import keep_committed
    from optimizer.schedule.validator import check_plan
    from optimizer.schedule.why import explain

    problem, solver = problem_of(known, ahead), solve or _solve
    solution = solver(problem)
    if known.objective is Objective.COST:
        problem, solution = held_to_the_rule(problem, solution, known.battery, solver)
    if known.committed and solution.status is Status.OPTIMAL:
        steady = keep_committed(problem, solution, known.committed, time_limit_s=TIME_LIMIT_S)
        solution, ahead = steady.solution, replace(ahead, notes=(*ahead.notes, steady.note))
    progress(0.85, "checking")
    flows = _flows_of(solution)
    check_plan(problem, solution)
    return replace(build_payload(known, ahead, problem, flows), why=explain(problem, solution, known.grid))


def problem_of(known: Known, ahead: Ahead) -> Problem:
    """Return the optimisation problem of what is known and expected."""
    from optimizer.schedule.site_problem import build_problem

    return build_problem(
        site=known.site,
        grid=known.grid,
        load=ahead.load[Band.P50],
        pv=ahead.pv[Band.P50],
        prices=ahead.prices,
        co2=ahead.co2,
        soc_now=known.soc_now,
        objective=known.objective,
        first_h=known.first_h,
        devices=devices_of(known),
    )


def _solve(problem: Problem) -> Solution:
    from optimizer.schedule.solve import solve_schedule

    return solve_schedule(problem, time_limit_s=TIME_LIMIT_S)


def look_ahead(known: Known) -> Ahead:
    """Return the forecasts and prices of the horizon; raise StaleData where nothing can be forecast."""
    site, grid, now = known.site, known.grid, known.now
    past = Past(site=site, quantity=Quantity.LOAD_KW, values=known.load, now=now)
    load = issue(past, grid, known.models.get(Quantity.LOAD_KW))
    issued, notes = [load], _left_out("electricity demand", load.excluded)
    if known.pv is None:
        pv_frame = pd.DataFrame(0.0, index=grid.index(), columns=[band.value for band in Band])
    else:
        past = Past(site=site, quantity=Quantity.PV_KW, values=known.pv, now=now, shift=known.pv_shift)
        pv = issue(past, grid, known.models.get(Quantity.PV_KW))
        pv_frame = pv.frame
        issued.append(pv)
        notes += _left_out("PV production", pv.excluded)
    co2 = None if known.co2 is None else estimate_ahead(known.co2.values, grid)[0]
    prices = price_frame(known.prices, grid, site)
    return Ahead(load=load.frame, pv=pv_frame, prices=prices, co2=co2, notes=tuple(notes), issued=tuple(issued))


def build_payload(known: Known, ahead: Ahead, problem: Problem, flows: Flows) -> Payload:
    """Return what a person signs: the steps of `flows`, what they are expected to mean, and what was used.

    Raise PlanRejected where a step cannot be told to the battery as it stands.
    """
    from optimizer.baseline import self_consumption, without_battery
    from optimizer.schedule.intents import plan_columns

    priced = replace(problem, devices=devices_of(known)) if problem.devices else problem
    return Payload(
        project_id=known.site.project_id,
        device_id=known.battery.device_id,
        computed_at=known.now,
        expires_at=min(known.now + DECIDE_WITHIN, known.grid.end),
        objective=known.objective,
        currency=known.site.currency,
        steps=steps_of(known, problem, flows),
        expected=money_with_stored(priced, flows, known.battery),
        without_battery=money_with_stored(priced, without_battery(priced), known.battery),
        self_consumption=money_with_stored(priced, self_consumption(priced), known.battery),
        soc_now=known.soc_now,
        inputs=_inputs(known),
        plan=with_devices(known, plan_columns(problem, flows) | _bands(ahead), problem, flows),
        estimated_prices=int(ahead.prices[Price.ESTIMATED].sum()),
        notes=(*ahead.notes, *device_notes(known, problem, flows)),
    )


def _flows_of(solution: Solution) -> Flows:
    from optimizer.schedule.solution import Status

    if solution.status is Status.INFEASIBLE:
        conflicts = {conflict.key: conflict.relax_by for conflict in solution.conflicts}
        words = "; ".join(f"{key} by {by:.3g}" for key, by in conflicts.items())
        raise Infeasible(f"No plan keeps every limit. Smallest relaxation: {words}.", conflicts=conflicts)
    if solution.flows is None or solution.status is not Status.OPTIMAL:
        raise SolverFailed(f"No optimal plan within {TIME_LIMIT_S:.0f} s ({solution.status.value}).")
    return solution.flows


def _bands(ahead: Ahead) -> dict[str, list[float]]:
    return {
        "load_p10": ahead.load[Band.P10].tolist(),
        "load_p90": ahead.load[Band.P90].tolist(),
        "pv_p10": ahead.pv[Band.P10].tolist(),
        "pv_p90": ahead.pv[Band.P90].tolist(),
        "price_estimated": ahead.prices[Price.ESTIMATED].tolist(),
    }


def _inputs(known: Known) -> tuple[InputUsed, ...]:
    used = {
        "electricity demand": known.load,
        "PV production": known.pv,
        "price": known.prices.values,
        "CO2 intensity": None if known.co2 is None else known.co2.values,
        "grid import": known.imported,
    }
    return tuple(_input(name, values) for name, values in used.items() if values is not None and values.notna().any())


def _input(name: str, values: pd.Series) -> InputUsed:
    known = values.dropna()
    return InputUsed(name=name, newest=pd.Timestamp(known.index[-1]).to_pydatetime(), digest=digest_of(known))


def _left_out(name: str, count: int) -> list[Note]:
    return [Note(kind=NoteKind.LEFT_OUT, about=name, count=count)] if count else []

"""The steps of a plan, with the tables of the value of stored energy where the site is executed by them. Pure."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import structlog

from dash_app.domain.schedule import Step
from dash_app.domain.site import Execution, Quantity
from dash_app.domain.value_table import OLDEST, ValueTable

if TYPE_CHECKING:
    from dash_app.workflows.compute import Known
    from optimizer.schedule.problem import Problem
    from optimizer.schedule.solution import Flows

log = structlog.get_logger()


def steps_of(known: Known, problem: Problem, flows: Flows) -> tuple[Step, ...]:
    """Return the steps of a plan; raise PlanRejected where one cannot be told to the battery as it stands."""
    from optimizer.schedule.intents import build_steps
    from optimizer.schedule.validator_steps import check_steps

    steps = build_steps(
        flows,
        battery=known.battery,
        grid=known.grid,
        soc_now=known.soc_now,
        connection=known.site.grid,
        tables=tables_of(known, problem),
    )
    check_steps(steps, flows, known.battery)
    return steps


def tables_of(known: Known, problem: Problem) -> tuple[ValueTable, ...]:
    """Return a table for each step that begins before tables are too old; none where the plan's steps are executed.

    They know the battery, the net load and prices, nothing of vehicles or a price on the month's peak: a site that is
    planned with such devices is executed by its plan, and so is one whose history is too short for classes.
    """
    from optimizer.value.backward import Ahead, solve_worth
    from optimizer.value.learned import outlooks_of

    site = known.site
    if site.execution is not Execution.VALUE or problem.devices:
        return ()
    net_load = known.load if known.pv is None else known.load - known.pv
    forecast_kw = problem.load_kw - problem.pv_kw
    try:
        outlooks = outlooks_of(
            known.grid, site.timezone, forecast_kw=forecast_kw, net_load=net_load, errors=_past_errors(known)
        )
    except ValueError as error:
        log.warning("no tables of value", project=site.project_id, why=str(error))
        return ()
    ahead = Ahead(
        starts_at=known.grid.start + known.grid.step - known.first_h * timedelta(hours=1),
        hours=problem.hours,
        import_price=problem.import_weight,
        export_price=problem.export_weight,
        import_limit_kw=site.grid.import_limit_kw,
        export_limit_kw=site.grid.export_limit_kw,
    )
    battery = replace(known.battery, wear_per_kwh=problem.degradation_cost_per_kwh_discharged)
    worth = solve_worth(battery, ahead, outlooks)
    young = 1 + math.ceil((known.now + OLDEST - known.grid.start - known.grid.step) / known.grid.step)
    return tuple(worth.table(step, computed_at=known.now) for step in range(min(young, known.grid.steps)))


def _past_errors(known: Known) -> pd.Series | None:
    """Return what the trained forecasters got wrong out of sample; None where one of them is not trained."""
    from optimizer.value.learned import errors_of

    load, pv = known.models.get(Quantity.LOAD_KW), known.models.get(Quantity.PV_KW)
    if load is None or (known.pv is not None and pv is None):
        return None
    return errors_of(load.trained.record, pv.trained.record if pv is not None and known.pv is not None else None)

"""The policy of several futures with one first hour, executed by intents like any plan."""

from __future__ import annotations

import numpy as np

from optimizer.scenarios import Futures, sampled, shared_power_kw
from optimizer.schedule.checks import Array
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows
from optimizer.simulate.loop import Moment
from optimizer.simulate.past import PastForecasts
from optimizer.simulate.planned import ByIntents, Law, Plans

FUTURES = 8


class ByScenarios(ByIntents):
    """Eight futures: the forecast and eight whole runs of its own past errors, made at the same hour of the day."""

    def __init__(self, plans: Plans, law: Law, past: PastForecasts) -> None:
        super().__init__(plans, law)
        self._past = past

    def plan(self, moment: Moment) -> Array | None:
        """Plan the coming hour, one for all futures."""
        plans, problem = self._plans, self._plans.problem(moment)
        shared = plans.outlook.every
        powers = shared_power_kw(
            Futures(
                net_kw=sampled(
                    problem.load_kw - problem.pv_kw, self._errors(moment), FUTURES, shared=shared, seed=moment.step
                ),
                step_h=plans.measured.step_h,
                import_price=problem.import_price,
                export_price=problem.export_price,
                battery=plans.measured.battery,
                stored_kwh=problem.storages[0].start_kwh,
                shared=shared,
                demand_price=plans.measured.demand_price,
                sunk_kw=plans.guard.sunk_kw(moment),
            )
        )
        return self.take(moment, problem, _flows(problem, powers))[:shared]

    def _errors(self, moment: Moment) -> Array:
        """Return past errors of forecasts made within three hours of this time of day, complete for two days."""
        measured = self._plans.measured
        errors, rows = self._past.errors(measured, measured.first + moment.step)
        day = round(24 / measured.step_h)
        away = np.abs((rows - measured.first - moment.step + day // 2) % day - day // 2)
        return errors[away <= day // 8]


def _flows(problem: Problem, powers: Array) -> Flows:
    """Return the expected flows while the first powers are held; the battery rests after them."""
    battery_kw = np.zeros(problem.steps)
    battery_kw[: len(powers)] = powers
    storage = problem.storages[0]
    charge, discharge = np.maximum(-battery_kw, 0.0), np.maximum(battery_kw, 0.0)
    grid = problem.load_kw - problem.pv_kw - battery_kw
    return Flows(
        import_kw=np.maximum(grid, 0.0),
        export_kw=np.maximum(-grid, 0.0),
        curtailed_kw=np.zeros(problem.steps),
        charge_kw={storage.battery_id: charge},
        discharge_kw={storage.battery_id: discharge},
        stored_kwh={storage.battery_id: storage.stored_kwh(problem.hours, charge, discharge)},
    )

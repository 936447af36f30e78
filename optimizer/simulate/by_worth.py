"""The plan's steps sharpened by what stored energy is worth in the plan: the dual of its storage equation.

With w the worth of one more stored kWh at the end of a step, i and x the prices, a kWh given to the site pays where
i - wear > w / eta_d, and a kWh of surplus taken pays where w * eta_c >= x. A step that neither buys nor sells therefore
covers deficits, takes surplus, does both or neither: `follow` with the grid at 0 and a band that is open on the sides
that pay. Only the step in which the last kWh is given (both sides equal) holds the grid power of the plan.
So a step says what is best when the net load is not the expected one, which its number alone cannot.
"""

from __future__ import annotations

from dataclasses import replace

from dash_app.domain.schedule import Intent, Step
from dash_app.domain.site import Battery
from optimizer.schedule.checks import Array
from optimizer.simulate.loop import Moment
from optimizer.simulate.planned import ByIntents

EQUAL = 1e-6
"""Prices and worths closer than this are equal."""
NOTHING_KW = 0.0005


class ByWorth(ByIntents):
    """The planner's plan; its steps executed by the same law, with bands from the plan's duals."""

    def plan(self, moment: Moment) -> Array | None:
        """Plan two days and keep the coming hour as sharpened steps."""
        plans = self._plans
        problem, solution, flows = plans.solved(moment)
        powers = self.take(moment, problem, flows)
        if solution.duals is not None:
            battery = plans.measured.battery
            worth = solution.duals.stored_energy[battery.battery_id]
            self._steps = tuple(
                sharpened(
                    step,
                    battery,
                    worth=float(worth[place]),
                    buy=float(problem.import_price[place]),
                    sell=float(problem.export_price[place]),
                )
                for place, step in enumerate(self._steps)
            )
        return powers


def sharpened(step: Step, battery: Battery, *, worth: float, buy: float, sell: float) -> Step:
    """Return a step as it should be executed when the net load is another one; steps that trade stay as they are."""
    bought = step.intent is Intent.CHARGE and worth * battery.charge_efficiency > buy - EQUAL
    sold = (
        step.intent is Intent.DISCHARGE and sell - battery.wear_per_kwh > worth / battery.discharge_efficiency - EQUAL
    )
    if bought or sold:
        return step
    gain = buy - battery.wear_per_kwh - worth / battery.discharge_efficiency
    last = abs(gain) <= EQUAL and step.battery_kw > NOTHING_KW
    takes = worth * battery.charge_efficiency >= sell - EQUAL and not last
    return replace(
        step,
        intent=Intent.FOLLOW,
        target_kw=max(step.grid_kw, 0.0) if last else 0.0,
        power_min_kw=-battery.charge_kw if takes else 0.0,
        power_max_kw=battery.discharge_kw if last or gain > EQUAL else 0.0,
    )

"""A plan is never shown as dearer than what the battery does by itself: both end with the same stored energy then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from dash_app.workflows.compute import Ahead, Known, look_ahead, plan_ahead
from dash_app.workflows.compute_money import held_to_the_rule, money_with_stored
from optimizer.baseline import self_consumption
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Solution, Status
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.schedule.problems import EXAMPLE, changed
from tests.optimizer.schedule.test_rounding import BATTERY
from tests.workflows.test_plan import Bench, silent
from tests.workflows.test_plan_devices import EQUIPPED, Equipped

LOSSLESS = replace(BATTERY, battery_id="battery", charge_efficiency=1.0, discharge_efficiency=1.0)
SUNNY = changed(
    EXAMPLE,
    load_kw=[0.0, 0.0],
    pv_kw=[0.0, 20.0],
    import_price=[0.3, 0.3],
    battery__eta_charge=1.0,
    battery__eta_discharge=1.0,
)
"""20 kWh of sun in the last step are sold for 0.2, or kept for what a kWh is worth: 0.3."""


@pytest.fixture(scope="module")
def expected() -> tuple[Known, Ahead]:
    """Return what is known, and the horizon as it is expected."""
    known = Bench().known()
    return known, look_ahead(known)


@pytest.mark.parametrize("minutes", [0, 10])
@pytest.mark.parametrize("soc", [0.02, 0.1, 0.4, 0.7, 0.95])
def test_a_plan_is_never_shown_as_dearer_than_the_rule_unless_it_begins_above_its_ceiling(
    expected, soc: float, minutes: int
) -> None:
    known, ahead = expected
    # above its ceiling a battery is led back by a plan, and kept there by the rule
    now = known.grid.start + timedelta(minutes=minutes)
    payload = plan_ahead(replace(known, soc_now=soc, now=now), ahead, silent)
    assert payload.expected.cost <= payload.self_consumption.cost + 1e-6
    assert payload.expected.cost <= payload.without_battery.cost + 1e-6


def test_nor_is_one_with_a_car_and_a_price_on_peaks() -> None:
    payload = Equipped(EQUIPPED).make().payload
    assert payload.expected.cost <= payload.self_consumption.cost + 1e-6


def test_the_sun_of_the_last_step_is_kept_as_the_rule_keeps_it() -> None:
    problem = Problem.from_json(SUNNY)
    first = solve_schedule(problem)
    assert first.objective == pytest.approx(-20 * 0.2)
    held, second = held_to_the_rule(problem, first, LOSSLESS, solve_schedule)
    assert second.flows is not None and second.flows.charge_kw["battery"] == pytest.approx([0.0, 20.0])
    assert held.storages[0].soc_end_min == pytest.approx(0.3)
    costs = [money_with_stored(problem, each, LOSSLESS).cost for each in (second.flows, self_consumption(problem))]
    assert costs == pytest.approx([-20 * 0.3, -20 * 0.3])


def test_a_plan_that_is_as_good_already_stays_and_nothing_is_solved_twice() -> None:
    problem = Problem.from_json(EXAMPLE)
    solution = solve_schedule(problem)
    asked: list[Problem] = []

    def solve(again: Problem) -> Solution:
        asked.append(again)
        return solve_schedule(again)

    assert held_to_the_rule(problem, solution, LOSSLESS, solve) == (problem, solution)
    assert asked == []


def test_where_no_plan_can_end_as_the_rule_does_the_first_one_stays() -> None:
    problem = Problem.from_json(SUNNY)
    first = solve_schedule(problem)
    none = Solution(status=Status.INFEASIBLE)
    assert held_to_the_rule(problem, first, LOSSLESS, lambda _problem: none) == (problem, first)
    assert held_to_the_rule(problem, none, LOSSLESS, solve_schedule) == (problem, none)

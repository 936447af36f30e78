"""What a site with devices does without us, solved by hand, and that a plan is never dearer than that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.baseline import money_of, self_consumption, without_battery
from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule
from optimizer.schedule.validator import check_plan, objective_of
from tests.optimizer.schedule.test_devices import CAR, GENSET, LOSSLESS, PLAIN, PUMP, WASH


def of(**devices: Any) -> Problem:
    """Return four hours at 0.4, 0.1, 0.3 and 0.2 with nothing but these devices."""
    return Problem.from_json({**PLAIN, **devices})


def kept(problem: Problem, flows: Flows) -> None:
    """Check the flows as if they were a plan."""
    check_plan(problem, Solution(status=Status.FEASIBLE, objective=objective_of(problem, flows), flows=flows))


def test_a_vehicle_charges_at_once_and_at_full_power() -> None:
    # 15 kWh at 11 kW: 11 at 0.4 and 4 at 0.1
    problem = of(vehicles=[CAR])
    flows = without_battery(problem)
    assert flows.devices["car"]["charge_kw"] == pytest.approx([11, 4, 0, 0])
    assert flows.devices["car"]["stored_kwh"] == pytest.approx([21, 25, 25, 25])
    assert money_of(problem, flows).cost == pytest.approx(11 * 0.4 + 4 * 0.1)
    kept(problem, flows)


def test_a_vehicle_begins_when_it_arrives_pays_its_losses_and_never_feeds_back() -> None:
    # 15 kWh at 0.75 are 20 kWh: 11 in step 2 and 9 in step 3; it wears only by feeding back
    car = {**CAR, "arrive_step": 2, "eta_charge": 0.75, "discharge_kw": 10.0, "wear_per_kwh_discharged": 1.0}
    problem = of(vehicles=[car], load_kw=[5.0] * 4)
    flows = without_battery(problem)
    assert flows.import_kw == pytest.approx([5, 5, 16, 14])
    assert flows.devices["car"]["discharge_kw"] == pytest.approx([0, 0, 0, 0])
    assert money_of(problem, flows).cost == pytest.approx(5 * 0.4 + 5 * 0.1 + 16 * 0.3 + 14 * 0.2)


def test_a_vehicle_that_holds_enough_takes_nothing_and_one_that_leaves_too_soon_what_it_can() -> None:
    assert without_battery(of(vehicles=[{**CAR, "soc_init": 0.6}])).import_kw == pytest.approx([0, 0, 0, 0])
    assert without_battery(of(vehicles=[{**CAR, "depart_step": 1}])).import_kw == pytest.approx([11, 0, 0, 0])


def test_a_load_that_could_wait_runs_at_once() -> None:
    problem = of(deferrable_loads=[WASH])
    flows = without_battery(problem)
    assert flows.devices["wash"]["power_kw"] == pytest.approx([2, 2, 0, 0])
    assert flows.devices["wash"]["on"] == pytest.approx([1, 1, 0, 0])
    assert money_of(problem, flows).cost == pytest.approx(2 * 0.4 + 2 * 0.1)
    kept(problem, flows)


def test_a_heat_pump_holds_its_store_where_it_is() -> None:
    # 6 kW of heat are 2 kW at a cop of 3, in every step
    problem = of(heat_pumps=[{**PUMP, "heat_init_kwh": 6.0}])
    flows = without_battery(problem)
    assert flows.devices["hp"]["power_kw"] == pytest.approx([2, 2, 2, 2])
    assert flows.devices["hp"]["heat_kwh"] == pytest.approx([6, 6, 6, 6])
    assert money_of(problem, flows).cost == pytest.approx(2.0)
    kept(problem, flows)


def test_a_thermostat_makes_what_is_lost_and_what_must_be_there_at_the_end_as_far_as_its_power_goes() -> None:
    # 4 of 8 kWh are lost; wanted are 12, so 8 are missing in step 0: 8 / 3 kW; then 6 are lost in each step: 2 kW
    pump = {**PUMP, "heat_load_kw": 0.0, "heat_init_kwh": 8.0, "loss_per_h": 0.5, "heat_end_min_kwh": 12.0}
    flows = without_battery(of(heat_pumps=[pump]))
    assert flows.devices["hp"]["power_kw"] == pytest.approx([8 / 3, 2, 2, 2])
    # with 2.5 kW: 4 + 7.5 = 11.5, then 5.75 + 6.25 = 12 by 2.0833 kW
    weak = without_battery(of(heat_pumps=[{**pump, "max_kw": 2.5}]))
    assert weak.devices["hp"]["power_kw"] == pytest.approx([2.5, 6.25 / 3, 2, 2])


def test_a_generator_stands_still_and_costs_nothing() -> None:
    problem = of(generators=[{**GENSET, "cost_per_h_on": 3.0, "cost_per_start": 5.0}], load_kw=[8.0] * 4)
    flows = without_battery(problem)
    assert flows.devices["gen"]["power_kw"] == pytest.approx([0, 0, 0, 0])
    assert money_of(problem, flows).cost == pytest.approx(8.0)
    kept(problem, flows)


def test_a_capacity_charge_is_paid_on_what_was_not_planned() -> None:
    problem = of(vehicles=[CAR], capacity_charges=[{"price_per_kw": 0.5}])
    assert money_of(problem, without_battery(problem)).cost == pytest.approx(4.4 + 0.4 + 11 * 0.5)


def test_the_rule_serves_the_devices_too() -> None:
    # 20 kWh stored: 11 for the car in step 0, 4 in step 1, 5 left for the load of the last two steps
    problem = of(vehicles=[CAR], battery=LOSSLESS, load_kw=[0.0, 0.0, 5.0, 5.0])
    flows = self_consumption(problem)
    assert flows.battery_kw == pytest.approx([11, 4, 5, 0])
    assert flows.import_kw == pytest.approx([0, 0, 0, 5])


def test_what_a_generator_burns_counts_as_co2_and_its_price_is_no_money() -> None:
    problem = of(
        generators=[{**GENSET, "co2_kg_per_kwh": 0.7}],
        load_kw=[8.0] * 4,
        co2_kg_per_kwh=[0.5] * 4,
        co2_price_per_kg=0.01,
    )
    plan = solve_schedule(problem).flows
    assert plan is not None and plan.devices["gen"]["power_kw"] == pytest.approx([8, 0, 8, 0])
    money = money_of(problem, plan)
    assert money.co2_kg == pytest.approx(16 * 0.7 + 16 * 0.5)
    assert money.cost == pytest.approx(16 * 0.25 + 8 * (0.1 + 0.2))


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_a_plan_is_never_dearer_than_what_the_site_does_without_us(seed: int) -> None:
    rng = np.random.default_rng(seed)
    problem = of(
        load_kw=rng.uniform(0, 8, 4).tolist(),
        pv_kw=rng.uniform(0, 12, 4).tolist(),
        import_price=rng.uniform(0.1, 0.5, 4).tolist(),
        battery={**LOSSLESS, "soc_end_min": None},
        vehicles=[{**CAR, "soc_target": float(rng.uniform(0.2, 0.6)), "arrive_step": int(rng.integers(0, 2))}],
        deferrable_loads=[WASH],
        heat_pumps=[{**PUMP, "heat_init_kwh": 6.0, "heat_end_min_kwh": 6.0}],
        generators=[GENSET],
        capacity_charges=[{"price_per_kw": float(rng.uniform(0, 0.5))}],
        grid={"import_limit_kw": None, "export_limit_kw": None},
    )
    rule = self_consumption(problem)
    kept(problem, rule)
    end = float(rule.stored_kwh["battery"][-1]) / 40.0
    best = solve_schedule(replace(problem, storages=(replace(problem.storages[0], soc_end_min=end),)))
    assert best.status is Status.OPTIMAL and best.objective is not None
    assert best.objective <= objective_of(problem, rule) + 1e-6

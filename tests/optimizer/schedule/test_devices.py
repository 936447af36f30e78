"""Each device and rule solved by hand: numbers small enough to be followed in the head."""

from __future__ import annotations

from typing import Any

import pytest

from optimizer.schedule.problem import Problem
from optimizer.schedule.solution import Flows, Solution, Status
from optimizer.schedule.solve import solve_schedule
from tests.optimizer.schedule.problems import EXAMPLE, changed

PLAIN: dict[str, Any] = {
    "steps": 4,
    "dt_h": 1.0,
    "load_kw": [0.0] * 4,
    "pv_kw": [0.0] * 4,
    "import_price": [0.4, 0.1, 0.3, 0.2],
    "export_price": [0.0] * 4,
    "grid": {"import_limit_kw": 100.0, "export_limit_kw": 100.0},
}
LOSSLESS: dict[str, Any] = {
    "capacity_kwh": 40.0,
    "charge_kw": 20.0,
    "discharge_kw": 20.0,
    "eta_charge": 1.0,
    "eta_discharge": 1.0,
    "soc_min": 0.0,
    "soc_max": 1.0,
    "soc_init": 0.5,
    "soc_end_min": 0.5,
}


def solved(raw: dict[str, Any]) -> Solution:
    return solve_schedule(Problem.from_json(raw))


def optimal(raw: dict[str, Any]) -> tuple[Flows, float]:
    solution = solved(raw)
    assert solution.status is Status.OPTIMAL and solution.flows is not None and solution.objective is not None
    return solution.flows, solution.objective


CAR = {"id": "car", "capacity_kwh": 50.0, "charge_kw": 11.0, "soc_init": 0.2, "soc_target": 0.5, "depart_step": 4}


def test_a_vehicle_charges_in_its_cheapest_steps_and_is_ready_to_leave() -> None:
    # 15 kWh: 11 in the step at 0.1, 4 in the step at 0.2
    flows, objective = optimal({**PLAIN, "vehicles": [CAR]})
    assert flows.devices["car"]["charge_kw"] == pytest.approx([0, 11, 0, 4])
    assert flows.devices["car"]["stored_kwh"] == pytest.approx([10, 21, 21, 25])
    assert objective == pytest.approx(1.1 + 0.8)


def test_a_departure_that_is_not_known_well_is_met_that_much_earlier() -> None:
    # ready one step before the last: 4 kWh at 0.3 instead of 0.2
    flows, objective = optimal({**PLAIN, "vehicles": [{**CAR, "margin_steps": 1}]})
    assert flows.devices["car"]["charge_kw"] == pytest.approx([0, 11, 4, 0])
    assert objective == pytest.approx(1.1 + 1.2)


def test_a_vehicle_takes_nothing_before_it_comes_and_at_least_its_least_power() -> None:
    # from step 2 on; 4 kWh missing after 11 at 0.2 would be below 6 kW: 9 at 0.2 and 6 at 0.3
    flows, objective = optimal({**PLAIN, "vehicles": [{**CAR, "arrive_step": 2, "min_kw": 6.0}]})
    assert flows.devices["car"]["charge_kw"] == pytest.approx([0, 0, 6, 9])
    assert objective == pytest.approx(6 * 0.3 + 9 * 0.2)


def test_a_vehicle_that_may_feed_back_covers_the_dear_step_and_pays_its_wear() -> None:
    # 10 kWh out at 0.4 in step 0, back in at 0.1 in step 1 with the 1 kWh that is wanted on top
    car = {**CAR, "soc_target": 0.22, "discharge_kw": 10.0, "wear_per_kwh_discharged": 0.05}
    flows, objective = optimal({**PLAIN, "load_kw": [10.0, 0, 0, 0], "vehicles": [car]})
    assert flows.devices["car"]["discharge_kw"] == pytest.approx([10, 0, 0, 0])
    assert objective == pytest.approx(10 * 0.05 + 11 * 0.1)
    # 7.5 kWh stay in: 2.5 come out, 7.5 are bought at 0.4, and 3.5 go back in
    flows, objective = optimal({**PLAIN, "load_kw": [10.0, 0, 0, 0], "vehicles": [{**car, "soc_min": 0.15}]})
    assert flows.devices["car"]["stored_kwh"] == pytest.approx([7.5, 11, 11, 11])
    assert objective == pytest.approx(2.5 * 0.05 + 7.5 * 0.4 + 3.5 * 0.1)


def test_a_vehicle_that_cannot_be_ready_says_by_how_much() -> None:
    solution = solved({**PLAIN, "vehicles": [{**CAR, "depart_step": 1}]})
    assert solution.status is Status.INFEASIBLE
    found = {conflict.key: conflict.relax_by for conflict in solution.conflicts}
    # 11 of the 15 kWh, 4 kWh are 8 % of the battery
    assert found == pytest.approx({"vehicles[0].soc_target": 0.08})


WASH = {"id": "wash", "energy_kwh": 4.0, "max_kw": 2.0, "min_kw": 2.0}


def test_a_load_that_must_run_through_takes_the_cheapest_pair_of_neighbours() -> None:
    # apart: 0.1 and 0.2; in one run: 0.1 and 0.3
    flows, objective = optimal({**PLAIN, "deferrable_loads": [WASH]})
    assert flows.devices["wash"]["power_kw"] == pytest.approx([0, 2, 0, 2])
    assert objective == pytest.approx(0.6)
    flows, objective = optimal({**PLAIN, "deferrable_loads": [{**WASH, "min_run_steps": 2}]})
    assert flows.devices["wash"]["power_kw"] == pytest.approx([0, 2, 2, 0])
    assert objective == pytest.approx(0.8)
    flows, objective = optimal({**PLAIN, "deferrable_loads": [{**WASH, "max_starts": 1}]})
    assert flows.devices["wash"]["on"] == pytest.approx([0, 1, 1, 0])
    assert objective == pytest.approx(0.8)


def test_a_load_that_is_running_runs_on_and_needs_no_start() -> None:
    load = {**WASH, "min_run_steps": 3, "ran_steps": 1, "max_starts": 0}
    flows, _ = optimal({**PLAIN, "deferrable_loads": [load]})
    assert flows.devices["wash"]["on"] == pytest.approx([1, 1, 0, 0])


def test_a_load_whose_run_does_not_fit_its_window_is_named_with_its_energy() -> None:
    solution = solved({**PLAIN, "deferrable_loads": [{**WASH, "end_step": 1}]})
    assert [(c.key, c.relax_by) for c in solution.conflicts] == [("deferrable_loads[0].energy_kwh", 2.0)]


PUMP = {"id": "hp", "max_kw": 4.0, "cop": 3.0, "heat_load_kw": [6.0, 6.0, 6.0, 6.0], "heat_max_kwh": 12.0}


def test_a_heat_pump_fills_its_store_in_the_cheap_step() -> None:
    # step 0: the store's 6 kWh; step 1: 4 kW make 12, 6 stay; step 2 lives on them; step 3 makes its own 6
    flows, objective = optimal({**PLAIN, "heat_pumps": [{**PUMP, "heat_init_kwh": 6.0}]})
    assert flows.devices["hp"]["power_kw"] == pytest.approx([0, 4, 0, 2])
    assert flows.devices["hp"]["heat_kwh"] == pytest.approx([0, 6, 0, 0])
    assert objective == pytest.approx(0.4 + 0.4)


def test_a_store_loses_heat_and_the_end_is_kept() -> None:
    # half an hour each, loss 0.75 per h: half of the old content is left after a step
    raw = {**PLAIN, "steps": 2, "dt_h": 0.5, **{key: PLAIN[key][:2] for key in ("load_kw", "pv_kw", "export_price")}}
    pump = {**PUMP, "heat_load_kw": 0.0, "heat_init_kwh": 8.0, "loss_per_h": 0.75, "heat_end_min_kwh": 5.0}
    flows, _ = optimal({**raw, "import_price": [0.1, 0.4], "heat_pumps": [pump]})
    # 4 after the first step, 10 are needed there: 6 kWh of heat in half an hour are 4 kW
    assert flows.devices["hp"]["power_kw"] == pytest.approx([4, 0])
    assert flows.devices["hp"]["heat_kwh"] == pytest.approx([10, 5])


def test_a_heat_pump_that_is_too_small_names_its_power_and_its_store() -> None:
    solution = solved({**PLAIN, "heat_pumps": [{**PUMP, "heat_load_kw": 15.0, "heat_init_kwh": 6.0}]})
    assert {conflict.key for conflict in solution.conflicts} == {"heat_pumps[0].max_kw"}
    # 60 kWh of heat, 6 are stored: 54 / 3 / 4 = 4.5 kW, but the first step alone needs only 3
    assert solution.conflicts[0].relax_by == pytest.approx(0.5)


GENSET = {"id": "gen", "max_kw": 10.0, "cost_per_kwh": 0.25}


def test_a_generator_runs_where_it_is_cheaper_than_the_grid() -> None:
    flows, objective = optimal({**PLAIN, "load_kw": [8.0] * 4, "generators": [GENSET]})
    assert flows.devices["gen"]["power_kw"] == pytest.approx([8, 0, 8, 0])
    assert objective == pytest.approx(8 * (0.25 + 0.1 + 0.25 + 0.2))


def test_a_start_that_costs_more_than_it_saves_is_left_out() -> None:
    # step 0 saves 8 x 0.15 = 1.2, step 2 saves 0.4, and running through step 1 loses 1.2
    gen = {**GENSET, "min_kw": 8.0, "cost_per_start": 0.5}
    flows, objective = optimal({**PLAIN, "load_kw": [8.0] * 4, "generators": [gen]})
    assert flows.devices["gen"]["on"] == pytest.approx([1, 0, 0, 0])
    assert objective == pytest.approx(8 * (0.25 + 0.1 + 0.3 + 0.2) + 0.5)


def test_least_power_and_being_on_cost_what_they_cost() -> None:
    # on in step 0: at least 9 kW for a load of 8: 1 kW is given away; 9 x 0.25 + 0.3 = 2.55 against 3.2
    gen = {**GENSET, "min_kw": 9.0, "cost_per_h_on": 0.3}
    flows, objective = optimal({**PLAIN, "load_kw": [8.0, 0, 0, 0], "generators": [gen]})
    assert flows.devices["gen"]["power_kw"] == pytest.approx([9, 0, 0, 0])
    assert flows.export_kw == pytest.approx([1, 0, 0, 0])
    assert objective == pytest.approx(2.55)


def test_a_generators_co2_is_priced_and_limited_like_that_of_imports() -> None:
    raw = {**PLAIN, "load_kw": [8.0] * 4, "co2_kg_per_kwh": [0.2] * 4}
    dirty = {**GENSET, "co2_kg_per_kwh": 0.7}
    # a kg at 0.2: 0.39 against 0.44, 0.14, 0.34 and 0.24
    flows, objective = optimal({**raw, "generators": [dirty], "co2_price_per_kg": 0.2})
    assert flows.devices["gen"]["power_kw"] == pytest.approx([8, 0, 0, 0])
    assert objective == pytest.approx(8 * (0.39 + 0.14 + 0.34 + 0.24))
    # all imported: 6.4 kg; each kWh of the generator adds 0.5 kg: 2 kWh of it are within 7.4 kg, in the dearest step
    flows, _ = optimal({**raw, "generators": [dirty], "co2_limit_kg": 7.4})
    assert flows.devices["gen"]["power_kw"] == pytest.approx([2, 0, 0, 0])


def test_fees_and_levies_are_part_of_what_import_costs() -> None:
    raw = {**PLAIN, "load_kw": [1.0] * 4, "fees_per_kwh": 0.05, "levies_per_kwh": [0.0, 0.0, 0.0, 0.3]}
    assert optimal(raw)[1] == pytest.approx(1.0 + 4 * 0.05 + 0.3)


def test_a_capacity_charge_counts_the_mean_of_its_interval() -> None:
    # two intervals of two steps: (30 + 10) / 2 = 20, (0 + 10) / 2 = 5
    raw = {**PLAIN, "load_kw": [30.0, 10.0, 0.0, 10.0], "import_price": [0.0] * 4}
    charge = {"price_per_kw": 2.0, "averaging_steps": 2}
    assert optimal({**raw, "capacity_charges": [charge]})[1] == pytest.approx(40.0)
    # one step later: (x + 30) / 2 with 4 kWh in the hour before, then (10 + 0) / 2, then 10 alone
    later = {**charge, "averaging_offset": 1, "running_kwh": 4.0}
    assert optimal({**raw, "capacity_charges": [later]})[1] == pytest.approx(34.0)
    assert optimal({**raw, "capacity_charges": [{**later, "running_kwh": None}]})[1] == pytest.approx(60.0)


def test_a_capacity_charge_counts_its_window_and_what_is_incurred() -> None:
    raw = {**PLAIN, "load_kw": [30.0, 10.0, 0.0, 10.0], "import_price": [0.0] * 4}
    window = {"price_per_kw": 2.0, "windows": [[1, 3]]}
    assert optimal({**raw, "capacity_charges": [window]})[1] == pytest.approx(20.0)
    assert optimal({**raw, "capacity_charges": [{**window, "already_incurred_kw": 12.0}]})[1] == pytest.approx(24.0)
    both = [window, {"price_per_kw": 1.0}]
    assert optimal({**raw, "capacity_charges": both})[1] == pytest.approx(20.0 + 30.0)


def test_a_battery_moves_its_charging_out_of_the_window_that_counts() -> None:
    # all prices equal: 20 kWh of load in step 2 come out of the battery where its import would count
    raw = {**PLAIN, "load_kw": [0, 0, 20.0, 0], "import_price": [0.1] * 4, "battery": LOSSLESS}
    flows, objective = optimal({**raw, "capacity_charges": [{"price_per_kw": 1.0, "windows": [[2, 4]]}]})
    assert flows.import_kw[2:] == pytest.approx([0, 0])
    assert objective == pytest.approx(2.0)


def test_what_the_running_interval_imported_before_limits_what_is_left_of_it() -> None:
    # 30 kWh are in already, 15 kW is its mean if the battery covers step 0; then no interval needs more than that
    raw = {**PLAIN, "load_kw": [10.0, 0, 0, 20.0], "import_price": [0.0] * 4, "battery": LOSSLESS}
    running = {"price_per_kw": 1.0, "averaging_steps": 2, "averaging_offset": 1, "running_kwh": 30.0}
    flows, objective = optimal({**raw, "capacity_charges": [running]})
    assert flows.import_kw[0] == pytest.approx(0.0)
    assert objective == pytest.approx(15.0)


def test_a_reserve_holds_back_energy_and_power() -> None:
    # without: 20 kWh come out in step 0 and go back in step 1; 15 kWh held back leave 5
    raw = {**PLAIN, "load_kw": [20.0, 0, 0, 0], "battery": LOSSLESS}
    assert optimal(raw)[1] == pytest.approx(2.0)
    flows, objective = optimal({**raw, "reserve": {"energy_kwh": 15.0}})
    assert flows.stored_kwh["battery"][0] == pytest.approx(15.0)
    assert objective == pytest.approx(15 * 0.4 + 5 * 0.1)
    flows, _ = optimal({**raw, "reserve": {"power_kw": [8.0, 0, 0, 0]}})
    assert flows.discharge_kw["battery"][0] == pytest.approx(12.0)


def test_a_reserve_that_is_not_there_says_how_much_is_missing() -> None:
    raw = {**PLAIN, "battery": {**LOSSLESS, "soc_max": 0.6}, "reserve": {"energy_kwh": 30.0}}
    found = {conflict.key: conflict.relax_by for conflict in solved(raw).conflicts}
    assert found == pytest.approx({"reserve.energy_kwh": 6.0, "battery.soc_max": 0.15})


def test_a_ramp_limit_holds_from_the_power_before() -> None:
    # at rest before, 5 kW per step: 5, 10, 5, 0 out and back is what 20 kWh allow
    raw = {**PLAIN, "load_kw": [20.0, 0, 0, 0], "battery": {**LOSSLESS, "ramp_kw_per_step": 5.0, "power_before_kw": 0}}
    flows, _ = optimal(raw)
    assert flows.battery_kw == pytest.approx([5.0, 0.0, 0.0, -5.0])


def test_a_ramp_limit_of_the_grid_is_kept_by_the_battery() -> None:
    raw = {**PLAIN, "load_kw": [10.0, 10.0, 30.0, 10.0], "import_price": [0.1] * 4, "battery": LOSSLESS}
    flows, objective = optimal({**raw, "grid": {**PLAIN["grid"], "ramp_kw_per_step": 4.0, "power_before_kw": 10.0}})
    assert abs(flows.grid_kw[2] - flows.grid_kw[1]) <= 4.0 + 1e-6 and flows.grid_kw[0] <= 14.0 + 1e-6
    assert objective == pytest.approx(6.0)
    still = {**LOSSLESS, "discharge_kw": 0.0, "charge_kw": 0.0}
    found = solved({**raw, "battery": still, "grid": {**PLAIN["grid"], "ramp_kw_per_step": 4.0}}).conflicts
    assert [(conflict.key, conflict.relax_by) for conflict in found] == [("grid.ramp_kw_per_step", 16.0)]


def test_turning_round_less_often_pays_where_it_costs() -> None:
    # out in step 0 (0.4), in at 0.1, out at 0.3, in at 0.2: the second pair earns 20 x 0.1 = 2 for two more turns
    raw = {**PLAIN, "load_kw": [20.0, 0, 20.0, 0]}
    flows, objective = optimal({**raw, "battery": {**LOSSLESS, "switching_cost": 0.9}})
    assert flows.battery_kw == pytest.approx([20, -20, 20, -20])
    assert objective == pytest.approx(2.0 + 4.0 + 3 * 0.9)
    flows, objective = optimal({**raw, "battery": {**LOSSLESS, "switching_cost": 1.1}})
    assert flows.battery_kw == pytest.approx([20, -20, 0, 0])
    assert objective == pytest.approx(2.0 + 6.0 + 1.1)
    before = {**LOSSLESS, "switching_cost": 0.9, "power_before_kw": -5.0}
    assert optimal({**raw, "battery": before})[1] == pytest.approx(2.0 + 4.0 + 4 * 0.9)


def test_a_dimming_signal_leaves_the_load_and_the_floor() -> None:
    # 6 kW of load; 11 kW of car in the cheap step are dimmed to 4.2 kW, whatever the signal says below that
    signal = {"start_step": 1, "end_step": 2, "limit_kw": 0.0}
    raw = {**PLAIN, "load_kw": [6.0] * 4, "vehicles": [{**CAR, "soc_target": 0.4}]}
    flows, _ = optimal({**raw, "dimming": [signal]})
    assert flows.import_kw[1] == pytest.approx(10.2)
    assert flows.devices["car"]["charge_kw"] == pytest.approx([0, 4.2, 0, 5.8])
    flows, _ = optimal({**raw, "dimming": [{**signal, "limit_kw": 7.0}]})
    assert flows.devices["car"]["charge_kw"] == pytest.approx([0, 7, 0, 3])


def test_under_a_dimming_signal_sun_and_battery_add_to_what_a_car_may_take() -> None:
    signal = {"start_step": 0, "end_step": 4}
    raw = {**PLAIN, "load_kw": [2.0] * 4, "pv_kw": [0, 5.0, 0, 0], "vehicles": [CAR], "dimming": [signal]}
    flows, _ = optimal(raw)
    # PV covers the load first: 3 kW of surplus and 4.2 kW of grid
    assert flows.devices["car"]["charge_kw"][1] == pytest.approx(7.2)
    # 9 kWh in that one hour need another 1.8 kW from a battery
    hurried = {**raw, "vehicles": [{**CAR, "arrive_step": 1, "depart_step": 2, "soc_target": 0.38}]}
    assert solved(hurried).status is Status.INFEASIBLE
    flows, _ = optimal({**hurried, "battery": {**LOSSLESS, "soc_end_min": None}})
    assert flows.battery_kw[1] >= 1.8 - 1e-6


def test_a_dimming_signal_in_the_way_is_named() -> None:
    raw = {**PLAIN, "vehicles": [CAR], "dimming": [{"start_step": 0, "end_step": 4, "limit_kw": 0, "floor_kw": 3.0}]}
    found = {conflict.key: conflict.relax_by for conflict in solved(raw).conflicts}
    assert found == pytest.approx({"dimming[0].limit_kw": 0.75, "vehicles[0].soc_target": 0.06})


def test_limits_may_change_from_step_to_step() -> None:
    raw = changed(EXAMPLE, grid={"import_limit_kw": [20.0, 300.0], "export_limit_kw": [300.0, 0.0]})
    flows, _ = optimal(raw)
    assert flows.import_kw[0] == pytest.approx(20.0)
    assert flows.export_kw[1] == pytest.approx(0.0)


def test_the_answer_tells_what_each_device_does_and_says_nothing_where_there_is_none() -> None:
    answer = solved({**PLAIN, "vehicles": [CAR], "deferrable_loads": [WASH]}).as_json()
    assert set(answer["devices"]) == {"car", "wash"}
    assert answer["devices"]["wash"]["on"] == [0.0, 1.0, 0.0, 1.0]
    assert "devices" not in solved(PLAIN).as_json()

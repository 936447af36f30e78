"""How long plans with devices take: two days at 15 min, one kind of device at a time, and the front of money and CO2.

Each is solved twice: the first solve compiles the model, the second one starts from it. A figure of a search that
ended at its time limit says so, with its gap. Prints one JSON line and one line for people each.
Run: `python -m benchmarks.devices [--time-limit S]`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from typing import Any

import numpy as np

from optimizer.schedule.pareto import pareto_front
from optimizer.schedule.problem import Problem
from optimizer.schedule.solve import solve_schedule

STEPS = 192
BATTERY = {
    "capacity_kwh": 150.0,
    "charge_kw": 75.0,
    "discharge_kw": 75.0,
    "eta_charge": 0.95,
    "eta_discharge": 0.95,
    "soc_min": 0.1,
    "soc_max": 0.95,
    "soc_init": 0.5,
    "soc_end_min": 0.5,
}
CAR = {"id": "car", "capacity_kwh": 50.0, "charge_kw": 11.0, "soc_init": 0.2, "soc_target": 0.8, "depart_step": 120}
PUMP = {
    "id": "hp",
    "max_kw": 10.0,
    "cop": 3.2,
    "heat_load_kw": 8.0,
    "heat_max_kwh": 40.0,
    "heat_init_kwh": 20.0,
    "heat_end_min_kwh": 10.0,
    "loss_per_h": 0.01,
}
CASES: dict[str, dict[str, Any]] = {
    "no device": {},
    "vehicle": {"vehicles": [CAR]},
    "vehicle that feeds back": {
        "vehicles": [{**CAR, "discharge_kw": 11.0, "min_kw": 4.1, "wear_per_kwh_discharged": 0.05}]
    },
    "deferrable load": {
        "deferrable_loads": [
            {"id": "w", "energy_kwh": 12.0, "max_kw": 6.0, "min_kw": 6.0, "min_run_steps": 8, "max_starts": 1}
        ]
    },
    "heat pump": {"heat_pumps": [PUMP]},
    "heat pump, 4 kW at least and an hour on": {"heat_pumps": [{**PUMP, "min_kw": 4.0, "min_run_steps": 4}]},
    "generator": {
        "generators": [
            {"id": "g", "max_kw": 30.0, "min_kw": 10.0, "cost_per_kwh": 0.3, "cost_per_start": 2.0, "min_run_steps": 4}
        ]
    },
    "capacity charge": {"capacity_charges": [{"price_per_kw": 10.0, "averaging_steps": 2, "windows": [[30, 80]]}]},
    "reserve": {"reserve": {"energy_kwh": 20.0}},
    "dimming": {"dimming": [{"start_step": 60, "end_step": 80, "limit_kw": 8.0}]},
    "ramp limit": {"battery": {**BATTERY, "ramp_kw_per_step": 20.0}},
    "switching cost": {"battery": {**BATTERY, "switching_cost": 0.5}},
}


def main() -> None:
    """Measure every case and the front."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--time-limit", type=float, default=30.0, metavar="S", help="seconds for each solve (30)")
    limit_s = parser.parse_args().time_limit
    for name, changes in CASES.items():
        measure(name, Problem.from_json(site() | changes), limit_s)
    problem, began = Problem.from_json(site()), time.perf_counter()
    front = pareto_front(problem, points=7, time_limit_s=limit_s)
    seconds = time.perf_counter() - began
    write("front of 7 plans", seconds=round(seconds, 3), points=[[round(p.cost, 2), round(p.co2_kg, 1)] for p in front])


def measure(name: str, problem: Problem, limit_s: float) -> None:
    """Solve twice and print status, gap and seconds."""
    seconds = []
    for _ in range(2):
        began = time.perf_counter()
        solution = solve_schedule(problem, time_limit_s=limit_s)
        seconds.append(time.perf_counter() - began)
    first_s, again_s = (round(each, 3) for each in seconds)
    write(name, status=solution.status.value, gap=solution.gap, first_s=first_s, again_s=again_s)


def write(name: str, **figures: Any) -> None:
    """Write one line for machines and one for people."""
    sys.stdout.write(json.dumps({"benchmark": "devices", "case": name, **figures}) + "\n")
    sys.stdout.write(f"{name}: " + ", ".join(f"{key} {value}" for key, value in figures.items()) + "\n")
    sys.stdout.flush()


def site() -> dict[str, Any]:
    """Return a site with PV and a battery over two days, import always dearer than export."""
    rng, hour = np.random.default_rng(0), np.arange(STEPS) * 0.25 % 24
    price = 0.25 + 0.1 * np.sin((hour - 13) / 24 * 2 * np.pi) + rng.uniform(-0.05, 0.05, STEPS)
    return {
        "steps": STEPS,
        "dt_h": 0.25,
        "load_kw": (40.0 + 20.0 * np.sin((hour - 9) / 24 * 2 * np.pi) + rng.uniform(0, 10, STEPS)).tolist(),
        "pv_kw": (np.maximum(0.0, 60.0 * np.sin((hour - 6) / 12 * np.pi)) * rng.uniform(0.5, 1.0, STEPS)).tolist(),
        "import_price": price.tolist(),
        "export_price": (0.4 * price).tolist(),
        "grid": {"import_limit_kw": 300.0, "export_limit_kw": 150.0},
        "co2_kg_per_kwh": rng.uniform(0.1, 0.5, STEPS).tolist(),
        "battery": BATTERY,
        "degradation_cost_per_kwh_discharged": 0.02,
    }


if __name__ == "__main__":
    main()

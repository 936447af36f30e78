"""How long a re-solve of a 48 h plan at 15 min takes, as a ratio to HiGHS itself on the same matrix.

A rolling horizon: every re-solve starts one step later, with that step's prices, new forecasts and a new state of
charge. Pairs, interleaved: `solve_schedule` (parameters, matrices, HiGHS, choice among ties, duals, validator), and
right after it the yardstick of `benchmarks/raw.py` on that problem. Times are processor times. A first plan compiles
its model: that of a process, which also loads what it needs for it, and that of another horizon in a process that has
planned before.
Prints one JSON line and one line for people. Run: `python -m benchmarks.resolve_time`.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.raw import milliseconds, raw_ms, verdict
from optimizer.schedule.checks import Array
from optimizer.schedule.problem import DemandCharge, Problem, Storage
from optimizer.schedule.solve import solve_schedule

STEPS = 192
PAIRS = 40
TARGET = 1.0
FIRST_TARGET = 5.0


def main() -> None:
    """Measure without and with a demand charge and print both."""
    for demand in (False, True):
        result = measure(demand=demand)
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.write(
            f"re-solve{' with a demand charge' if demand else ''}: {result['ratio']:.2f} x a raw HiGHS solve, "
            f"{verdict(float(result['ratio']), TARGET)} ({result['resolve_ms']:.1f} ms against "
            f"{result['raw_ms']:.1f} ms)\n"
        )
        for words, key in (("of another horizon", "new_shape_ms"), ("since the process began", "first_ms")):
            ratio = float(result[key]) / float(result["raw_ms"])
            said = f"{ratio:.1f} x, {verdict(ratio, FIRST_TARGET)} ({result[key]:.0f} ms)"
            sys.stdout.write(f"  first plan {words}, compiled: {said}\n")


def measure(*, demand: bool, pairs: int = PAIRS) -> dict[str, float | str | int]:
    """Return medians in ms and the median ratio of the pairs; the first solve, which compiles, stands apart."""
    problems = rolling_problems(demand, pairs + 1)
    first_ms = milliseconds(partial(solve_schedule, problems[0]))
    resolves, raws = [], []
    for problem in problems[1:]:
        resolves.append(milliseconds(partial(solve_schedule, problem)))
        raws.append(raw_ms(problem))
    shorter = [_shortened(problem, STEPS - 1 - cut) for cut, problem in enumerate(problems[:5])]
    new_shape_ms = statistics.median(milliseconds(partial(solve_schedule, problem)) for problem in shorter)
    return {
        "benchmark": "resolve_time_demand_charge" if demand else "resolve_time",
        "steps": STEPS,
        "pairs": pairs,
        "ratio": round(statistics.median(a / b for a, b in zip(resolves, raws, strict=True)), 3),
        "resolve_ms": round(statistics.median(resolves), 3),
        "raw_ms": round(statistics.median(raws), 3),
        "first_ms": round(first_ms, 1),
        "new_shape_ms": round(new_shape_ms, 1),
    }


def _shortened(problem: Problem, steps: int) -> Problem:
    """Return the first steps of a problem: another shape, which has to be compiled."""
    names = ("load_kw", "pv_kw", "import_price", "export_price", "import_limit_kw", "export_limit_kw")
    return replace(problem, steps=steps, **{name: getattr(problem, name)[:steps] for name in names})


def rolling_problems(demand: bool, count: int) -> list[Problem]:
    """Return `count` problems of two days each, each one step later than the one before it."""
    rng = np.random.default_rng(1)
    hour = np.arange(STEPS + count) * 0.25 % 24
    price = 0.25 + 0.1 * np.sin((hour - 13) / 24 * 2 * np.pi) + rng.uniform(-0.05, 0.05, len(hour))
    load_kw = 40.0 + 20.0 * np.sin((hour - 9) / 24 * 2 * np.pi) + rng.uniform(0, 10, len(hour))
    pv_kw = np.maximum(0.0, 60.0 * np.sin((hour - 6) / 12 * np.pi)) * rng.uniform(0.5, 1.0, len(hour))
    return [
        _problem(
            rng, price[first : first + STEPS], load_kw[first : first + STEPS], pv_kw[first : first + STEPS], demand
        )
        for first in range(count)
    ]


def _problem(rng: np.random.Generator, price: Array, load_kw: Array, pv_kw: Array, demand: bool) -> Problem:
    """Return one window with forecasts that are a few percent off: import is always dearer than export."""
    battery = Storage(
        battery_id="battery",
        capacity_kwh=150.0,
        charge_kw=75.0,
        discharge_kw=75.0,
        eta_charge=0.95,
        eta_discharge=0.95,
        soc_min=0.1,
        soc_max=0.95,
        soc_init=float(rng.uniform(0.3, 0.7)),
        soc_end_min=0.5,
    )
    return Problem(
        steps=STEPS,
        dt_h=0.25,
        load_kw=load_kw * rng.uniform(0.97, 1.03, STEPS),
        pv_kw=pv_kw * rng.uniform(0.95, 1.05, STEPS),
        import_price=price,
        export_price=0.4 * price,
        import_limit_kw=np.full(STEPS, 300.0),
        export_limit_kw=np.full(STEPS, 150.0),
        storages=(battery,),
        degradation_cost_per_kwh_discharged=0.02,
        demand_charge=DemandCharge(price_per_kw=10.0, already_incurred_kw=20.0) if demand else None,
    )


if __name__ == "__main__":
    main()

"""How long 1,000 sites take on one core, as a ratio to the sum of raw HiGHS solves of the same problems.

Sites of three kinds (homes, offices, campuses) with three tariffs, of sizes from 3 to 600 kW. Blocks of sites are
solved alternately in the order of `solve_portfolio` and raw, so that a busy machine hits both.
Run: `python -m benchmarks.portfolio [--sites 1000]`.
"""

from __future__ import annotations

import argparse
import json
import sys
from functools import partial

import numpy as np

from benchmarks.raw import milliseconds, raw_ms, verdict
from optimizer.schedule.checks import Array
from optimizer.schedule.portfolio import answer_of, order_of, solve_portfolio
from optimizer.schedule.problem import Problem, Storage

STEPS = 192
TARGET = 0.35
BLOCK = 50


def main() -> None:
    """Measure and print one JSON line and one line for people."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=1000)
    result = measure(parser.parse_args().sites)
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.write(
        f"{result['sites']} sites in {result['ratio']:.2f} x the sum of raw solves ({result['ours_s']:.1f} s against "
        f"{result['raw_s']:.1f} s, ordering {result['order_ms']:.0f} ms included), {verdict(result['ratio'], TARGET)}\n"
    )


def measure(count: int) -> dict[str, float]:
    """Return seconds of both and their ratio; the compilation of the model is left out, as it is for the raw solves."""
    problems = sites(count)
    solve_portfolio(problems[:1])
    order: list[int] = []
    order_ms = milliseconds(lambda: order.extend(order_of(problems)))
    ours_ms, raws_ms = order_ms, 0.0
    for first in range(0, count, BLOCK):
        block = [problems[index] for index in order[first : first + BLOCK]]
        ours_ms += sum(milliseconds(partial(answer_of, problem, 60.0)) for problem in block)
        raws_ms += sum(raw_ms(problem) for problem in block)
    return {
        "sites": count,
        "steps": STEPS,
        "ratio": round(ours_ms / raws_ms, 3),
        "ours_s": round(1e-3 * ours_ms, 2),
        "raw_s": round(1e-3 * raws_ms, 2),
        "order_ms": round(order_ms, 1),
    }


def sites(count: int) -> list[Problem]:
    """Return problems of two days at 15 min, all different, from a fixed seed."""
    rng = np.random.default_rng(4)
    hour = np.arange(STEPS) * 0.25 % 24
    spot = 0.2 + 0.1 * np.sin((hour - 13) / 24 * 2 * np.pi) + rng.uniform(-0.03, 0.03, STEPS)
    peak = np.where((hour >= 16) & (hour < 21), 0.45, 0.18)
    tariffs = (spot, peak, 0.05 + 1.1 * spot)
    shapes = (
        0.3 + np.exp(-(((hour - 19) / 2.5) ** 2)) + 0.5 * np.exp(-(((hour - 7.5) / 1.5) ** 2)),
        0.25 + 0.8 / (1 + np.exp(-(hour - 7.5) * 1.5)) / (1 + np.exp((hour - 18) * 1.5)),
        0.6 + 0.4 * np.sin((hour - 9) / 24 * 2 * np.pi),
    )
    return [
        _site(rng, shapes[rng.integers(3)], tariffs[rng.integers(3)], float(np.exp(rng.uniform(1, 6.4))))
        for _ in range(count)
    ]


def _site(rng: np.random.Generator, shape: Array, price: Array, size_kw: float) -> Problem:
    hour = np.arange(STEPS) * 0.25 % 24
    sun = np.maximum(0.0, np.sin((hour - 6) / 12 * np.pi)) * rng.uniform(0.6, 1.0, STEPS)
    power_kw = size_kw * rng.uniform(0.5, 1.5)
    battery = Storage(
        battery_id="battery",
        capacity_kwh=power_kw * rng.uniform(1.5, 3.0),
        charge_kw=power_kw,
        discharge_kw=power_kw,
        eta_charge=0.95,
        eta_discharge=0.95,
        soc_min=0.1,
        soc_max=0.95,
        soc_init=float(rng.uniform(0.2, 0.8)),
        soc_end_min=0.3,
    )
    return Problem(
        steps=STEPS,
        dt_h=0.25,
        load_kw=size_kw * shape * rng.uniform(0.9, 1.1, STEPS),
        pv_kw=size_kw * rng.uniform(0, 1.5) * sun,
        import_price=price,
        export_price=0.4 * price,
        import_limit_kw=np.full(STEPS, 4 * size_kw),
        export_limit_kw=np.full(STEPS, 3 * size_kw),
        storages=(battery,),
        degradation_cost_per_kwh_discharged=0.02,
    )


if __name__ == "__main__":
    main()

"""Prices that would need binaries: how long a plan takes without them, and how far from the optimum it is.

Export dearer than import, always or in the evening, and negative prices, with and without curtailment. `ratio` is the
time of `solve_schedule_fast` against a raw HiGHS solve of the linear programme of the same size, alternately; `gap` is
what the plan itself proves, `true_gap` its distance from the exact plan (with `--exact`; seconds for each case).
Run: `python -m benchmarks.nonconvex [--exact]`.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.raw import middle, milliseconds, raw_ms, verdict
from benchmarks.resolve_time import rolling_problems
from optimizer.schedule.problem import Problem
from optimizer.schedule.solve import solve_schedule, solve_schedule_fast

PAIRS = 12
TARGET, TARGET_GAP = 10.0, 1e-4


def main() -> None:
    """Measure each case; print one JSON line and one line for people for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--exact", action="store_true", help="solve each case exactly as well")
    exact = parser.parse_args().exact
    for name in cases(rolling_problems(False, 1)[0]):
        result = measure(name, exact=exact)
        sys.stdout.write(json.dumps(result) + "\n")
        gap = float(result["gap"])
        sys.stdout.write(
            f"{name}: {result['ratio']:.1f} x a raw solve, {verdict(float(result['ratio']), TARGET)}; "
            f"gap {gap:.1e}, {verdict(gap, TARGET_GAP)}\n"
        )


def cases(problem: Problem) -> dict[str, Problem]:
    """Return the same two days under each kind of prices."""
    evening = np.arange(problem.steps) % 96 > 64
    below_zero = problem.import_price - 0.3
    negative = replace(problem, import_price=below_zero, export_price=below_zero - 0.01)
    return {
        "export above import": replace(problem, export_price=problem.import_price + 0.02),
        "export above import in the evening": replace(
            problem, export_price=np.where(evening, problem.import_price + 0.05, problem.export_price)
        ),
        "negative prices": negative,
        "negative prices, curtailment": replace(negative, curtailment=True),
    }


def measure(name: str, *, exact: bool, pairs: int = PAIRS) -> dict[str, float | str]:
    """Return medians in ms of one case over rolling horizons, the median ratio, and the largest gaps."""
    problems = rolling_problems(False, pairs + 1)
    solve_schedule_fast(cases(problems[0])[name])
    fast, raws, gaps, true_gaps = [], [], [], []
    for problem in problems[1:]:
        case = cases(problem)[name]
        fast.append(milliseconds(partial(solve_schedule_fast, case)))
        raws.append(raw_ms(problem))
        found = solve_schedule_fast(case)
        gaps.append(found.gap if found.gap is not None else float("inf"))
        if exact and len(true_gaps) < 3 and found.objective is not None:
            best = solve_schedule(case).objective
            true_gaps.append(float("nan") if best is None else (found.objective - best) / abs(best))
    return {
        "benchmark": "nonconvex",
        "case": name,
        "ratio": round(middle([a / b for a, b in zip(fast, raws, strict=True)]), 2),
        "fast_ms": round(middle(fast), 2),
        "raw_ms": round(middle(raws), 2),
        "gap": max(gaps),
        **({"true_gap": max(true_gaps)} if true_gaps else {}),
    }


if __name__ == "__main__":
    main()

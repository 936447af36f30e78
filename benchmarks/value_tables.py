"""How long a solve of the tables of value takes, as a ratio to HiGHS itself on the 48 h plan of the same site.

Both see the rolling horizon of `benchmarks/resolve_time.py`: 192 steps at 15 min, or 48 at an hour. Pairs, interleaved:
the backward pass of both models from the solve before and the table of the first step; and right after it the
yardstick of `benchmarks/raw.py` on that problem. The classes are learned once a day, the one-step choice is made every
few seconds: both stand apart. Times are processor times. Prints one JSON line and one line for people per step length.
Run: `python -m benchmarks.value_tables`.
"""

from __future__ import annotations

import json
import statistics
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np

from benchmarks.raw import milliseconds, raw_ms
from benchmarks.resolve_time import rolling_problems
from dash_app.domain.site import Battery
from dash_app.domain.value_table import power_by_value
from optimizer.schedule.problem import Problem
from optimizer.value.backward import Ahead, Worth, solve_worth
from optimizer.value.classes import Classes, Outlook, classes_of
from optimizer.value.constants import CLASSES, HORIZON, POINTS, POOL

PAIRS = 40
CHOICES = 200
TARGET_MS = 11.0
STARTS = datetime(2020, 9, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def main() -> None:
    """Measure at 15 min and at an hour and print both."""
    for minutes in (15, 60):
        result = measure(timedelta(minutes=minutes))
        sys.stdout.write(json.dumps(result) + "\n")
        met = "met" if result["solve_ms"] <= TARGET_MS else "missed"
        sys.stdout.write(
            f"tables of value, {minutes} min: {result['solve_ms']:.1f} ms a solve, target <= {TARGET_MS:g} ms: {met} "
            f"({result['ratio']:.2f} x a raw HiGHS solve of {result['raw_ms']:.1f} ms; first solve "
            f"{result['first_ms']:.0f} ms; classes, once a day, {result['classes_ms']:.0f} ms; "
            f"one choice {result['choice_ms']:.2f} ms)\n"
        )


def measure(step: timedelta, pairs: int = PAIRS) -> dict[str, float]:
    """Return medians in ms and the median ratio of the pairs; the first solve has no earlier one to go on from."""
    problems = [_at(problem, step) for problem in rolling_problems(demand=False, count=pairs + 1)]
    errors, loads, classes_ms = _learned(problems[0], step)
    worth: Worth | None = None
    solves, raws = [], []
    for place, problem in enumerate(problems):
        ahead = _ahead(problem, STARTS + place * step, step)
        outlooks = _outlooks(problem, place, step, errors, loads)
        found: list[Worth] = []
        solves.append(milliseconds(partial(_solve, ahead, outlooks, worth, found)))
        worth = found[0]
        raws.append(raw_ms(problem))
    assert worth is not None
    return {
        "minutes": step / timedelta(minutes=1),
        "pairs": pairs,
        "classes": CLASSES,
        "points": POINTS,
        "ratio": round(statistics.median(a / b for a, b in zip(solves[1:], raws[1:], strict=True)), 3),
        "solve_ms": round(statistics.median(solves[1:]), 3),
        "raw_ms": round(statistics.median(raws[1:]), 3),
        "first_ms": round(solves[0], 1),
        "classes_ms": round(classes_ms, 1),
        "choice_ms": round(milliseconds(partial(_choose, worth, step)) / CHOICES, 3),
    }


def _solve(ahead: Ahead, outlooks: list[Outlook], previous: Worth | None, found: list[Worth]) -> None:
    worth = solve_worth(BATTERY, ahead, outlooks, previous=previous)
    worth.table(0, computed_at=ahead.starts_at)
    found.append(worth)


def _choose(worth: Worth, step: timedelta) -> None:
    table = worth.table(0, computed_at=worth.ahead.starts_at)
    for place in range(CHOICES):
        power_by_value(
            table,
            net_load_kw=60.0 * place / CHOICES - 20.0,
            soc=0.2 + 0.6 * place / CHOICES,
            hours=step / timedelta(hours=1),
            low_kw=-BATTERY.charge_kw,
            high_kw=BATTERY.discharge_kw,
        )


def _learned(problem: Problem, step: timedelta) -> tuple[Classes, Classes, float]:
    """Return the classes of 28 days of errors and of net loads, and how long learning both takes."""
    rng = np.random.default_rng(2)
    a_day, count = DAY // step, POOL // step
    slots = np.arange(count) % a_day
    kinds = (np.arange(count) // a_day % 7 >= 5).astype(np.int64)
    net_kw = (problem.load_kw - problem.pv_kw)[slots] + rng.normal(0.0, 5.0, count)
    found: list[Classes] = []
    spent = milliseconds(lambda: found.append(classes_of(rng.normal(0.0, 5.0, count), slots, slots_per_day=a_day)))
    spent += milliseconds(lambda: found.append(classes_of(net_kw, slots, slots_per_day=a_day, kinds=kinds)))
    return found[0], found[1], spent


def _outlooks(problem: Problem, place: int, step: timedelta, errors: Classes, loads: Classes) -> list[Outlook]:
    slots = (np.arange(problem.steps) + place) % (DAY // step)
    return [
        errors.outlook(slots, forecast_kw=problem.load_kw - problem.pv_kw),
        loads.outlook(slots, np.zeros(problem.steps, dtype=np.int64)),
    ]


def _ahead(problem: Problem, starts_at: datetime, step: timedelta) -> Ahead:
    hours = np.full(problem.steps, step / timedelta(hours=1))
    return Ahead(starts_at=starts_at, hours=hours, import_price=problem.import_price, export_price=problem.export_price)


def _at(problem: Problem, step: timedelta) -> Problem:
    """Return two days of a problem of quarter hours at another length of step, by every so many-th value."""
    every = step // timedelta(minutes=15)
    if every == 1:
        return problem
    names = ("load_kw", "pv_kw", "import_price", "export_price", "import_limit_kw", "export_limit_kw")
    series = {name: getattr(problem, name)[::every] for name in names}
    return replace(problem, steps=HORIZON // step, dt_h=step / timedelta(hours=1), **series)


BATTERY = Battery(
    battery_id="battery",
    name="Battery",
    device_id="battery",
    capacity_kwh=150.0,
    charge_kw=75.0,
    discharge_kw=75.0,
    charge_efficiency=0.95,
    discharge_efficiency=0.95,
    soc_min=0.1,
    soc_max=0.95,
    wear_per_kwh=0.02,
)

if __name__ == "__main__":
    main()

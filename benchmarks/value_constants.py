"""The constants of the tables of value against their neighbours, on data from before every window they are judged on.

Four weeks of each home and office that end before the first window of `cases.yaml` begins: asserted. The campus has
no such weeks, its prices begin with its window. Forecasts are the median of the same hour of the last fourteen days:
cheap, and the same for all. Prices are known for two days. Prints the share of the perfect-foresight saving that the
chosen constants capture, and by how much each neighbour is better or worse: on average over the cases, and at worst.
Run: `python -m benchmarks.value_constants` (some minutes).
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from datetime import timedelta

import numpy as np
import pandas as pd

from benchmarks.cases import first_day_of, load_case, names
from dash_app.domain.errors import InvalidProblem
from dash_app.domain.time import local_midnight
from dash_app.domain.value_table import ValueTable, power_by_value
from optimizer.schedule.checks import Array
from optimizer.simulate.figures import figures_of, share
from optimizer.simulate.foresight import perfect_foresight, value_of_the_end
from optimizer.simulate.loop import Moment, Policy, simulate
from optimizer.simulate.measured import Column, Measured
from optimizer.value.backward import Ahead, Worth, solve_worth
from optimizer.value.classes import Classes, classes_of, kinds_of, slots_of
from optimizer.value.constants import CLASSES, POINTS, POOL

CASES = ("fontana_1", "fontana_2", "fontana_3", "cambridge_b026", "cambridge_b071")
WEEKS = timedelta(weeks=4)
MEDIAN_OF = 14
A_DAY = 24
DAYS_TO_LOOK_BACK = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Constants:
    """One choice of constants."""

    classes: int = CLASSES
    points: int = POINTS
    pool: timedelta = POOL


CHOSEN = Constants()
NEIGHBOURS = {
    "5 classes": replace(CHOSEN, classes=5),
    "9 classes": replace(CHOSEN, classes=9),
    "21 points": replace(CHOSEN, points=21),
    "81 points": replace(CHOSEN, points=81),
    "pool of 14 days": replace(CHOSEN, pool=timedelta(days=14)),
    "pool of 42 days": replace(CHOSEN, pool=timedelta(days=42)),
}


class Nothing:
    """No battery."""

    def plan(self, moment: Moment) -> Array | None:
        """Plan nothing."""
        return None

    def power_kw(self, moment: Moment) -> float:
        """Rest."""
        return 0.0


class ByConstants:
    """The policy by tables of value with given constants, hour by hour."""

    def __init__(self, measured: Measured, constants: Constants) -> None:
        self._measured, self._constants = measured, constants
        self._net = (measured.frame[Column.LOAD_KW] - measured.frame[Column.PV_KW]).to_numpy(dtype=float)
        self._slots = slots_of(measured.times, measured.zone, measured.step)
        self._kinds = kinds_of(measured.times, measured.zone)
        self._learned: tuple[Classes, Classes] | None = None
        self._worth: Worth | None = None
        self._table: ValueTable | None = None

    def plan(self, moment: Moment) -> Array | None:
        """Solve the worth of stored energy over two days; the classes are learned anew each day."""
        measured, now = self._measured, self._measured.first + moment.step
        if self._learned is None or moment.step % A_DAY == 0:
            self._learned = self._classes(now)
        errors, loads = self._learned
        steps = measured.horizon
        slots, kinds = self._slots[now : now + steps], self._kinds[now : now + steps]
        prices = [
            measured.frame[column].to_numpy(dtype=float)[now : now + steps]
            for column in (Column.IMPORT_PRICE, Column.EXPORT_PRICE)
        ]
        ahead = Ahead(
            starts_at=moment.at, hours=np.full(steps, measured.step_h), import_price=prices[0], export_price=prices[1]
        )
        outlooks = [errors.outlook(slots, forecast_kw=self._forecast(now)), loads.outlook(slots, kinds)]
        self._worth = solve_worth(
            measured.battery, ahead, outlooks, previous=self._worth, points=self._constants.points
        )
        self._table = self._worth.table(0, computed_at=moment.at)
        return None

    def power_kw(self, moment: Moment) -> float:
        """Return the best power on the measured net load."""
        battery = self._measured.battery
        assert self._table is not None
        return power_by_value(
            self._table,
            net_load_kw=moment.net_kw,
            soc=moment.stored_kwh / battery.capacity_kwh,
            hours=self._measured.step_h,
            low_kw=-battery.charge_kw,
            high_kw=battery.discharge_kw,
            soc_min=battery.soc_floor,
            soc_max=battery.soc_max,
        ).battery_kw

    def _classes(self, now: int) -> tuple[Classes, Classes]:
        count, first = self._constants.classes, now - self._constants.pool // self._measured.step
        past = slice(first, now)
        wrong = [self._net[row : row + A_DAY] - self._forecast(row)[:A_DAY] for row in range(first, now, A_DAY)]
        return (
            classes_of(np.concatenate(wrong)[: now - first], self._slots[past], slots_per_day=A_DAY, count=count),
            classes_of(self._net[past], self._slots[past], slots_per_day=A_DAY, kinds=self._kinds[past], count=count),
        )

    def _forecast(self, row: int) -> Array:
        """Return the median of the same hour of the fourteen days before a row, for two days."""
        days = self._net[row - MEDIAN_OF * A_DAY : row].reshape(MEDIAN_OF, A_DAY)
        return np.tile(np.nanmedian(days, axis=0), self._measured.horizon // A_DAY)


def before_every_window(name: str) -> Measured:
    """Return the last four weeks of a case that were measured in full, with two days more, before its first window."""
    begins = {window: first_day_of(name, window) for window in names()[name]}
    earliest = min(begins, key=lambda window: begins[window])
    measured = load_case(name, earliest).measured
    end = pd.Timestamp(local_midnight(begins[earliest], measured.zone))
    last = int(measured.times.searchsorted(end)) - measured.horizon
    for days in range(DAYS_TO_LOOK_BACK):
        earlier = _ending_at(measured, last - days * A_DAY)
        if earlier is not None:
            for day in begins.values():
                assert earlier.times[-1] < pd.Timestamp(local_midnight(day, measured.zone)), f"{name}: not before {day}"
            return earlier
    raise ValueError(f"{name}: no four weeks before {begins[earliest]} were measured in full")


def _ending_at(measured: Measured, last: int) -> Measured | None:
    first = last - WEEKS // measured.step
    try:
        return replace(measured, frame=measured.frame.iloc[: last + measured.horizon], first=first, steps=last - first)
    except InvalidProblem:
        return None


def captured(measured: Measured, constants: list[Constants]) -> list[float]:
    """Return the share (percent) of the perfect-foresight saving that each choice of constants captures."""
    end_value = value_of_the_end(measured)
    best = perfect_foresight(measured, end_value).cost

    def cost(policy: Policy) -> float:
        return figures_of(measured, simulate(measured, policy, every=1), end_value).cost

    without = cost(Nothing())
    return [share(cost(ByConstants(measured, one)), without=without, best=best) for one in constants]


def main() -> None:
    """Measure every case, print one JSON line for each and the neighbours for people."""
    rows = []
    for name in CASES:
        measured = before_every_window(name)
        row = captured(measured, [CHOSEN, *NEIGHBOURS.values()])
        rows.append(row)
        begins, ends = measured.index[0].date(), measured.index[-1].date()
        sys.stdout.write(
            json.dumps({"case": name, "from": f"{begins}", "to": f"{ends}", "captured": [round(one, 2) for one in row]})
            + "\n"
        )
        sys.stdout.flush()
    shares = np.array(rows)
    sys.stdout.write(
        f"{shares[:, 0].mean():.1f} % captured on average over {len(rows)} cases by the constants chosen\n"
    )
    for place, name in enumerate(NEIGHBOURS, start=1):
        change = shares[:, place] - shares[:, 0]
        sys.stdout.write(f"{name:>16}: {change.mean():+.2f} points on average, {change.min():+.2f} at worst\n")


if __name__ == "__main__":
    main()

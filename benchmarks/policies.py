"""The policies of the closed loop by name, and the row of figures that one of them gives."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial

import numpy as np
import pandas as pd

from benchmarks.cases import Case
from benchmarks.outlooks import RECORD_EVERY, Forecasts, outlook_of
from controllers.law import setpoint_kw
from optimizer.simulate.by_scenarios import ByScenarios
from optimizer.simulate.by_value import ByValue
from optimizer.simulate.by_worth import ByWorth
from optimizer.simulate.figures import Figures, figures_of
from optimizer.simulate.foresight import perfect_foresight, value_of_the_end
from optimizer.simulate.guards import HeldPeak, PastPeak
from optimizer.simulate.loop import Policy, simulate
from optimizer.simulate.outlook import Outlook, as_published, perfect
from optimizer.simulate.past import PastForecasts
from optimizer.simulate.planned import Blind, ByIntents, Guard, Plans, Sunk, SunkCapped
from optimizer.simulate.rules import NoBattery, SelfConsumption, TimeOfUse
from optimizer.value.constants import PEAK_FACTOR

HOUR = timedelta(hours=1)
PERFECT = "perfect foresight"
RULES = ("no battery", "self-consumption", "time of use")
PLANNED = ("blind", "by intents", "by worth", "by scenarios", "by value", "perfect 48 h")
WITH_CO2 = ("by worth, CO2 limited",)
WITH_PEAK = (
    "by worth, cap",
    "by intents, past peak, cap",
    "by worth, past peak",
    "by worth, past peak, cap",
    "by worth, past peak, cap, reserve",
    "by scenarios, past peak, cap",
    "by value, no reserve",
    "by value, 80 % of past peak, no reserve",
)
LOWER = 0.8
"""A share of the past peak that was tried as the one to hold: not chosen, every site has the same constants."""
PRICES = ("known", "published")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bench:
    """A case with what is expected in it, under one way of knowing prices."""

    case: Case
    outlook: Outlook
    past: PastForecasts
    end_value: float

    @classmethod
    def of(cls, case: Case, forecasts: Forecasts, prices: str) -> Bench:
        """Return the bench for prices known for two days, or only as they were published."""
        outlook = outlook_of(case, forecasts)
        if prices == "published":
            outlook = as_published(outlook, case.measured, day_ahead=case.published == "day_ahead")
        return cls(
            case=case,
            outlook=outlook,
            past=_past(case, forecasts),
            end_value=value_of_the_end(case.measured),
        )

    def plans(self, guard: Guard | None = None, *, co2_capped: bool = False) -> Plans:
        """Return plans from these expectations."""
        return Plans(measured=self.case.measured, outlook=self.outlook, guard=guard or Sunk(), co2_capped=co2_capped)


def policies_of(case: Case) -> tuple[str, ...]:
    """Return the names of the policies that a case is run with, the slow ones last."""
    more = {"office": WITH_CO2, "demand": WITH_PEAK}.get(case.kind, ())
    every = (*RULES, PERFECT, *PLANNED, *more)
    return tuple(sorted(every, key=lambda name: "scenarios" in name))


def run(bench: Bench, name: str) -> dict[str, object]:
    """Return the row of a policy: its figures, and the seconds of processor time that it took."""
    began = time.process_time()
    row: dict[str, object] = {}
    if name == PERFECT:
        best = perfect_foresight(bench.case.measured, bench.end_value)
        figures = figures_of(bench.case.measured, best.course, bench.end_value)
        row = {"bound": best.cost, "both_ways": best.both_ways}
    else:
        policy, plans = _MADE[name](bench)
        course = simulate(bench.case.measured, policy, every=bench.outlook.every)
        figures = figures_of(bench.case.measured, course, bench.end_value)
        if plans is not None and np.isfinite(plans.worst_co2_kg):
            row = {"plans": plans.plans, "worst_co2_kg": plans.worst_co2_kg}
    return {**_rounded(figures), **row, "seconds": round(time.process_time() - began, 1)}


def _rounded(figures: Figures) -> dict[str, object]:
    return {key: None if value is None else round(value, 6) for key, value in asdict(figures).items()}


def _past(case: Case, forecasts: Forecasts) -> PastForecasts:
    """Return the forecasts of every sixth hour, from 28 days before the window on."""
    sixth = (forecasts.origins - forecasts.origins[0]) % RECORD_EVERY == pd.Timedelta(0)
    some = np.asarray(sixth)
    return PastForecasts.of(case.measured, forecasts.origins[some], forecasts.load_kw[some], forecasts.pv_kw[some])


Made = tuple[Policy, Plans | None]


def _planned(
    bench: Bench, make: Callable[[Plans], Policy], *, guard: Guard | None = None, co2_capped: bool = False
) -> Made:
    plans = bench.plans(guard, co2_capped=co2_capped)
    return make(plans), plans


def _guarded(bench: Bench, make: Callable[[Plans], Policy], **does: bool) -> Made:
    plans = bench.plans(PastPeak(peak=HeldPeak(measured=bench.case.measured), **does))
    return make(plans), plans


def _by_scenarios(bench: Bench) -> Callable[[Plans], Policy]:
    return partial(ByScenarios, law=setpoint_kw, past=bench.past)


def _by_value(bench: Bench, *, factor: float = PEAK_FACTOR, reserved: bool = True) -> Made:
    measured = bench.case.measured
    holding = HeldPeak(measured=measured, factor=factor, reserved=reserved) if measured.demand_price > 0 else None
    return ByValue(measured, bench.outlook, bench.past, holding), None


def _perfect_48h(bench: Bench) -> Made:
    measured = bench.case.measured
    plans = Plans(measured=measured, outlook=perfect(measured, bench.outlook.every), guard=Sunk())
    return ByIntents(plans, setpoint_kw), plans


_by_intents = partial(ByIntents, law=setpoint_kw)
_by_worth = partial(ByWorth, law=setpoint_kw)

_MADE: dict[str, Callable[[Bench], Made]] = {
    "no battery": lambda bench: (NoBattery(), None),
    "self-consumption": lambda bench: (SelfConsumption(), None),
    "time of use": lambda bench: (TimeOfUse(bench.case.measured), None),
    "blind": partial(_planned, make=Blind),
    "by intents": partial(_planned, make=_by_intents),
    "by worth": partial(_planned, make=_by_worth),
    "by worth, CO2 limited": partial(_planned, make=_by_worth, co2_capped=True),
    "by worth, cap": lambda bench: _planned(bench, _by_worth, guard=SunkCapped()),
    "by intents, past peak, cap": partial(_guarded, make=_by_intents, capped=True),
    "by worth, past peak": partial(_guarded, make=_by_worth),
    "by worth, past peak, cap": partial(_guarded, make=_by_worth, capped=True),
    "by worth, past peak, cap, reserve": partial(_guarded, make=_by_worth, capped=True, kept_back=True),
    "by scenarios": lambda bench: _planned(bench, _by_scenarios(bench)),
    "by scenarios, past peak, cap": lambda bench: _guarded(bench, _by_scenarios(bench), capped=True),
    "by value": _by_value,
    "by value, no reserve": partial(_by_value, reserved=False),
    "by value, 80 % of past peak, no reserve": partial(_by_value, factor=LOWER, reserved=False),
    "perfect 48 h": _perfect_48h,
}

"""How good the forecasts are on the shipped measurements, beside naive ones, and what they cost in time.

Rolling origins every 6 h, 48 h ahead, no weather, trained at the first origin and every 28 days after it: no model
forecasts an origin before its own training. Load against the weekly naive, PV against day persistence; the geometric
mean over the series stands beside its target. Seconds are of one process's CPU (the machine may be shared).
Run: `python -m benchmarks.forecast_accuracy [--origins 280] [--series NAME ...]`.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from dash_app.domain.time import TimeGrid
from optimizer.forecast.backtest import Backtest, backtest_recipe
from optimizer.forecast.forecasting import forecast_with
from optimizer.forecast.history import History, build_history
from optimizer.forecast.model import recipe_for
from optimizer.forecast.recipe import Recipe
from optimizer.forecast.training import Trained, train
from tests.quality_signals import PLACES, column

LOOKBACK = timedelta(weeks=110)
LOAD_TARGET, PV_TARGET, FORECAST_TARGET_MS, TRAIN_TARGET_S = 0.755, 0.79, 50.0, 25.0
LONDON, MELBOURNE = ZoneInfo("Europe/London"), ZoneInfo("Australia/Melbourne")
LOS_ANGELES, BERLIN = ZoneInfo("America/Los_Angeles"), ZoneInfo("Europe/Berlin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One measured series: from which columns of which place, of which kind."""

    name: str
    place: str
    columns: tuple[str, ...]
    zone: ZoneInfo
    kind: str = "load"
    start: str | None = None


CASES = (
    Case(name="cambridge b005", place="b005", columns=("demand_kwh",), zone=LONDON),
    Case(name="cambridge b071", place="b071", columns=("demand_kwh",), zone=LONDON),
    Case(name="monash building1", place="monash", columns=("building1_kw",), zone=MELBOURNE),
    Case(name="monash building3", place="monash", columns=("building3_kw",), zone=MELBOURNE),
    Case(name="monash building6", place="monash", columns=("building6_kw",), zone=MELBOURNE),
    Case(name="fontana home 1", place="fontana", columns=("demand_kwh",), zone=LOS_ANGELES),
    Case(name="fontana pv", place="fontana", columns=("pv_wh_per_kwp",), zone=LOS_ANGELES, kind="pv"),
    Case(name="konstanz pv", place="konstanz", columns=("pv_kwh",), zone=BERLIN, kind="pv"),
    Case(name="monash solar0", place="monash-pv", columns=("solar0_kw",), zone=MELBOURNE, kind="pv"),
    Case(name="monash solar5", place="monash-pv", columns=("solar5_kw",), zone=MELBOURNE, kind="pv"),
)
"""Six loads and four arrays: the shipped series with half a year or more that a source does not call unfit."""

POOLED = {"monash solar0": ("solar5_kw",), "monash solar5": ("solar0_kw",)}


def main() -> None:
    """Backtest every series and print a table and one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--origins", type=int, default=280, help="rolling origins of each series, 6 h apart")
    parser.add_argument("--series", nargs="*", help="only these, by name")
    args = parser.parse_args()
    results = {}
    write(
        f"{'series':18} {'mix':>6} {'best':>6}  {'of':22} {'80 %':>6} {'90 %':>6} {'CRPS':>8} {'train s':>8} {'ms':>6}"
    )
    for case in CASES:
        if not args.series or case.name in args.series:
            results[case.name] = _row(case, args.origins)
    _summary(results)


def write(line: str) -> None:
    """Write one line to stdout at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _row(case: Case, origins: int) -> dict[str, float | str]:
    """Measure one series and print its line."""
    history, recipe, pooled = _prepare(case)
    took: list[float] = []

    def retrain(known: History, previous: Trained | None) -> Trained:
        started = time.process_time()
        others = tuple((other, part.before(known.origin)) for other, part in pooled)
        trained = train(recipe, known, trained_at=_utc(known), previous=previous, pooled=others)
        took.append(time.process_time() - started)
        kept.append(trained)
        return trained

    kept: list[Trained] = []
    result = backtest_recipe(recipe, history, origins=min(origins, _most(history)), retrain=retrain)
    row = _figures(case, result) | {"train_first_s": took[0], "train_later_s": float(np.mean(took[1:] or [np.nan]))}
    row["forecast_ms"] = _forecast_ms(recipe, history, kept[-1])
    write(
        f"{case.name:18} {row['mix']:6.3f} {row['best']:6.3f}  {row['best_is']:22} {row['cover_80']:6.3f} "
        f"{row['cover_90']:6.3f} {row['crps']:8.3f} {took[0]:8.1f} {row['forecast_ms']:6.0f}"
    )
    return row


def _prepare(case: Case) -> tuple[History, Recipe, tuple[tuple[Recipe, History], ...]]:
    others = POOLED.get(case.name, ())
    (history, recipe), *rest = [_source(case, columns) for columns in (case.columns, *((one,) for one in others))]
    return history, recipe, tuple((recipe, history) for history, recipe in rest)


def _source(case: Case, columns: tuple[str, ...]) -> tuple[History, Recipe]:
    place = PLACES[case.place]
    values = column(case.place, *columns)
    if case.place.startswith("b0"):
        values = values.replace(0.0, np.nan)
    end = (values.index[-1] + place.step).to_pydatetime()
    positive = case.kind == "load"
    history = build_history(values, zone=case.zone, issued_at=end, positive=positive, lookback=LOOKBACK)
    recipe = recipe_for(case.kind, history, latitude=place.latitude, longitude=place.longitude)
    return history, recipe


def _most(history: History) -> int:
    """Return how many origins leave nine weeks and a day to train on first."""
    return int((history.days - 66) * 4)


def _utc(history: History) -> datetime:
    return history.origin.tz_localize(UTC).to_pydatetime()


def _figures(case: Case, result: Backtest) -> dict[str, float | str]:
    scale = result.of("weekly_naive" if case.kind == "load" else "day_naive").mae
    parts = {score.name: score.mae / scale for score in result.scores if score.name != "mix"}
    best = min(parts, key=lambda name: parts[name])
    return {
        "kind": case.kind,
        "origins": result.origins,
        "mix": result.of("mix").mae / scale,
        "best": parts[best],
        "best_is": best,
        "cover_80": result.coverage,
        "cover_90": result.coverage_90,
        "crps": result.crps,
    } | {f"part {name}": value for name, value in parts.items()}


def _forecast_ms(recipe: Recipe, history: History, trained: Trained) -> float:
    """Return the median time of one forecast after training, of 9, ms of CPU."""
    grid = TimeGrid(start=_utc(history), step=history.step, steps=round(timedelta(hours=48) / history.step))
    known = history.before(history.origin - timedelta(hours=1))
    local = TimeGrid(start=_utc(known), step=grid.step, steps=grid.steps)
    took = []
    for _ in range(9):
        started = time.process_time()
        forecast_with(recipe, known, local, issued_at=local.start, trained=trained)
        took.append(1e3 * (time.process_time() - started))
    return float(np.median(took))


def _means(results: dict[str, dict[str, float | str]]) -> Iterator[tuple[str, float, float]]:
    for kind, target in (("load", LOAD_TARGET), ("pv", PV_TARGET)):
        values = [float(row["mix"]) for row in results.values() if row["kind"] == kind]
        if values:
            yield f"{kind}, geometric mean of {len(values)}", float(np.exp(np.mean(np.log(values)))), target


def _summary(results: dict[str, dict[str, float | str]]) -> None:
    for name, value, target in _means(results):
        write(f"{name}: {value:.3f} (target {target}): {'reached' if value <= target else 'missed'}")
    for key, target, unit in (
        ("forecast_ms", FORECAST_TARGET_MS, "ms"),
        ("train_first_s", TRAIN_TARGET_S, "s"),
    ):
        worst = max(float(row[key]) for row in results.values())
        verdict = "reached" if worst <= target else "missed"
        write(f"{key}: at most {worst:.1f} {unit} of CPU (target {target:.0f}): {verdict}")
    outside = [name for name, row in results.items() if not 0.77 <= float(row["cover_80"]) <= 0.83]
    write(f"80 % band within 77-83 %: all but {outside}" if outside else "80 % band within 77-83 %: all")
    write(json.dumps(results))


if __name__ == "__main__":
    main()

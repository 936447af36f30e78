"""How good the estimate of prices and CO2 beyond what is published is, beside the same hour a week earlier.

What is known at each origin is what the markets of the demo publish: tomorrow's prices at 13:00 (Germany) or 16:00
(Great Britain), a spot price and a CO2 intensity when they are over. Scored are the steps of the next 48 h that are not
known. The rule's constants were chosen on the first half of each series; these are origins of the second half.
Run: `python -m benchmarks.market_ahead [--origins 200]`.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from dash_app.domain.tariff import estimate_ahead
from dash_app.domain.time import TimeGrid

KNOWN = timedelta(days=15)
AHEAD = timedelta(hours=48)
DATA = "slothbox/data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One published series: its file and column, and the local hour at which the next day is told, if it is."""

    name: str
    path: str
    column: str
    zone: str
    told_at: int | None = None


CASES = (
    Case(name="spot price, Victoria", path="au_clayton/price_au_vic1_30min", column="price_aud_per_mwh",
         zone="Australia/Melbourne"),
    Case(name="day-ahead, GB", path="uk_cambridge/price_gb_agile_region_a", column="price_gbp_per_kwh",
         zone="Europe/London", told_at=16),
    Case(name="day-ahead, Germany", path="market_de/price_day_ahead_smard_2015", column="price_eur_per_mwh_de_at_lu",
         zone="Europe/Berlin", told_at=13),
    Case(name="time-of-use, California", path="us_fontana/price_us_tou", column="tariff_usd_per_kwh",
         zone="America/Los_Angeles"),
    Case(name="CO2, GB", path="uk_cambridge/co2_gb", column="co2_kg_per_kwh", zone="Europe/London"),
    Case(name="CO2, California", path="us_fontana/co2_us_ca", column="co2_kg_per_kwh", zone="America/Los_Angeles"),
)  # fmt: skip


def main() -> None:
    """Print the errors of both rules for every series, and the geometric mean of their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--origins", type=int, default=200, help="origins of each series")
    args = parser.parse_args()
    sys.stdout.write(f"{'series':26}{'origins':>8}{'week':>10}{'ours':>10}{'ratio':>8}\n")
    ratios = []
    for case in CASES:
        ours, week, count = _errors(case, args.origins)
        ratio = ours / week if week > 0 else float("nan")
        ratios.append(ratio)
        sys.stdout.write(f"{case.name:26}{count:8d}{week:10.4f}{ours:10.4f}{ratio:8.3f}\n")
    there = [ratio for ratio in ratios if np.isfinite(ratio) and ratio > 0]
    sys.stdout.write(f"geometric mean of {len(there)}: {float(np.exp(np.mean(np.log(there)))):.3f}\n")


def _errors(case: Case, origins: int) -> tuple[float, float, int]:
    values = _series(case)
    step = values.index[1] - values.index[0]
    first, last = values.index[len(values) // 2], values.index[-1] - AHEAD
    ours, week = [], []
    for origin in pd.date_range(first, last, periods=origins).floor(step):
        until = _told_until(case, origin)
        known = values[(values.index >= origin - KNOWN) & (values.index < until)]
        steps = round((origin + AHEAD - until) / step)
        if steps < 1 or known.isna().mean() > 0.05:
            continue
        grid = TimeGrid(start=until.to_pydatetime(), step=step.to_pytimedelta(), steps=steps)
        real = values.reindex(grid.index())
        before = values.reindex(grid.index() - timedelta(weeks=1)).to_numpy()
        there = np.isfinite(real.to_numpy()) & np.isfinite(before)
        if there.any():
            ours.append(float((estimate_ahead(known, grid)[0] - real).abs()[there].mean()))
            week.append(float(np.abs(before - real)[there].mean()))
    return float(np.mean(ours)), float(np.mean(week)), len(ours)


def _told_until(case: Case, origin: pd.Timestamp) -> pd.Timestamp:
    if case.told_at is None:
        return origin
    local = origin.tz_convert(ZoneInfo(case.zone))
    days = 2 if local.hour >= case.told_at else 1
    return (local.tz_localize(None).normalize() + pd.Timedelta(days=days)).tz_localize(case.zone).tz_convert("UTC")


def _series(case: Case) -> pd.Series:
    raw = pd.read_csv(f"{DATA}/{case.path}.csv.gz")
    stamps = pd.DatetimeIndex(pd.to_datetime(raw["timestamp_utc"], utc=True))
    values = pd.Series(raw[case.column].to_numpy(dtype=float), index=stamps)
    values = values[values.index.notna()]
    values = values[~values.index.duplicated()].sort_index()
    step = pd.Series(values.index).diff().mode()[0]
    return values.reindex(pd.date_range(values.index[0], values.index[-1], freq=step))


if __name__ == "__main__":
    main()

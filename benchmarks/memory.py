"""How much memory a process needs that plans: forecasts, schedule, payload, again and again, as the planner does.

A process of its own plans one site four times, a quarter of an hour apart, on a made-up half year of measurements; its
resident memory and its peak are read from the kernel. Another process says what each library adds, one after the other.
Run: `python -m benchmarks.memory`.
"""

from __future__ import annotations

import importlib
import json
import resource
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

TARGET_MIB = 150.0
PLANS = 4
STEP = timedelta(minutes=15)
LIBRARIES = (
    *("numpy", "pandas", "scipy.sparse", "highspy", "dash_app.workflows.compute", "optimizer.schedule.problem"),
    *("cvxpy", "statsmodels.regression.linear_model", "pvlib", "lightgbm"),
)
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)


def main() -> None:
    """Plan in a new process and print what it needed."""
    if "--plan" in sys.argv:
        plan()
        return
    if "--libraries" in sys.argv:
        libraries()
        return
    from benchmarks.raw import verdict

    result = _in_a_new_process("--plan")
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.write(
        f"planner after {PLANS} plans: {result['resident_mib']:.0f} MiB resident, peak {result['peak_mib']:.0f} MiB; "
        f"{verdict(result['resident_mib'], TARGET_MIB)} MiB\n"
    )
    added = _in_a_new_process("--libraries")
    sys.stdout.write(", ".join(f"{name} +{mib:.0f}" for name, mib in added.items()) + " MiB\n")


def _in_a_new_process(what: str) -> dict[str, float]:
    ran = subprocess.run([sys.executable, "-m", "benchmarks.memory", what], capture_output=True, check=True)
    found: dict[str, float] = json.loads(ran.stdout)
    return found


def libraries() -> None:
    """Import one library after the other and write what each adds to this process, what it brings along included."""
    before, added = _resident_mib(), {}
    for name in LIBRARIES:
        importlib.import_module(name)
        added[name] = round(_resident_mib() - before, 1)
        before = _resident_mib()
    sys.stdout.write(json.dumps(added) + "\n")


def plan() -> None:
    """Plan as the planner does and write the memory of this process."""
    from dash_app.workflows.compute import compute_payload

    first = _known()
    marks = []
    for number in range(PLANS):
        now = NOW + number * STEP
        grid = replace(first.grid, start=now)
        compute_payload(replace(first, now=now, grid=grid), lambda _fraction, _word: None)
        marks.append(_resident_mib())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {"benchmark": "planner_memory", "plans": PLANS, "resident_mib": round(marks[-1], 1)}
    sys.stdout.write(json.dumps({**figures, "first_mib": round(marks[0], 1), "peak_mib": round(peak, 1)}) + "\n")


def _known():  # type: ignore[no-untyped-def]  # everything is loaded in the measured process only
    import numpy as np
    import pandas as pd

    from dash_app.domain.measurement import Published
    from dash_app.domain.schedule import Objective
    from dash_app.domain.site import TariffPart
    from dash_app.domain.time import TimeGrid
    from dash_app.workflows.compute import Known
    from tests.fakes import campus

    tariff = (TariffPart(valid_from=date(2020, 1, 1), fees_per_kwh=0.08),)
    site = replace(campus.site(), tariff=tariff)
    index = pd.date_range(NOW - timedelta(weeks=26), NOW + timedelta(days=5), freq="15min", inclusive="left")
    local, rng = index.tz_convert(campus.ZONE), np.random.default_rng(2)
    hour = local.hour.to_numpy() + local.minute.to_numpy() / 60
    load = pd.Series(60 + 30 * np.sin((hour - 9) / 24 * 2 * np.pi) + rng.uniform(0, 10, len(index)), index=index)
    pv = pd.Series(np.maximum(0, 50 * np.sin((hour - 6) / 12 * np.pi)) * rng.uniform(0.4, 1, len(index)), index=index)
    price = pd.Series(0.2 + 0.1 * np.sin((hour - 13) / 24 * 2 * np.pi), index=index)
    before = index < NOW
    return Known(
        site=site,
        battery=site.battery,
        grid=TimeGrid(start=NOW, step=STEP, steps=192),
        now=NOW,
        objective=Objective.COST,
        soc_now=0.5,
        load=load[before],
        pv=pv[before],
        pv_shift=timedelta(0),
        prices=Published(issued_at=NOW, values=price, unit="AUD/kWh"),
        co2=None,
    )


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 2**20


if __name__ == "__main__":
    main()

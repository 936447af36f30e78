"""How long the Forecast page takes on a full ledger: a forecast every quarter of an hour, in a plan store on disk.

Processor time of one process (the machine may be shared) from the question to all that the browser gets, for a page
that was open before, and for the first question after a new forecast. Run: `python -m benchmarks.forecast_page`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd

from dash_app.domain.forecasting import ForecastRecord
from dash_app.workflows.forecast_ledger import Memory
from dash_app.workflows.forecast_page import load_forecast_page
from dash_app.workflows.measured import view_of
from pages.forecast import PAGE
from pages.range_page import filled_view
from services.store import PlanStore, open_store
from tests.fakes.api import session
from tests.fakes.campus import NOW, project
from tests.fakes.clock import FakeClock
from tests.fakes.issued import QUARTER, of_the_campus
from tests.workflows.test_forecast_page import Priced, place

DAYS, ROUNDS = 9, 10
GATE_MS = 300
RANGES = {"48 h": "", "week": "?range=week", "as known at": f"?known={NOW - timedelta(hours=9):%Y-%m-%dT%H:%M:%SZ}"}


def main() -> int:
    """Print the figures beside the gate."""
    with tempfile.TemporaryDirectory(prefix="forecast-page") as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'plans.sqlite'}", secret_key="only for this benchmark" * 2)
        store.forecasts.record(list(_ledger()))
        for name, search in RANGES.items():
            again, new = (statistics.median(_times(store, search, fresh=fresh)) for fresh in (False, True))
            sys.stdout.write(
                f"forecast page, {name}: {again:.0f} ms, after a new forecast {new:.0f} ms (gate for 48 h: {GATE_MS})\n"
            )
        store.close()
    return 0


def _ledger() -> list[ForecastRecord]:
    """Return one forecast moved along: what is timed does not depend on the values."""
    one, steps = of_the_campus(NOW), range(DAYS * 96, -1, -1)
    return [
        replace(
            one,
            issued_at=NOW - place * QUARTER,
            inputs_digest=str(place),
            frame=one.frame.set_axis(pd.DatetimeIndex(one.frame.index) - place * QUARTER),
        )
        for place in steps
    ]


def _times(store: PlanStore, search: str, *, fresh: bool) -> list[float]:
    """Return the milliseconds of some drawings."""
    measurements = Priced(FakeClock(NOW))
    where, found = place(measurements), []
    memory = Memory(measurements.clock)
    for _round in range(ROUNDS + 1):
        memory = Memory(measurements.clock) if fresh else memory
        begun = time.process_time()
        view = view_of(where, search, measurements.clock)
        page = load_forecast_page(
            session("u1", project()), where, view, opening=False, measurements=measurements,
            forecasts=store.forecasts, memory=memory,
        )  # fmt: skip
        filled_view(PAGE, page, opening=False)
        found.append(1000 * (time.process_time() - begun))
    return found[1:]


if __name__ == "__main__":
    sys.exit(main())

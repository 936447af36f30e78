"""What a forecast by a trained model costs in the planner, from the file of the model to the row on the ledger.

A model is trained on the demand of the Monash campus (58 weeks of quarter hours) and kept; then, as for a plan: read,
build the history, forecast 48 h, record it, read it back. Milliseconds of one process' CPU, the middle of several runs;
the write, which waits for the disk, by the clock.
Run: `python -m benchmarks.forecast_ledger`.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.raw import verdict
from dash_app.domain.forecasting import ForecastRecord
from dash_app.domain.site import GridConnection, Quantity, Site
from dash_app.domain.time import TimeGrid, floor_to
from dash_app.workflows.fitting import fitted
from dash_app.workflows.forecasting import LoadedModels, ModelInUse, Past, issue
from optimizer.forecast.kept import to_bytes
from services.model_files import SignedModelFiles
from services.store import open_store
from slothbox.demo.model import Category
from slothbox.replay import SiteReplay
from slothbox.sites import site as demo_site

NOW = datetime(2026, 11, 20, 9, 2, tzinfo=UTC)
STEP = timedelta(minutes=15)
TARGET_MS = 50.0
RUNS = 9
KEY = "k" * 40


def main() -> None:
    """Train once, then time each part."""
    with tempfile.TemporaryDirectory() as folder:
        _measure(Path(folder))


def _measure(folder: Path) -> None:
    began = time.process_time()
    trained = fitted(_past(timedelta(weeks=58)), None)
    _say(f"training: {time.process_time() - began:.1f} s")
    files = SignedModelFiles(folder / "models", secret_key=KEY)
    files.keep("model", body := to_bytes(trained))
    past, grid = _past(timedelta(weeks=54)), TimeGrid(start=floor_to(NOW, STEP), step=STEP, steps=192)
    model = ModelInUse(model_id="model", trained=trained)
    said = issue(past, grid, model)
    _say(
        f"reading the model, {len(body) / 1e6:.1f} MB: {_cpu_ms(lambda: LoadedModels(files).get('model')):.0f} ms, once"
    )
    forecast_ms = _cpu_ms(lambda: issue(past, grid, model))
    _say(f"history, forecast and record: {forecast_ms:.0f} ms; in ms, {verdict(forecast_ms, TARGET_MS)}")
    _say(f"the same by the simple mix: {_cpu_ms(lambda: issue(past, grid, None), runs=2):.0f} ms")
    _ledger(folder, said)


def _ledger(folder: Path, said: ForecastRecord) -> None:
    store = open_store(f"sqlite:///{folder / 'plans.sqlite'}", secret_key=KEY)
    took = []
    for place in range(96):
        one = replace(said, issued_at=NOW + place * STEP)
        began = time.perf_counter()
        store.forecasts.record([one])
        took.append(1e3 * (time.perf_counter() - began))
    day = _cpu_ms(lambda: store.forecasts.issued("monash", Quantity.LOAD_KW, NOW, NOW + timedelta(days=1)), runs=3)
    with store.database.reading() as connection:
        pages, size = (connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("page_count", "page_size"))
    _say(f"writing one to the ledger: {statistics.median(took):.1f} ms; reading a day of 96: {day:.0f} ms")
    _say(f"the store with a day of 96 forecasts: {int(pages or 0) * int(size or 0) / 1e3:.0f} kB")
    store.close()


def _past(length: timedelta) -> Past:
    place = demo_site("monash")
    values = SiteReplay(place).total(Category.LOAD, NOW - length, NOW, STEP)
    site = Site(
        project_id="monash",
        name="Monash",
        timezone=place.tz,
        currency="AUD",
        latitude=-37.9,
        longitude=145.1,
        place="Clayton",
        grid=GridConnection(import_limit_kw=1.0, export_limit_kw=1.0),
    )
    return Past(site=site, quantity=Quantity.LOAD_KW, values=values, now=NOW)


def _cpu_ms(action: Callable[[], object], runs: int = RUNS) -> float:
    took = []
    for _ in range(runs):
        began = time.process_time()
        action()
        took.append(1e3 * (time.process_time() - began))
    return statistics.median(took)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

"""Forecasting for plans: the champion says it, the ledger has it first, and what does not fit gives way."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import StaleData, StoreUnavailable
from dash_app.domain.forecasting import SIMPLE_MODEL_ID, ForecastRecord, ModelKind, Role
from dash_app.domain.frames import Band
from dash_app.domain.schedule import Objective
from dash_app.domain.site import Quantity
from dash_app.domain.time import TimeGrid
from dash_app.workflows.compute import Known, compute_payload
from dash_app.workflows.forecasting import (
    APPLIED_HISTORY,
    ForecastPorts,
    LoadedModels,
    ModelInUse,
    Past,
    champions,
    check_times,
    digest_of,
    issue,
)
from dash_app.workflows.plan import HISTORY, gather
from optimizer.forecast.history import APPLIED_LOOKBACK
from optimizer.forecast.kept import to_bytes
from tests.fakes import campus
from tests.fakes.clock import FakeClock
from tests.fakes.forecast_ledger import a_switch
from tests.fakes.store import FakeStore
from tests.fakes.trained import END, HOUR, LONDON, FakeModelFiles, full_trained, made_up_load
from tests.workflows.test_plan import Bench, silent

SITE = replace(campus.site(), timezone=LONDON)
GRID = TimeGrid(start=END, step=HOUR, steps=48)


def past(now: datetime = END, **changes: object) -> Past:
    series = made_up_load()
    known: dict[str, object] = {
        "site": SITE,
        "quantity": Quantity.LOAD_KW,
        "values": series[series.index < pd.Timestamp(now)],
        "now": now,
    }
    return Past(**{**known, **changes})  # type: ignore[arg-type]


def model() -> ModelInUse:
    return ModelInUse(model_id="monash-load-1", trained=full_trained())


@cache
def by_the_simple_mix() -> ForecastRecord:
    return issue(past(), GRID, None)


class Ledger:
    """The bench of a plan with a ledger and models beside it."""

    def __init__(self) -> None:
        self.bench = Bench()
        self.files = FakeModelFiles()
        self.ports = ForecastPorts(forecasts=self.bench.store.forecasts, models=LoadedModels(self.files))
        self.bench.ports = replace(self.bench.ports, forecasting=self.ports)

    def young(self) -> Known:
        """Return what is known of the campus when it is ten days old: its forecast takes no time."""
        known = gather(self.bench.ports, self.bench.session(), "monash", Objective.COST)
        assert known.pv is not None
        days = pd.Timestamp(campus.NOW) - timedelta(days=10)
        return replace(known, load=known.load[known.load.index >= days], pv=known.pv[known.pv.index >= days])

    def issued(self, quantity: Quantity = Quantity.LOAD_KW) -> tuple[ForecastRecord, ...]:
        now = campus.NOW
        return self.bench.store.forecasts.issued("monash", quantity, now - HOUR, now + HOUR)


def test_the_forecasts_of_a_plan_are_on_the_ledger_as_the_plan_used_them() -> None:
    ledger = Ledger()
    plan = ledger.bench.make().payload
    for quantity, name in ((Quantity.LOAD_KW, "load"), (Quantity.PV_KW, "pv")):
        (said,) = ledger.issued(quantity)
        assert said.issued_at == plan.computed_at
        assert (said.model_id, said.model_kind, said.role) == (SIMPLE_MODEL_ID, ModelKind.SIMPLE, Role.CHAMPION)
        assert said.frame[Band.P50].to_numpy() == pytest.approx(plan.plan[f"{name}_kw"], abs=0.0006)
        assert said.frame[Band.P10].to_numpy() == pytest.approx(plan.plan[f"{name}_p10"], abs=0.0006)
        assert said.frame.index[0] == plan.steps[0].start
        assert said.inputs_digest in {used.digest for used in plan.inputs}
        assert np.sum(list(said.weights.values()), axis=0) == pytest.approx(np.ones(4), abs=1e-3)


def test_a_forecast_is_on_the_ledger_before_anything_is_computed_from_it() -> None:
    ledger = Ledger()
    known = ledger.young()
    seen: list[int] = []

    def watch(_fraction: float, word: str) -> None:
        if word == "optimising":
            seen.append(len(ledger.issued()))
            raise StaleData("far enough")

    with pytest.raises(StaleData, match="far enough"):
        compute_payload(known, watch, None, ledger.ports)
    assert seen == [1]


def test_there_is_no_plan_from_a_forecast_that_could_not_be_recorded() -> None:
    ledger = Ledger()
    known = ledger.young()
    ledger.bench.store.broken = True
    with pytest.raises(StoreUnavailable):
        compute_payload(known, silent, None, ledger.ports)


def test_the_champion_forecasts_and_the_ledger_says_so() -> None:
    said = issue(past(), GRID, model())
    assert (said.model_id, said.model_kind, said.trained_at) == ("monash-load-1", ModelKind.TRAINED, END)
    assert "boosting" in said.weights
    assert said.components is not None
    assert list(said.components) == list(said.weights)
    mixed = sum(said.components[name] * said.weights[name][3] for name in said.weights)
    assert said.frame[Band.P50].to_numpy()[30:] == pytest.approx(mixed.to_numpy()[30:], rel=1e-3)


def test_a_model_of_another_resolution_gives_way_to_the_simple_mix() -> None:
    quarters = past(values=past().values.resample("15min").ffill())
    said = issue(quarters, GRID, model())
    assert (said.model_id, said.model_kind) == (SIMPLE_MODEL_ID, ModelKind.SIMPLE)


def test_a_model_that_was_trained_after_the_moment_gives_way_to_the_simple_mix() -> None:
    before = END - timedelta(days=1)
    said = issue(past(before), TimeGrid(start=before, step=HOUR, steps=48), model())
    assert said.model_id == SIMPLE_MODEL_ID


def test_too_little_history_is_stale_data_that_names_the_site_and_the_quantity() -> None:
    empty = past(values=past().values.mask(past().values > -1.0))
    with pytest.raises(StaleData, match=r"Monash campus, load_kw: 0 values are too few"):
        issue(empty, GRID, None)


@pytest.mark.parametrize("shift", [timedelta(days=-1), timedelta(days=1), HOUR])
def test_a_forecast_of_another_day_is_never_planned_with(shift: timedelta) -> None:
    said = by_the_simple_mix()
    assert check_times(said, GRID) is said
    moved = replace(said, frame=said.frame.set_axis(said.frame.index + shift))
    with pytest.raises(
        StaleData, match=r"begins at .* and has 48 steps; the plan begins at 2021-02-08T09:00:00\+00:00"
    ):
        check_times(moved, GRID)


def test_a_forecast_of_another_length_is_never_planned_with() -> None:
    said = by_the_simple_mix()
    with pytest.raises(StaleData, match="has 24 steps"):
        check_times(replace(said, frame=said.frame.iloc[:24]), GRID)


def test_a_site_without_a_switch_has_no_trained_champion() -> None:
    store = FakeStore(FakeClock(campus.NOW))
    ports = ForecastPorts(forecasts=store.forecasts, models=LoadedModels(FakeModelFiles()))
    assert champions(ports, "monash") == {}
    assert champions(None, "monash") == {}


def test_the_champion_is_read_once_and_again_when_it_was_kept_anew() -> None:
    store, files = FakeStore(FakeClock(campus.NOW)), FakeModelFiles()
    files.keep("one", to_bytes(full_trained()))
    store.forecasts.add_switch(a_switch(to_model="one"))
    ports = ForecastPorts(forecasts=store.forecasts, models=LoadedModels(files))
    for _ in range(3):
        assert champions(ports, "monash")[Quantity.LOAD_KW].model_id == "one"
    assert files.loads == 1
    files.keep("one", to_bytes(full_trained()))
    assert champions(ports, "monash")
    assert files.loads == 2


@pytest.mark.parametrize("body", [None, b"not a model"])
def test_a_champion_that_is_lost_or_damaged_gives_way_to_the_simple_mix(body: bytes | None) -> None:
    store, files = FakeStore(FakeClock(campus.NOW)), FakeModelFiles()
    if body is not None:
        files.keep("one", body)
    store.forecasts.add_switch(a_switch(to_model="one"))
    assert champions(ForecastPorts(forecasts=store.forecasts, models=LoadedModels(files)), "monash") == {}


def test_a_plan_with_a_trained_champion_reads_a_year() -> None:
    ledger = Ledger()
    ledger.files.keep("one", to_bytes(full_trained()))
    ledger.bench.store.forecasts.add_switch(a_switch(to_model="one"))
    known = gather(ledger.bench.ports, ledger.bench.session(), "monash", Objective.COST)
    assert [one.model_id for one in known.models.values()] == ["one"]
    start, end = ledger.bench.market.asked[0]
    assert end - start == APPLIED_HISTORY
    assert APPLIED_HISTORY == APPLIED_LOOKBACK["load"] > HISTORY


def test_the_hash_of_what_was_measured_changes_with_every_value_and_every_moment() -> None:
    values = past().values
    moved = values.set_axis(values.index + HOUR)
    other = values.copy()
    other.iloc[7] += 0.001
    assert len({digest_of(one) for one in (values, moved, other)}) == 3
    assert digest_of(values) == digest_of(values.copy())

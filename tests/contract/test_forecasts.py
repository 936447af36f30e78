"""What the forecast ledger promises: run on the file and on the fake that other tests stand on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.forecasting import KEPT_THIN, KEPT_WHOLE, SIMPLE_MODEL_ID, Role, champion_of, role_of
from dash_app.domain.site import Quantity
from services.store import PlanStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.forecast_ledger import a_band, a_forecast, a_model, a_switch
from tests.fakes.payloads import NOON, QUARTER
from tests.fakes.store import FakeStore

Store = PlanStore | FakeStore
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LOAD = Quantity.LOAD_KW


@pytest.fixture(params=["file", "fake"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    clock = FakeClock(NOON)
    if request.param == "fake":
        yield FakeStore(clock)
        return
    real = open_store(f"sqlite:///{tmp_path / 'plans.sqlite'}", secret_key="k" * 40, clock=clock)
    yield real
    real.close()


def test_a_forecast_comes_back_as_it_was_issued(store: Store) -> None:
    said = a_forecast(trained_at=NOON - DAY)
    store.forecasts.record([said])
    (found,) = store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR)
    assert found == said
    assert found.forecast_id == said.forecast_id
    pd.testing.assert_frame_equal(found.frame, said.frame, check_freq=False)
    assert found.components is not None
    assert said.components is not None
    pd.testing.assert_frame_equal(found.components, said.components, check_freq=False)
    assert (found.excluded, found.step) == (5, QUARTER)


def test_forecasts_are_kept_to_the_watt_and_a_part_that_said_nothing_stays_missing(store: Store) -> None:
    frame = a_band() / 3
    parts = pd.DataFrame({"weekly_median": frame["p50"]})
    parts.iloc[2] = np.nan
    store.forecasts.record([a_forecast(frame=frame, components=parts)])
    (found,) = store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR)
    assert float(found.frame["p50"].iloc[0]) == 3.333
    assert found.components is not None
    assert found.components["weekly_median"].isna().tolist() == [False, False, True] + [False] * 5


def test_a_forecast_of_many_megawatts_is_kept_to_the_watt_too(store: Store) -> None:
    store.forecasts.record([a_forecast(first_kw=123_456_789.012)])
    (found,) = store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR)
    assert float(found.frame["p50"].iloc[0]) == 123_456_789.012


def test_recording_again_changes_nothing(store: Store) -> None:
    store.forecasts.record([a_forecast()])
    store.forecasts.record([a_forecast(), a_forecast()])
    assert len(store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR)) == 1


def test_only_what_was_asked_for_comes_back_oldest_first(store: Store) -> None:
    later, first = a_forecast(NOON + QUARTER), a_forecast(NOON)
    others = [
        a_forecast(quantity=Quantity.PV_KW),
        a_forecast(project_id="fontana-1"),
        a_forecast(role=Role.CHALLENGER, model_id="other"),
        a_forecast(NOON + HOUR),
    ]
    store.forecasts.record([later, first, *others])
    assert store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR) == (first, later)


def test_at_most_one_comes_back_of_each_span_that_is_asked_for(store: Store) -> None:
    said = [a_forecast(NOON + place * QUARTER) for place in range(1, 9)]
    store.forecasts.record(said)
    found = store.forecasts.issued("monash", LOAD, NOON, NOON + DAY, every=HOUR)
    assert [one.issued_at - NOON for one in found] == [QUARTER, HOUR, 2 * HOUR]


def test_what_was_known_at_a_moment_is_the_newest_forecast_before_it(store: Store) -> None:
    store.forecasts.record([a_forecast(NOON), a_forecast(NOON + HOUR), a_forecast(NOON + 2 * HOUR)])
    assert store.forecasts.known_at("monash", LOAD, NOON + HOUR) == a_forecast(NOON + HOUR)
    assert store.forecasts.known_at("monash", LOAD, NOON + 2 * HOUR - QUARTER) == a_forecast(NOON + HOUR)
    assert store.forecasts.known_at("monash", LOAD, NOON - QUARTER) is None
    assert store.forecasts.known_at("monash", LOAD, NOON + HOUR, role=Role.CHALLENGER) is None


def test_the_parts_are_kept_with_the_first_forecast_of_every_six_hours(store: Store) -> None:
    store.forecasts.record([a_forecast(NOON), a_forecast(NOON + QUARTER), a_forecast(NOON + 6 * HOUR)])
    found = store.forecasts.issued("monash", LOAD, NOON, NOON + DAY)
    assert [one.components is not None for one in found] == [True, False, True]


def test_the_ledger_keeps_everything_for_two_months_and_one_in_six_hours_for_a_year(store: Store) -> None:
    store.forecasts.record([a_forecast(NOON), a_forecast(NOON + QUARTER)])
    store.forecasts.record([a_forecast(NOON + KEPT_WHOLE)])
    assert len(store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR)) == 2
    store.forecasts.record([a_forecast(NOON + KEPT_WHOLE + HOUR)])
    assert [one.issued_at for one in store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR)] == [NOON]
    store.forecasts.record([a_forecast(NOON + KEPT_THIN + HOUR)])
    assert store.forecasts.issued("monash", LOAD, NOON, NOON + HOUR) == ()


def test_a_switch_makes_a_model_the_champion_and_the_models_say_what_they_reached(store: Store) -> None:
    old, new = a_model(NOON), a_model(NOON + DAY)
    unscored = a_model(NOON, model_id="fontana", project_id="fontana-1", error_kw=None, rival_error_kw=None, scored=0)
    for model in (new, old, unscored):
        store.forecasts.add_model(model)
    assert store.forecasts.models("monash", LOAD) == (old, new)
    assert store.forecasts.models("fontana-1", LOAD) == (unscored,)
    assert champion_of(store.forecasts.switches("monash", LOAD)) == SIMPLE_MODEL_ID
    switch = a_switch(to_model=old.model_id)
    store.forecasts.add_switch(switch)
    assert store.forecasts.switches("monash", LOAD) == (switch,)
    assert store.forecasts.switches("monash", Quantity.PV_KW) == ()
    models = store.forecasts.models("monash", LOAD)
    assert [role_of(model, models, [switch]) for model in models] == [Role.CHAMPION, Role.CHALLENGER]
    again = a_switch(from_model=old.model_id, to_model=new.model_id, from_error_kw=None, to_error_kw=None)
    store.forecasts.add_switch(again)
    assert champion_of(store.forecasts.switches("monash", LOAD)) == new.model_id
    assert role_of(old, models, store.forecasts.switches("monash", LOAD)) is Role.RETIRED

"""Training beside the planner: what becomes a champion and why, what a rival must show, and what failing changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.errors import StaleData
from dash_app.domain.forecasting import SIMPLE_MODEL_ID, ForecastRecord, ModelKind, Role, SwitchReason, champion_of
from dash_app.domain.site import Quantity
from dash_app.workflows.fitting import fitted
from dash_app.workflows.forecasting import LoadedModels, Past
from dash_app.workflows.judging import JUDGED_ON, LEAST_PAIRS, judge
from dash_app.workflows.training import TRAINED_ON, TrainingPorts, gather_past, look_after, look_after_models
from optimizer.forecast.kept import to_bytes
from optimizer.forecast.training import REFIT_EVERY, Trained, advance
from tests.fakes import campus
from tests.fakes.clock import FakeClock
from tests.fakes.forecast_ledger import a_band, a_forecast, a_model, a_switch
from tests.fakes.people import a_session
from tests.fakes.store import FakeStore
from tests.fakes.trained import (
    END,
    HOUR,
    LONDON,
    FakeModelFiles,
    full_trained,
    known_load,
    made_up_load,
    small_recipe,
    small_trained,
)
from tests.workflows.test_plan import OneSite

SITE = replace(campus.site(), timezone=LONDON)
LOAD = Quantity.LOAD_KW
DAY = timedelta(days=1)


def past(now: datetime = END, days: float = 90) -> Past:
    series = made_up_load()
    known = series[(series.index < pd.Timestamp(now)) & (series.index >= pd.Timestamp(now) - timedelta(days=days))]
    return Past(site=SITE, quantity=LOAD, values=known, now=now)


def worse(trained: Trained) -> Trained:
    """Return a forecaster whose record is 5 kW further from what came."""
    return replace(trained, record=replace(trained.record, mixed=trained.record.mixed + 5.0))


class Stall:
    """Ports to train with; `result` is what a training comes back with, or the error it ends in."""

    def __init__(self, result: Trained | BaseException | None = None) -> None:
        self.clock, self.files = FakeClock(END), FakeModelFiles()
        self.store = FakeStore(self.clock)
        self.result = result or small_trained()
        self.trainings = 0
        self.ports = TrainingPorts(
            measurements=campus.CampusMeasurements(self.clock),
            sites=OneSite(SITE),
            forecasts=self.store.forecasts,
            files=self.files,
            alarms=self.store.alarms,
            clock=self.clock,
            models=LoadedModels(self.files),
            processor_s=lambda: 17.25 * self.trainings,
            quietly=self._quietly,
        )

    def _quietly(self, _work: Callable[[], Trained]) -> Trained:
        self.trainings += 1
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result

    def with_champion(self, trained_at: datetime = END - DAY, trained: Trained | None = None) -> Stall:
        """Return the stall with a model that is kept and forecasts for plans."""
        model = a_model(trained_at)
        self.files.keep(model.model_id, to_bytes(trained or small_trained()))
        self.store.forecasts.add_model(model)
        self.store.forecasts.add_switch(a_switch(trained_at, to_model=model.model_id))
        return self

    def champion(self) -> str:
        return champion_of(self.store.forecasts.switches("monash", LOAD))

    def challengers(self) -> tuple[ForecastRecord, ...]:
        return self.store.forecasts.issued("monash", LOAD, END - DAY, END + 365 * DAY, role=Role.CHALLENGER)


def test_the_first_model_becomes_the_champion_because_it_was_better_in_its_own_record() -> None:
    stall = Stall()
    look_after_models(stall.ports, past())
    (model,) = stall.store.forecasts.models("monash", LOAD)
    (switch,) = stall.store.forecasts.switches("monash", LOAD)
    assert (switch.from_model, switch.to_model) == (SIMPLE_MODEL_ID, model.model_id)
    assert switch.reason is SwitchReason.FIRST_TRAINED
    assert (switch.to_error_kw, switch.from_error_kw) == (model.error_kw, model.rival_error_kw)
    assert model.error_kw is not None
    assert model.rival_error_kw is not None
    assert model.error_kw <= model.rival_error_kw
    assert (model.kind, model.trained_at, model.took_s) == (ModelKind.TRAINED, END, 17.2)
    assert list(stall.files.kept) == [model.model_id]


def test_a_first_model_that_was_worse_stays_a_challenger() -> None:
    stall = Stall(worse(small_trained()))
    look_after_models(stall.ports, past())
    assert len(stall.store.forecasts.models("monash", LOAD)) == 1
    assert stall.champion() == SIMPLE_MODEL_ID


def test_a_model_that_nothing_is_known_of_stays_a_challenger() -> None:
    stall = Stall(full_trained())
    look_after_models(stall.ports, past())
    (model,) = stall.store.forecasts.models("monash", LOAD)
    assert (model.error_kw, model.rival_error_kw, model.scored) == (None, None, 0)
    assert stall.champion() == SIMPLE_MODEL_ID


def test_a_young_site_is_not_trained_on() -> None:
    stall = Stall()
    look_after_models(stall.ports, past(days=60))
    assert stall.trainings == 0
    assert stall.store.forecasts.models("monash", LOAD) == ()


def test_training_fits_what_was_measured_and_goes_on_with_what_was_before() -> None:
    first = fitted(past(days=70), None)
    assert (first.kind, first.trained_at) == ("load", END)
    assert first.booster.text == full_trained().booster.text
    quarters = past(days=3)
    with pytest.raises(StaleData, match=r"Monash campus, load_kw: no model can be trained: 3 days of history"):
        fitted(quarters, None)


@pytest.mark.parametrize("end", [SystemExit(1), MemoryError()])
def test_a_training_that_is_killed_changes_nothing(end: BaseException) -> None:
    stall = Stall(end).with_champion(trained_at=END - REFIT_EVERY)
    before, champion = dict(stall.files.kept), stall.champion()
    with pytest.raises(type(end)):
        look_after_models(stall.ports, past())
    assert (stall.files.kept, stall.champion()) == (before, champion)
    assert len(stall.store.forecasts.models("monash", LOAD)) == 1


def test_a_model_that_is_not_due_goes_on_with_its_record() -> None:
    later = END + DAY
    stall = Stall(advance(small_trained(), small_recipe(), known_load(later))).with_champion()
    (mark,) = [mark for mark, _ in stall.files.kept.values()]
    look_after_models(stall.ports, past(later))
    assert len(stall.store.forecasts.models("monash", LOAD)) == 1
    assert [kept for kept, _ in stall.files.kept.values()] != [mark]
    model = stall.ports.models.get(stall.champion())
    assert model is not None
    assert len(model.trained.record.origins) == len(small_trained().record.origins) + 4


def test_a_model_that_is_four_weeks_old_gets_a_challenger_and_stays_the_champion() -> None:
    stall = Stall().with_champion(trained_at=END - REFIT_EVERY)
    old = stall.champion()
    look_after_models(stall.ports, past())
    assert stall.champion() == old
    assert len(stall.store.forecasts.models("monash", LOAD)) == 2
    assert len(stall.files.kept) == 2


def test_the_simple_mix_forecasts_beside_a_trained_champion() -> None:
    stall = Stall().with_champion()
    look_after_models(stall.ports, past())
    (said,) = stall.challengers()
    assert (said.model_id, said.model_kind, said.role) == (SIMPLE_MODEL_ID, ModelKind.SIMPLE, Role.CHALLENGER)
    assert said.frame.index[0] == pd.Timestamp(END)
    assert len(said.frame) == 192


@pytest.mark.parametrize("damaged", [False, True])
def test_a_champion_that_is_lost_is_replaced_by_the_simple_mix_and_trained_anew(damaged: bool) -> None:
    stall = Stall(worse(small_trained())).with_champion()
    lost = stall.champion()
    if damaged:
        stall.files.keep(lost, b"half of it")
    else:
        del stall.files.kept[lost]
    look_after_models(stall.ports, past())
    switch = stall.store.forecasts.switches("monash", LOAD)[-1]
    assert (switch.from_model, switch.to_model, switch.reason) == (lost, SIMPLE_MODEL_ID, SwitchReason.MODEL_LOST)
    assert (switch.from_error_kw, switch.scored) == (None, 0)
    assert len(stall.store.forecasts.models("monash", LOAD)) == 2


# --- looking after all sites


def test_what_is_trained_on_is_a_year_of_each_quantity_and_the_weeks_before_it() -> None:
    stall = Stall()
    session = replace(a_session(), projects=(campus.project(),))
    load, pv = gather_past(stall.ports, session, SITE)
    assert (load.quantity, pv.quantity) == (LOAD, Quantity.PV_KW)
    asked = stall.ports.measurements.asked[0]  # type: ignore[attr-defined]
    assert asked == (END - TRAINED_ON, END)
    assert load.values.index[0] == pd.Timestamp(END - TRAINED_ON)


def test_a_site_that_fails_has_an_alarm_until_it_works_and_its_models_are_kept() -> None:
    stall = Stall(StaleData("no")).with_champion()
    stall.files.keep("nobody's", b"old")
    session = replace(a_session(), projects=(campus.project(),))
    stall.ports.measurements.fails.append(StaleData("the API is away"))  # type: ignore[attr-defined]
    look_after(stall.ports, session)
    (alarm,) = stall.store.alarms.open_alarms("monash")
    assert (alarm.kind, alarm.message) == ("training", "the API is away")
    assert list(stall.files.kept) == [stall.champion()]
    stall.result = small_trained()
    look_after(stall.ports, session)
    assert stall.store.alarms.open_alarms("monash") == ()


# --- judging on the ledger


def issued(count: int, error_kw: float, *, role: Role, model_id: str) -> list[ForecastRecord]:
    """Return forecasts every six hours up to a day before END that say 10 kW and `error_kw` more."""
    first = END - DAY - count * 6 * HOUR
    found = []
    for place in range(count):
        at = first + place * 6 * HOUR + (timedelta(minutes=3) if role is Role.CHALLENGER else timedelta(0))
        band = a_band(END - DAY - count * 6 * HOUR + place * 6 * HOUR + HOUR, steps=48) * 0 + 10.0 + error_kw
        found.append(a_forecast(at, role=role, model_id=model_id, frame=band, components=None))
    return found


def always_ten() -> Past:
    index = pd.date_range(END - 20 * DAY, END, freq="15min", inclusive="left", name="time")
    return Past(site=SITE, quantity=LOAD, values=pd.Series(10.0, index=index), now=END)


def judged(champion_kw: float, rival_kw: float, *, champion: str = "old", rival: str = "new", count: int = 20):
    store = FakeStore(FakeClock(END))
    store.forecasts.record(issued(count, champion_kw, role=Role.CHAMPION, model_id=champion))
    store.forecasts.record(issued(count, rival_kw, role=Role.CHALLENGER, model_id=rival))
    newest = a_model(END - 5 * DAY, model_id="new")
    return judge(store.forecasts, always_ten(), champion, newest, [rival])


def test_a_rival_that_is_clearly_better_on_the_ledger_wins_with_its_figures() -> None:
    verdict = judged(2.0, 1.5, champion="old", rival=SIMPLE_MODEL_ID)
    assert verdict is not None
    assert (verdict.model_id, verdict.reason) == (SIMPLE_MODEL_ID, SwitchReason.BETTER_ON_LEDGER)
    assert (verdict.champion_kw, verdict.rival_kw, verdict.scored) == (2.0, 1.5, 20 * 48)


def test_a_rival_that_is_hardly_better_does_not_win() -> None:
    assert judged(2.0, 1.97, champion="old", rival=SIMPLE_MODEL_ID) is None
    assert judged(2.0, 1.97, champion=SIMPLE_MODEL_ID, rival="new") is None


def test_a_newer_model_wins_when_it_is_as_good() -> None:
    verdict = judged(2.0, 2.0)
    assert verdict is not None
    assert verdict.reason is SwitchReason.NEWER_AS_GOOD
    assert judged(2.0, 2.01) is None


def test_there_is_no_verdict_before_three_days_nor_on_what_is_too_old() -> None:
    assert judged(2.0, 0.0, count=LEAST_PAIRS - 1) is None
    assert judged(2.0, 0.0, count=LEAST_PAIRS) is not None
    store = FakeStore(FakeClock(END))
    for one in issued(20, 2.0, role=Role.CHAMPION, model_id="old") + issued(
        20, 0.0, role=Role.CHALLENGER, model_id="new"
    ):
        store.forecasts.record([replace(one, issued_at=one.issued_at - JUDGED_ON)])
    assert judge(store.forecasts, always_ten(), "old", None, ["new"]) is None


def test_only_what_was_said_at_the_same_moment_counts() -> None:
    store = FakeStore(FakeClock(END))
    store.forecasts.record(issued(20, 2.0, role=Role.CHAMPION, model_id="old"))
    late = [replace(one, issued_at=one.issued_at + HOUR) for one in issued(20, 0.0, role=Role.CHALLENGER, model_id="n")]
    store.forecasts.record(late)
    assert judge(store.forecasts, always_ten(), "old", None, ["n"]) is None


def test_many_restarts_in_a_day_are_no_days_of_experience() -> None:
    store = FakeStore(FakeClock(END))
    for place in range(3 * LEAST_PAIRS):
        moved = timedelta(minutes=10 * place)
        for error_kw, role, model_id in ((2.0, Role.CHAMPION, "old"), (0.0, Role.CHALLENGER, "new")):
            (one,) = issued(1, error_kw, role=role, model_id=model_id)
            store.forecasts.record([replace(one, issued_at=one.issued_at + moved)])
    assert judge(store.forecasts, always_ten(), "old", None, ["new"]) is None


def test_the_verdict_is_what_plain_python_finds() -> None:
    random = np.random.default_rng(3)
    store, truth = FakeStore(FakeClock(END)), always_ten()
    truth = replace(truth, values=truth.values + random.normal(0, 1, len(truth.values)))
    ours = issued(14, 1.0, role=Role.CHAMPION, model_id="old")
    theirs = issued(14, -0.1, role=Role.CHALLENGER, model_id="new")
    store.forecasts.record([*ours, *theirs])
    verdict = judge(store.forecasts, truth, "old", None, ["new"])
    assert verdict is not None
    for records, found in ((ours, verdict.champion_kw), (theirs, verdict.rival_kw)):
        errors = [
            abs(said - truth.values[moment])
            for one in records
            for moment, said in one.frame["p50"].items()
            if moment in truth.values.index
        ]
        assert found == pytest.approx(sum(errors) / len(errors))

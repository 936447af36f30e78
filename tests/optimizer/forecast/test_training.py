"""A trained forecaster: never ahead of its own training, kept, brought up to date, better than what it is made of."""

import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pytest

from dash_app.domain.time import TimeGrid
from optimizer.forecast import training
from optimizer.forecast.forecasting import Forecast, Rung, forecast_with
from optimizer.forecast.history import History, build_history
from optimizer.forecast.model import train_load
from optimizer.forecast.recipe import Recipe
from optimizer.forecast.recipes import load_recipe
from optimizer.forecast.training import Trained, advance, train

HOUR = timedelta(hours=1)
LONDON = ZoneInfo("Europe/London")
END = datetime(2021, 2, 8, 9, tzinfo=UTC)


@cache
def site(weeks: int = 14) -> pd.Series:
    """A load by the hour that depends on weekday, hour and a slowly changing level, with noise."""
    index = pd.date_range(END - timedelta(weeks=weeks), END + timedelta(days=9), freq=HOUR, inclusive="left")
    random = np.random.default_rng(5)
    day = np.sin(np.pi * np.asarray(index.hour) / 24) * np.where(np.asarray(index.day_of_week) < 5, 20.0, 5.0)
    level = np.convolve(random.normal(0, 1, len(index) + 72), np.ones(72) / 12, mode="valid")[: len(index)]
    return pd.Series(20.0 + day + level + random.normal(0, 0.5, len(index)), index=index.rename("time"))


@cache
def history(end: datetime = END) -> History:
    return build_history(site(), zone=LONDON, issued_at=end, lookback=timedelta(weeks=80))


def recipe() -> Recipe:
    """The recipe of a load with its cheapest models and a small boosting: these tests are about training, not skill."""
    full = load_recipe(history())
    simple = {name: full.simple[name] for name in ("weekly_median", "day_mean")}
    return replace(full, simple=simple, boost={**full.boost, "rounds": 30})


@cache
def trained() -> Trained:
    return train(recipe(), history(), trained_at=END)


def said(model: Trained, end: datetime = END, quantiles: tuple[float, ...] = (0.1, 0.5, 0.9)) -> Forecast:
    known = history(end)
    return forecast_with(recipe(), known, grid(end), issued_at=end, trained=model, quantiles=quantiles)


def grid(start: datetime = END) -> TimeGrid:
    return TimeGrid(start=start, step=HOUR, steps=48)


def test_a_model_refuses_an_origin_before_its_own_training() -> None:
    before = END - timedelta(hours=1)
    with pytest.raises(ValueError, match="has seen what comes after"):
        said(trained(), before)


def test_training_sees_nothing_after_its_moment() -> None:
    spoiled = site().copy()
    spoiled[spoiled.index >= END] = 999.0
    known = build_history(spoiled, zone=LONDON, issued_at=END, lookback=timedelta(weeks=80))
    other = train(recipe(), known, trained_at=END)
    assert other.booster.text == trained().booster.text
    np.testing.assert_array_equal(other.record.bands, trained().record.bands)


def test_every_forecast_on_record_was_issued_by_a_model_trained_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    original = training.continue_record

    def noted(record, recipe, known, origins, booster):  # type: ignore[no-untyped-def]
        seen.append((None if booster is None else booster.refit_at, origins))
        return original(record, recipe, known, origins, booster)

    monkeypatch.setattr(training, "continue_record", noted)
    train(recipe(), history(), trained_at=END)
    assert any(refit is not None for refit, _ in seen)
    assert all(refit is None or refit <= origins.min() for refit, origins in seen)


def test_no_sample_has_a_target_beyond_the_moment_of_training() -> None:
    assert trained().samples.at.max() > np.datetime64(history().origin - timedelta(days=2))
    fitted = trained().samples.at <= np.datetime64(trained().booster.refit_at)
    assert fitted.all()


def test_a_forecaster_that_was_kept_says_the_same() -> None:
    kept = pickle.loads(pickle.dumps(trained()))
    one, other = said(trained()), said(kept)
    pd.testing.assert_frame_equal(one.frame, other.frame)
    assert one.rung is Rung.TRAINED and "boosting" in one.weights
    assert sum(one.weights.values()) == pytest.approx(1.0, abs=0.001)


def test_the_mix_lies_within_what_its_components_say() -> None:
    forecast = said(trained())
    parts = np.array(list(forecast.components.values()))
    middle = forecast.frame["p50"].to_numpy()
    assert ((middle >= parts.min(axis=0) - 1e-9) & (middle <= parts.max(axis=0) + 1e-9)).all()


def test_advancing_adds_an_origin_every_six_hours_and_rewrites_nothing() -> None:
    further = advance(trained(), recipe(), history(END + timedelta(days=1)))
    count = len(trained().record.origins)
    assert len(further.record.origins) == count + 4
    np.testing.assert_array_equal(further.record.mixed[:count], trained().record.mixed)
    np.testing.assert_array_equal(further.record.bands[:, :count], trained().record.bands)


def test_advancing_in_two_steps_is_advancing_in_one() -> None:
    first, last = history(END + timedelta(days=1)), history(END + timedelta(days=3))
    one = advance(trained(), recipe(), last)
    two = advance(advance(trained(), recipe(), first), recipe(), last)
    np.testing.assert_allclose(one.record.mixed, two.record.mixed)
    np.testing.assert_allclose(one.record.levels, two.record.levels)


def test_training_again_goes_on_with_the_record_and_keeps_its_samples() -> None:
    later = END + timedelta(days=7)
    again = train(recipe(), history(later), trained_at=later, previous=trained())
    assert again.booster.refit_at == trained().booster.refit_at + timedelta(days=7)
    assert len(again.samples.target) > len(trained().samples.target)
    shared = again.record.origins.isin(trained().record.origins)
    mine = trained().record.origins.isin(again.record.origins)
    np.testing.assert_array_equal(again.record.mixed[shared], trained().record.mixed[mine])


def test_eight_weeks_are_too_few_to_train_on() -> None:
    with pytest.raises(ValueError, match="too few to train on"):
        train_load(site().iloc[-60 * 24 :], zone=LONDON, issued_at=END)


def test_any_quantile_can_be_asked_for_and_more_extreme_ones_lie_further_out() -> None:
    levels = (0.02, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)
    frame = said(trained(), quantiles=levels).frame
    assert list(frame.columns) == ["p2", "p10", "p30", "p50", "p70", "p90", "p98"]
    assert (np.diff(frame.to_numpy(), axis=1) >= 0).all()

"""A trained forecaster as bytes: the same one comes back, and nothing else is read."""

from __future__ import annotations

import io
import pickle
from datetime import timedelta

import numpy as np
import pytest

from dash_app.domain.time import TimeGrid
from optimizer.forecast.forecasting import forecast_with
from optimizer.forecast.kept import from_bytes, to_bytes
from optimizer.forecast.training import Trained, advance, train
from tests.fakes.trained import END, HOUR, known_load, small_recipe, small_trained

LATER = END + timedelta(days=3)


def said(model: Trained) -> np.ndarray:
    grid = TimeGrid(start=LATER, step=HOUR, steps=48)
    return forecast_with(small_recipe(), known_load(LATER), grid, issued_at=LATER, trained=model).frame.to_numpy()


def test_a_forecaster_that_was_kept_says_the_same() -> None:
    back = from_bytes(to_bytes(small_trained()))
    assert (back.kind, back.trained_at, back.days, back.due_at, back.booster) == (
        small_trained().kind,
        small_trained().trained_at,
        small_trained().days,
        small_trained().due_at,
        small_trained().booster,
    )
    np.testing.assert_array_equal(said(back), said(small_trained()))


def test_a_forecaster_that_was_kept_goes_on_with_its_record_and_its_samples() -> None:
    back = from_bytes(to_bytes(small_trained()))
    one, other = (advance(model, small_recipe(), known_load(LATER)) for model in (back, small_trained()))
    np.testing.assert_array_equal(one.record.bands, other.record.bands)
    assert one.record.origins.equals(other.record.origins)
    again, directly = (
        train(small_recipe(), known_load(LATER), trained_at=LATER, previous=model) for model in (back, small_trained())
    )
    assert again.booster.text == directly.booster.text


def test_a_pickle_is_not_read() -> None:
    body = io.BytesIO()
    np.savez(body, told=np.array([{"form": 1}], dtype=object))
    for planted in (pickle.dumps(small_trained()), body.getvalue()):
        with pytest.raises(ValueError, match=r"no forecaster|allow_pickle"):
            from_bytes(planted)


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", b"text"])
def test_anything_else_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_bytes(body)


def test_half_a_forecaster_is_not_read() -> None:
    whole = to_bytes(small_trained())
    with pytest.raises(ValueError, match="no forecaster"):
        from_bytes(whole[: len(whole) // 2])
